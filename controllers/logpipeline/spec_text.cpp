#include "controllers/logpipeline/spec_text.h"

#include <array>

#include "controllers/config/inert.h"
#include "controllers/logpipeline/outputs/common.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;

constexpr std::size_t kMaxField = 128;
constexpr const char* kField = "[A-Za-z_][-A-Za-z0-9_]*([.][-A-Za-z0-9_]+)*";
constexpr std::string_view kMetadata = "kubernetes";

std::string Quoted(const std::string& text) { return "\"" + text + "\" "; }

// Walks through a regex once, by its own grammar: what is escaped or in a class is a character.
class RegexWalk {
 public:
  explicit RegexWalk(std::string_view regex) : rest_(regex) {
    while (!rest_.empty() && problem_.empty()) Step();
    if (problem_.empty() && depth_ > 0) problem_ = "has a ( without its )";
  }

  std::string Problem() const { return problem_; }
  bool HasNamedGroup() const { return named_; }

 private:
  void Step() {
    const char c = rest_.front();
    if (c == '\\') {
      Escape();
    } else if (c == '[') {
      Class();
    } else if (c == '(') {
      ++depth_;
      Group();
      rest_.remove_prefix(1);
    } else {
      if (c == ')' && --depth_ < 0) problem_ = "has a ) without its (; write \\) for the character";
      rest_.remove_prefix(1);
    }
  }

  void Escape() {
    if (rest_.size() < 2) {
      problem_ = "ends with \\; write \\\\ for the character";
      return;
    }
    const char c = rest_[1];
    if ((c >= '1' && c <= '9') || c == 'k') {
      problem_ = "refers back to a group, which no engine matches in bounded time; spell it out";
    }
    rest_.remove_prefix(2);
  }

  void Group() {
    static constexpr std::array<std::string_view, 5> kLooks{"(?=", "(?!", "(?<=", "(?<!", "(?>"};
    for (const std::string_view look : kLooks) {
      if (!rest_.starts_with(look)) continue;
      problem_ = "has " + std::string(look) +
                 ", which not every engine knows; match what stands around it as well";
    }
    if (rest_.starts_with("(?P")) problem_ = "has (?P; a named group is written (?<name>...)";
    named_ = named_ || rest_.starts_with("(?<");
  }

  void Class() {
    std::size_t at = rest_.starts_with("[^") ? 2 : 1;
    if (at < rest_.size() && rest_[at] == ']') ++at;  // the first is a character
    while (at < rest_.size() && rest_[at] != ']') {
      if (rest_.substr(at, 2) == "[:") {
        const std::size_t end = rest_.find(":]", at);
        at = end == std::string_view::npos ? at + 1 : end + 2;
      } else {
        at += rest_[at] == '\\' ? 2 : 1;
      }
    }
    if (at >= rest_.size()) {
      problem_ = "has a [ without its ]; write \\[ for the character";
      return;
    }
    rest_.remove_prefix(at + 1);
  }

  std::string_view rest_;
  std::string problem_;
  int depth_ = 0;
  bool named_ = false;
};

std::string InertProblem(const std::string& text) {
  const std::string problem(config::InertTextProblem(text));
  return problem.empty() ? "" : problem + "; take it out, since a text is one line of plain data";
}

}  // namespace

std::string ReadInert(FieldReader& reader, const std::string& key, std::size_t max_length) {
  std::string text = ReadRequired(reader, key, max_length);
  const std::string problem = InertProblem(text);
  if (problem.empty()) return text;
  reader.Note(key, problem);
  return "";
}

std::string ReadField(FieldReader& reader, const std::string& key) {
  static const std::regex kPattern(kField);
  std::string field = ReadInert(reader, key, kMaxField);
  if (field.empty() || std::regex_match(field, kPattern)) return field;
  reader.Note(key, Quoted(field) +
                       "must be the name of a field: letters, digits, _ and -, with dots between "
                       "the names of a map and of its field");
  return "";
}

std::string ReadNewField(FieldReader& reader, const std::string& key) {
  std::string field = ReadField(reader, key);
  if (field.substr(0, field.find('.')) == kMetadata) {
    reader.Note(key, Quoted(field) +
                         "must not be kubernetes, which says where a record comes from; choose "
                         "another name");
  }
  return field;
}

std::string RegexProblem(std::string_view regex) { return RegexWalk(regex).Problem(); }

std::string ReadRegex(FieldReader& reader, const std::string& key, Groups groups) {
  std::string regex = ReadInert(reader, key, kMaxRegex);
  if (regex.empty()) return regex;
  const RegexWalk walk(regex);
  if (!walk.Problem().empty()) reader.Note(key, Quoted(regex) + walk.Problem());
  if (groups == Groups::kNamed && !walk.HasNamedGroup()) {
    reader.Note(key, Quoted(regex) + "needs a named group, (?<name>...), for each field to make");
  }
  return regex;
}

std::vector<std::string> ReadList(FieldReader& reader, const std::string& key, const Form& form) {
  std::vector<std::string> texts = reader.Texts(key);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string problem = InertProblem(texts[i]);
    if (problem.empty() && !std::regex_match(texts[i], form.pattern)) {
      problem = Quoted(texts[i]) + "must be " + form.is;
    }
    if (!problem.empty()) reader.Note(key + "[" + std::to_string(i) + "]", problem);
  }
  return texts;
}

}  // namespace belvedere::logpipeline
