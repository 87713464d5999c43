#include "operator/kube/yaml.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace belvedere::kube {
namespace {

std::string Where(const YAML::Mark& mark) {
  if (mark.is_null()) return "";
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) +
         ": ";
}

tl::unexpected<Error> FailAt(const YAML::Node& node, const std::string& message) {
  return Fail(ErrorCode::kDecode, Where(node.Mark()) + message);
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
  if (const auto real = ReadNumber<double>(text); real && std::isfinite(*real)) return *real;
  return text;
}

// Walks the node graph into a tree, counting as it goes.
class Converter {
 public:
  explicit Converter(const YamlLimits& limits) : limits_(limits) {}

  Result<Json> Convert(const YAML::Node& node, int depth) {
    if (depth > limits_.depth) return FailAt(node, "nested too deeply");
    if (++nodes_ > limits_.nodes) return FailAt(node, "too many values");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return Json();
      case YAML::NodeType::Scalar:
        return Scalar(node);
      case YAML::NodeType::Sequence:
        return Sequence(node, depth);
      case YAML::NodeType::Map:
        return Map(node, depth);
    }
    return FailAt(node, "not a value");
  }

 private:
  static Result<Json> Scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();  // "?" plain, "!" quoted
    if (tag == "?" || tag.empty()) return PlainScalar(node.Scalar());
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return Json(node.Scalar());
    return FailAt(node, "tags are not supported");
  }

  Result<Json> Sequence(const YAML::Node& node, int depth) {
    Json result = Json::array();
    for (const YAML::Node& item : node) {
      Result<Json> value = Convert(item, depth + 1);
      if (!value) return value;
      result.push_back(std::move(*value));
    }
    return result;
  }

  Result<Json> Map(const YAML::Node& node, int depth) {
    Json result = Json::object();
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) return FailAt(pair.first, "a key must be a string");
      const std::string& key = pair.first.Scalar();
      if (result.contains(key)) return FailAt(pair.first, "the key \"" + key + "\" comes twice");
      Result<Json> value = Convert(pair.second, depth + 1);
      if (!value) return value;
      result[key] = std::move(*value);
    }
    return result;
  }

  const YamlLimits& limits_;
  int nodes_ = 0;
};

}  // namespace

Result<std::vector<Json>> ParseYaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes) return Fail(ErrorCode::kDecode, "the document is too large");
  std::vector<Json> documents;
  try {
    Converter converter(limits);
    for (const YAML::Node& node : YAML::LoadAll(std::string(text))) {
      Result<Json> document = converter.Convert(node, 1);
      if (!document) return Fail(document.error());
      if (!document->is_null()) documents.push_back(std::move(*document));
    }
  } catch (const YAML::Exception& error) {
    return Fail(ErrorCode::kDecode, Where(error.mark) + error.msg);
  }
  return documents;
}

}  // namespace belvedere::kube
