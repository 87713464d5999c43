#include "operator/kube/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace belvedere::kube {
namespace {

std::string Where(const YAML::Mark& mark) {
  if (mark.is_null()) return "";
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) +
         ": ";
}

template <typename T>
std::optional<T> ReadNumber(std::string_view text) {
  T value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Words such as nan and infinity are strings here: JSON has no such numbers.
bool LooksLikeNumber(std::string_view text) {
  return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

Json PlainScalar(const std::string& text) {
  static constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
  static constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
  for (const auto word : kNull) {
    if (text == word) return nullptr;
  }
  for (const auto word : kTrue) {
    if (text == word) return true;
  }
  for (const auto word : kFalse) {
    if (text == word) return false;
  }
  if (!LooksLikeNumber(text)) return text;
  if (const auto whole = ReadNumber<std::int64_t>(text)) return *whole;
  if (const auto large = ReadNumber<std::uint64_t>(text)) return *large;
  if (const auto real = ReadNumber<double>(text); real && std::isfinite(*real)) return *real;
  return text;
}

// Builds JSON from the parser's events. yaml-cpp's own node graph would be built whole before it
// could be measured. Throws YAML::ParserException: there is no other way out of its callbacks.
class JsonBuilder final : public YAML::EventHandler {
 public:
  explicit JsonBuilder(const YamlLimits& limits) : limits_(limits) {}

  std::vector<Json> Take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    Count(mark, 1);  // some broken streams are empty documents without end
    anchored_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Count(mark, 1);
    Put(mark, Json(), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) throw YAML::ParserException(mark, "an alias within itself");
    Measure(mark, found->second, open_.size());
    Put(mark, found->second, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Count(mark, 1);
    if (NeedsKey()) {
      SetKey(mark, value);
    } else {
      Put(mark, Scalar(mark, tag, value), anchor);
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map that has begun.
  struct Frame {
    Json value;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    std::optional<std::string> key;  // of a map: the value for it comes next
  };

  static Json Scalar(const YAML::Mark& mark, const std::string& tag, const std::string& value) {
    if (tag == "?" || tag.empty()) return PlainScalar(value);
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return value;
    throw YAML::ParserException(mark, "tags are not supported");
  }

  bool NeedsKey() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }

  void SetKey(const YAML::Mark& mark, const std::string& key) {
    if (open_.back().value.contains(key)) {
      throw YAML::ParserException(mark, "the key \"" + key + "\" comes twice");
    }
    open_.back().key = key;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
    Count(mark, 1);
    if (tag != "?" && !tag.empty()) throw YAML::ParserException(mark, "tags are not supported");
    if (NeedsKey()) throw YAML::ParserException(mark, "a key must be a string");
    CheckDepth(mark, open_.size() + 1);
    open_.push_back({std::move(empty), anchor, mark, std::nullopt});
  }

  void Close() {
    Frame done = std::move(open_.back());
    open_.pop_back();
    Put(done.mark, std::move(done.value), done.anchor);
  }

  void Put(const YAML::Mark& mark, Json value, YAML::anchor_t anchor) {
    if (NeedsKey()) throw YAML::ParserException(mark, "a key must be a string");
    if (anchor != YAML::NullAnchor) anchored_[anchor] = value;
    if (open_.empty()) {
      if (!value.is_null()) documents_.push_back(std::move(value));
    } else if (Frame& parent = open_.back(); parent.value.is_array()) {
      parent.value.push_back(std::move(value));
    } else {
      parent.value[*parent.key] = std::move(value);
      parent.key.reset();
    }
  }

  // Counts the values that an alias adds, and how deep they reach.
  void Measure(const YAML::Mark& mark, const Json& value, std::size_t depth) {
    Count(mark, 1);
    if (!value.is_structured()) return;
    CheckDepth(mark, depth + 1);
    for (const Json& inner : value) Measure(mark, inner, depth + 1);
  }

  void Count(const YAML::Mark& mark, int more) {
    nodes_ += more;
    if (nodes_ > limits_.nodes) throw YAML::ParserException(mark, "too many values");
  }

  void CheckDepth(const YAML::Mark& mark, std::size_t depth) const {
    if (depth > static_cast<std::size_t>(limits_.depth)) {
      throw YAML::ParserException(mark, "nested too deeply");
    }
  }

  const YamlLimits& limits_;
  int nodes_ = 0;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Json> anchored_;
  std::vector<Json> documents_;
};

// Not part of YAML, and the parser takes some of them for the end of its input.
bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

Result<std::vector<Json>> ParseYaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes) return Fail(ErrorCode::kDecode, "the document is too large");
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return Fail(ErrorCode::kDecode, "the document holds control characters");
  }
  JsonBuilder builder(limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    return Fail(ErrorCode::kDecode, Where(error.mark) + error.msg);
  }
  return builder.Take();
}

}  // namespace belvedere::kube
