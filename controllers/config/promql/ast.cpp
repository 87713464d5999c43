#include "controllers/config/promql/ast.h"

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {
namespace {

template <typename Pointer, typename Root>
std::vector<Pointer> ChildrenOf(Root& expr) {
  std::vector<Pointer> found;
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) found = {&*subquery->operand};
  if (auto* paren = std::get_if<Paren>(&expr.node)) found = {&*paren->operand};
  if (auto* unary = std::get_if<Unary>(&expr.node)) found = {&*unary->operand};
  if (auto* binary = std::get_if<Binary>(&expr.node)) found = {&*binary->left, &*binary->right};
  if (auto* call = std::get_if<Call>(&expr.node)) {
    for (auto& argument : call->arguments) found.push_back(&argument);
  }
  if (auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
    if (aggregate->parameter) found.push_back(&**aggregate->parameter);
    found.push_back(&*aggregate->operand);
  }
  return found;
}

}  // namespace

bool Number::operator==(const Number& other) const {
  return SameNumber(value, other.value) && style == other.style;
}

bool Subquery::operator==(const Subquery& other) const = default;
bool Paren::operator==(const Paren& other) const = default;
bool Unary::operator==(const Unary& other) const = default;
bool Binary::operator==(const Binary& other) const = default;
bool Call::operator==(const Call& other) const = default;
bool Aggregate::operator==(const Aggregate& other) const = default;

std::vector<Expr*> Children(Expr& expr) { return ChildrenOf<Expr*>(expr); }
std::vector<const Expr*> Children(const Expr& expr) { return ChildrenOf<const Expr*>(expr); }

}  // namespace belvedere::config::promql
