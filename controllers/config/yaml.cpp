#include "controllers/config/yaml.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "operator/kube/yaml.h"

namespace belvedere::config {
namespace {

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Words that some YAML version reads as something else than a string.
bool IsReserved(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kWords{"true", "false", "null", "yes", "no",
                                                          "on",   "off",   "y",    "n"};
  const std::string lower = Lower(text);
  for (const std::string_view word : kWords) {
    if (lower == word) return true;
  }
  return false;
}

// Whether `text` may stand unquoted: a word of harmless characters that begins with a letter,
// a slash or an underscore.
bool IsPlain(std::string_view text) {
  if (text.empty() || text.size() > 512 || IsReserved(text)) return false;
  if (!IsAlpha(text.front()) && text.front() != '/' && text.front() != '_') return false;
  for (const char c : text) {
    const bool harmless = IsAlpha(c) || IsDigit(c) || c == '_' || c == '-' || c == '.' || c == '/';
    if (!harmless) return false;
  }
  return true;
}

// Length of the UTF-8 sequence at `text[at]` and its code point; 0 when it is not valid.
int DecodeUtf8(std::string_view text, std::size_t at, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const int length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || at + static_cast<std::size_t>(length) > text.size()) return 0;
  code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (int i = 1; i < length; ++i) {
    const unsigned char next = byte(at + static_cast<std::size_t>(i));
    if ((next & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (next & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[static_cast<std::size_t>(length)] || surrogate || code > 0x10FFFF ? 0
                                                                                         : length;
}

void AppendHex(std::string& out, char kind, std::uint32_t code, int digits) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  out += '\\';
  out += kind;
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xFU];
}

// Code points that YAML readers fold, strip or refuse.
bool NeedsEscape(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0x2028 || code == 0x2029 ||
         code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

void AppendEscaped(std::string& out, std::uint32_t code) {
  switch (code) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (code <= 0xFF) return AppendHex(out, 'x', code, 2);
  AppendHex(out, 'u', code, 4);
}

class Emitter {
 public:
  Result<std::string> Run(const Json& value) {
    if (value.is_structured() && !value.empty()) {
      Block(value, 0);
    } else {
      Scalar(value);
      out_ += '\n';
    }
    if (error_) return Fail(*error_);
    return std::move(out_);
  }

 private:
  // The entries of a non-empty map or list, each on lines of its own at `indent`.
  void Block(const Json& value, int indent) {
    if (value.is_object()) {
      for (const auto& [key, item] : value.items()) {
        Indent(indent);
        Entry(key, item, indent);
      }
      return;
    }
    for (const Json& item : value) {
      Indent(indent);
      out_ += "-";
      Item(item, indent);
    }
  }

  // The line stands at `indent` already.
  void Entry(const std::string& key, const Json& item, int indent) {
    String(key);
    out_ += ':';
    if (item.is_structured() && !item.empty()) {
      out_ += '\n';
      Block(item, indent + 2);
      return;
    }
    out_ += ' ';
    Scalar(item);
    out_ += '\n';
  }

  void Item(const Json& item, int indent) {
    if (item.is_object() && !item.empty()) {
      // The first entry stands beside the dash.
      bool first = true;
      for (const auto& [key, inner] : item.items()) {
        if (first) {
          out_ += ' ';
        } else {
          Indent(indent + 2);
        }
        Entry(key, inner, indent + 2);
        first = false;
      }
      return;
    }
    if (item.is_array() && !item.empty()) {
      out_ += '\n';
      Block(item, indent + 2);
      return;
    }
    out_ += ' ';
    Scalar(item);
    out_ += '\n';
  }

  void Indent(int indent) { out_.append(static_cast<std::size_t>(indent), ' '); }

  void Scalar(const Json& value) {
    if (value.is_string()) return String(value.get_ref<const std::string&>());
    if (value.is_number_float() && !std::isfinite(value.get<double>())) {
      return Refuse("a number is not finite");
    }
    out_ += Dump(value);  // null, booleans, numbers, {} and [] are the same in JSON and YAML
  }

  void String(const std::string& text) {
    if (IsPlain(text)) {
      out_ += text;
      return;
    }
    out_ += '"';
    for (std::size_t at = 0; at < text.size();) {
      std::uint32_t code = 0;
      const int length = DecodeUtf8(text, at, code);
      if (length == 0) return Refuse("a string is not UTF-8");
      if (NeedsEscape(code)) {
        AppendEscaped(out_, code);
      } else {
        if (code == '"' || code == '\\') out_ += '\\';
        out_.append(text, at, static_cast<std::size_t>(length));
      }
      at += static_cast<std::size_t>(length);
    }
    out_ += '"';
  }

  void Refuse(const std::string& why) {
    if (!error_) error_ = Fail(ErrorCode::kInvalid, why).value();
  }

  std::string out_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> ToYaml(const Json& value) { return Emitter().Run(value); }

Result<Json> ParseYaml(std::string_view text) {
  Result<std::vector<Json>> documents = kube::ParseYaml(text);
  if (!documents) return Fail(std::move(documents).error());
  if (documents->size() > 1) return Fail(ErrorCode::kDecode, "more than one YAML document");
  return documents->empty() ? Json() : std::move(documents->front());
}

}  // namespace belvedere::config
