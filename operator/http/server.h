#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "operator/base/result.h"
#include "operator/http/transport.h"

namespace belvedere::http {

// Answers one request. Called on the server's threads, several at once. `request.headers` names are
// in lower case.
using Handler = std::function<Response(const Request& request)>;

struct ServerOptions {
  std::string address = "0.0.0.0";
  int port = 0;  // 0: any free port, see Server::port()
  std::size_t header_limit = 16 * 1024;
  std::size_t body_limit = 64 * 1024;
  std::size_t max_connections = 64;  // more are closed at once
  int threads = 2;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  // reading one request
  std::string tls_cert_path;  // both set: TLS 1.2+, files read again at each accept if changed
  std::string tls_key_path;
};

// A small HTTP/1.1 server (Boost.Beast) with its own threads. Destruction stops accepting, finishes
// what is in flight within `timeout`, and joins.
class Server {
 public:
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Handler handler);
  virtual ~Server() = default;
  virtual int port() const = 0;
};

}  // namespace belvedere::http
