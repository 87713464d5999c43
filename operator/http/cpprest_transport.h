#pragma once

#include <memory>
#include <string>

#include "operator/http/credentials.h"
#include "operator/http/transport.h"

namespace belvedere::http {

struct CpprestOptions {
  // https://host:port or http://host:port, no path. The host is a name or an IPv4 address: cpprest
  // cannot reach an IPv6 literal, so name the server there (and set server_name if need be).
  std::string base_url;
  std::string server_name;  // name the certificate is checked against; empty: the URL's host
  std::string user_agent;
  int max_in_flight = 32;  // unary requests at once; more wait
};

// Process-wide settings that must come before any other use of OpenSSL or cpprest: the first lines
// of main. See docs/architecture.md, "Leaving the process".
void InitTransports();

// Transport over cpprestsdk. Unary requests share one pooled client, made anew when CA or client
// certificate change; each Stream uses a client of its own, so that its socket closes with it. The
// bearer token is read for every request. `credentials` must outlive the transport, and no call may
// be under way when it is destroyed. Whole bodies are at most 256 MiB.
//
// A request on a pooled connection that dies before the first byte of the reply is sent a second
// time by cpprest, whatever its method. So a POST must be harmless when done twice: objects are
// created under names that the caller fixed, never under generateName.
std::unique_ptr<Transport> MakeCpprestTransport(CpprestOptions options,
                                                const CredentialSource& credentials);

}  // namespace belvedere::http
