#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "controllers/config/rule_group.h"
#include "operator/base/clock.h"
#include "operator/base/json.h"

namespace belvedere::config {

// A time in which some alerts of a policy notify nobody.
struct Silence {
  std::string ns;      // of the policy
  std::string policy;  // its name
  std::string name;
  std::map<std::string, std::string> matchers;  // label and value; an alert has to have all
  WallTime from;
  WallTime until;
  std::string reason;
};

// What the agent keeps in Alertmanager: silences as its API takes them, in order. Each matches
// alerts of its own policy alone.
Json SilenceFile(std::span<const Silence> silences);

// How many alerts that fire are covered by a silence, by entry, alert and silence, while it lasts.
inline constexpr const char* kSilencedAlerts = "policy_entry:ALERTS:silenced";
Group SilencedGroup(const std::vector<Silence>& silences);

}  // namespace belvedere::config
