#include "controllers/alertpolicy/spec_silences.h"

#include <array>
#include <optional>
#include <regex>
#include <set>

#include "controllers/alertpolicy/spec_text.h"
#include "controllers/config/inert.h"
#include "controllers/config/promql/literals.h"

namespace belvedere::alertpolicy {
namespace {

using config::FieldReader;
using config::Silence;

constexpr std::array<std::string_view, 2> kOurs{"policy_namespace", "policy_name"};

// Of RFC 3339: a time, and how far its zone is ahead of UTC.
std::optional<WallTime> ParseZoned(const std::string& text) {
  static const std::regex kForm(
      R"((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d)))");
  std::smatch parts;
  if (!std::regex_match(text, parts, kForm)) return std::nullopt;
  const std::string there = parts[1].str() + "Z";
  const WallTime time = ParseTime(there);
  if (FormatTime(time) != there) return std::nullopt;  // such as the 31st of February
  if (!parts[2].matched) return time;
  const std::chrono::minutes ahead = std::chrono::hours(std::stoi(parts[3].str())) +
                                     std::chrono::minutes(std::stoi(parts[4].str()));
  return parts[2].str() == "+" ? time - ahead : time + ahead;
}

WallTime ReadTime(FieldReader& reader, const std::string& key) {
  const std::optional<std::string> text = reader.Text(key, 40);
  if (!text && reader.Has(key)) return {};
  const std::optional<WallTime> time = ParseZoned(text.value_or(""));
  if (!time) reader.Note(key, "must be a time with its zone, such as 2026-12-01T00:00:00Z");
  return time.value_or(WallTime());
}

std::string ReadReason(FieldReader& item) {
  std::string text = item.Text("reason", 512).value_or("");
  if (text.empty()) item.Note("reason", "is required: why nobody should be notified");
  if (const auto problem = config::InertTextProblem(text); !problem.empty()) {
    item.Note("reason", std::string(problem));
  }
  return text;
}

std::map<std::string, std::string> ReadMatchers(FieldReader& item) {
  std::map<std::string, std::string> matchers = item.Map("matchers");
  if (matchers.empty()) {
    item.Note("matchers", "is required: labels of the alerts, such as system: checkout");
  }
  for (const auto& [label, value] : matchers) {
    const std::string field = "matchers." + label;
    if (!config::promql::IsPlainLabel(label)) item.Note(field, "is no name of a label");
    if (std::ranges::find(kOurs, label) != kOurs.end()) {
      item.Note(field,
                "is set by Belvedere: a silence is of its own policy's alerts; leave it out");
    }
    if (value.empty()) item.Note(field, "is empty: say what the label has to be");
    if (const auto problem = config::InertTextProblem(value); !problem.empty()) {
      item.Note(field, std::string(problem));
    }
  }
  return matchers;
}

Silence ReadSilence(FieldReader& item) {
  Silence silence;
  silence.name = ReadText(item, "name", 63, AllForms().name, Need::kRequired);
  silence.matchers = ReadMatchers(item);
  silence.from = ReadTime(item, "from");
  silence.until = ReadTime(item, "until");
  silence.reason = ReadReason(item);
  item.RejectOthers();
  return silence;
}

}  // namespace

std::vector<Silence> ReadSilences(FieldReader& spec) {
  std::vector<Silence> silences;
  std::set<std::string> names;
  for (FieldReader& item : spec.Items("silences")) {
    silences.push_back(ReadSilence(item));
    const Silence& made = silences.back();
    // A time that is none was noted already.
    const bool known = made.from != WallTime() && made.until != WallTime();
    if (known && made.until <= made.from) item.Note("until", "must be after from");
    if (!names.insert(made.name).second) item.Note("name", "is the name of another silence");
  }
  return silences;
}

}  // namespace belvedere::alertpolicy
