#include "operator/http/server.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/mutex.h"
#include "operator/http/tls.h"
#include "operator/http/tls_files.h"

namespace belvedere::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using BeastRequest = beast::http::request<beast::http::string_body>;
using BeastResponse = beast::http::response<beast::http::string_body>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// How long a peer may take to close its side after we have closed ours.
constexpr std::chrono::seconds kCloseWait{1};
// After a failed accept, as when no descriptor is free.
constexpr std::chrono::milliseconds kAcceptPause{100};

// What every connection shares. Outlives them.
struct Shared {
  ServerOptions options;
  Handler handler;
};

std::optional<Method> MethodOf(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
    case beast::http::verb::head:
      return Method::kGet;
    case beast::http::verb::post:
      return Method::kPost;
    case beast::http::verb::put:
      return Method::kPut;
    case beast::http::verb::patch:
      return Method::kPatch;
    case beast::http::verb::delete_:
      return Method::kDelete;
    default:
      return std::nullopt;
  }
}

Request ToRequest(Method method, const BeastRequest& from) {
  Request request{.method = method, .target = std::string(from.target()), .body = from.body()};
  for (const auto& field : from) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string& value = request.headers[std::move(name)];
    if (!value.empty()) value += ", ";
    value += std::string(field.value());
  }
  return request;
}

Response Plain(int status, const std::string& text) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"}},
          .body = text + "\n"};
}

Response Answer(const Handler& handler, const BeastRequest& request) {
  const std::optional<Method> method = MethodOf(request.method());
  if (!method) return Plain(405, "method not allowed");
  try {
    return handler(ToRequest(*method, request));
  } catch (const std::exception& failure) {
    log::Error("a request handler failed",
               {{"target", std::string(request.target())}, {"error", failure.what()}});
    return Plain(500, "internal error");
  }
}

int StatusOf(const beast::error_code& error) {
  if (error == beast::http::error::header_limit) return 431;
  if (error == beast::http::error::body_limit) return 413;
  return 400;
}

// True where what came is no HTTP request within the limits, so that an answer is due.
bool IsBadRequest(const beast::error_code& error) {
  static const beast::error_code any_http = beast::http::error::bad_method;
  return error.category() == any_http.category() && error != beast::http::error::end_of_stream &&
         error != beast::http::error::partial_message;
}

class Session {
 public:
  virtual ~Session() = default;
  virtual void Start() = 0;
  // Ends the connection as soon as the request that is under way has been answered.
  virtual void Finish() = 0;
};

// The connections that are open; lets the server wait for their end. Thread-safe.
class Sessions {
 public:
  // False when there are `limit` already.
  bool Add(const std::shared_ptr<Session>& session, std::size_t limit) {
    const MutexLock lock(mutex_);
    if (open_.size() >= limit) return false;
    open_.emplace(session.get(), session);
    return true;
  }
  void Remove(Session& session) {
    {
      const MutexLock lock(mutex_);
      open_.erase(&session);
    }
    changed_.notify_all();
  }
  void FinishAll() {
    for (const auto& session : Living()) session->Finish();
  }
  void AwaitNone(SteadyTime deadline) {
    MutexLock lock(mutex_);
    RealClock().Wait(lock, changed_, deadline, {},
                     [this]() REQUIRES(mutex_) { return open_.empty(); });
  }

 private:
  std::vector<std::shared_ptr<Session>> Living() {
    const MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Session>> living;
    for (const auto& [key, weak] : open_) {
      if (auto session = weak.lock()) living.push_back(std::move(session));
    }
    return living;
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Session*, std::weak_ptr<Session>> open_ GUARDED_BY(mutex_);
};

// One connection: reads a request, answers it, and so on. Everything runs on the stream's strand.
template <typename Stream>
class StreamSession final : public Session,
                            public std::enable_shared_from_this<StreamSession<Stream>> {
 public:
  template <typename... Args>
  StreamSession(const Shared& shared, Sessions& sessions, Args&&... stream)
      : shared_(shared), sessions_(sessions), stream_(std::forward<Args>(stream)...) {}
  ~StreamSession() override { sessions_.Remove(*this); }
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  void Start() override {
    asio::dispatch(stream_.get_executor(),
                   [self = this->shared_from_this()] { self->Handshake(); });
  }

  void Finish() override {
    asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
      self->finishing_ = true;
      // Nothing of a request has come: nobody waits for an answer.
      if (self->reading_ && !self->parser_->got_some()) self->Socket().cancel();
    });
  }

 private:
  beast::tcp_stream& Socket() { return beast::get_lowest_layer(stream_); }

  void Handshake() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Socket().expires_after(shared_.options.timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const beast::error_code& error) {
                                if (!error) self->Read();
                              });
    } else {
      Read();
    }
  }

  void Read() {
    if (finishing_) return Close();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.header_limit));
    parser_->body_limit(shared_.options.body_limit);
    Socket().expires_after(shared_.options.timeout);
    reading_ = true;
    beast::http::async_read(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const beast::error_code& error, std::size_t /*bytes*/) {
          self->OnRead(error);
        });
  }

  void OnRead(const beast::error_code& error) {
    reading_ = false;
    if (!error) {
      const BeastRequest request = parser_->release();
      const bool head = request.method() == beast::http::verb::head;
      return Write(Answer(shared_.handler, request), request.version(),
                   request.keep_alive() && !finishing_, head);
    }
    if (!IsBadRequest(error)) return Close();
    drain_ = true;
    Write(Plain(StatusOf(error), error.message()), 11, false, false);
  }

  void Write(Response from, unsigned version, bool keep_alive, bool head) {
    response_.emplace();
    response_->version(version);
    response_->result(static_cast<unsigned>(from.status));
    for (const auto& [name, value] : from.headers) response_->set(name, value);
    response_->keep_alive(keep_alive);
    const std::size_t length = from.body.size();
    if (!head) response_->body() = std::move(from.body);
    response_->content_length(length);
    Socket().expires_after(shared_.options.timeout);
    beast::http::async_write(stream_, *response_,
                             [self = this->shared_from_this(), keep_alive](
                                 const beast::error_code& error, std::size_t /*bytes*/) {
                               if (error) return;
                               if (keep_alive) return self->Read();
                               self->Close();
                             });
  }

  void Close() {
    Socket().expires_after(kCloseWait);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_shutdown([self = this->shared_from_this()](const beast::error_code&) {});
    } else {
      beast::error_code ignored;
      Socket().socket().shutdown(tcp::socket::shutdown_send, ignored);
      if (drain_) Drain();
    }
  }

  // A close with unread bytes would reset the connection, and the peer might lose our answer.
  void Drain() {
    buffer_.clear();
    Socket().async_read_some(
        buffer_.prepare(4096),
        [self = this->shared_from_this()](const beast::error_code& error, std::size_t /*bytes*/) {
          if (!error) self->Drain();
        });
  }

  const Shared& shared_;
  Sessions& sessions_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::optional<BeastResponse> response_;
  bool reading_ = false;
  bool finishing_ = false;
  bool drain_ = false;
};

class BeastServer final : public Server {
 public:
  BeastServer(const ServerOptions& options, Handler handler)
      : shared_{options, std::move(handler)}, files_(options.tls_cert_path, options.tls_key_path) {}
  ~BeastServer() override;
  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;

  Status Start();
  int port() const override { return port_; }

 private:
  bool UsesTls() const { return !shared_.options.tls_cert_path.empty(); }
  Status Listen();
  Status RefreshTls();
  void Accept();
  void OnAccept(tcp::socket socket);
  void Run();

  const Shared shared_;
  Sessions sessions_;  // before the context, whose end destroys what is left of them
  asio::io_context context_;
  tcp::acceptor acceptor_{asio::make_strand(context_)};
  asio::steady_timer pause_{acceptor_.get_executor()};
  // Only on the acceptor's strand.
  TlsFiles files_;
  std::shared_ptr<const TlsFiles::Pair> pair_;
  std::shared_ptr<asio::ssl::context> tls_;
  int port_ = 0;
  std::vector<std::jthread> threads_;
};

Status BeastServer::Start() {
  if (UsesTls()) {
    if (const Status loaded = RefreshTls(); !loaded) return loaded;
  }
  if (const Status listening = Listen(); !listening) return listening;
  Accept();
  for (int i = 0; i < shared_.options.threads; ++i) threads_.emplace_back([this] { Run(); });
  return {};
}

Status BeastServer::Listen() {
  const ServerOptions& options = shared_.options;
  const auto fail = [&options](const std::string& why) {
    return Fail(ErrorCode::kInternal, "cannot listen on " + options.address + " port " +
                                          std::to_string(options.port) + ": " + why);
  };
  beast::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(error.message());
  const tcp::endpoint endpoint(address, static_cast<unsigned short>(options.port));
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(error.message());
  port_ = acceptor_.local_endpoint().port();
  return {};
}

Status BeastServer::RefreshTls() {
  const auto pair = files_.Current();
  if (!pair) return Fail(pair.error());
  if (*pair == pair_) return {};
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  const Status ready =
      ConfigureServerTls(*tls->native_handle(), (*pair)->cert_pem, (*pair)->key_pem);
  if (!ready) return ready;
  tls_ = std::move(tls);
  pair_ = *pair;
  return {};
}

void BeastServer::Accept() {
  acceptor_.async_accept(asio::make_strand(context_),
                         [this](const beast::error_code& error, tcp::socket socket) {
                           if (!acceptor_.is_open()) return;
                           if (!error) {
                             OnAccept(std::move(socket));
                             return Accept();
                           }
                           pause_.expires_after(kAcceptPause);
                           pause_.async_wait([this](const beast::error_code& /*canceled*/) {
                             if (acceptor_.is_open()) Accept();
                           });
                         });
}

void BeastServer::OnAccept(tcp::socket socket) {
  std::shared_ptr<Session> session;
  if (UsesTls()) {
    // A half-written renewal must not take the server down: the last good pair goes on.
    if (const Status fresh = RefreshTls(); !fresh) {
      log::Warn("the server's certificate could not be renewed",
                {{"error", fresh.error().message}});
    }
    session =
        std::make_shared<StreamSession<TlsStream>>(shared_, sessions_, std::move(socket), *tls_);
  } else {
    session =
        std::make_shared<StreamSession<beast::tcp_stream>>(shared_, sessions_, std::move(socket));
  }
  if (sessions_.Add(session, shared_.options.max_connections)) session->Start();
}

void BeastServer::Run() {
  while (true) {
    try {
      context_.run();
      return;
    } catch (const std::exception& failure) {
      log::Error("a connection failed", {{"error", failure.what()}});
    }
  }
}

BeastServer::~BeastServer() {
  asio::dispatch(acceptor_.get_executor(), [this] {
    beast::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    sessions_.FinishAll();
  });
  sessions_.AwaitNone(RealClock().Now() + shared_.options.timeout);
  context_.stop();
  threads_.clear();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler handler) {
  auto server = std::make_unique<BeastServer>(options, std::move(handler));
  if (const Status started = server->Start(); !started) return Fail(started.error());
  return server;
}

}  // namespace belvedere::http
