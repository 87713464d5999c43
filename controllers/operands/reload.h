#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/operands/builders.h"

// Reload-class config (DESIGN 4): ConfigMaps, their volumes, and the agent that brings them to the
// operand and proves that they are loaded.
namespace belvedere::operands {

// A ConfigMap has at most so many bytes of data: 1 MiB is the server's bound, and the rest of the
// object and managedFields need room as well.
inline constexpr std::size_t kMaxConfigMapBytes = 900 * 1024;

// The agent's port. The operator asks it which config is loaded; it serves its metrics there too.
inline constexpr const char* kAgentPortName = "agent";
// Where the operand finds the file `key` of the mount `mount`: kActiveDir/<mount>/<key>.
inline constexpr const char* kActiveDir = "/etc/belvedere/active/current";

// One ConfigMap, mounted as a directory.
struct ConfigMount {
  std::string mount;
  std::string config_map;
  std::map<std::string, std::string> data;
  // kIfAny: of several that share one directory, and there only while it holds something.
  enum class Presence { kAlways, kIfAny } presence = Presence::kAlways;
};

// Views into the mounts.
ConfigFileViews FilesOf(const std::vector<ConfigMount>& mounts);

// Splits `files` over as few mounts as hold them under the size that one ConfigMap may have,
// in order of name, called `<mount>-<i>` and `<config_map prefix>-<i>-<config_map suffix>`. Always
// at least one. Error: kInvalid for a file that is too large by itself.
Result<std::vector<ConfigMount>> Shard(const std::map<std::string, std::string>& files,
                                       const std::string& mount, const std::string& prefix,
                                       const std::string& suffix);

// How an operand is asked to reload, on 127.0.0.1.
struct Reloading {
  int port = 0;
  std::string reload_path = "/-/reload";
  std::string ready_path = "/-/ready";
  // Member of what GET on reload_path answers that counts reloads, where nothing else proves one.
  std::string proof_counter;
  // Of an operand that has silences: the file of the mounts that says which, where it is one, the
  // operand's API, and the name of the one pod that keeps them.
  struct Silences {
    std::string file;
    std::string api_path;
    std::string writer;
  };
  std::optional<Silences> silences = {};
  // Of a StatefulSet: where its pods have their names, so that they reload one after the other.
  std::string replica_domain = {};
};

// Adds to `pod_spec` the volumes of `mounts`, the shared volume and the agent as a native sidecar
// that is started before the operand, and lets container 0, the operand, read what is active.
void AddAgent(const std::vector<ConfigMount>& mounts, const std::string& image,
              const Reloading& reloading, Json& pod_spec);

}  // namespace belvedere::operands
