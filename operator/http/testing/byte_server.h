#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "operator/base/mutex.h"
#include "operator/http/testing/certificates.h"

struct ssl_ctx_st;
struct ssl_st;

namespace belvedere::http {

// One accepted connection of a ByteServer, driven byte by byte from its script. Blocking; a closed
// peer or the end of the server makes every call return at once.
class Connection {
 public:
  Connection(int socket, ssl_st* tls, int number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // 0 for the first connection of its server.
  int number() const { return number_; }
  // Head and body (by Content-Length) of the next request; empty when the peer has closed.
  std::string ReadRequest();
  // False when the peer is gone.
  bool Write(std::string_view bytes);
  // One piece of a chunked body, and its end.
  bool WriteChunk(std::string_view bytes);
  bool EndChunks() { return Write("0\r\n\r\n"); }
  // The end of the script then closes with RST instead of FIN.
  void Reset();
  // Blocks until the peer has closed, dropping what it sends.
  void AwaitClosed();

 private:
  long ReadSome(char* data, std::size_t size);

  const int socket_;
  ssl_st* const tls_;  // owned; null for plain text
  const int number_;
};

// A TCP server on 127.0.0.1 that does to each connection what its script says, on a thread a
// connection. Thread-safe. Destruction ends all connections and joins.
class ByteServer {
 public:
  using Script = std::function<void(Connection&)>;

  struct Tls {
    Identity identity;
    std::string client_ca_pem;  // set: a client certificate of this authority is demanded
  };

  explicit ByteServer(Script script) : ByteServer(std::move(script), std::nullopt) {}
  ByteServer(Script script, std::optional<Tls> tls);
  ~ByteServer();
  ByteServer(const ByteServer&) = delete;
  ByteServer& operator=(const ByteServer&) = delete;

  int port() const { return port_; }
  // http:// or https:// with the address.
  std::string url() const;
  // How many connections were accepted.
  int accepted() const { return accepted_; }
  // The server names that clients asked for (SNI), empty texts where they asked for none.
  std::vector<std::string> server_names() const;

 private:
  void Accept();
  void Serve(int socket, int number);
  ssl_st* Handshake(int socket);

  const Script script_;
  ssl_ctx_st* tls_ = nullptr;  // owned
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_{0};
  mutable Mutex mutex_;
  std::list<int> sockets_ GUARDED_BY(mutex_);
  std::vector<std::string> server_names_ GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_ GUARDED_BY(mutex_);
  std::jthread acceptor_;
};

// "HTTP/1.1 200 OK" with the length of `body`.
std::string HttpResponse(int status, std::string_view body, std::string_view extra_headers = "");
// The head of a 200 with a chunked body.
std::string ChunkedHead();

}  // namespace belvedere::http
