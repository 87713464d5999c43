#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "controllers/config/monitors.h"
#include "controllers/config/receivers.h"

// Who is notified of what: Alertmanager's config of a stack with all its policies, as typed data.
// Routes match the labels policy_namespace and policy_name, which our rules stamp on each alert, so
// that no policy can reach, mute or inhibit what is another's.
namespace belvedere::config::routing {

using monitors::Severity;

// When people work. Hours that end before they begin end on the next day.
struct Hours {
  std::string zone;               // "Asia/Seoul"
  std::vector<std::string> days;  // "Monday", "Monday-Friday"
  std::string from;               // "09:00"
  std::string to;                 // "18:00"; at most "24:00"

  bool operator==(const Hours&) const = default;
};

enum class During { kAlways, kBusinessHours };

// Somebody to notify: a receiver of the stack by its name, or one of the policy's own.
struct Target {
  Severity severity = Severity::kPage;
  std::variant<std::string, receivers::Integration> to;
  During during = During::kAlways;
};

struct Policy {
  std::string ns;
  std::string name;
  std::vector<Target> targets;
  std::optional<Hours> business_hours;
  std::set<std::string> slo_labels;  // labels by which its SLOs have an objective each
  std::set<std::string> secrets;     // names of those that its own receivers need
};

struct Receiver {
  std::string name;
  std::vector<receivers::Integration> integrations;
};

struct Model {
  std::chrono::milliseconds group_wait{};
  std::vector<Receiver> receivers;
  std::optional<std::string> fallback;  // gets what nobody else gets; none: nobody
  std::optional<std::string> watchdog;  // gets the alert that always fires
  std::vector<Policy> policies;
  std::string templates;  // path of the file of receivers::MessageTemplates(); empty: none
};

// Why a receiver, a policy, or what the stack says of them cannot stand in a config. kInvalid; the
// message begins with the field. A policy is checked against the receivers of the stack, and not
// against other policies: one that is refused hurts nobody else.
Status Check(const Receiver& receiver);
Status Check(const Policy& policy, const std::vector<Receiver>& receivers);

// What a policy's own receiver is called, by its place among the targets.
std::string OwnReceiverName(const Policy& policy, std::size_t target);

// About how many bytes of YAML a policy that Check() accepts adds to the config file.
std::size_t SizeOf(const Policy& policy);

// The config file. Equal models give equal bytes, whatever the order of receivers and policies.
// Error: kInvalid; of what Check() refuses, of names that are given twice, and of a fallback or
// watchdog that is no receiver. Alertmanager accepts all others.
Result<Json> AlertmanagerConfig(const Model& model);

}  // namespace belvedere::config::routing
