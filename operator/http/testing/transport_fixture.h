#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "operator/http/cpprest_transport.h"
#include "operator/http/testing/byte_server.h"

namespace belvedere::http {

// A transport with the credentials it reads.
struct TestClient {
  explicit TestClient(const std::string& url, Credentials initial = {},
                      std::string server_name = "", int max_in_flight = 32)
      : credentials(std::move(initial)) {
    InitTransports();
    transport = MakeCpprestTransport({.base_url = url,
                                      .server_name = std::move(server_name),
                                      .user_agent = "belvedere-test",
                                      .max_in_flight = max_in_flight},
                                     credentials);
  }

  Result<Response> Get(const std::string& target = "/",
                       std::chrono::milliseconds timeout = std::chrono::seconds(30),
                       std::stop_token stop = {}) {
    return transport->RoundTrip({.target = target}, timeout, std::move(stop));
  }

  CredentialSource credentials;
  std::unique_ptr<Transport> transport;
};

}  // namespace belvedere::http
