#pragma once

#include <span>
#include <string_view>

// The alerts that entries become.
namespace belvedere::alertpolicy {

struct Alert {
  std::string_view name;
  std::string_view summary;  // what people read; the system and the entry are put before it
  std::string_view value;    // template of what it found; empty: it tells that there are no data
};

// All that rules of policies hold; where several fire, the first says most.
std::span<const Alert> Alerts();
// That of this name. Throws std::out_of_range where the table lacks it.
const Alert& FindAlert(std::string_view name);

}  // namespace belvedere::alertpolicy
