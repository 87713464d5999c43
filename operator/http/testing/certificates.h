#pragma once

#include <chrono>
#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace belvedere::http {

// A certificate with its key, as PEM.
struct Identity {
  std::string cert_pem;
  std::string key_pem;
};

// A certificate authority made on the spot (P-256 keys, in memory).
class TestCa {
 public:
  struct Request {
    std::string subject_alt_name = "IP:127.0.0.1";  // OpenSSL's notation: "DNS:a,IP:b"
    std::chrono::seconds valid_from{-3600};         // from now
    std::chrono::seconds valid_until{3600};
  };

  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  const std::string& pem() const { return pem_; }
  Identity Issue(const Request& request) const;

 private:
  evp_pkey_st* key_;  // owned
  x509_st* cert_;     // owned
  std::string pem_;
};

}  // namespace belvedere::http
