#pragma once

#include <string>

#include "operator/base/result.h"
#include "operator/http/credentials.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace belvedere::http {

// Makes OpenSSL read the system's roots only for credentials without a CA. By default cpprest reads
// all of them for every connection, some 50 ms. Sets SSL_CERT_FILE: before any thread is started.
void DeferSystemRoots();

// Sets `context` up for connections to a server: TLS 1.2 or later, trusting only
// credentials.ca_pem where given, with the client certificate where given. Error: kInvalid for PEM
// that cannot be used.
Status ConfigureClientTls(ssl_ctx_st& context, const Credentials& credentials);

// The same for a server's own certificate chain and key.
Status ConfigureServerTls(ssl_ctx_st& context, const std::string& cert_pem,
                          const std::string& key_pem);

// Checks what ConfigureClientTls would say, without a context of the caller's.
Status CheckClientTls(const Credentials& credentials);

// OpenSSL's words for a packed error code, or empty where it has none.
std::string TlsReason(unsigned long code);

}  // namespace belvedere::http
