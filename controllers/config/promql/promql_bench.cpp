// How many expressions a second are parsed, and parsed, narrowed to a tenant and printed.
//
//   promql_bench FILE      one expression a line; prints one JSON object

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/promql/usage.h"

namespace {

using belvedere::config::promql::AddMatchers;
using belvedere::config::promql::Expr;
using belvedere::config::promql::Matcher;
using belvedere::config::promql::Parse;
using belvedere::config::promql::Print;
using Clock = std::chrono::steady_clock;

std::vector<std::string> ReadExpressions(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> expressions;
  for (std::string line; std::getline(file, line);) {
    if (Parse(line)) expressions.push_back(line);
  }
  return expressions;
}

// Expressions a second that `work` does, over some seconds.
double RateOf(const std::vector<std::string>& expressions,
              const std::function<void(const std::string&)>& work) {
  constexpr std::chrono::seconds kLasts{3};
  const Clock::time_point began = Clock::now();
  double done = 0;
  while (Clock::now() - began < kLasts) {
    for (const std::string& expression : expressions) work(expression);
    done += static_cast<double>(expressions.size());
  }
  return done / std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> expressions =
      argc == 2 ? ReadExpressions(argv[1]) : std::vector<std::string>();
  if (expressions.empty()) {
    std::cerr << "promql_bench: give a file with one PromQL expression a line\n";
    return 2;
  }
  const Matcher tenant{.label = "namespace", .value = "shop"};
  std::size_t printed = 0;
  const double parsed = RateOf(
      expressions, [&](const std::string& text) { printed += Parse(text).has_value() ? 1 : 0; });
  const double narrowed = RateOf(expressions, [&](const std::string& text) {
    Expr expr = *Parse(text);
    if (AddMatchers(expr, {&tenant, 1})) printed += Print(expr).size();
  });
  if (printed == 0) return 1;
  std::cout << R"({"expressions": )" << expressions.size() << R"(, "parsed_per_s": )" << parsed
            << R"(, "narrowed_and_printed_per_s": )" << narrowed << "}\n";
  return 0;
}
