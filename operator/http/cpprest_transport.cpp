#include "operator/http/cpprest_transport.h"

#include <arpa/inet.h>
#include <cpprest/http_client.h>
#include <openssl/crypto.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "operator/base/log.h"
#include "operator/http/exchange.h"
#include "operator/http/line_framer.h"
#include "operator/http/slots.h"
#include "operator/http/tls.h"

namespace belvedere::http {
namespace {

using web::http::http_request;
using web::http::client::http_client;
using web::http::client::http_client_config;

// All client I/O and its continuations; nothing of ours blocks on them. A second thread would do no
// more, since each continuation is handed from one to another, which costs a fifth of all CPU.
constexpr std::size_t kPoolThreads = 1;
// Buffers of that size are made and given back for each part of each response.
constexpr std::size_t kChunk = 16 * 1024;
constexpr std::size_t kMaxBody = 256 * 1024 * 1024;
constexpr std::size_t kMaxErrorBody = 64 * 1024;
// Deadlines are kept by the calling threads. The timer of cpprest would also run while a slow
// handler holds a stream back, so it is set out of the way.
constexpr std::chrono::hours kClientTimeout{24};
constexpr std::chrono::seconds kAbortWait{2};

// Where cpprest writes a response body: hands it to the exchange, and completes a write late where
// the exchange is full, which stops the reading from the socket. The members that only readers or
// seekers need say that there is nothing to read or seek.
class ExchangeSink final : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
 public:
  explicit ExchangeSink(std::shared_ptr<Exchange> exchange)
      : streambuf_state_manager(std::ios_base::out), exchange_(std::move(exchange)) {}

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  size_t buffer_size(std::ios_base::openmode /*direction*/) const override { return 0; }
  void set_buffer_size(size_t /*size*/, std::ios_base::openmode /*direction*/) override {}
  size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode /*mode*/) const override { return pos_type(-1); }
  pos_type seekpos(pos_type /*pos*/, std::ios_base::openmode /*mode*/) override {
    return pos_type(-1);
  }
  pos_type seekoff(off_type /*offset*/, std::ios_base::seekdir /*way*/,
                   std::ios_base::openmode /*mode*/) override {
    return pos_type(-1);
  }
  bool acquire(uint8_t*& /*pointer*/, size_t& /*count*/) override { return false; }
  void release(uint8_t* /*pointer*/, size_t /*count*/) override {}

 protected:
  // An exception must leave by the task: thrown from here it would end the process.
  pplx::task<size_t> _putn(const uint8_t* data, size_t count) override {
    try {
      const pplx::task_completion_event<size_t> room;
      const bool more = exchange_->OnBytes({reinterpret_cast<const char*>(data), count},
                                           [room, count] { room.set(count); });
      return more ? pplx::task_from_result(count) : pplx::create_task(room);
    } catch (...) {
      return pplx::task_from_exception<size_t>(std::current_exception());
    }
  }
  pplx::task<int_type> _putc(uint8_t byte) override {
    return _putn(&byte, 1).then([byte](size_t) { return static_cast<int_type>(byte); });
  }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  pplx::task<int_type> _bumpc() override { return Eof(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return Eof(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return Eof(); }
  pplx::task<int_type> _ungetc() override { return Eof(); }
  pplx::task<size_t> _getn(uint8_t* /*pointer*/, size_t /*count*/) override {
    return pplx::task_from_result<size_t>(0);
  }
  size_t _scopy(uint8_t* /*pointer*/, size_t /*count*/) override { return 0; }
  uint8_t* _alloc(size_t /*count*/) override { return nullptr; }
  void _commit(size_t /*count*/) override {}

 private:
  static pplx::task<int_type> Eof() { return pplx::task_from_result<int_type>(traits::eof()); }

  const std::shared_ptr<Exchange> exchange_;
};

Response HeadOf(const web::http::http_response& from) {
  Response head;
  head.status = from.status_code();
  for (const auto& [name, value] : from.headers()) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    head.headers[std::move(lower)] = value;
  }
  return head;
}

// Error numbers of cpprest have lost their category: only the text is used, and for a failed
// handshake what OpenSSL says about the number.
std::string Describe(const std::exception& failure) {
  std::string text = failure.what();
  const auto* const known = dynamic_cast<const web::http::http_exception*>(&failure);
  if (known == nullptr || text.find("SSL") == std::string::npos) return text;
  const std::string reason = TlsReason(static_cast<unsigned int>(known->error_code().value()));
  return reason.empty() ? text : text + ": " + reason;
}

// One request under way. All that cpprest holds on to is the exchange, so that a request which does
// not end in time can be left behind.
class Call {
 public:
  Call(http_client& client, http_request request, Exchange::Wake wake)
      : exchange_(std::make_shared<Exchange>(wake)) {
    request.set_response_stream(concurrency::streams::basic_ostream<uint8_t>(
        concurrency::streams::streambuf<uint8_t>(std::make_shared<ExchangeSink>(exchange_))));
    Start(client, request);
  }
  ~Call() { Abort(); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Exchange& exchange() { return *exchange_; }

  // After the end of the response it has no effect.
  void Abort() {
    if (std::exchange(aborted_, true) || exchange_->AwaitEnd(RealClock().Now())) return;
    cancellation_.cancel();
    exchange_->Leave();
    if (!exchange_->AwaitEnd(RealClock().Now() + kAbortWait)) {
      log::Warn("a canceled request did not end in time and is left behind");
    }
  }

 private:
  void Start(http_client& client, const http_request& request) {
    try {
      client.request(request, cancellation_.get_token())
          .then([exchange = exchange_](const web::http::http_response& response) {
            exchange->OnHead(HeadOf(response));
            return response.content_ready();
          })
          .then([exchange = exchange_](const pplx::task<web::http::http_response>& done) {
            try {
              done.get();
              exchange->OnEnd(std::nullopt);
            } catch (const std::exception& failure) {
              exchange->OnEnd(Describe(failure));
            }
          });
    } catch (const std::exception& failure) {
      exchange_->OnEnd(Describe(failure));
    }
  }

  const std::shared_ptr<Exchange> exchange_;
  // One source a request: registrations on a long-lived source would never be removed.
  pplx::cancellation_token_source cancellation_;
  bool aborted_ = false;
};

enum class More { kWanted, kEnough };
using BytesHandler = std::function<Result<More>(const Response& head, std::string_view bytes)>;

// Runs `call` to its end on the calling thread. The response has no body but what `on_bytes` keeps.
Result<Response> Drive(Call& call, const std::function<SteadyTime()>& deadline,
                       const std::stop_token& stop, const BytesHandler& on_bytes) {
  Response head;
  while (true) {
    Exchange::Event event = call.exchange().Next(deadline(), stop);
    switch (event.what) {
      case Exchange::What::kHead:
        head = std::move(event.head);
        break;
      case Exchange::What::kBytes: {
        const Result<More> more = on_bytes(head, event.bytes);
        if (!more) return Fail(more.error());
        if (*more == More::kEnough) return head;
        break;
      }
      case Exchange::What::kEnd:
        if (!event.error) return head;
        return Fail(
            ErrorCode::kTransport,
            (head.status == 0 ? "no response: " : "the response broke off: ") + *event.error);
      case Exchange::What::kDeadline:
        return Fail(ErrorCode::kTimeout, head.status == 0 ? "no response in time"
                                                          : "the response did not go on in time");
      case Exchange::What::kStopped:
        return Fail(ErrorCode::kCanceled, "stopped");
    }
  }
}

bool IsIpv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool SameIdentity(const Credentials& a, const Credentials& b) {
  return a.ca_pem == b.ca_pem && a.client_cert_pem == b.client_cert_pem &&
         a.client_key_pem == b.client_key_pem;
}

class CpprestTransport final : public Transport {
 public:
  CpprestTransport(CpprestOptions options, const CredentialSource& credentials)
      : options_(std::move(options)), credentials_(credentials), slots_(options_.max_in_flight) {}

  Result<Response> RoundTrip(const Request& request, std::chrono::milliseconds timeout,
                             std::stop_token stop) override;
  Result<Response> Stream(const Request& request, const LineHandler& line,
                          std::chrono::milliseconds idle, std::stop_token stop) override;

 private:
  enum class Compression { kOff, kOn };
  struct UnaryClient {
    std::shared_ptr<const Credentials> credentials;
    std::shared_ptr<http_client> client;
  };

  Result<std::shared_ptr<http_client>> MakeClient(
      const std::shared_ptr<const Credentials>& credentials, Compression compression) const;
  Result<std::shared_ptr<http_client>> SharedClient(
      const std::shared_ptr<const Credentials>& credentials);
  Result<http_request> MakeRequest(const Request& request, const Credentials& credentials) const;

  const CpprestOptions options_;
  const CredentialSource& credentials_;
  Slots slots_;
  Mutex mutex_;
  UnaryClient unary_ GUARDED_BY(mutex_);
};

Result<Response> CpprestTransport::RoundTrip(const Request& request,
                                             std::chrono::milliseconds timeout,
                                             std::stop_token stop) {
  const SteadyTime deadline = RealClock().Now() + timeout;
  const std::optional<Slots::Lease> slot = slots_.Acquire(deadline, stop);
  if (!slot && stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
  if (!slot) return Fail(ErrorCode::kTimeout, "too many requests are under way");

  const auto credentials = credentials_.Get();
  const auto client = SharedClient(credentials);
  if (!client) return Fail(client.error());
  const auto made = MakeRequest(request, *credentials);
  if (!made) return Fail(made.error());

  std::string body;
  Call call(**client, *made, Exchange::Wake::kAtEnd);
  Result<Response> response = Drive(
      call, [deadline] { return deadline; }, stop,
      [&body](const Response& /*head*/, std::string_view bytes) -> Result<More> {
        if (body.size() + bytes.size() > kMaxBody) {
          return Fail(ErrorCode::kDecode, "the response is too large");
        }
        body += bytes;
        return More::kWanted;
      });
  if (response) response->body = std::move(body);
  return response;
}

Result<Response> CpprestTransport::Stream(const Request& request, const LineHandler& line,
                                          std::chrono::milliseconds idle, std::stop_token stop) {
  const auto credentials = credentials_.Get();
  const auto client = MakeClient(credentials, Compression::kOff);
  if (!client) return Fail(client.error());
  const auto made = MakeRequest(request, *credentials);
  if (!made) return Fail(made.error());

  LineFramer framer;
  std::string error_body;
  const auto each_line = [&](std::string_view text) {
    if (!stop.stop_requested()) line(text);
  };
  Call call(**client, *made, Exchange::Wake::kAtLine);
  Result<Response> response = Drive(
      call, [idle] { return RealClock().Now() + idle; }, stop,
      [&](const Response& head, std::string_view bytes) -> Result<More> {
        if (head.status >= 200 && head.status < 300) {
          const Status fed = framer.Feed(bytes, each_line);
          if (!fed) return Fail(fed.error());
          return More::kWanted;
        }
        error_body += bytes.substr(0, kMaxErrorBody - error_body.size());
        return error_body.size() < kMaxErrorBody ? More::kWanted : More::kEnough;
      });
  if (!response) return response;
  if (framer.pending() > 0) {
    return Fail(ErrorCode::kDecode, "the response ended within a line, after " +
                                        std::to_string(framer.pending()) + " bytes of it");
  }
  response->body = std::move(error_body);
  return response;
}

Result<std::shared_ptr<http_client>> CpprestTransport::MakeClient(
    const std::shared_ptr<const Credentials>& credentials, Compression compression) const {
  try {
    const web::uri base(options_.base_url);
    if (base.scheme() == "https") {
      if (const Status good = CheckClientTls(*credentials); !good) return Fail(good.error());
    }
    if (base.host().empty() || base.host().front() == '[') {
      return Fail(ErrorCode::kInvalid,
                  "server URL needs a host name or an IPv4 address: " + options_.base_url);
    }
    http_client_config config;
    config.set_timeout(kClientTimeout);
    // A redirect would take the bearer token along to wherever it points.
    config.set_max_redirects(0);
    config.set_chunksize(kChunk);
    config.set_request_compressed_response(compression == Compression::kOn);
    // RFC 6066: no IP address in SNI. The Host header that carries server_name is also what cpprest
    // checks the certificate against.
    config.set_tlsext_sni_enabled(!options_.server_name.empty() || !IsIpv4(base.host()));
    // Runs for each new connection, maybe after this transport is gone.
    config.set_ssl_context_callback([credentials](boost::asio::ssl::context& context) {
      const Status done = ConfigureClientTls(*context.native_handle(), *credentials);
      if (!done) {
        throw boost::system::system_error(
            boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            done.error().message);
      }
    });
    return std::make_shared<http_client>(base, config);
  } catch (const std::exception& failure) {
    return Fail(ErrorCode::kInvalid,
                "server URL " + options_.base_url + ": " + std::string(failure.what()));
  }
}

Result<std::shared_ptr<http_client>> CpprestTransport::SharedClient(
    const std::shared_ptr<const Credentials>& credentials) {
  const MutexLock lock(mutex_);
  if (unary_.client && SameIdentity(*unary_.credentials, *credentials)) return unary_.client;
  auto made = MakeClient(credentials, Compression::kOn);
  if (made) unary_ = {credentials, *made};
  return made;
}

Result<http_request> CpprestTransport::MakeRequest(const Request& request,
                                                   const Credentials& credentials) const {
  try {
    http_request made{std::string(ToString(request.method))};
    made.set_request_uri(web::uri(request.target));
    web::http::http_headers& headers = made.headers();
    headers.add("Accept", "application/json");
    headers.add("User-Agent", options_.user_agent);
    if (!options_.server_name.empty()) headers.add("Host", options_.server_name);
    // A body sets a content type of its own, which the caller's header then replaces.
    if (!request.body.empty()) made.set_body(request.body);
    for (const auto& [name, value] : request.headers) headers[name] = value;
    if (!credentials.bearer_token.empty()) {
      headers["Authorization"] = "Bearer " + credentials.bearer_token;
    }
    return made;
  } catch (const std::exception& failure) {
    return Fail(ErrorCode::kInvalid, "request " + request.target + ": " + failure.what());
  }
}

}  // namespace

void InitTransports() {
  static std::once_flag once;
  std::call_once(once, [] {
    // OpenSSL's own exit handler frees what the pool's threads may still be using.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    DeferSystemRoots();
    crossplat::threadpool::initialize_with_threads(kPoolThreads);
    static_cast<void>(pplx::get_ambient_scheduler());  // made here, not by two threads at once
  });
}

std::unique_ptr<Transport> MakeCpprestTransport(CpprestOptions options,
                                                const CredentialSource& credentials) {
  return std::make_unique<CpprestTransport>(std::move(options), credentials);
}

}  // namespace belvedere::http
