#include "controllers/config/receiver_reader.h"

#include <cstdint>
#include <optional>

#include "controllers/config/names.h"

namespace belvedere::config::receivers {
namespace {

constexpr std::size_t kLongest = 1024;
// What a number in JSON can be without loss.
constexpr std::int64_t kMost = std::int64_t{1} << 53;

std::optional<Value> ReadSecret(FieldReader& fields, const std::string& key,
                                const PathOf& path_of) {
  FieldReader reader = fields.Child(key);
  const std::optional<std::string> name = reader.Text("name", 253);
  const std::optional<std::string> part = reader.Text("key", 253);
  reader.RejectOthers();
  if (!name) reader.Note("name", "is missing");
  if (!part) reader.Note("key", "is missing");
  if (!name || !part) return std::nullopt;
  return SecretFile{path_of({*name, *part})};
}

std::optional<Value> ReadValue(FieldReader& fields, const Field& field, const PathOf& path_of) {
  const std::string key(field.name);
  if (!fields.Has(key)) return std::nullopt;
  switch (field.type) {
    case Field::Type::kSecret:
      return ReadSecret(fields, key, path_of);
    case Field::Type::kRefused:
      fields.Child(key);  // its type is right; that it is there is not
      return SecretFile{};
    case Field::Type::kInteger:
      return fields.Integer(key, -kMost, kMost);
    default:
      return fields.Text(key, kLongest);
  }
}

}  // namespace

PathOf MountedIn(std::set<std::string>& secrets) {
  return [&secrets](const SecretRef& ref) {
    secrets.insert(ref.name);
    return std::string(kReceiverSecrets) + "/" + ref.name + "/" + ref.key;
  };
}

std::vector<std::string> KindsIn(FieldReader& object) {
  std::vector<std::string> names;
  for (const Kind& kind : Kinds()) {
    const std::string name(kind.name);
    if (object.Has(name)) names.push_back(name);
  }
  return names;
}

std::vector<Integration> Read(FieldReader& object, const PathOf& path_of) {
  std::vector<Integration> all;
  for (const std::string& name : KindsIn(object)) {
    FieldReader fields = object.Child(name);
    Integration integration{.kind = name};
    for (const Field& field : FindKind(name)->fields) {
      if (field.name.empty()) continue;
      if (std::optional<Value> value = ReadValue(fields, field, path_of)) {
        integration.fields.emplace(field.name, std::move(*value));
      }
    }
    fields.RejectOthers();
    if (const auto made = ToConfig(integration, Messages::kOurs); !made) {
      object.Note("", made.error().message);
    } else {
      all.push_back(std::move(integration));
    }
  }
  return all;
}

}  // namespace belvedere::config::receivers
