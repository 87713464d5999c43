#include <gtest/gtest.h>

#include <set>

#include "controllers/config/field_reader.h"
#include "controllers/config/yaml.h"
#include "controllers/logpipeline/outputs/output.h"

namespace belvedere::logpipeline {
namespace {

using Problems = config::FieldReader::Problems;

std::vector<Output> Parse(const std::string& yaml, Problems& problems) {
  const Result<Json> spec = config::ParseYaml(yaml);
  EXPECT_TRUE(spec) << yaml;
  config::FieldReader reader(*spec, "spec", problems);
  return ParseOutputs(reader);
}

std::vector<Output> MustParse(const std::string& yaml) {
  Problems problems;
  std::vector<Output> outputs = Parse(yaml, problems);
  EXPECT_TRUE(problems.empty()) << problems.front();
  return outputs;
}

const OutputContext kContext{.tenant = "uid-1",
                             .pipeline = "shop.shop",
                             .state_dir = "/var/lib/belvedere/s3/1",
                             .buffer_bytes = 1 << 30};

TEST(Outputs, OfTheExamples) {
  const std::vector<Output> outputs = MustParse(R"(
outputs:
- name: store
  stack: {name: main, namespace: monitoring}
- name: archive
  s3: {bucket: logs-archive, region: ap-northeast-2, storageClass: GLACIER_IR, credentialsRef: {name: archive-s3}}
- name: splunk
  splunk: {host: hec.splunk.example, port: 8088, tokenRef: {name: splunk, key: token}, index: shop}
- name: datadog
  datadog: {site: datadoghq.eu, apiKeyRef: {name: datadog, key: api-key}, service: checkout, tags: ["team:shop"]}
- name: store2
  elasticsearch: {hosts: ["https://es.example:9200"], dataStream: logs-k8s-default, apiKeyRef: {name: es, key: api-key}, caRef: {name: es-ca, key: ca.crt}}
- name: sumo
  sumologic: {endpointRef: {name: sumo, key: url}}
)");
  ASSERT_EQ(outputs.size(), 6U);
  EXPECT_EQ(outputs[0].Stack(), (kube::ObjectKey{"monitoring", "main"}));
  EXPECT_EQ(outputs[0].kind->otel(*outputs[0].settings, kContext)->settings.at("endpoint"),
            "http://loki-main.monitoring.svc:3100/otlp");
  EXPECT_EQ(outputs[1].AwsCredentials(), (SecretKey{"archive-s3", "credentials"}));
  EXPECT_EQ(outputs[2].Secrets(), (std::vector<SecretKey>{{"splunk", "token"}}));
  EXPECT_EQ(outputs[2].kind->otel(*outputs[2].settings, kContext)->settings.at("token"),
            (Json{{"$file", "/etc/belvedere/secrets/splunk/token"}}));
  EXPECT_EQ(outputs[4].Secrets(), (std::vector<SecretKey>{{"es", "api-key"}, {"es-ca", "ca.crt"}}));
}

// Each output with every field that its kind has.
constexpr const char* kEveryField = R"(
outputs:
- name: stack
  stack: {name: main, namespace: monitoring}
- name: loki
  loki: {url: "https://l.example:3100/x", tenantID: t, usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p}, tls: SkipVerify}
- name: loki2
  loki: {url: "http://l.example", bearerTokenRef: {name: s, key: t}}
- name: es
  elasticsearch: {hosts: ["https://e.example/p"], index: i, usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p},
    caRef: {name: s, key: ca}, clientCertRef: {name: s, key: c}, clientKeyRef: {name: s, key: k}}
- name: es2
  elasticsearch: {hosts: ["https://e.example"], dataStream: d, apiKeyRef: {name: s, key: a}}
- name: opensearch
  opensearch: {url: "https://o.example", index: i, usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p}}
- name: http
  http: {url: "https://h.example/in", headers: {X-A: "b c"}, bearerTokenRef: {name: s, key: t}}
- name: otlp
  otlp: {url: "https://o.example", headers: {X-A: b}, usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p}}
- name: grpc
  otlp: {url: "http://o.example:4317", protocol: GRPC, bearerTokenRef: {name: s, key: t}}
- name: s3
  s3: {bucket: bkt, region: r-1, prefix: a/b, endpoint: "https://m.example", storageClass: GLACIER_IR, credentialsRef: {name: aws}}
- name: kafka
  kafka: {brokers: ["k-0.example:9092", "k-1.example:9092"], topic: t, mechanism: PLAIN, tls: SkipVerify,
    usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p}, caRef: {name: s, key: ca},
    clientCertRef: {name: s, key: c}, clientKeyRef: {name: s, key: k}}
- name: splunk
  splunk: {host: s.example, port: 1, tokenRef: {name: s, key: t}, index: i, source: src, sourcetype: st, tls: "Off"}
- name: datadog
  datadog: {site: d.example, apiKeyRef: {name: s, key: t}, service: s, source: x, tags: ["a:b", "c"]}
- name: sumologic
  sumologic: {host: c.example, tokenRef: {name: s, key: t}, sourceCategory: prod/x}
- name: cloudwatch
  cloudwatch: {region: r-1, logGroup: /g, logStream: s, retentionDays: 7, credentialsRef: {name: aws}}
- name: syslog
  syslog: {host: s.example, port: 6514, format: RFC3164, caRef: {name: s, key: ca}}
)";

TEST(Outputs, OfFluentBitKeepToItsSchema) {
  std::set<std::string_view> kinds;
  for (const Output& output : MustParse(kEveryField)) {
    kinds.insert(output.kind->field);
    Result<FluentBitOutput> section = output.kind->fluent_bit(*output.settings, kContext);
    ASSERT_TRUE(section) << output.name << ": " << section.error().message;
    section->properties.push_back(config::fluentbit::Set("match", "*"));
    const Result<std::string> yaml = config::fluentbit::ToYaml(
        {.service = {config::fluentbit::Set("storage.path", "/x")}, .outputs = {*section}});
    EXPECT_TRUE(yaml) << output.name << ": " << yaml.error().message;
    for (const SecretKey& secret : output.Secrets()) {
      if (output.AwsCredentials() == secret) continue;
      EXPECT_NE(yaml->find(MountedPath(secret)), std::string::npos)
          << output.name << " mounts a secret and does not use it: " << secret.key;
    }
  }
  EXPECT_EQ(kinds.size(), OutputKinds().size());
}

// Every string of `value`, and every file that it refers to.
void CollectFiles(const Json& value, std::set<std::string>& files) {
  if (value.is_string()) files.insert(value.get<std::string>());
  if (value.is_structured()) {
    for (const Json& item : value) CollectFiles(item, files);
  }
}

TEST(Outputs, OfTheCollectorUseEachSecretThatIsMounted) {
  for (const Output& output : MustParse(kEveryField)) {
    if (output.kind->otel == nullptr) continue;
    const Result<OtelExporter> exporter = output.kind->otel(*output.settings, kContext);
    ASSERT_TRUE(exporter) << output.name;
    std::set<std::string> files;
    CollectFiles(exporter->settings, files);
    CollectFiles(exporter->auth.settings, files);
    for (const SecretKey& secret : output.Secrets()) {
      if (output.AwsCredentials() == secret) continue;
      EXPECT_TRUE(files.contains(MountedPath(secret))) << output.name << " " << secret.key;
    }
  }
}

TEST(Outputs, NoStringOfASpecEscapesItsValue) {
  const std::string payloads[] = {"a\n[OUTPUT]\n  Name exec", "${SECRET_X}", "${file:/etc/passwd}",
                                  "a\rb", "@INCLUDE /etc/passwd\n"};
  const Result<Json> good = config::ParseYaml(kEveryField);
  ASSERT_TRUE(good);
  const Json flat = good->flatten();
  Problems none;
  const Json same = flat.unflatten();
  config::FieldReader unchanged(same, "spec", none);
  ParseOutputs(unchanged);
  ASSERT_TRUE(none.empty()) << none.front();
  int tried = 0;
  for (const auto& [pointer, value] : flat.items()) {
    if (!value.is_string()) continue;
    for (const std::string& payload : payloads) {
      Json spec = flat;
      spec[pointer] = payload;
      Problems problems;
      const Json changed = spec.unflatten();
      config::FieldReader reader(changed, "spec", problems);
      ParseOutputs(reader);
      EXPECT_FALSE(problems.empty()) << pointer << " took " << payload;
      ++tried;
    }
  }
  EXPECT_GT(tried, 300);
}

TEST(Outputs, NameTheFieldThatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"outputs: [{name: a}]", "spec.outputs[0]: needs one of"},
      {"outputs: [{name: a, stack: {name: m, namespace: n}, loki: {url: 'http://l.example'}}]",
       "spec.outputs[0].loki: cannot stand beside stack"},
      {"outputs: [{name: a, loki: {url: 'ftp://l.example'}}]",
       "spec.outputs[0].loki.url: must begin with https://"},
      {"outputs: [{name: a, loki: {url: 'http://169.254.169.254'}}]",
       "spec.outputs[0].loki.url: must be a DNS name, not an address"},
      {"outputs: [{name: a, http: {url: 'http://localhost:2020/api/v2/reload'}}]",
       "spec.outputs[0].http.url: must not lead to localhost"},
      {"outputs: [{name: a, http: {url: 'http://kubernetes.default.svc'}}]",
       "spec.outputs[0].http.url: must not lead"},
      {"outputs: [{name: a, http: {url: 'http://u:p@h.example'}}]", "spec.outputs[0].http.url"},
      {"outputs: [{name: a, http: {url: 'http://h.example', headers: {Authorization: x}}}]",
       "spec.outputs[0].http.headers.Authorization: carries credentials"},
      {"outputs: [{name: a, splunk: {host: 'h.example', tokenRef: {name: s, key: '../k'}}}]",
       "spec.outputs[0].splunk.tokenRef.key: is not a key"},
      {"outputs: [{name: a, splunk: {host: 'h.example', tokenRef: {name: ../s, key: k}}}]",
       "spec.outputs[0].splunk.tokenRef.name: is not the name"},
      {"outputs: [{name: a, splunk: {host: 'h.example', index: '${S}', tokenRef: {name: s, key: "
       "k}}}]",
       "spec.outputs[0].splunk.index: must not hold ${"},
      {"outputs: [{name: a, splunk: {host: 'h.example', token: x, tokenRef: {name: s, key: k}}}]",
       "spec.outputs[0].splunk.token: is not a field"},
      {"outputs: [{name: a, s3: {bucket: b, region: r, prefix: '../x'}}]",
       "spec.outputs[0].s3.prefix: must have"},
      {"outputs: [{name: a, s3: {bucket: b, region: r}}, {name: a, s3: {bucket: b, region: r}}]",
       "spec.outputs[1].name: is used twice"},
  };
  for (const auto& [yaml, want] : cases) {
    Problems problems;
    Parse(yaml, problems);
    ASSERT_FALSE(problems.empty()) << yaml;
    EXPECT_EQ(problems.front().rfind(want, 0), 0U) << yaml << "\n" << problems.front();
  }
}

TEST(Outputs, EveryEngineThatCannotSaysWhy) {
  for (const OutputKind& kind : OutputKinds()) {
    EXPECT_EQ(kind.otel == nullptr, !kind.no_otel.empty()) << kind.field;
    EXPECT_EQ(kind.fluent_bit == nullptr, !kind.no_fluent_bit.empty()) << kind.field;
    EXPECT_TRUE(kind.otel != nullptr || kind.fluent_bit != nullptr) << kind.field;
  }
}

TEST(Outputs, VolumeHoldsExactlyTheKeysThatAreAskedFor) {
  const Json volume = SecretsVolume("secrets", {{"a", "k1"}, {"b", "k"}, {"a", "k2"}});
  EXPECT_EQ(volume["projected"]["sources"],
            (Json::parse(R"([{"secret": {"name": "a", "items": [{"key": "k1", "path": "a/k1"},
                                                              {"key": "k2", "path": "a/k2"}]}},
                            {"secret": {"name": "b", "items": [{"key": "k", "path": "b/k"}]}}])")));
}

}  // namespace
}  // namespace belvedere::logpipeline
