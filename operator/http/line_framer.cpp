#include "operator/http/line_framer.h"

namespace belvedere::http {
namespace {

std::string_view WithoutCarriageReturn(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// A line of megabytes is rare: its buffer is not kept for the small ones that follow.
constexpr std::size_t kKeptCapacity = 64 * 1024;

}  // namespace

Status LineFramer::Feed(std::string_view bytes, const std::function<void(std::string_view)>& line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (partial_.size() + piece.size() > max_line_) return TooLong();
    if (end == std::string_view::npos) {
      partial_ += piece;
      return {};
    }
    bytes.remove_prefix(end + 1);

    std::string_view whole = piece;
    if (!partial_.empty()) whole = partial_.append(piece);
    whole = WithoutCarriageReturn(whole);
    if (!whole.empty()) line(whole);
    partial_.clear();
    if (partial_.capacity() > kKeptCapacity) partial_.shrink_to_fit();
  }
  return {};
}

Status LineFramer::TooLong() const {
  return Fail(ErrorCode::kDecode, "a line is longer than " + std::to_string(max_line_) + " bytes");
}

}  // namespace belvedere::http
