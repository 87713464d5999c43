// A selector that is read is written in a form that reads back as the same selector.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "operator/kube/selector.h"

namespace {

using belvedere::kube::Selector;

void CheckRoundTrip(const Selector& selector) {
  const std::string text = selector.ToString();
  const auto again = Selector::Parse(text);
  if (!again || again->requirements() != selector.requirements()) std::abort();
  if (again->ToString() != text) std::abort();
  belvedere::kube::LabelMap labels;
  for (const auto& one : selector.requirements()) {
    if (!one.values.empty()) labels[one.key] = *one.values.begin();
  }
  if (again->Matches(labels) != selector.Matches(labels)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto selector = Selector::Parse(text)) CheckRoundTrip(*selector);
  const auto json = belvedere::ParseJson(text);
  if (!json) return 0;
  if (const auto selector = Selector::FromJson(*json)) CheckRoundTrip(*selector);
  return 0;
}
