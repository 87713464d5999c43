#pragma once

#include <string>
#include <vector>

#include "controllers/logpipeline/running.h"
#include "controllers/operands/holds.h"
#include "controllers/operands/restart.h"

// With which specs the workloads of pipelines run: the new ones, and the last good ones in the
// place of those that pods refuse.
namespace belvedere::logpipeline {

// All living pipelines, the oldest first, `self` in the version given.
std::vector<const cache::Primary*> Everybody(const cache::Primary& self,
                                             const runtime::World& world);

// What somebody wrote to have a refused spec tried again; empty: nothing.
std::string RetryOf(const cache::Primary& primary);
// The spec that a pipeline has now, as holds name it.
std::string VersionOf(const cache::Primary& primary);

// What pods of the workload have refused, and nobody has changed since.
std::vector<operands::Hold> HoldsOn(const kube::ResourceRef& workload, const cache::Primary& self,
                                    const runtime::World& world);

// A workload that the pipelines of an engine share, as their holder `self` writes it. Pure; keeps
// references to all that it is given.
class SharedLoad {
 public:
  SharedLoad(const Engine& engine, const SharedPart& part, const cache::Primary& self,
             const runtime::World& world, const ImageTable& images, const SpecReader& reader)
      : engine_(engine),
        part_(part),
        self_(self),
        world_(world),
        images_(images),
        reader_(reader) {}

  // Whom it runs anything for.
  enum class Company { kNobody, kSelfAlone, kOthers };
  Company company() const;

  // It with all specs, but for those that its pods, `target`, refuse: these are held, and the
  // workload says so. Error: it cannot be rendered even without what is not proven.
  Result<Rendered> Render(const operands::RestartTarget& target) const;

 private:
  // The pipelines that it runs, and what it serves with them.
  struct Load {
    std::vector<Pipeline> pipelines;
    std::vector<std::string> serves;  // as in cache::kServesAnnotation, one each
  };
  // The workload as it is to be, and the load with which it was made.
  struct Made {
    Load load;
    Rendered rendered;
  };
  using Holds = std::vector<operands::Hold>;
  using Primaries = std::vector<const cache::Primary*>;

  Load Gather(Trust trust) const;
  Load GatherWithout(const Holds& holds) const;
  void Add(const cache::Primary& primary, Trust trust, Load& load) const;
  Result<Made> Make(Holds holds) const;
  Primaries Doubted(const Load& load) const;
  operands::Hold Unfit(const Primaries& doubted, Holds holds, const std::string& why) const;

  const Engine& engine_;
  const SharedPart& part_;
  const cache::Primary& self_;
  const runtime::World& world_;
  const ImageTable& images_;
  const SpecReader& reader_;
};

}  // namespace belvedere::logpipeline
