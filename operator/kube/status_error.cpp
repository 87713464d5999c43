#include "operator/kube/status_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace belvedere::kube {
namespace {

constexpr std::size_t kMaxMessage = 1024;
constexpr std::chrono::seconds kMaxRetryAfter = std::chrono::hours(1);

// Reasons (metav1.StatusReason) that say more than their HTTP status does.
constexpr std::array<std::pair<std::string_view, ErrorCode>, 4> kByReason{{
    {"AlreadyExists", ErrorCode::kAlreadyExists},
    {"Expired", ErrorCode::kGone},
    {"ServerTimeout", ErrorCode::kUnavailable},  // sent with 500, and worth a retry
    {"Gone", ErrorCode::kGone},
}};

ErrorCode CodeOf(int http_status) {
  switch (http_status) {
    case 401:
      return ErrorCode::kUnauthorized;
    case 403:
      return ErrorCode::kForbidden;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kGone;
    case 408:
      return ErrorCode::kUnavailable;
    case 429:
      return ErrorCode::kTooManyRequests;
    default:
      break;
  }
  if (http_status >= 400 && http_status < 500) return ErrorCode::kInvalid;
  if (http_status > 500 && http_status < 600) return ErrorCode::kUnavailable;
  return ErrorCode::kInternal;
}

ErrorCode CodeOf(int http_status, std::string_view reason) {
  for (const auto& [name, code] : kByReason) {
    if (name == reason) return code;
  }
  return CodeOf(http_status);
}

std::optional<std::chrono::seconds> RetryAfter(std::int64_t seconds) {
  if (seconds <= 0) return std::nullopt;
  return std::min(kMaxRetryAfter, std::chrono::seconds(std::min<std::int64_t>(seconds, 1 << 20)));
}

// The API server sends seconds, never a date.
std::optional<std::chrono::seconds> RetryAfterHeader(const http::Response& response) {
  const auto found = response.headers.find("retry-after");
  if (found == response.headers.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return RetryAfter(seconds);
}

}  // namespace

bool Refusal::Names(std::string_view field) const {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

bool Refusal::IsAbout(std::string_view object_plural, std::string_view object_name) const {
  return (plural.empty() || plural == object_plural) && (name.empty() || name == object_name);
}

Refusal ReadStatus(const Json& status, int http_status) {
  Refusal refusal;
  const std::int64_t code = IntAt(status, "/code", http_status);
  refusal.error.http_status = code >= 100 && code < 600 ? static_cast<int>(code) : http_status;
  refusal.error.reason = StringAt(status, "/reason").substr(0, 64);
  refusal.error.message = StringAt(status, "/message").substr(0, kMaxMessage);
  refusal.error.code = CodeOf(refusal.error.http_status, refusal.error.reason);
  refusal.error.retry_after = RetryAfter(IntAt(status, "/details/retryAfterSeconds"));
  refusal.plural = StringAt(status, "/details/kind");
  refusal.name = StringAt(status, "/details/name");
  if (const Json& causes = At(status, "/details/causes"); causes.is_array()) {
    for (const Json& cause : causes) refusal.fields.push_back(StringAt(cause, "/field"));
  }
  return refusal;
}

Refusal ReadRefusal(const http::Response& response) {
  const Result<Json> body = ParseJson(response.body);
  const bool is_status = body && StringAt(*body, "/kind") == "Status";
  Refusal refusal = ReadStatus(is_status ? *body : Json::object(), response.status);
  // A proxy may wrap another status than the one it sends: the wire decides.
  refusal.error.http_status = response.status;
  refusal.error.code = CodeOf(response.status, refusal.error.reason);
  if (refusal.error.message.empty()) {
    refusal.error.message = "HTTP status " + std::to_string(response.status);
  }
  if (const auto header = RetryAfterHeader(response)) refusal.error.retry_after = header;
  return refusal;
}

}  // namespace belvedere::kube
