#include "controllers/logpipeline/fluentbit_lua.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace belvedere::logpipeline::fluentbit {
namespace {

constexpr int kMaxCopies = 64;    // of one character by {n,m}
constexpr int kMaxUnbounded = 3;  // * and +: each multiplies the time that a line may take
constexpr std::size_t kMaxPattern = 2048;

enum class WordClass { kWord, kOther, kMixed };

// One character of a regex as a piece of a Lua pattern.
struct Item {
  std::string piece;
  WordClass words = WordClass::kMixed;
};

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string Escaped(char c) { return IsWord(c) ? std::string(1, c) : std::string("%") + c; }

class Translator {
 public:
  explicit Translator(std::string_view regex) : rest_(regex) {}

  Result<std::string> Run() {
    while (!rest_.empty() && problem_.empty()) Step();
    if (pending_boundary_) problem_ = "\\b must stand beside a word character";
    if (pattern_.size() > kMaxPattern) problem_ = "is too long";
    if (pattern_.empty() && problem_.empty()) problem_ = "matches nothing";
    if (!problem_.empty()) return Fail(ErrorCode::kInvalid, problem_);
    return pattern_;
  }

 private:
  void Step() {
    const char c = Take();
    switch (c) {
      case '^':
        if (pattern_.empty()) {
          pattern_ = "^";
        } else {
          problem_ = "^ must stand first";
        }
        return;
      case '$':
        if (!rest_.empty()) problem_ = "$ must stand last";
        pattern_ += "$";
        return;
      case '(':
      case ')':
        problem_ = "groups are not supported";
        return;
      case '*':
      case '+':
      case '?':
      case '{':
        problem_ = "a repetition must follow one character";
        return;
      case '[':
        return Quantify(ReadClass());
      case '.':
        return Quantify({.piece = "[^\n]", .words = WordClass::kMixed});
      case '\\':
        return Escape();
      default:
        // Lua matches bytes: half a character must not be repeated.
        if (static_cast<unsigned char>(c) >= 0x80 && !rest_.empty() &&
            std::string_view("*+?{").find(rest_.front()) != std::string_view::npos) {
          problem_ = "a repetition must follow one ASCII character";
        }
        return Quantify({.piece = Escaped(c), .words = ClassOf(c)});
    }
  }

  void Escape() {
    if (!rest_.empty() && rest_.front() == 'b') {
      Take();
      return Boundary();
    }
    if (const std::optional<Item> item = ReadEscape()) Quantify(*item);
  }

  // What follows a backslash.
  std::optional<Item> ReadEscape() {
    const char c = rest_.empty() ? '\0' : Take();
    switch (c) {
      case 'd':
        return Item{"[0-9]", WordClass::kWord};
      case 'D':
        return Item{"[^0-9]", WordClass::kMixed};
      case 'w':
        return Item{"[0-9A-Za-z_]", WordClass::kWord};
      case 'W':
        return Item{"[^0-9A-Za-z_]", WordClass::kOther};
      case 's':
        return Item{"[ \t\n\r\f]", WordClass::kOther};
      case 'S':
        return Item{"[^ \t\n\r\f]", WordClass::kMixed};
      default:
        if (c == '\0' || IsWord(c)) {
          problem_ = std::string("\\") + c + " is not supported";
          return std::nullopt;
        }
        return Item{Escaped(c), WordClass::kOther};
    }
  }

  // A class in brackets, whose members Lua writes alike.
  Item ReadClass() {
    Item item{.piece = "[", .words = WordClass::kWord};
    if (!rest_.empty() && rest_.front() == '^') {
      item = {.piece = "[^", .words = WordClass::kMixed};
      Take();
    }
    bool first = true;
    while (!rest_.empty() && (first || rest_.front() != ']') && problem_.empty()) {
      first = false;
      ReadMember(item);
    }
    if (rest_.empty()) {
      problem_ = "a class has no end";
    } else {
      Take();
    }
    item.piece += "]";
    return item;
  }

  void ReadMember(Item& item) {
    const char c = Take();
    if (c == '[' || static_cast<unsigned char>(c) >= 0x80) {
      problem_ = "[ in a class must be written \\[, and a class must be ASCII";
      return;
    }
    std::string member = Escaped(c);
    WordClass words = ClassOf(c);
    if (c == '\\') {
      const std::optional<Item> escaped = ReadEscape();
      if (!escaped) return;
      member = escaped->piece;
      words = escaped->words;
      if (member.front() == '[') {
        if (member[1] == '^') {
          problem_ = "a negated class inside a class is not supported";
          return;
        }
        member = member.substr(1, member.size() - 2);
      }
    } else if (rest_.size() > 1 && rest_.front() == '-' && rest_[1] != ']') {
      Take();
      const char last = Take();
      if (!IsWord(c) || !IsWord(last) || last < c) {
        problem_ = "a range goes from a letter or digit to another";
        return;
      }
      member = std::string(1, c) + "-" + last;
      const bool one_case =
          (c >= '0' && last <= '9') || (c >= 'a' && last <= 'z') || (c >= 'A' && last <= 'Z');
      words = one_case ? WordClass::kWord : WordClass::kMixed;
    }
    item.piece += member;
    if (item.piece.starts_with("[^") || words != WordClass::kWord) item.words = WordClass::kMixed;
  }

  // Appends `item` with the repetition that follows it.
  void Quantify(const Item& item) {
    if (!problem_.empty()) return;
    if (pending_boundary_) {
      pending_boundary_ = false;
      if (item.words != WordClass::kWord) {
        problem_ = "\\b must stand beside a word character";
        return;
      }
      pattern_ += "%f[0-9A-Za-z_]";
    }
    Range range = ReadRange();
    if (!problem_.empty()) return;
    // A word character that may be absent says nothing about what stands beside it.
    last_ = range.least > 0 ? item.words : WordClass::kMixed;
    if (boundary_needs_one_ && range.least == 0)
      problem_ = "\\b must stand beside a word character";
    boundary_needs_one_ = false;
    for (int i = 0; i < range.least; ++i) pattern_ += item.piece;
    if (range.most < 0) {
      pattern_ += item.piece + "*";
      if (++unbounded_ > kMaxUnbounded) problem_ = "has more than three of * and +";
    }
    for (int i = range.least; i < range.most; ++i) pattern_ += item.piece + "?";
  }

  void Boundary() {
    if (last_ == WordClass::kWord) {
      pattern_ += "%f[^0-9A-Za-z_]";
      last_ = WordClass::kMixed;
      return;
    }
    pending_boundary_ = true;
    boundary_needs_one_ = true;
  }

  struct Range {
    int least = 1;
    int most = 1;  // -1: no limit
  };

  Range ReadRange() {
    if (rest_.empty()) return {};
    Range range;
    const char c = rest_.front();
    if (c == '*') range = {0, -1};
    if (c == '+') range = {1, -1};
    if (c == '?') range = {0, 1};
    if (c == '{') {
      range = ReadBraces();
    } else if (c == '*' || c == '+' || c == '?') {
      Take();
    } else {
      return {};
    }
    if (!rest_.empty() && (rest_.front() == '?' || rest_.front() == '+')) {
      problem_ = "repetitions are always greedy here";
    }
    return range;
  }

  Range ReadBraces() {
    const std::size_t end = rest_.find('}');
    const std::string_view text = rest_.substr(1, end == std::string_view::npos ? 0 : end - 1);
    const std::size_t comma = text.find(',');
    const std::optional<int> least = ReadCount(text.substr(0, comma));
    std::optional<int> most = least;
    if (comma != std::string_view::npos) {
      const std::string_view upper = text.substr(comma + 1);
      most = upper.empty() ? std::optional<int>(-1) : ReadCount(upper);
    }
    if (!least || !most || (*most >= 0 && *most < *least)) {
      problem_ = "a repetition must be {n}, {n,} or {n,m}, at most 64";
      return {};
    }
    rest_.remove_prefix(end + 1);
    return {*least, *most};
  }

  static std::optional<int> ReadCount(std::string_view digits) {
    int count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size() || count < 0 ||
        count > kMaxCopies) {
      return std::nullopt;
    }
    return count;
  }

  static WordClass ClassOf(char c) { return IsWord(c) ? WordClass::kWord : WordClass::kOther; }

  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  std::string pattern_;
  std::string problem_;
  WordClass last_ = WordClass::kMixed;  // of the character before
  bool pending_boundary_ = false;       // a \b whose word character must follow
  bool boundary_needs_one_ = false;
  int unbounded_ = 0;
};

// A Lua string that no byte of `text` can leave.
std::string LuaString(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const std::string code = std::to_string(static_cast<unsigned char>(c));
    result += "\\" + std::string(3 - code.size(), '0') + code;
  }
  return result + "\"";
}

// Alternatives of the whole regex; a | in a class or behind a backslash is a character.
std::vector<std::string_view> Alternatives(std::string_view regex) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool in_class = false;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\') {
      ++i;
    } else if (regex[i] == '[') {
      in_class = true;
    } else if (regex[i] == ']') {
      in_class = false;
    } else if (regex[i] == '|' && !in_class) {
      parts.push_back(regex.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(regex.substr(begin));
  return parts;
}

}  // namespace

Result<std::vector<std::string>> ToLuaPatterns(std::string_view regex) {
  std::vector<std::string> patterns;
  for (const std::string_view part : Alternatives(regex)) {
    Result<std::string> pattern = Translator(part).Run();
    if (!pattern) return Fail(pattern.error());
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

Result<std::string> RedactProgram(const Redaction& redaction) {
  const Result<std::vector<std::string>> patterns = ToLuaPatterns(redaction.regex);
  if (!patterns) return Fail(patterns.error());
  std::string list;
  for (const std::string& pattern : *patterns) list += LuaString(pattern) + ",";
  // A function as replacement, since in a string % would mean something.
  std::string program = "local P={" + list + "} local R=" + LuaString(redaction.replacement) +
                        " local F=" + LuaString(redaction.field) +
                        " local function r() return R end"
                        " local function s(v) local n=0 for i=1,#P do local k"
                        " v,k=string.gsub(v,P[i],r) n=n+k end return v,n end ";
  if (redaction.depth == Depth::kField) {
    program +=
        "function belvedere(tag,ts,record) local v=record[F]"
        " if type(v)~=\"string\" then return 0,0,0 end"
        " local w,n=s(v) if n==0 then return 0,0,0 end"
        " record[F]=w return 2,ts,record end";
    return program;
  }
  program +=
      "local function d(t) local n=0 for k,v in pairs(t) do local y=type(v)"
      " if y==\"string\" then local w,m=s(v) if m>0 then t[k]=w n=n+m end"
      " elseif y==\"table\" then n=n+d(v) end end return n end "
      "function belvedere(tag,ts,record) local k=record[\"kubernetes\"] record[\"kubernetes\"]=nil"
      " local n=d(record) record[\"kubernetes\"]=k"
      " if n==0 then return 0,0,0 end return 2,ts,record end";
  return program;
}

std::string ThrottleProgram(std::int64_t records_per_second, Per per) {
  const std::string key = per == Per::kPipeline
                              ? "local k=1"
                              : "local m=record[\"kubernetes\"]"
                                " local k=type(m)==\"table\" and m[\"namespace_name\"] or 1";
  // The counts of one second only, so that they do not grow with the namespaces ever seen.
  return "local L=" + std::to_string(records_per_second) +
         " local t=0 local c={} function belvedere(tag,ts,record)"
         " local n=os.time() if n~=t then t=n c={} end " +
         key +
         " local x=(c[k] or 0)+1 c[k]=x"
         " if x>L then return -1,0,0 end return 0,0,0 end";
}

std::string SampleProgram(std::int64_t percent) {
  return "local P=" + std::to_string(percent) +
         " local c=0 function belvedere(tag,ts,record)"
         " c=c+P if c>=100 then c=c-100 return 0,0,0 end return -1,0,0 end";
}

std::string KeepLabelsProgram(const std::vector<std::string>& kept) {
  std::string names;
  for (const std::string& name : kept) names += LuaString(name) + ",";
  // Nil, not {}: Lua's empty table would become a list.
  return "local K={" + names +
         "} function belvedere(tag,ts,record) local m=record[\"kubernetes\"]"
         " if type(m)~=\"table\" or type(m[\"labels\"])~=\"table\" then return 0,0,0 end"
         " local l=nil for i=1,#K do local v=m[\"labels\"][K[i]]"
         " if v~=nil then l=l or {} l[K[i]]=v end end"
         " m[\"labels\"]=l return 2,ts,record end";
}

}  // namespace belvedere::logpipeline::fluentbit
