#include "controllers/alertpolicy/room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "controllers/alertpolicy/testing/policies.h"
#include "controllers/operands/prometheus.h"
#include "controllers/operands/reload.h"

namespace belvedere::alertpolicy {
namespace {

using testing::MakeMain;
using testing::MakePolicy;
using testing::SloYaml;
using testing::StackWorld;

constexpr std::size_t kHalf = operands::kMaxConfigMapBytes / 2 - 100;
constexpr int kRoom = 2 * operands::kPolicyShards;  // for policies of half a shard

// What a policy becomes; `mark` tells versions apart.
struct Sizes {
  std::size_t rules = 10;
  std::size_t routes = 10;
  std::size_t silences = 0;
  char mark = 'x';
};
std::shared_ptr<const Compiled> Make(const Sizes& sizes) {
  Compiled compiled;
  compiled.rules = std::string(sizes.rules, sizes.mark);
  compiled.route_bytes = sizes.routes;
  compiled.silence_bytes = sizes.silences;
  if (sizes.silences > 0) compiled.silences.push_back({.name = std::string(1, sizes.mark)});
  return std::make_shared<const Compiled>(compiled);
}

// Nothing of it was accepted yet.
Attached Policy(const std::string& name, const Sizes& sizes, std::int64_t generation = 1) {
  return {.policy = MakePolicy("shop", name, {SloYaml("a")}, generation),
          .compiled = Make(sizes),
          .last = [] { return std::make_shared<const Compiled>(); }};
}
// In its second version, the first of which was accepted.
Attached Edited(const std::string& name, const Sizes& first, const Sizes& second) {
  Attached one = Policy(name, second, 2);
  one.last = [last = Make(first)] { return last; };
  return one;
}

std::vector<std::string> ServedBy(const Published& published) {
  std::vector<std::string> served;
  for (const operands::RuleShard& shard : published.shards) served.push_back(shard.serves);
  return served;
}
bool IsIn(const Published& published, const std::string& entry) {
  return std::ranges::any_of(published.shards, [&entry](const operands::RuleShard& shard) {
    return cache::Lists(shard.serves, entry);
  });
}
// The first byte of each rule file; by its name.
std::map<std::string, char> FilesOf(const Published& published) {
  std::map<std::string, char> files;
  for (const operands::RuleShard& shard : published.shards) {
    std::size_t size = 0;
    for (const auto& [name, text] : shard.files) {
      files[name] = text.front();
      size += name.size() + text.size();
    }
    EXPECT_LE(size, operands::kMaxConfigMapBytes);
  }
  return files;
}

std::vector<Attached> Full() {
  std::vector<Attached> attached;
  for (int i = 0; i < kRoom; ++i) {
    attached.push_back(Policy("p" + std::to_string(i), {.rules = kHalf}));
  }
  return attached;
}

TEST(AlertPolicyRoom, OfOtherShardsIsTakenUntilAllAreFull) {
  std::vector<Attached> attached = Full();
  attached.push_back(Policy("too-many", {.rules = kHalf}));
  const Published published = Publish(attached, {});
  EXPECT_EQ(FilesOf(published).size(), static_cast<std::size_t>(kRoom));
  std::string served;
  for (const std::string& list : ServedBy(published)) served += list + " ";
  EXPECT_EQ(std::ranges::count(served, '@'), kRoom + 1) << "each is served, or said to be left out";
  EXPECT_EQ(std::ranges::count(served, '!'), 1);
  EXPECT_EQ(published.running.size(), static_cast<std::size_t>(kRoom));
}

TEST(AlertPolicyRoom, IsNotTakenByOneThatComes) {
  std::vector<Attached> attached = Full();
  const Published before = Publish(attached, {});
  attached.insert(attached.begin(), Policy("a-new-one", {.rules = kHalf}));
  const Published after = Publish(attached, ServedBy(before));
  EXPECT_EQ(FilesOf(after), FilesOf(before));
  EXPECT_TRUE(IsIn(after, LeftOut(*attached[0].policy)));
  const Published again = Publish(attached, ServedBy(after));
  EXPECT_EQ(ServedBy(again), ServedBy(after));
  EXPECT_NE(InputsOfCrowd(attached, ServedBy(after)), "");
  EXPECT_EQ(InputsOfCrowd(attached, ServedBy(before)), "");

  attached.erase(attached.begin() + 7);
  const Published freed = Publish(attached, ServedBy(again));
  EXPECT_TRUE(FilesOf(freed).contains("shop.a-new-one.yaml"));
  EXPECT_TRUE(IsIn(freed, cache::Served(*attached[0].policy)));
}

TEST(AlertPolicyRoom, OfOneThatGrowsIsStillThatOfItsVersionBefore) {
  std::vector<Attached> attached = Full();
  const Published before = Publish(attached, {});
  attached[5] = Edited("p5", {.rules = kHalf}, {.rules = 2 * kHalf, .mark = 'y'});
  Published after = Publish(attached, ServedBy(before));
  EXPECT_EQ(FilesOf(after), FilesOf(before));
  EXPECT_TRUE(IsIn(after, LeftOut(*attached[5].policy)));
  EXPECT_FALSE(IsIn(after, cache::Served(*attached[5].policy)));
  EXPECT_EQ(after.running.size(), attached.size());
  after = Publish(attached, ServedBy(after));
  EXPECT_EQ(FilesOf(after), FilesOf(before));

  attached[5] = Edited("p5", {.rules = kHalf}, {.rules = kHalf, .mark = 'z'});
  after = Publish(attached, ServedBy(after));
  EXPECT_EQ(FilesOf(after)["shop.p5.yaml"], 'z');
  EXPECT_TRUE(IsIn(after, cache::Served(*attached[5].policy)));
}

TEST(AlertPolicyRoom, OfOneThatIsRefusedIsKeptForIt) {
  std::vector<Attached> attached = Full();
  const Published before = Publish(attached, {});
  Compiled refused = *attached[5].compiled;
  refused.refused = "spec.owner: is required";
  attached[5] = {MakePolicy("shop", "p5", {SloYaml("a")}, 2),
                 std::make_shared<const Compiled>(refused)};
  Published after = Publish(attached, ServedBy(before));
  EXPECT_TRUE(IsIn(after, Outlived(*attached[5].policy)));
  attached.insert(attached.begin(), Policy("a-new-one", {.rules = kHalf}));
  after = Publish(attached, ServedBy(after));
  EXPECT_EQ(FilesOf(after), FilesOf(before));
}

TEST(AlertPolicyRoom, OfRoutesAndSilencesIsKeptAsWell) {
  constexpr std::size_t kMuch = 300 * 1024;
  std::vector<Attached> attached{Policy("b", {.routes = kMuch}), Policy("c", {.routes = kMuch})};
  Published published = Publish(attached, {});
  attached.insert(attached.begin(), Policy("a", {.routes = kMuch}));
  published = Publish(attached, ServedBy(published));
  EXPECT_TRUE(IsIn(published, LeftOut(*attached[0].policy)));
  EXPECT_EQ(FilesOf(published).size(), 2U);

  attached = {Policy("b", {.silences = 200 * 1024, .mark = 'b'})};
  published = Publish(attached, {});
  attached.insert(attached.begin(), Policy("a", {.silences = 100 * 1024, .mark = 'a'}));
  published = Publish(attached, ServedBy(published));
  ASSERT_EQ(published.silences.size(), 1U);
  EXPECT_EQ(published.silences[0].name, "b");
  EXPECT_EQ(FilesOf(published).size(), 2U) << "its rules are good";
  EXPECT_TRUE(IsIn(published, Unsilenced(*attached[0].policy))) << "its status has to say so";
  EXPECT_EQ(ServedBy(Publish(attached, ServedBy(published))), ServedBy(published));
}

// Policies that come, grow, shrink and go on a stack that is too small for all of them.
class AlertPolicyCrowd : public ::testing::Test {
 protected:
  // Another version of it; what the stack took last was accepted.
  void Edit(const std::string& name) {
    const Sizes next{.rules = 50'000 + Pick(700'000),
                     .routes = Pick(20'000),
                     .mark = static_cast<char>('a' + Pick(26))};
    Attached& one = attached_[name];
    one = Policy(name, next, ++generations_[name]);
    const auto accepted = accepted_.find(name);
    if (accepted == accepted_.end()) return;
    one.last = [last = accepted->second] { return last; };
  }
  void Remove(const std::string& name) {
    attached_.erase(name);
    accepted_.erase(name);
  }

  void Publish() {
    std::vector<Attached> attached;
    for (const auto& [name, one] : attached_) attached.push_back(one);
    const Published published = alertpolicy::Publish(attached, served_);
    const auto files = FilesOf(published);
    for (const auto& [name, accepted] : accepted_) {
      EXPECT_TRUE(files.contains("shop." + name + ".yaml")) << name << " has lost its rules";
    }
    served_ = ServedBy(published);
    EXPECT_EQ(ServedBy(alertpolicy::Publish(attached, served_)), served_);
    for (const auto& [name, one] : attached_) {
      if (IsIn(published, cache::Served(*one.policy))) accepted_[name] = one.compiled;
      left_out_ += IsIn(published, LeftOut(*one.policy)) ? 1 : 0;
    }
  }

  std::size_t Pick(std::size_t most) { return chance_() % most; }

  std::mt19937 chance_{1};
  std::map<std::string, std::int64_t> generations_;
  std::map<std::string, Attached> attached_;
  std::map<std::string, std::shared_ptr<const Compiled>> accepted_;
  std::vector<std::string> served_;
  int left_out_ = 0;
};

TEST_F(AlertPolicyCrowd, TakesNothingFromThoseWhoAreIn) {
  for (int step = 0; step < 300; ++step) {
    const std::string name = "p" + std::to_string(Pick(120));
    if (attached_.contains(name) && Pick(6) == 0) {
      Remove(name);
    } else {
      Edit(name);
    }
    Publish();
  }
  EXPECT_GT(left_out_, 100) << "it was no crowd";
}

TEST(AlertPolicyRoom, AShardServesWhatItHolds) {
  const auto stack = MakeMain();
  const Compiler compiler;
  const runtime::World world = StackWorld(stack, {MakePolicy("shop", "p", {SloYaml("a")}, 7)});
  const Published published = Publish(AttachedTo(*stack, world, compiler), {});
  EXPECT_TRUE(IsIn(published, "uid-shop-p@7"));
  ASSERT_EQ(published.running.size(), 1U);
  const Compiled& compiled = *published.running[0].compiled;
  EXPECT_GT(compiled.route_bytes, 20U);
}

}  // namespace
}  // namespace belvedere::alertpolicy
