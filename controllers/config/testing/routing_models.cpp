#include "controllers/config/testing/routing_models.h"

#include <array>

namespace belvedere::config::routing::testing {
namespace {

using receivers::Field;
using receivers::Integration;
using receivers::Kind;
using receivers::SecretFile;
using receivers::Value;

Value Sensible(const Field& field) {
  switch (field.type) {
    case Field::Type::kSecret:
      return SecretFile{"/etc/secrets/" + std::string(field.name)};
    case Field::Type::kInteger:
      return std::int64_t{-100123};
    case Field::Type::kUrl:
      return "https://hooks.example:8443/a/b?c=d";
    case Field::Type::kHostPort:
      return "mail.example:587";
    case Field::Type::kChoice:
      return std::string(field.more.substr(0, field.more.find('|')));
    default:
      return "#platform: \"night's\" \\ watch | 100 % & <you> é";
  }
}

const std::array<const char*, 16> kTexts{"plain",
                                         "#channel",
                                         "a: b",
                                         "- x",
                                         "{{ .ExternalURL }}",
                                         "{{",
                                         "}}",
                                         "${HOME}",
                                         "",
                                         "line\nbreak",
                                         "\"quoted\" \\ 'text'",
                                         "https://a.example",
                                         "https://a.example:99999/x",
                                         "http://[::1]/%zz",
                                         "mail.example:25",
                                         "!!binary &x *y"};
const std::array<const char*, 5> kPaths{"/etc/secrets/a", "relative", "/up/../etc/shadow",
                                        "/with space", ""};
const std::array<const char*, 4> kNames{"shop", "monitoring", "a.b-c", "Bad/Name"};

template <typename Items>
const auto& Pick(const Items& items, std::mt19937& random) {
  return items[random() % std::size(items)];
}

Value RandomValue(const Field& field, std::mt19937& random) {
  if (random() % 3 != 0) return Sensible(field);
  switch (random() % 3) {
    case 0:
      return Pick(kTexts, random);
    case 1:
      return SecretFile{Pick(kPaths, random)};
    default:
      return static_cast<std::int64_t>(random() % 7) - 3;
  }
}

Hours RandomHours(std::mt19937& random) {
  static const std::array<const char*, 4> kZones{"Asia/Seoul", "UTC", "America/New_York", "Mars"};
  static const std::array<const char*, 4> kDays{"Monday-Friday", "Saturday-Monday", "Sunday", "x"};
  static const std::array<const char*, 6> kTimes{"00:00", "09:00", "18:30", "23:59", "24:00", "9"};
  return {.zone = Pick(kZones, random),
          .days = {Pick(kDays, random), Pick(kDays, random)},
          .from = Pick(kTimes, random),
          .to = Pick(kTimes, random)};
}

Policy RandomPolicy(const std::vector<Receiver>& receivers, std::mt19937& random) {
  Policy policy = PolicyOf(Pick(kNames, random), Pick(kNames, random));
  policy.targets.clear();
  for (std::size_t count = random() % 5; count > 0; --count) {
    Target target{.severity = random() % 2 == 0 ? Severity::kPage : Severity::kTicket};
    if (random() % 2 == 0 && !receivers.empty()) {
      target.to = Pick(receivers, random).name;
    } else {
      target.to = RandomIntegration(random);
    }
    if (random() % 3 == 0) target.during = During::kBusinessHours;
    policy.targets.push_back(std::move(target));
  }
  if (random() % 2 == 0) policy.business_hours = RandomHours(random);
  if (random() % 3 == 0) policy.slo_labels = {"route", random() % 4 == 0 ? "severity" : "pod"};
  return policy;
}

}  // namespace

Integration Slack(const std::string& channel) {
  return {.kind = "slack",
          .fields = {{"channel", channel}, {"webhookRef", SecretFile{"/etc/secrets/slack"}}}};
}

Integration Webhook(const std::string& file) {
  return {.kind = "webhook", .fields = {{"urlRef", SecretFile{file}}}};
}

Policy PolicyOf(const std::string& ns, const std::string& name) {
  return {.ns = ns,
          .name = name,
          .targets = {{.severity = Severity::kPage, .to = "pager"},
                      {.severity = Severity::kTicket, .to = Slack("#" + ns)}}};
}

Model Shop() {
  Policy platform = PolicyOf("monitoring", "platform");
  platform.business_hours =
      Hours{.zone = "Asia/Seoul", .days = {"Monday-Friday"}, .from = "09:00", .to = "18:00"};
  platform.targets = {
      {.severity = Severity::kPage, .to = "pager"},
      {.severity = Severity::kPage, .to = Webhook("/etc/secrets/second")},
      {.severity = Severity::kTicket, .to = Slack("#platform"), .during = During::kBusinessHours}};
  Policy only_pages = PolicyOf("shop", "only-pages");
  only_pages.targets.pop_back();
  return {.group_wait = std::chrono::seconds(30),
          .receivers = {{.name = "pager", .integrations = {Webhook("/etc/secrets/pager")}},
                        {.name = "dead-man", .integrations = {Webhook("/etc/secrets/dead-man")}},
                        {.name = "platform-slack", .integrations = {Slack("#all")}}},
          .fallback = "platform-slack",
          .watchdog = "dead-man",
          .policies = {PolicyOf("shop", "checkout"), PolicyOf("bank", "checkout"), platform,
                       only_pages}};
}

Integration Complete(const Kind& kind, std::size_t choice) {
  Integration made{.kind = std::string(kind.name)};
  std::size_t exclusive = 0;
  for (const Field& field : kind.fields) {
    if (field.name.empty() || field.type == Field::Type::kRefused) continue;
    if (field.need == Field::Need::kOneOf && exclusive++ != choice) continue;
    made.fields.emplace(field.name, Sensible(field));
  }
  if (kind.name == "jira" && choice != 0) made.fields.erase("username");
  return made;
}

Integration RandomIntegration(std::mt19937& random) {
  const Kind& kind = Pick(receivers::Kinds(), random);
  Integration made = Complete(kind, random() % 3);
  if (random() % 4 != 0) return made;
  for (const Field& field : kind.fields) {
    if (field.name.empty()) continue;
    if (random() % 4 == 0) made.fields.erase(std::string(field.name));
    if (random() % 3 == 0) made.fields[std::string(field.name)] = RandomValue(field, random);
  }
  return made;
}

Model RandomModel(std::mt19937& random) {
  Model model{.group_wait = std::chrono::seconds(random() % 60)};
  for (std::size_t i = random() % 4; i > 0; --i) {
    Receiver receiver{.name = "r" + std::to_string(i)};
    for (std::size_t count = random() % 3; count > 0; --count) {
      receiver.integrations.push_back(RandomIntegration(random));
    }
    if (Check(receiver)) model.receivers.push_back(std::move(receiver));
  }
  if (!model.receivers.empty() && random() % 2 == 0) {
    model.fallback = Pick(model.receivers, random).name;
    model.watchdog = Pick(model.receivers, random).name;
  }
  std::set<std::pair<std::string, std::string>> names;
  for (std::size_t i = random() % 12; i > 0; --i) {
    Policy policy = RandomPolicy(model.receivers, random);
    if (!Check(policy, model.receivers)) continue;  // it hurts nobody else
    if (names.insert({policy.ns, policy.name}).second) model.policies.push_back(std::move(policy));
  }
  return model;
}

}  // namespace belvedere::config::routing::testing
