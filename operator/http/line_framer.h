#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace belvedere::http {

// Cuts a byte stream into lines, whatever pieces it comes in. Lines end with "\n" or "\r\n"; empty
// lines are left out. One thread.
class LineFramer {
 public:
  static constexpr std::size_t kMaxLine = 16 * 1024 * 1024;

  explicit LineFramer(std::size_t max_line = kMaxLine) : max_line_(max_line) {}

  // Calls `line` for every line that ends within `bytes`; the view is valid during the call only.
  // Error: kDecode for a line longer than the limit; nothing may be fed after that.
  Status Feed(std::string_view bytes, const std::function<void(std::string_view)>& line);

  // Bytes of a line that has no end yet; after the last Feed, the size of the cut-off tail.
  std::size_t pending() const { return partial_.size(); }

 private:
  Status TooLong() const;

  const std::size_t max_line_;
  std::string partial_;
};

}  // namespace belvedere::http
