#include "operator/kube/object_text.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>

#include "operator/base/hash.h"
#include "operator/base/random.h"

namespace belvedere::kube {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
// Within a string the quotes would be escaped: where these bytes stand, they are a key.
constexpr std::string_view kEntriesKey = R"("managedFields":[)";
constexpr std::string_view kFieldsKey = R"("fieldsV1":{)";
constexpr std::string_view kSpecKey = R"("spec":{)";
constexpr std::string_view kTemplateKey = R"("template":{)";
constexpr std::string_view kGenerationKey = R"("generation":)";
constexpr std::string_view kMetadataKind = R"("kind":"PartialObjectMetadata")";

// The length of the object or array that `text` begins with; kNone where it does not end.
std::size_t LengthOfFirst(std::string_view text) {
  int depth = 0;
  for (std::size_t at = NextBracket(text, 0); at != kNone; at = NextBracket(text, at + 1)) {
    depth += IsOpening(text[at]) ? 1 : -1;
    if (depth == 0) return at + 1;
  }
  return kNone;
}

// The metadata from generation on, where `text` ends with it; the API server writes UID and version
// before. Empty: there is no generation. A label of that name has a text, not a number.
std::string_view SinceGeneration(std::string_view text) {
  for (std::size_t at = text.find(kGenerationKey); at != kNone;
       at = text.find(kGenerationKey, at + 1)) {
    const std::size_t value = at + kGenerationKey.size();
    if (value < text.size() && std::isdigit(static_cast<unsigned char>(text[value])) != 0) {
      return text.substr(at);
    }
  }
  return {};
}

// Salted, so that nobody can make a change that does not show.
std::uint32_t SealOf(std::string_view entry, std::string_view metadata) {
  static const std::string salt = RandomText(16).value_or("");
  const std::uint64_t hash = ContentHash().Add(salt).Add(entry).Add(metadata).Value();
  return std::max(static_cast<std::uint32_t>(hash >> 32), 1U);
}

// Whether an object's type, which is written first, says that there is nothing but metadata.
bool IsMetadataAlone(std::string_view text) {
  constexpr std::size_t kTypeSize = 80;
  return text.substr(0, kTypeSize).find(kMetadataKind) != kNone;
}

// One text, cut down to what is read of it.
class Cut {
 public:
  Cut(std::string_view text, Known known)
      : rest_(text), known_(known), is_metadata_(IsMetadataAlone(text)) {}

  // Empty: there is nothing to leave out.
  std::string Run() {
    for (std::size_t list = rest_.find(kEntriesKey); list != kNone;
         list = rest_.find(kEntriesKey)) {
      const std::string_view metadata = SinceGeneration(rest_.substr(0, list));
      Keep(list + kEntriesKey.size());
      const Entries entries = TakeEntries(metadata);
      if (known_.projection == Projection::kWithoutSpec) {
        Empty(kSpecKey);
      } else if (entries == Entries::kKnown) {
        Empty(kTemplateKey);
      }
    }
    if (!kept_.empty()) Keep(rest_.size());
    return std::move(kept_);
  }

 private:
  void Keep(std::size_t length) {
    kept_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  // Keeps all up to and with `key`, and leaves out the members of the object that it opens.
  void Empty(std::string_view key) {
    const std::size_t at = rest_.find(key);
    if (at == kNone) return;
    const std::size_t brace = at + key.size() - 1;
    const std::size_t length = LengthOfFirst(rest_.substr(brace));
    if (length == kNone) return;
    Keep(brace + 1);
    rest_.remove_prefix(length - 2);
  }

  enum class Entries { kNew, kKnown };
  Entries TakeEntries(std::string_view metadata) {
    static const std::string ours = R"("manager":")" + std::string(kFieldManager) + '"';
    Entries entries = Entries::kNew;
    while (rest_.starts_with('{')) {
      const std::size_t length = LengthOfFirst(rest_);
      if (length == kNone) break;
      const std::string_view after = rest_.substr(length);
      rest_ = rest_.substr(0, length);
      if (rest_.find(ours) != kNone) entries = TakeOurs(metadata);
      rest_ = after;
      if (!rest_.starts_with(",{")) break;
      rest_.remove_prefix(1);
    }
    return entries;
  }

  // Of the entry that is the rest.
  Entries TakeOurs(std::string_view metadata) {
    const std::uint32_t seal = metadata.empty() ? 0 : SealOf(rest_, metadata);
    const bool is_known = seal != 0 && seal == known_.seal;
    if (kept_.back() != '[') kept_ += ',';
    Keep(1);
    if (seal != 0) kept_ += '"' + std::string(kSeal) + "\":" + std::to_string(seal) + ',';
    if (is_metadata_ || is_known) Empty(kFieldsKey);
    Keep(rest_.size());
    return is_known ? Entries::kKnown : Entries::kNew;
  }

  std::string_view rest_;
  std::string kept_;
  const Known known_;
  const bool is_metadata_;
};

}  // namespace

Result<Json> ParseObjects(std::string_view text, Known known) {
  const std::string kept = Cut(text, known).Run();
  return ParseJson(kept.empty() ? text : kept);
}

}  // namespace belvedere::kube
