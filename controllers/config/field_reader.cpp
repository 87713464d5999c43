#include "controllers/config/field_reader.h"

#include "controllers/config/byte_size.h"
#include "operator/base/duration.h"

namespace belvedere::config {
namespace {

constexpr std::size_t kMaxProblems = 5;

const Json& EmptyObject() {
  static const Json kEmpty = Json::object();
  return kEmpty;
}

}  // namespace

FieldReader::FieldReader(const Json& object, std::string path, Problems& problems)
    : object_(object.is_object() ? object : EmptyObject()),
      path_(std::move(path)),
      problems_(problems) {
  if (!object.is_object() && !object.is_null()) Note("", "must be an object");
}

FieldReader FieldReader::Child(const std::string& key) {
  const Json* found = Find(key, Json::value_t::object, "an object");
  return FieldReader(found == nullptr ? EmptyObject() : *found, PathOf(key), problems_);
}

bool FieldReader::Has(const std::string& key) {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

std::optional<std::string> FieldReader::Text(const std::string& key, std::size_t max_length) {
  const Json* found = Find(key, Json::value_t::string, "a string");
  if (found == nullptr) return std::nullopt;
  auto text = found->get<std::string>();
  if (text.size() > max_length) {
    Note(key, "is longer than " + std::to_string(max_length) + " bytes");
    return std::nullopt;
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      Note(key, "holds a control character");
      return std::nullopt;
    }
  }
  return text;
}

std::optional<std::int64_t> FieldReader::Integer(const std::string& key, std::int64_t least,
                                                 std::int64_t most) {
  const Json* found = Find(key, Json::value_t::number_integer, "an integer");
  if (found == nullptr) return std::nullopt;
  const bool huge = found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX;
  const auto value = found->get<std::int64_t>();
  if (huge || value < least || value > most) {
    Note(key, "must be between " + std::to_string(least) + " and " + std::to_string(most));
    return std::nullopt;
  }
  return value;
}

std::optional<std::chrono::milliseconds> FieldReader::Duration(const std::string& key,
                                                               std::chrono::milliseconds least,
                                                               std::chrono::milliseconds most) {
  const std::optional<std::string> text = Text(key, 32);
  if (!text) return std::nullopt;
  const Result<std::chrono::milliseconds> parsed = ParseDuration(*text);
  if (!parsed) {
    Note(key, parsed.error().message);
    return std::nullopt;
  }
  if (*parsed < least || *parsed > most) {
    Note(key, "must be between " + FormatDuration(least) + " and " + FormatDuration(most));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<bool> FieldReader::Flag(const std::string& key) {
  const Json* found = Find(key, Json::value_t::boolean, "true or false");
  return found == nullptr ? std::nullopt : std::optional(found->get<bool>());
}

std::optional<std::int64_t> FieldReader::ByteSize(const std::string& key) {
  const std::optional<std::string> text = Text(key, 32);
  if (!text) return std::nullopt;
  const Result<std::int64_t> parsed = ParseByteSize(*text);
  if (parsed) return *parsed;
  Note(key, parsed.error().message);
  return std::nullopt;
}

std::optional<Quantity> FieldReader::ReadQuantity(const std::string& key) {
  asked_.insert(key);
  const auto found = object_.find(key);
  if (found == object_.end() || found->is_null()) return std::nullopt;
  const Result<Quantity> parsed = Quantity::FromJson(*found);
  if (!parsed) {
    Note(key, parsed.error().message);
    return std::nullopt;
  }
  if (*parsed < Quantity()) {
    Note(key, "must not be negative");
    return std::nullopt;
  }
  return *parsed;
}

std::map<std::string, std::string> FieldReader::Map(const std::string& key) {
  std::map<std::string, std::string> result;
  const Json* found = Find(key, Json::value_t::object, "an object");
  if (found == nullptr) return result;
  FieldReader entries(*found, PathOf(key), problems_);
  for (const auto& [name, value] : found->items()) {
    if (const std::optional<std::string> text = entries.Text(name, 512)) result[name] = *text;
  }
  return result;
}

std::map<std::string, Quantity> FieldReader::Quantities(const std::string& key) {
  std::map<std::string, Quantity> result;
  const Json* found = Find(key, Json::value_t::object, "an object");
  if (found == nullptr) return result;
  FieldReader entries(*found, PathOf(key), problems_);
  for (const auto& [name, value] : found->items()) {
    if (const std::optional<Quantity> read = entries.ReadQuantity(name)) result[name] = *read;
  }
  return result;
}

std::vector<std::string> FieldReader::Texts(const std::string& key) {
  std::vector<std::string> result;
  const Json* found = Find(key, Json::value_t::array, "a list");
  if (found == nullptr) return result;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::string name = key + "[" + std::to_string(i) + "]";
    const Json wrapped{{name, (*found)[i]}};
    FieldReader item(wrapped, path_, problems_);
    if (const std::optional<std::string> text = item.Text(name, 512)) result.push_back(*text);
  }
  return result;
}

std::vector<FieldReader> FieldReader::Items(const std::string& key) {
  std::vector<FieldReader> result;
  const Json* found = Find(key, Json::value_t::array, "a list");
  if (found == nullptr) return result;
  for (std::size_t i = 0; i < found->size(); ++i) {
    result.emplace_back((*found)[i], PathOf(key) + "[" + std::to_string(i) + "]", problems_);
  }
  return result;
}

void FieldReader::Note(const std::string& key, const std::string& problem) {
  problems_.push_back(PathOf(key) + ": " + problem);
}

void FieldReader::RejectOthers() {
  for (const auto& [key, value] : object_.items()) {
    if (!asked_.contains(key)) Note(key, "is not a field of this version");
  }
}

std::string Join(const FieldReader::Problems& problems) {
  std::string text;
  for (std::size_t i = 0; i < problems.size() && i < kMaxProblems; ++i) {
    text += (i == 0 ? "" : "; ") + problems[i];
  }
  if (problems.size() > kMaxProblems) {
    text += "; and " + std::to_string(problems.size() - kMaxProblems) + " more";
  }
  return text;
}

std::string FieldReader::PathOf(const std::string& key) const {
  return key.empty() ? path_ : path_ + "." + key;
}

const Json* FieldReader::Find(const std::string& key, Json::value_t type, std::string_view what) {
  asked_.insert(key);
  const auto found = object_.find(key);
  if (found == object_.end() || found->is_null()) return nullptr;
  const bool matches =
      type == Json::value_t::number_integer ? found->is_number_integer() : found->type() == type;
  if (matches) return &*found;
  Note(key, "must be " + std::string(what));
  return nullptr;
}

}  // namespace belvedere::config
