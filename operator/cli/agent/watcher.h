#pragma once

#include <memory>
#include <stop_token>

#include "operator/base/clock.h"
#include "operator/cli/agent/source_dir.h"

namespace belvedere::agent {

// Tells when the source may have changed. One thread.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Returns at `deadline`, on stop, or once a change has been followed by a short calm (the kubelet
  // updates the mounts of a pod one after the other).
  virtual void Wait(SteadyTime deadline, std::stop_token stop) = 0;
};

// inotify(7) on the mounts of `source`. Where the node has no inotify instance left, says so in the
// log and waits for the deadline only.
std::unique_ptr<Watcher> WatchMounts(const SourceDir& source, Clock& clock);

}  // namespace belvedere::agent
