#include "operator/cli/agent/silences.h"

#include <algorithm>
#include <map>
#include <set>

namespace belvedere::agent {
namespace {

constexpr std::string_view kOurs = "belvedere: ";

WallTime TimeAt(const Json& silence, const char* field) {
  return ParseTime(StringAt(silence, field));
}

std::string NameOf(const Json& silence) { return StringAt(silence, "/createdBy"); }

bool IsActive(const Json& live) { return StringAt(live, "/status/state") == "active"; }

bool IsOursAndLasts(const Json& live) {
  return NameOf(live).starts_with(kOurs) && !StringAt(live, "/id").empty() &&
         StringAt(live, "/status/state") != "expired";
}

// Matchers in any order.
std::set<std::string> MatchersOf(const Json& silence) {
  std::set<std::string> matchers;
  for (const Json& matcher : At(silence, "/matchers")) matchers.insert(Dump(matcher));
  return matchers;
}

// One that has begun may say when it was posted, which was later.
bool BeginsAs(const Json& wanted, const Json& live, WallTime now) {
  const WallTime begins = TimeAt(wanted, "/startsAt");
  return IsActive(live) ? begins <= now : begins == TimeAt(live, "/startsAt");
}

bool IsAsWanted(const Json& wanted, const Json& live, WallTime now) {
  return BeginsAs(wanted, live, now) && TimeAt(wanted, "/endsAt") == TimeAt(live, "/endsAt") &&
         StringAt(wanted, "/comment") == StringAt(live, "/comment") &&
         MatchersOf(wanted) == MatchersOf(live);
}

// `wanted` in the place of `live`: the same silence goes on where only its end is another.
Json InPlaceOf(const Json& live, Json wanted, WallTime now) {
  wanted["id"] = live["id"];
  if (IsActive(live) && TimeAt(wanted, "/startsAt") <= now) wanted["startsAt"] = live["startsAt"];
  return wanted;
}

}  // namespace

SilenceChanges CompareSilences(const Json& wanted, const Json& live, WallTime now) {
  // By name, then id: of two that are the same, each look finds the same one to keep.
  std::map<std::string, std::map<std::string, const Json*>> ours;
  for (const Json& one : live) {
    if (IsOursAndLasts(one)) ours[NameOf(one)][StringAt(one, "/id")] = &one;
  }
  SilenceChanges changes;
  for (const Json& one : wanted) {
    if (TimeAt(one, "/endsAt") <= now) continue;
    auto& there = ours[NameOf(one)];
    const auto kept = std::ranges::find_if(
        there, [&](const auto& entry) { return IsAsWanted(one, *entry.second, now); });
    if (kept != there.end()) {
      there.erase(kept);
    } else if (there.empty()) {
      changes.post.push_back(one);
    } else {
      changes.post.push_back(InPlaceOf(*there.begin()->second, one, now));
      there.erase(there.begin());
    }
  }
  for (const auto& [name, rest] : ours) {
    for (const auto& [id, one] : rest) changes.expire.push_back(id);
  }
  return changes;
}

}  // namespace belvedere::agent
