#include "operator/http/testing/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace belvedere::http {
namespace {

template <typename Write>
std::string ToPem(Write write) {
  BIO* const bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string CertPem(X509* cert) {
  return ToPem([cert](BIO* bio) { PEM_write_bio_X509(bio, cert); });
}

std::string KeyPem(EVP_PKEY* key) {
  return ToPem([key](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void AddExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::logic_error("bad certificate extension " + value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(EVP_PKEY* key, const char* name, const TestCa::Request& request) {
  static std::atomic<long> serial{1};
  X509* const cert = X509_new();
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert), request.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(cert), request.valid_until.count());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(cert, key);
  return cert;
}

}  // namespace

TestCa::TestCa() : key_(EVP_EC_gen("P-256")), cert_(NewCertificate(key_, "test CA", {})) {
  X509_set_issuer_name(cert_, X509_get_subject_name(cert_));
  AddExtension(cert_, cert_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert_, cert_, NID_subject_key_identifier, "hash");
  X509_sign(cert_, key_, EVP_sha256());
  pem_ = CertPem(cert_);
}

TestCa::~TestCa() {
  X509_free(cert_);
  EVP_PKEY_free(key_);
}

Identity TestCa::Issue(const Request& request) const {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const cert = NewCertificate(key, "test leaf", request);
  X509_set_issuer_name(cert, X509_get_subject_name(cert_));
  // All authorities here have one name, as before and after a rotation: the key tells them apart.
  AddExtension(cert, cert_, NID_authority_key_identifier, "keyid");
  AddExtension(cert, cert_, NID_subject_alt_name, request.subject_alt_name);
  X509_sign(cert, key_, EVP_sha256());
  Identity identity{CertPem(cert), KeyPem(key)};
  X509_free(cert);
  EVP_PKEY_free(key);
  return identity;
}

}  // namespace belvedere::http
