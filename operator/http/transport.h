#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace belvedere::http {

enum class Method { kGet, kPost, kPut, kPatch, kDelete };

std::string_view ToString(Method method);

struct Request {
  Method method = Method::kGet;
  std::string target;                          // path and query, already percent-encoded
  std::map<std::string, std::string> headers;  // Authorization is the transport's
  std::string body;
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Takes one complete line, without its line break.
using LineHandler = std::function<void(std::string_view line)>;

// A connection to one server. All calls block the calling thread and are thread-safe. Redirects are
// never followed; any HTTP status is a Response, not an error.
// Errors: kTimeout, kCanceled (stop requested), kTransport, kDecode.
class Transport {
 public:
  virtual ~Transport() = default;

  // One request, one whole response, within `timeout`.
  virtual Result<Response> RoundTrip(const Request& request, std::chrono::milliseconds timeout,
                                     std::stop_token stop) = 0;

  // Reads a response that ends when the server ends it, handing each line of a 2xx body to `line`
  // on the calling thread; a slow handler stops the reading from the socket. Returns when the
  // server has ended the response (for other than 2xx with up to 64 KiB of body); kTimeout when no
  // byte came for `idle`. A line over 16 MiB is kDecode.
  virtual Result<Response> Stream(const Request& request, const LineHandler& line,
                                  std::chrono::milliseconds idle, std::stop_token stop) = 0;
};

}  // namespace belvedere::http
