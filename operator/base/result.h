#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace belvedere {

// Closed set of expected failures. What a caller may do about an error depends on its code alone,
// never on its text.
enum class ErrorCode {
  kNotFound,
  kAlreadyExists,
  kConflict,
  kGone,             // 410: the resourceVersion or continue token is too old; list again.
  kInvalid,          // 400, 422: this request will never succeed as it is.
  kForbidden,        // 403: RBAC, admission or quota; see Error::reason.
  kUnauthorized,     // 401: re-read credentials.
  kTooManyRequests,  // 429: wait Error::retry_after.
  kTimeout,          // our deadline passed; a write may or may not have happened.
  kUnavailable,      // 5xx other than 500.
  kCanceled,         // our stop was requested.
  kTransport,        // connection, TLS or framing; a write may or may not have happened.
  kDecode,           // the peer's bytes are not what the protocol promises.
  kInternal,         // 500, or a failure on our side that has no better name.
};

std::string_view ToString(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  int http_status = 0;                              // 0: no response was received
  std::string reason;                               // Status.reason of the API server, or empty
  std::string message;                              // for humans; no secret content
  std::optional<std::chrono::seconds> retry_after;  // from Retry-After
};

template <typename T>
using Result = tl::expected<T, Error>;

// Result<void> as a type of its own, so that ignoring one is a compile error as well.
using Status = Result<void>;

inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(
      Error{.code = code, .reason = {}, .message = std::move(message), .retry_after = {}});
}

inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace belvedere
