#include "controllers/config/silences.h"

namespace belvedere::config {
namespace {

Json MatchersOf(const Silence& silence) {
  std::map<std::string, std::string> labels = silence.matchers;
  labels["policy_namespace"] = silence.ns;
  labels["policy_name"] = silence.policy;
  Json matchers = Json::array();
  for (const auto& [label, value] : labels) {
    matchers.push_back({{"name", label}, {"value", value}, {"isRegex", false}, {"isEqual", true}});
  }
  return matchers;
}

}  // namespace

Json SilenceFile(std::span<const Silence> silences) {
  std::map<std::string, Json> sorted;
  for (const Silence& silence : silences) {
    // The agent knows by this text which silences are ours (operator/cli/agent/silences.h).
    const std::string by = "belvedere: " + silence.ns + "/" + silence.policy + "/" + silence.name;
    sorted[by] = {{"createdBy", by},
                  {"comment", silence.reason},
                  {"startsAt", FormatTime(silence.from)},
                  {"endsAt", FormatTime(silence.until)},
                  {"matchers", MatchersOf(silence)}};
  }
  Json file = Json::array();
  for (auto& [by, silence] : sorted) file.push_back(std::move(silence));
  return file;
}

}  // namespace belvedere::config
