#include "operator/http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <memory>

namespace belvedere::http {
namespace {

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

Bio Reader(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// An encrypted key is refused instead of asking for its password on the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

Certificate NextCertificate(const Bio& bio) {
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
}

tl::unexpected<Error> Bad(const std::string& what) {
  const std::string reason = TlsReason(ERR_peek_last_error());
  ERR_clear_error();
  return Fail(ErrorCode::kInvalid, reason.empty() ? what : what + ": " + reason);
}

// A store of its own: load_verify_file would leave the system's roots trusted beside the bundle.
Status TrustOnly(SSL_CTX& context, const std::string& ca_pem) {
  Store store(X509_STORE_new());
  const Bio bio = Reader(ca_pem);
  int count = 0;
  while (const Certificate certificate = NextCertificate(bio)) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return Bad("CA bundle");
    ++count;
  }
  if (count == 0) return Bad("CA bundle holds no certificate");
  // As in Go: whatever stands in the bundle is an anchor, also an intermediate certificate.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_cert_store(&context, store.release());
  ERR_clear_error();  // reading past the last certificate leaves an error behind
  return {};
}

Status UseCertificate(SSL_CTX& context, const std::string& cert_pem, const std::string& key_pem) {
  const Bio chain = Reader(cert_pem);
  const Certificate leaf = NextCertificate(chain);
  if (!leaf || SSL_CTX_use_certificate(&context, leaf.get()) != 1) return Bad("certificate");
  while (const Certificate issuer = NextCertificate(chain)) {
    if (SSL_CTX_add1_chain_cert(&context, issuer.get()) != 1) return Bad("certificate chain");
  }
  ERR_clear_error();
  const Bio key_reader = Reader(key_pem);
  const Key key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, NoPassword, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(&context, key.get()) != 1) return Bad("private key");
  if (SSL_CTX_check_private_key(&context) != 1) return Bad("certificate and key do not match");
  return {};
}

struct SystemRoots {
  std::string file;
  std::string directory;
};

std::string EnvironmentOr(const char* name, const char* fallback) {
  const char* const value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

// As they stood at the first call.
const SystemRoots& Roots() {
  static const SystemRoots roots{
      EnvironmentOr(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
      EnvironmentOr(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())};
  return roots;
}

Status TrustSystemRoots(SSL_CTX& context) {
  // Either may be missing on a machine; without both no server is trusted.
  SSL_CTX_load_verify_file(&context, Roots().file.c_str());
  SSL_CTX_load_verify_dir(&context, Roots().directory.c_str());
  ERR_clear_error();
  return {};
}

}  // namespace

void DeferSystemRoots() {
  static_cast<void>(Roots());
  setenv(X509_get_default_cert_file_env(), "/dev/null", 1);
}

Status ConfigureClientTls(ssl_ctx_st& context, const Credentials& credentials) {
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  const Status trusted = credentials.ca_pem.empty() ? TrustSystemRoots(context)
                                                    : TrustOnly(context, credentials.ca_pem);
  if (!trusted) return trusted;
  if (credentials.client_cert_pem.empty()) return {};
  return UseCertificate(context, credentials.client_cert_pem, credentials.client_key_pem);
}

Status ConfigureServerTls(ssl_ctx_st& context, const std::string& cert_pem,
                          const std::string& key_pem) {
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION);
  return UseCertificate(context, cert_pem, key_pem);
}

Status CheckClientTls(const Credentials& credentials) {
  const Context scratch(SSL_CTX_new(TLS_client_method()));
  return ConfigureClientTls(*scratch, credentials);
}

std::string TlsReason(unsigned long code) {
  const char* const reason = ERR_reason_error_string(code);
  return reason == nullptr ? std::string() : std::string(reason);
}

}  // namespace belvedere::http
