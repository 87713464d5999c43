#pragma once

#include <regex>
#include <string>
#include <vector>

#include "controllers/config/field_reader.h"
#include "controllers/config/promql/ast.h"

// Texts of a policy's spec.
namespace belvedere::alertpolicy {

inline constexpr std::size_t kMaxExpression = 8192;

struct Form {
  std::regex pattern;
  std::string what;
};

// Labels and annotations of rules are templates of Go: none of these texts can hold one.
struct Forms {
  Form name{std::regex("(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
            "a name of at most 63 characters, a-z, 0-9 and -"};
  Form receiver{std::regex("(?=.{1,63}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?"),
                "a name of at most 63 characters, a-z, 0-9, - and ."};
  Form label{std::regex("[A-Za-z0-9]([-A-Za-z0-9_./: ]*[A-Za-z0-9])?"),
             "letters, digits and -_./: with a letter or digit at both ends"};
  Form url{std::regex("https?://[-A-Za-z0-9._~:/?#@!&'()*+,;=%\\[\\]]+"), "a URL"};
};
const Forms& AllForms();

enum class Need { kRequired, kOptional };
std::string ReadText(config::FieldReader& reader, const std::string& key, std::size_t most,
                     const Form& form, Need need);

// The expression at `key`; a number where there is none, which is noted with line and column.
config::promql::Expr ReadExpression(config::FieldReader& reader, const std::string& key);
// `text`, of the field `key`, as a metric with its labels; anything else is noted. Where it is the
// labels alone, `metric` names the metric.
config::promql::Selector ToSelector(config::FieldReader& reader, const std::string& key,
                                    const std::string& text, const std::string& metric = "");
// Names of labels that Belvedere does not set itself.
std::vector<std::string> ReadLabels(config::FieldReader& reader, const std::string& key);

}  // namespace belvedere::alertpolicy
