#pragma once

#include <memory>
#include <string>

#include "operator/http/credentials.h"
#include "operator/http/transport.h"

namespace belvedere::http {

struct CpprestOptions {
  std::string base_url;     // https://host:port or http://host:port, no path
  std::string server_name;  // name the certificate is checked against; empty: the URL's host
  std::string user_agent;
  int max_in_flight = 32;  // unary requests at once; more wait
};

// Process-wide settings that must come before any other use of OpenSSL or cpprest: the first lines
// of main. See docs/architecture.md, "Leaving the process".
void InitTransports();

// Transport over cpprestsdk. Unary requests share one pooled client; each Stream uses a client of
// its own, so that its socket closes with it. `credentials` must outlive the transport.
std::unique_ptr<Transport> MakeCpprestTransport(CpprestOptions options,
                                                const CredentialSource& credentials);

}  // namespace belvedere::http
