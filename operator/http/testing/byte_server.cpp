#include "operator/http/testing/byte_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "operator/http/tls.h"

namespace belvedere::http {
namespace {

void DemandClientCertificate(SSL_CTX* context, const std::string& ca_pem) {
  BIO* const bio = BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size()));
  X509* const ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
  X509_free(ca);
  BIO_free(bio);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

int Listen(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, any, size) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, any, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return listener;
}

std::size_t ContentLength(const std::string& head) {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = lower.find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::strtoul(lower.c_str() + at + 17, nullptr, 10);
}

}  // namespace

Connection::Connection(int socket, ssl_st* tls, int number)
    : socket_(socket), tls_(tls), number_(number) {}

Connection::~Connection() {
  if (tls_ != nullptr) {
    SSL_shutdown(tls_);
    SSL_free(tls_);
  }
}

long Connection::ReadSome(char* data, std::size_t size) {
  if (tls_ == nullptr) return recv(socket_, data, size, 0);
  return SSL_read(tls_, data, static_cast<int>(size));
}

std::string Connection::ReadRequest() {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const std::size_t head_end = text.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::size_t whole = head_end + 4 + ContentLength(text.substr(0, head_end));
      if (text.size() >= whole) return text;
    }
    const long got = ReadSome(piece.data(), piece.size());
    if (got <= 0) return "";
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

bool Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
    const long sent = tls_ == nullptr ? send(socket_, bytes.data(), size, MSG_NOSIGNAL)
                                      : SSL_write(tls_, bytes.data(), size);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::WriteChunk(std::string_view bytes) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  std::string chunk(size.data());
  chunk += bytes;
  chunk += "\r\n";
  return Write(chunk);
}

void Connection::Reset() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void Connection::AwaitClosed() {
  std::array<char, 4096> dropped{};
  while (ReadSome(dropped.data(), dropped.size()) > 0) {
  }
}

ByteServer::ByteServer(Script script, std::optional<Tls> tls) : script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets without MSG_NOSIGNAL
  if (tls) {
    tls_ = SSL_CTX_new(TLS_server_method());
    const Status ready = ConfigureServerTls(*tls_, tls->identity.cert_pem, tls->identity.key_pem);
    if (!ready) throw std::logic_error(ready.error().message);
    if (!tls->client_ca_pem.empty()) DemandClientCertificate(tls_, tls->client_ca_pem);
  }
  listener_ = Listen(port_);
  acceptor_ = std::jthread([this] { Accept(); });
}

ByteServer::~ByteServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::jthread> threads;
  {
    const MutexLock lock(mutex_);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    threads = std::move(threads_);
  }
  threads.clear();
  SSL_CTX_free(tls_);
}

std::string ByteServer::url() const {
  return (tls_ == nullptr ? "http" : "https") + std::string("://127.0.0.1:") +
         std::to_string(port_);
}

std::vector<std::string> ByteServer::server_names() const {
  const MutexLock lock(mutex_);
  return server_names_;
}

void ByteServer::Accept() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int number = accepted_++;
    const MutexLock lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number] { Serve(socket, number); });
  }
}

void ByteServer::Serve(int socket, int number) {
  ssl_st* const tls = tls_ == nullptr ? nullptr : Handshake(socket);
  if (tls_ == nullptr || tls != nullptr) {
    Connection connection(socket, tls, number);
    script_(connection);
  }
  const MutexLock lock(mutex_);
  sockets_.remove(socket);
  close(socket);
}

ssl_st* ByteServer::Handshake(int socket) {
  SSL* const tls = SSL_new(tls_);
  SSL_set_fd(tls, socket);
  const bool accepted = SSL_accept(tls) == 1;
  const char* const name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
  {
    const MutexLock lock(mutex_);
    server_names_.emplace_back(name == nullptr ? "" : name);
  }
  if (accepted) return tls;
  SSL_free(tls);
  return nullptr;
}

std::string HttpResponse(int status, std::string_view body, std::string_view extra_headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Text\r\n";
  text += extra_headers;
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  text += body;
  return text;
}

std::string ChunkedHead() {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
         "Transfer-Encoding: chunked\r\n\r\n";
}

}  // namespace belvedere::http
