#pragma once

#include <span>
#include <string_view>

// The alerts that entries become.
namespace belvedere::alertpolicy {

struct Alert {
  std::string_view name;
  std::string_view summary;  // the system and the entry are put before it
  enum class Tells { kFault, kNoData } tells = Tells::kFault;
};

// All that rules of policies may hold; where several fire, the first says most.
std::span<const Alert> Alerts();

}  // namespace belvedere::alertpolicy
