#pragma once

#include <span>
#include <string>
#include <vector>

#include "controllers/alertpolicy/attachment.h"

// A stack's ConfigMaps have so much room for its policies. Who has some keeps it: no policy,
// however it grows and whoever comes later, takes the place of another.
namespace belvedere::alertpolicy {

// What a stack runs of the policies that are attached to it.
struct Published {
  // Rule files. Each policy has a shard of its own choice, so that an edit of one leaves all other
  // shards as they are; where that is full, it is in another. Each shard serves the policies that
  // it holds in the version that they have now, and names the others that it holds or should hold
  // with a mark, below.
  std::vector<operands::RuleShard> shards;
  std::vector<Attached> running;  // with what runs of each; of some an earlier version
  std::vector<config::Silence> silences;
};

// Marks before cache::Served(): no room for the rules and routes of this version, for its silences,
// and an earlier version of a spec that is refused.
std::string LeftOut(const cache::Primary& policy);
std::string Unsilenced(const cache::Primary& policy);
std::string Outlived(const cache::Primary& policy);

// `before`: what each shard serves now (ServedByShards()), which tells who has room.
Published Publish(const std::vector<Attached>& attached, std::span<const std::string> before);

// What a crowd makes it depend on besides, as text; empty: there is room for all.
std::string InputsOfCrowd(const std::vector<Attached>& attached,
                          std::span<const std::string> before);

}  // namespace belvedere::alertpolicy
