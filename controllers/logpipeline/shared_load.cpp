#include "controllers/logpipeline/shared_load.h"

#include <algorithm>
#include <cctype>
#include <tuple>
#include <utility>

#include "controllers/operands/holder.h"

namespace belvedere::logpipeline {
namespace {

using cache::Primary;
using operands::Hold;
using runtime::World;

// Set to another value, it has a spec tried again that pods have refused.
constexpr const char* kReconcileAnnotation = "belvedere.dev/reconcile";
// Beyond, what crashes is not told apart any longer: the holds stand in an annotation.
constexpr std::size_t kMaxHolds = 64;

std::vector<std::string> VersionsOf(const std::vector<const Primary*>& primaries) {
  std::vector<std::string> versions;
  versions.reserve(primaries.size());
  for (const Primary* primary : primaries) versions.push_back(VersionOf(*primary));
  return versions;
}

bool Has(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

// Whether `text` names a part of the pipeline, as configs do: <namespace>.<name>.<part>.
bool Names(const std::string& text, const kube::ObjectKey& key) {
  const std::string name = key.ns + "." + key.name + ".";
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const bool goes_on = std::isalnum(static_cast<unsigned char>(before)) != 0;
    if (!goes_on && before != '-' && before != '.') return true;
  }
  return false;
}

// Of the doubted, those that a pod's last words name; where they name none, all.
Hold Blame(const std::string& why, const std::vector<const Primary*>& doubted, std::size_t held) {
  std::vector<const Primary*> named;
  std::ranges::copy_if(doubted, std::back_inserter(named),
                       [&why](const Primary* one) { return Names(why, one->key); });
  const bool tells = !named.empty() && held < kMaxHolds;
  return {.specs = VersionsOf(tells ? named : doubted), .why = why};
}

}  // namespace

std::vector<const Primary*> Everybody(const Primary& self, const World& world) {
  std::vector<const Primary*> all{&self};
  for (const auto& peer : world.peers) {
    if (peer->uid != self.uid && !peer->deleting) all.push_back(peer.get());
  }
  std::ranges::sort(all, {}, [](const Primary* one) { return std::tie(one->created, one->uid); });
  return all;
}

std::string RetryOf(const Primary& primary) {
  const auto found = primary.annotations.find(kReconcileAnnotation);
  return found == primary.annotations.end() ? "" : found->second;
}

std::string VersionOf(const Primary& primary) {
  return operands::SpecVersion(primary, RetryOf(primary));
}

std::vector<Hold> HoldsOn(const kube::ResourceRef& workload, const Primary& self,
                          const World& world) {
  const cache::Child* found = operands::FindChild(world, workload);
  if (found == nullptr) return {};
  std::vector<Hold> holds = operands::HoldsOf(*found);
  if (holds.empty()) return holds;
  const std::vector<std::string> versions = VersionsOf(Everybody(self, world));
  std::erase_if(holds, [&versions](const Hold& hold) {
    const bool stands = std::ranges::all_of(
        hold.specs, [&versions](const std::string& one) { return Has(versions, one); });
    return hold.kind == Hold::Kind::kUnfit || !stands;
  });
  return holds;
}

SharedLoad::Company SharedLoad::company() const {
  Company company = Company::kNobody;
  for (const Primary* primary : Everybody(self_, world_)) {
    Load load;
    Add(*primary, Trust::kAccepted, load);
    if (load.pipelines.empty()) continue;
    if (primary != &self_) return Company::kOthers;
    company = Company::kSelfAlone;
  }
  return company;
}

Result<Rendered> SharedLoad::Render(const operands::RestartTarget& target) const {
  Holds holds = HoldsOn(target.workload, self_, world_);
  Result<Made> made = Make(holds);
  if (!made) return Fail(made.error());
  Rendered& rendered = made->rendered;
  if (!rendered.restart) return std::move(rendered);
  const auto why = operands::CrashOf(rendered.restart->checksum, target, world_);
  if (!why) return std::move(rendered);
  holds.push_back(Blame(*why, Doubted(made->load), holds.size()));
  Result<Made> rest = Make(holds);
  const bool helps = rest && !rest->load.pipelines.empty() &&
                     rest->rendered.restart->checksum != rendered.restart->checksum;
  return std::move(helps ? rest->rendered : rendered);
}

// Without what is held; where that cannot be rendered, without the specs that keep it from that.
Result<SharedLoad::Made> SharedLoad::Make(Holds holds) const {
  Load load = GatherWithout(holds);
  Result<Rendered> rendered = part_.render(load.pipelines, images_);
  if (!rendered) {
    holds.push_back(Unfit(Doubted(load), holds, rendered.error().message));
    load = GatherWithout(holds);
    rendered = part_.render(load.pipelines, images_);
    if (!rendered) return Fail(rendered.error());
  }
  Json& workload = rendered->intents.back().object;
  std::string serves;
  for (const std::string& one : load.serves) cache::Enlist(serves, one);
  workload["metadata"]["annotations"][cache::kServesAnnotation] = serves;
  operands::StampHolds(holds, workload);
  return Made{.load = std::move(load), .rendered = *std::move(rendered)};
}

// Of what cannot be rendered though each spec alone is good: the youngest of the doubted without
// which it can; where no single one is to blame, all of them.
Hold SharedLoad::Unfit(const Primaries& doubted, Holds holds, const std::string& why) const {
  Hold& hold = holds.emplace_back(Hold{.kind = Hold::Kind::kUnfit, .specs = {}, .why = why});
  for (auto one = doubted.rbegin(); one != doubted.rend(); ++one) {
    hold.specs = {VersionOf(**one)};
    if (part_.render(GatherWithout(holds).pipelines, images_)) return hold;
  }
  hold.specs = VersionsOf(doubted);
  return hold;
}

// Those whose spec in `load` pods have not proven yet, the oldest first.
SharedLoad::Primaries SharedLoad::Doubted(const Load& load) const {
  const Load good = Gather(Trust::kProven);
  Primaries doubted = Everybody(self_, world_);
  std::erase_if(doubted, [&](const Primary* one) {
    const std::string served = cache::Served(*one);
    return !Has(load.serves, served) || Has(good.serves, served);
  });
  return doubted;
}

SharedLoad::Load SharedLoad::Gather(Trust trust) const {
  Load load;
  for (const Primary* primary : Everybody(self_, world_)) Add(*primary, trust, load);
  return load;
}

SharedLoad::Load SharedLoad::GatherWithout(const Holds& holds) const {
  Load load;
  for (const Primary* primary : Everybody(self_, world_)) {
    const std::string version = VersionOf(*primary);
    const bool is_held = std::ranges::any_of(
        holds, [&version](const Hold& hold) { return Has(hold.specs, version); });
    Add(*primary, is_held ? Trust::kProven : Trust::kAccepted, load);
  }
  return load;
}

void SharedLoad::Add(const Primary& primary, Trust trust, Load& load) const {
  const auto running = reader_.RunningOf(primary, world_, trust);
  if (!running || (*running->accepted)->engine != &engine_) return;
  if (part_.wanted((*running->accepted)->spec) == Wanted::kNo) return;
  load.pipelines.push_back((*running->accepted)->pipeline);
  if (!running->serves.empty()) load.serves.push_back(running->serves);
}

}  // namespace belvedere::logpipeline
