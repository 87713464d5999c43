#include "operator/cli/agent/turn.h"

#include <charconv>

#include "operator/base/json.h"
#include "operator/base/log.h"

namespace belvedere::agent {

std::optional<Replica> ParseReplica(const std::string& pod) {
  const std::size_t dash = pod.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  Replica replica{.set = pod.substr(0, dash)};
  const char* const end = pod.data() + pod.size();
  const auto [rest, error] = std::from_chars(pod.data() + dash + 1, end, replica.ordinal);
  if (error != std::errc() || rest != end) return std::nullopt;
  return replica;
}

bool Turn::HasCome(const std::string& version, const std::stop_token& stop) {
  if (!options_) return true;
  if (version != version_) {
    version_ = version;
    since_ = clock_.Now();
  }
  switch (Ask(version, stop)) {
    case Before::kRuns:
      return true;
    case Before::kRefuses:
      return false;
    case Before::kUnknown:
      break;
  }
  if (clock_.Now() - since_ < options_->limit) return false;
  log::Warn("the replica before this one does not load the config: not waited for any longer",
            {{"hash", version}});
  return true;
}

Turn::Before Turn::Ask(const std::string& version, const std::stop_token& stop) const {
  const Reply reply = Get(options_->before, stop);
  const Result<Json> state = ParseJson(reply.answer == Answer::kYes ? reply.text : "{}");
  if (!state) return Before::kUnknown;
  if (StringAt(*state, "/loaded") == version) return Before::kRuns;
  const bool has_refused =
      StringAt(*state, "/wanted") == version && !StringAt(*state, "/error").empty();
  return has_refused ? Before::kRefuses : Before::kUnknown;
}

}  // namespace belvedere::agent
