#include "controllers/alertpolicy/room.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <tuple>

#include "controllers/operands/prometheus.h"
#include "controllers/operands/reload.h"
#include "operator/base/hash.h"

namespace belvedere::alertpolicy {
namespace {

using cache::Primary;
using operands::RuleShard;
using Shard = std::size_t;

// Routes and silences stand in one ConfigMap, beside what the stack itself says there.
constexpr std::size_t kAlertmanagerBytes = operands::kMaxConfigMapBytes - 20 * 1024;
constexpr std::size_t kMaxRouteBytes = 800 * 1024;
constexpr std::size_t kMaxSilenceBytes = 256 * 1024;

constexpr char kLeftOut = '!';
constexpr char kUnsilenced = '~';
constexpr char kOutlived = '=';
constexpr std::string_view kMarks = "!~=";

// Neither a namespace nor a policy has a dot in its name.
std::string FileOf(const Primary& policy) {
  return policy.key.ns + "." + policy.key.name + ".yaml";
}

Shard HomeOf(const Primary& policy) {
  const std::string digits = HashOf(policy.key.ns + "/" + policy.key.name).substr(0, 8);
  return std::stoul(digits, nullptr, 16) % operands::kPolicyShards;
}

// Who stands in the lists of the shards, and where.
class Memory {
 public:
  explicit Memory(std::span<const std::string> before) {
    for (Shard shard = 0; shard < before.size(); ++shard) {
      std::istringstream list(before[shard]);
      for (std::string entry; list >> entry;) {
        entries_.insert(entry);
        const bool is_marked = kMarks.find(entry.front()) != std::string_view::npos;
        const std::string served = entry.substr(is_marked ? 1 : 0);
        if (entry.front() != kUnsilenced) shards_[served.substr(0, served.find('@'))] = shard;
      }
    }
  }

  std::optional<Shard> ShardOf(const Primary& policy) const {
    const auto found = shards_.find(policy.uid);
    return found == shards_.end() ? std::nullopt : std::optional(found->second);
  }
  bool Serves(const Primary& policy) const { return entries_.contains(cache::Served(policy)); }
  bool Silences(const Primary& policy) const {
    return ShardOf(policy) && !entries_.contains(Unsilenced(policy));
  }

 private:
  std::map<std::string, Shard> shards_;  // by UID
  std::set<std::string> entries_;
};

// What is taken so far.
class Room {
 public:
  enum class Took { kYes, kNo };

  Took Take(const Primary& policy, const Compiled& compiled, Shard shard) {
    const std::string file = FileOf(policy);
    const std::size_t size = file.size() + compiled.rules.size();
    if (used_[shard] + size > operands::kMaxConfigMapBytes) return Took::kNo;
    if (routes_ + compiled.route_bytes > kMaxRouteBytes) return Took::kNo;
    used_[shard] += size;
    routes_ += compiled.route_bytes;
    shards_[shard].files[file] = compiled.rules;
    return Took::kYes;
  }
  // In the first of all shards that has room, from `first` on.
  std::optional<Shard> TakeAny(const Primary& policy, const Compiled& compiled, Shard first) {
    for (Shard i = 0; i < shards_.size(); ++i) {
      const Shard shard = (first + i) % shards_.size();
      if (Take(policy, compiled, shard) == Took::kYes) return shard;
    }
    return std::nullopt;
  }
  void Leave(const Primary& policy, const Compiled& compiled, Shard shard) {
    const std::string file = FileOf(policy);
    used_[shard] -= file.size() + compiled.rules.size();
    routes_ -= compiled.route_bytes;
    shards_[shard].files.erase(file);
  }
  void Note(Shard shard, const std::string& entry) { cache::Enlist(shards_[shard].serves, entry); }

  std::size_t routes() const { return routes_; }
  std::vector<RuleShard> shards() && { return std::move(shards_); }

 private:
  std::vector<RuleShard> shards_{operands::kPolicyShards};
  std::vector<std::size_t> used_ = std::vector<std::size_t>(operands::kPolicyShards);
  std::size_t routes_ = 0;
};

// Where a policy is, and with what.
struct Placed {
  const Attached* one = nullptr;
  std::shared_ptr<const Compiled> runs;  // null: nothing of it
  Shard shard = 0;
};

// Those with a mark of their own say which.
std::string EntryOf(const Placed& placed) {
  const Primary& policy = *placed.one->policy;
  if (placed.runs != placed.one->compiled) return LeftOut(policy);
  return placed.runs->refused ? Outlived(policy) : cache::Served(policy);
}

// While there is room for all, where each is depends on nobody's past.
std::optional<std::vector<Placed>> PlaceAll(const std::vector<Attached>& attached, Room& room) {
  std::vector<Placed> placed;
  std::vector<Placed*> homeless;
  placed.reserve(attached.size());
  for (const Attached& one : attached) {
    Placed& own = placed.emplace_back(Placed{&one, one.compiled, HomeOf(*one.policy)});
    if (room.Take(*one.policy, *own.runs, own.shard) == Room::Took::kNo) homeless.push_back(&own);
  }
  for (Placed* own : homeless) {
    const auto shard = room.TakeAny(*own->one->policy, *own->runs, own->shard);
    if (!shard) return std::nullopt;
    own->shard = *shard;
  }
  return placed;
}

// Gives it the version that it has now, where that has room.
bool Upgrade(Placed& own, Room& room) {
  const Primary& policy = *own.one->policy;
  if (own.runs != nullptr) room.Leave(policy, *own.runs, own.shard);
  if (const auto taken = room.TakeAny(policy, *own.one->compiled, own.shard)) {
    own.runs = own.one->compiled;
    own.shard = *taken;
    return true;
  }
  if (own.runs != nullptr) room.Take(policy, *own.runs, own.shard);
  return false;
}

// Who is in keeps what it has; then those that have changed get their new version where it has
// room, then those that have come, the oldest first.
std::vector<Placed> PlaceByAge(const std::vector<Attached>& attached, const Memory& memory,
                               Room& room) {
  std::vector<Placed> placed;
  for (const Attached& one : attached) {
    const Primary& policy = *one.policy;
    const auto shard = memory.ShardOf(policy);
    const bool is_current = memory.Serves(policy) || one.compiled->refused;
    Placed& own = placed.emplace_back(Placed{&one, nullptr, shard.value_or(HomeOf(policy))});
    if (!shard) continue;
    const auto runs = is_current ? one.compiled : one.last();
    if (runs->rules.empty()) continue;
    const auto taken = room.TakeAny(policy, *runs, own.shard);
    if (!taken) continue;
    own.runs = runs;
    own.shard = *taken;
  }
  std::vector<Placed*> rest;
  for (Placed& own : placed) {
    if (own.runs != own.one->compiled) rest.push_back(&own);
  }
  std::ranges::sort(rest, {}, [&memory](const Placed* own) {
    const Primary& policy = *own->one->policy;
    return std::tuple(!memory.ShardOf(policy), policy.created, policy.key);
  });
  // One that shrinks makes room for those before it.
  while (std::erase_if(rest, [&room](Placed* own) { return Upgrade(*own, room); }) > 0) {
  }
  return placed;
}

// Silences by policy, those of whom there is room for, who had some first.
void AddSilences(const std::vector<Placed>& placed, const Memory& memory, Room& room,
                 std::vector<config::Silence>& silences) {
  std::vector<const Placed*> order;
  for (const Placed& own : placed) {
    if (own.runs != nullptr && !own.runs->silences.empty()) order.push_back(&own);
  }
  std::ranges::sort(order, {}, [&memory](const Placed* own) {
    const Primary& policy = *own->one->policy;
    return std::tuple(!memory.Silences(policy), policy.created, policy.key);
  });
  const std::size_t limit = std::min(kMaxSilenceBytes, kAlertmanagerBytes - room.routes());
  std::set<const Placed*> has_room;
  std::size_t used = 0;
  for (const Placed* own : order) {
    if (used + own->runs->silence_bytes > limit) continue;
    used += own->runs->silence_bytes;
    has_room.insert(own);
  }
  for (const Placed& own : placed) {
    if (own.runs == nullptr || own.runs->silences.empty()) continue;
    if (has_room.contains(&own)) {
      silences.insert(silences.end(), own.runs->silences.begin(), own.runs->silences.end());
    } else {
      room.Note(own.shard, Unsilenced(*own.one->policy));
    }
  }
}

std::string Marked(char mark, const Primary& policy) { return mark + cache::Served(policy); }

}  // namespace

std::string LeftOut(const Primary& policy) { return Marked(kLeftOut, policy); }
std::string Unsilenced(const Primary& policy) { return Marked(kUnsilenced, policy); }
std::string Outlived(const Primary& policy) { return Marked(kOutlived, policy); }

std::string InputsOfCrowd(const std::vector<Attached>& attached,
                          std::span<const std::string> before) {
  const bool is_crowd = std::ranges::any_of(before, [](const std::string& list) {
    return list.find(kLeftOut) != std::string::npos || list.find(kUnsilenced) != std::string::npos;
  });
  if (!is_crowd) return "";
  const Memory memory(before);
  std::string inputs = " crowd " + HashOfServed(before);
  for (const Attached& one : attached) {
    if (memory.Serves(*one.policy)) continue;
    inputs += " " + std::to_string(std::hash<std::string>()(one.policy->status));
  }
  return inputs;
}

Published Publish(const std::vector<Attached>& attached, std::span<const std::string> before) {
  std::vector<Attached> with_rules;
  std::ranges::copy_if(attached, std::back_inserter(with_rules),
                       [](const Attached& one) { return !one.compiled->rules.empty(); });
  const Memory memory(before);
  Room room;
  std::optional<std::vector<Placed>> placed = PlaceAll(with_rules, room);
  if (!placed) {
    room = Room();
    placed = PlaceByAge(with_rules, memory, room);
  }
  Published published;
  for (const Placed& own : *placed) {
    room.Note(own.shard, EntryOf(own));
    if (own.runs != nullptr) published.running.push_back({own.one->policy, own.runs});
  }
  AddSilences(*placed, memory, room, published.silences);
  published.shards = std::move(room).shards();
  return published;
}

}  // namespace belvedere::alertpolicy
