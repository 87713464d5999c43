#include "controllers/monitoringstack/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/profile.h"

namespace belvedere::monitoringstack {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Result<Spec> Parse(const std::string& yaml) { return ParseSpec(config::ParseYaml(yaml).value()); }

TEST(ParseSpec, GivesAWholeStackForNothing) {
  const Result<Spec> spec = Parse("{}");
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(spec->profile, Profile::kSmall);
  EXPECT_EQ(spec->metrics.replicas, 1);
  EXPECT_EQ(spec->metrics.storage.size->Canonical(), "20Gi");
  EXPECT_EQ(spec->metrics.retention_size, (20LL << 30) / 100 * 80);
  EXPECT_EQ(spec->metrics.retention_time, hours(15 * 24));
  EXPECT_EQ(spec->metrics.scrape_interval, seconds(30));
  EXPECT_EQ(spec->metrics.resources.requests.at("memory").Canonical(), "1Gi");
  EXPECT_TRUE(spec->metrics.resources.limits.empty());
  EXPECT_EQ(spec->alerting.group_wait, seconds(30));
  EXPECT_EQ(spec->targets.control_plane, AutoState::kAuto);
}

TEST(ParseSpec, TakesDefaultsFromTheProfile) {
  const Spec demo = Parse("profile: Demo").value();
  EXPECT_FALSE(demo.metrics.storage.size.has_value());
  EXPECT_FALSE(demo.metrics.retention_size.has_value());
  EXPECT_EQ(demo.metrics.scrape_interval, seconds(15));
  const Spec medium = Parse("profile: Medium").value();
  EXPECT_EQ(medium.metrics.replicas, 2);
  EXPECT_EQ(medium.alerting.replicas, 3);
  for (const Profile profile :
       {Profile::kDemo, Profile::kSmall, Profile::kMedium, Profile::kLarge}) {
    EXPECT_TRUE(Parse("profile: " + std::string(ToString(profile))).has_value());
  }
}

TEST(ParseSpec, ReadsReceiversAndTheSecretsThatTheyNeed) {
  const Result<Spec> spec = Parse(R"(
alerting:
  fallbackReceiver: slack
  watchdogReceiver: dead-man
  receivers:
  - {name: slack, slack: {channel: "#platform", webhookRef: {name: slack, key: url}}}
  - {name: pager, allowedNamespaces: [shop], pagerduty: {routingKeyRef: {name: pd, key: k}}}
  - {name: dead-man, webhook: {urlRef: {name: dead-man, key: url}}}
)");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->alerting.fallback, "slack");
  EXPECT_EQ(spec->alerting.watchdog, "dead-man");
  ASSERT_EQ(spec->alerting.receivers.size(), 3U);
  EXPECT_EQ(spec->alerting.receivers[1].allowed_namespaces, std::vector<std::string>{"shop"});
  EXPECT_EQ(spec->alerting.receivers[2].integration.kind, "webhook");
  EXPECT_EQ(spec->alerting.receiver_secrets, (std::set<std::string>{"dead-man", "pd", "slack"}));
}

TEST(ParseSpec, RefusesReceiversThatReachNobody) {
  const auto problem = [](const std::string& alerting) {
    const Result<Spec> spec = Parse("alerting: " + alerting);
    return spec ? "" : spec.error().message;
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(problem("{fallbackReceiver: gone}"),
              HasSubstr("spec.alerting.fallbackReceiver: \"gone\" is not the name of one"));
  EXPECT_THAT(problem("{receivers: [{name: a}]}"),
              HasSubstr("spec.alerting.receivers[0]: must notify in exactly one way"));
  EXPECT_THAT(problem("{receivers: [{name: a, slack: {webhookRef: {name: s, key: k}}}]}"),
              HasSubstr("spec.alerting.receivers[0]: slack.channel: is missing"));
  EXPECT_THAT(problem("{receivers: [{name: a, webhook: {url: 'http://a'}}, "
                      "{name: a, webhook: {url: 'http://b'}}]}"),
              HasSubstr("spec.alerting.receivers[1].name: is the name of another receiver"));
}

TEST(ParseSpec, KeepsLogsOnlyWhereTheyAreAskedFor) {
  EXPECT_EQ(Parse("{}")->logs.store, LogStore::kNone);
  EXPECT_EQ(Parse("logs: {}")->logs.store, LogStore::kLoki);
  EXPECT_EQ(Parse("logs: {store: None}")->logs.store, LogStore::kNone);
  const Logs logs = Parse("logs: {}")->logs;
  EXPECT_EQ(logs.retention_days, 7);
  EXPECT_EQ(logs.replicas, 1);
  EXPECT_EQ(logs.storage.size->Canonical(), "20Gi");
}

TEST(ParseSpec, HasDashboardsUnlessTheyAreDisabled) {
  EXPECT_EQ(Parse("{}")->dashboards.state, State::kEnabled);
  EXPECT_EQ(Parse("dashboards: {}")->dashboards.state, State::kEnabled);
  EXPECT_EQ(Parse("dashboards: {state: Disabled}")->dashboards.state, State::kDisabled);
}

// As the example of the whole stack has it.
TEST(ParseSpec, ReadsTheDashboardsOfTheExample) {
  const Result<Spec> spec = Parse(R"(
dashboards:
  replicas: 1
  adminRef: {name: grafana-admin}     # keys: username, password; left out: generated once
  selector: {matchLabels: {grafana_dashboard: "1"}}     # your own dashboards, as ConfigMaps
)");
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  const Dashboards& dashboards = spec->dashboards;
  EXPECT_EQ(dashboards.admin_secret, "grafana-admin");
  EXPECT_EQ(dashboards.own_label,
            std::make_pair(std::string("grafana_dashboard"), std::string("1")));
}

TEST(ParseSpec, ReplicatesLogsOnlyOverObjectStorage) {
  EXPECT_EQ(Parse("{profile: Medium, logs: {}}")->logs.replicas, 1);
  EXPECT_EQ(Parse("{profile: Medium, logs: {objectStorageRef: {name: b}}}")->logs.replicas, 3);
}

TEST(ParseSpec, ReadsEveryFieldOfLogs) {
  const Logs logs = Parse(
                        "logs: {store: Loki, retentionDays: 45, replicas: 2, "
                        "storage: {size: 5Gi, storageClassName: fast}, "
                        "objectStorageRef: {name: b}, limits: {ingestionRateMB: 3, "
                        "maxStreams: 4}, image: 'r.example/loki:3.6.7', "
                        "placement: {nodeSelector: {a: b}}, "
                        "resources: {limits: {memory: 1Gi}}}")
                        ->logs;
  EXPECT_EQ(logs.retention_days, 45);
  EXPECT_EQ(logs.replicas, 2);
  EXPECT_EQ(logs.storage.class_name, "fast");
  EXPECT_EQ(logs.object_storage, "b");
  EXPECT_EQ(logs.limits.ingestion_rate_mb, 3);
  EXPECT_EQ(logs.limits.max_streams, 4);
  EXPECT_EQ(logs.image, "r.example/loki:3.6.7");
  EXPECT_EQ(logs.placement.node_selector.at("a"), "b");
  EXPECT_EQ(logs.resources.limits.at("memory").Canonical(), "1Gi");
}

TEST(ParseSpec, ReadsEveryField) {
  const Result<Spec> spec = Parse(R"(
managementState: Paused
profile: Large
cluster: {name: prod, region: eu, environment: live}
externalLabels: {team: core}
targets:
  nodes: {state: Disabled}
  applications:
    namespaceSelector:
      matchLabels: {a: b}
      matchExpressions: [{key: c, operator: NotIn, values: [d]}]
  kubernetes:
    objects: {labelAllowlist: ["pods=[app]"]}
    controlPlane: {state: Enabled}
metrics:
  replicas: 3
  scrapeInterval: 1m30s
  retention: {time: 1d12h, size: 40GB}
  storage: {size: 50Gi, storageClassName: fast}
  limits: {sampleLimit: 1, labelLimit: 2, targetLimit: 3}
  outOfOrderWindow: 10m
  resources: {requests: {cpu: 0.5, memory: 1024Mi}, limits: {memory: 2Gi}}
  placement: {nodeSelector: {p: q}, tolerations: [{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 9}]}
  image: registry.local/p:v3.14.0
alerting: {replicas: 5, groupWait: 5m, image: "registry.local/a:v0.31.1"}
networkPolicies: {state: Disabled}
)");
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  EXPECT_EQ(spec->management, ManagementState::kPaused);
  EXPECT_EQ(spec->cluster.environment, "live");
  EXPECT_EQ(spec->external_labels.at("team"), "core");
  EXPECT_EQ(spec->targets.nodes, State::kDisabled);
  EXPECT_EQ(spec->targets.application_namespaces.match_expressions[0].values[0], "d");
  EXPECT_EQ(spec->targets.control_plane, AutoState::kEnabled);
  EXPECT_EQ(spec->metrics.scrape_interval, seconds(90));
  EXPECT_EQ(spec->metrics.retention_time, hours(36));
  EXPECT_EQ(spec->metrics.retention_size, 40LL << 30);
  EXPECT_EQ(spec->metrics.storage.class_name, "fast");
  EXPECT_EQ(spec->metrics.limits.targets, 3);
  EXPECT_EQ(spec->metrics.out_of_order_window, minutes(10));
  EXPECT_EQ(spec->metrics.resources.requests.at("cpu").Canonical(), "500m");
  EXPECT_EQ(spec->metrics.resources.requests.at("memory").Canonical(), "1Gi");
  EXPECT_EQ(spec->metrics.placement.tolerations[0].seconds, 9);
  EXPECT_EQ(spec->alerting.replicas, 5);
  EXPECT_EQ(spec->alerting.image, "registry.local/a:v0.31.1");
  EXPECT_EQ(spec->network_policies, State::kDisabled);
}

// A limit below the profile's request must not make a pod that no node accepts.
TEST(ParseSpec, KeepsDefaultRequestsBelowLimits) {
  const Spec spec = Parse("metrics: {resources: {limits: {memory: 300Mi}}}").value();
  EXPECT_EQ(spec.metrics.resources.requests.at("memory").Canonical(), "300Mi");
}

struct Bad {
  std::string yaml;
  std::string path;
};

class BadSpec : public testing::TestWithParam<Bad> {};

TEST_P(BadSpec, IsRefusedByField) {
  const Result<Spec> spec = Parse(GetParam().yaml);
  ASSERT_FALSE(spec.has_value());
  EXPECT_EQ(spec.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(spec.error().message.starts_with(GetParam().path + ": ")) << spec.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadSpec,
    testing::Values(
        Bad{"[]", "spec"}, Bad{"managementState: Off", "spec.managementState"},
        Bad{"profile: small", "spec.profile"}, Bad{"profile: 1", "spec.profile"},
        Bad{"nonsense: 1", "spec.nonsense"}, Bad{"metrics: {replica: 2}", "spec.metrics.replica"},
        Bad{"cluster: {name: \"a\\nb\"}", "spec.cluster.name"},
        Bad{"cluster: {name: '${X}'}", "spec.cluster.name"},
        Bad{"logs: {replicas: 2}", "spec.logs.replicas"},
        Bad{"logs: {store: Elasticsearch}", "spec.logs.store"},
        Bad{"logs: {retentionDays: 0}", "spec.logs.retentionDays"},
        Bad{"logs: {objectStorageRef: {name: 'a b'}}", "spec.logs.objectStorageRef.name"},
        Bad{"logs: {objectStorageRef: {}}", "spec.logs.objectStorageRef.name"},
        Bad{"logs: {limits: {maxStreams: 0}}", "spec.logs.limits.maxStreams"},
        Bad{"dashboards: {state: On}", "spec.dashboards.state"},
        Bad{"dashboards: {replicas: 2}", "spec.dashboards.replicas"},
        Bad{"dashboards: {adminRef: {}}", "spec.dashboards.adminRef.name"},
        Bad{"dashboards: {adminRef: {name: 'a/b'}}", "spec.dashboards.adminRef.name"},
        Bad{"dashboards: {adminRef: {name: a, key: b}}", "spec.dashboards.adminRef.key"},
        Bad{"dashboards: {selector: {}}", "spec.dashboards.selector.matchLabels"},
        Bad{"dashboards: {selector: {matchLabels: {a: b, c: d}}}",
            "spec.dashboards.selector.matchLabels"},
        Bad{"dashboards: {selector: {matchLabels: {a: ''}}}",
            "spec.dashboards.selector.matchLabels"},
        Bad{"dashboards: {storage: {storageClassName: x}}",
            "spec.dashboards.storage.storageClassName"},
        Bad{"dashboards: {anonymous: true}", "spec.dashboards.anonymous"},
        Bad{"externalLabels: {cluster: x}", "spec.externalLabels.cluster"},
        Bad{"externalLabels: {__x: x}", "spec.externalLabels.__x"},
        Bad{"externalLabels: {x: '$y'}", "spec.externalLabels.x"},
        Bad{"targets: {nodes: {state: On}}", "spec.targets.nodes.state"},
        Bad{"targets: {nodes: true}", "spec.targets.nodes"},
        Bad{"targets: {kubernetes: {objects: {labelAllowlist: ['pods=[a],--x']}}}",
            "spec.targets.kubernetes.objects.labelAllowlist"},
        Bad{"targets: {applications: {namespaceSelector: {matchExpressions: [{key: a, operator: "
            "In}]}}}",
            "spec.targets.applications.namespaceSelector.matchExpressions[0].values"},
        Bad{"targets: {applications: {namespaceSelector: {matchExpressions: [{key: 'a b', "
            "operator: Exists}]}}}",
            "spec.targets.applications.namespaceSelector.matchExpressions[0].key"},
        Bad{"metrics: {replicas: 0}", "spec.metrics.replicas"},
        Bad{"metrics: {replicas: 11}", "spec.metrics.replicas"},
        Bad{"metrics: {replicas: 1.5}", "spec.metrics.replicas"},
        Bad{"metrics: {scrapeInterval: 1s}", "spec.metrics.scrapeInterval"},
        Bad{"metrics: {scrapeInterval: soon}", "spec.metrics.scrapeInterval"},
        Bad{"metrics: {retention: {time: 1h}}", "spec.metrics.retention.time"},
        Bad{"metrics: {retention: {size: 1Gi}}", "spec.metrics.retention.size"},
        Bad{"metrics: {retention: {size: 20GB}}", "spec.metrics.retention.size"},
        Bad{"metrics: {storage: {size: big}}", "spec.metrics.storage.size"},
        Bad{"{profile: Demo, metrics: {storage: {storageClassName: x}}}",
            "spec.metrics.storage.storageClassName"},
        Bad{"metrics: {resources: {requests: {memory: -1}}}",
            "spec.metrics.resources.requests.memory"},
        Bad{"metrics: {resources: {requests: {gpu: 1}}}", "spec.metrics.resources.requests.gpu"},
        Bad{"metrics: {resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}",
            "spec.metrics.resources.requests.memory"},
        Bad{"metrics: {placement: {tolerations: [{effect: Sometimes, operator: Exists}]}}",
            "spec.metrics.placement.tolerations[0].effect"},
        Bad{"metrics: {placement: {tolerations: [{}]}}",
            "spec.metrics.placement.tolerations[0].operator"},
        Bad{"metrics: {image: 'a b'}", "spec.metrics.image"},
        Bad{"metrics: {limits: {sampleLimit: -1}}", "spec.metrics.limits.sampleLimit"},
        Bad{"alerting: {replicas: 10}", "spec.alerting.replicas"},
        Bad{"alerting: {groupWait: 2h}", "spec.alerting.groupWait"},
        Bad{"networkPolicies: {state: true}", "spec.networkPolicies.state"}));

TEST(ParseSpec, NamesSeveralProblemsAtOnceButNotWithoutEnd) {
  const Result<Spec> spec = Parse("{profile: X, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}");
  ASSERT_FALSE(spec.has_value());
  EXPECT_NE(spec.error().message.find("spec.profile"), std::string::npos);
  EXPECT_NE(spec.error().message.find("and 2 more"), std::string::npos) << spec.error().message;
}

}  // namespace
}  // namespace belvedere::monitoringstack
