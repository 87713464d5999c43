#include "controllers/logpipeline/spec.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/fluentbit_config.h"

namespace belvedere::logpipeline {
namespace {

constexpr const char* kOutputs = "outputs: [{name: s, stack: {name: main, namespace: monitoring}}]";
constexpr const char* kInputs = "inputs: {containers: {}}";

Result<Spec> Read(const std::string& yaml) { return ParseSpec(config::ParseYaml(yaml).value()); }

// A whole spec but for the part that is meant.
Result<Spec> WithInputs(const std::string& inputs) {
  return Read("{inputs: " + inputs + ", " + kOutputs + "}");
}
Result<Spec> WithFilter(const std::string& filter) {
  return Read(std::string("{") + kInputs + ", filters: [" + filter + "], " + kOutputs + "}");
}
Result<Spec> With(const std::string& fields) {
  return Read(std::string("{") + kInputs + ", " + kOutputs + ", " + fields + "}");
}

std::string ProblemOf(const Result<Spec>& spec) { return spec ? "" : spec.error().message; }

Json SampleSpec(const std::string& name) {
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  std::ifstream file(root / "crds" / "samples" / name);
  std::stringstream text;
  text << file.rdbuf();
  return At(config::ParseYaml(text.str()).value(), "/spec");
}

TEST(LogPipelineSpec, ReadsThePlatformsPipeline) {
  const Result<Spec> spec = ParseSpec(SampleSpec("logpipeline-platform.yaml"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->agent, Agent::kFluentBit);
  EXPECT_EQ(spec->management, ManagementState::kManaged);
  ASSERT_TRUE(spec->containers);
  EXPECT_TRUE(spec->containers->namespaces.empty());
  EXPECT_EQ(spec->containers->excluded, std::vector<std::string>{"kube-system"});
  EXPECT_EQ(spec->containers->multiline,
            (std::vector{Multiline::kJava, Multiline::kGo, Multiline::kPython}));
  EXPECT_EQ(spec->containers->labels, std::vector<std::string>{"app.kubernetes.io/name"});
  EXPECT_EQ(spec->units,
            (std::vector<std::string>{"kubelet.service", "containerd.service", "docker.service"}));
  EXPECT_EQ(spec->control_plane, Wanted::kYes);
  ASSERT_TRUE(spec->audit);
  EXPECT_EQ(spec->audit->paths, std::vector<std::string>{"/var/log/kubernetes/audit/*.log"});
  EXPECT_EQ(spec->audit->dropped_verbs, (std::vector<std::string>{"get", "list", "watch"}));
  EXPECT_EQ(spec->audit->dropped_users, std::vector<std::string>{"system:node:*"});
  EXPECT_EQ(spec->events, Wanted::kYes);
  EXPECT_EQ(spec->buffer.bytes_per_output, 1LL << 30);
  EXPECT_EQ(spec->buffer.max_retries, 300);
  EXPECT_EQ(spec->buffer.dead_letter_bytes, 256LL << 20);
  EXPECT_EQ(spec->retention_days, 45);
  ASSERT_EQ(spec->outputs.size(), 2U);
  EXPECT_EQ(spec->outputs[0].Stack()->name, "main");
  EXPECT_EQ(spec->outputs[1].AwsCredentials()->secret, "archive-s3");
}

TEST(LogPipelineSpec, ReadsTheFiltersOfThePlatformsPipeline) {
  const Spec spec = ParseSpec(SampleSpec("logpipeline-platform.yaml")).value();
  ASSERT_EQ(spec.filters.size(), 4U);
  EXPECT_EQ(std::get<Drop>(spec.filters[0]).field, "log");
  EXPECT_EQ(std::get<Drop>(spec.filters[0]).regex, "GET /(healthz|readyz)");
  EXPECT_EQ(std::get<Parse>(spec.filters[1]).format, Format::kJson);
  EXPECT_EQ(std::get<Redact>(spec.filters[2]).regex, "\\b[0-9]{16}\\b");
  EXPECT_EQ(std::get<Redact>(spec.filters[2]).replacement, "****");
  EXPECT_EQ(std::get<Throttle>(spec.filters[3]).records_per_second, 5000);
  EXPECT_EQ(std::get<Throttle>(spec.filters[3]).per, Per::kNamespace);
}

TEST(LogPipelineSpec, ReadsATenantsPipelineWithDefaults) {
  const Result<Spec> spec = ParseSpec(SampleSpec("logpipeline-tenant.yaml"));
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_TRUE(spec->containers);
  EXPECT_EQ(spec->containers->selector.match_labels.at("app"), "checkout");
  EXPECT_TRUE(spec->containers->labels.empty());
  EXPECT_EQ(spec->control_plane, Wanted::kNo);
  EXPECT_EQ(spec->events, Wanted::kNo);
  EXPECT_FALSE(spec->audit);
  EXPECT_EQ(spec->buffer.bytes_per_output, 1LL << 30);
  EXPECT_EQ(spec->buffer.dead_letter_bytes, 0);
  EXPECT_EQ(spec->retention_days, 0);
  ASSERT_EQ(spec->outputs.size(), 2U);
  EXPECT_EQ(spec->outputs[0].name, "splunk");
  EXPECT_EQ(spec->outputs[1].kind->field, "datadog");
}

TEST(LogPipelineSpec, ReadsEveryKindOfFilter) {
  const Spec spec =
      WithFilter(
          "{keep: {field: a.b, regex: x}}, {parse: {field: log, format: Logfmt}},"
          " {parse: {field: log, format: Regex, regex: '(?<a>[[:digit:]\\]]+)'}},"
          " {redact: {field: log, regex: x}}, {redact: {field: log, regex: x, replacement: ''}},"
          " {throttle: {recordsPerSecond: 1}}, {rename: {from: a, to: b}},"
          " {add: {field: a, value: $b}}, {sample: {percent: 10}}")
          .value();
  EXPECT_EQ(std::get<Keep>(spec.filters[0]).field, "a.b");
  EXPECT_EQ(std::get<Parse>(spec.filters[1]).format, Format::kLogfmt);
  EXPECT_EQ(std::get<Parse>(spec.filters[2]).regex, "(?<a>[[:digit:]\\]]+)");
  EXPECT_EQ(std::get<Redact>(spec.filters[3]).replacement, "****");
  EXPECT_EQ(std::get<Redact>(spec.filters[4]).replacement, "");
  EXPECT_EQ(std::get<Throttle>(spec.filters[5]).per, Per::kPipeline);
  EXPECT_EQ(std::get<Rename>(spec.filters[6]).to, "b");
  EXPECT_EQ(std::get<Add>(spec.filters[7]).value, "$b");
  EXPECT_EQ(std::get<Sample>(spec.filters[8]).percent, 10);
}

struct Case {
  const char* yaml;
  const char* problem;  // the message begins with it
};

TEST(LogPipelineSpec, NamesWhatIsWrongWithInputs) {
  const Case cases[] = {
      {"{}", "spec.inputs: needs one of containers, nodes, controlPlane, audit, events"},
      {"{events: {state: Disabled}}", "spec.inputs: needs one of"},
      {"{journal: {}}", "spec.inputs.journal: is not a field of this version"},
      {"{containers: {namespaces: {include: [A]}}}",
       "spec.inputs.containers.namespaces.include[0]: \"A\" must be the name of a namespace"},
      {"{containers: {namespaces: {exclude: [a, '*']}}}",
       "spec.inputs.containers.namespaces.exclude[1]: \"*\" must be"},
      {"{containers: {labels: [\"a']\"]}}",
       "spec.inputs.containers.labels[0]: \"a']\" must be the key of a label"},
      {"{containers: {multiline: [Java, Ruby]}}",
       "spec.inputs.containers.multiline[1]: \"Ruby\" is not one of Java, Go, Python"},
      {"{containers: {selector: {matchLabels: {a: '$x'}}}}",
       "spec.inputs.containers.selector.matchLabels.a: \"$x\" is not a label value"},
      {"{nodes: {}}", "spec.inputs.nodes.units: is required"},
      {"{nodes: {units: [kubelet]}}",
       "spec.inputs.nodes.units[0]: \"kubelet\" must be the name of a unit with its suffix"},
      {"{controlPlane: {state: Enabled}}",
       "spec.inputs.controlPlane.state: \"Enabled\" is not one of Auto, Disabled"},
      {"{audit: {}}", "spec.inputs.audit.paths: is required"},
      {"{audit: {paths: [/etc/shadow]}}",
       "spec.inputs.audit.paths[0]: \"/etc/shadow\" must be a file below /var/log"},
      {"{audit: {paths: [/var/log/../../etc/shadow]}}",
       "spec.inputs.audit.paths[0]: \"/var/log/.."},
      {"{audit: {paths: ['/var/log/*/a']}}", "spec.inputs.audit.paths[0]: \"/var/log/*/a\""},
      {"{audit: {paths: ['/var/log/a,/etc/shadow']}}", "spec.inputs.audit.paths[0]: \""},
      {"{audit: {paths: [/var/log/a], dropVerbs: [GET]}}",
       "spec.inputs.audit.dropVerbs[0]: \"GET\" must be a verb of the API in small letters"},
      {"{audit: {paths: [/var/log/a], dropUsers: ['${HOME}']}}",
       "spec.inputs.audit.dropUsers[0]: holds ${; take it out"},
      {"{events: {state: Maybe}}",
       "spec.inputs.events.state: \"Maybe\" is not one of Enabled, Disabled"},
  };
  for (const Case& c : cases) {
    EXPECT_TRUE(ProblemOf(WithInputs(c.yaml)).starts_with(c.problem))
        << c.yaml << ": " << ProblemOf(WithInputs(c.yaml));
  }
}

TEST(LogPipelineSpec, NamesWhatIsWrongWithAFilter) {
  const Case cases[] = {
      {"{}", "spec.filters[0]: needs one of drop, keep, parse"},
      {"{exec: {}}", "spec.filters[0].exec: is not a field of this version"},
      {"{drop: {field: a, regex: b}, keep: {field: a, regex: b}}",
       "spec.filters[0].keep: cannot stand beside drop; make it the next filter"},
      {"{drop: {field: a}}", "spec.filters[0].drop.regex: is required"},
      {"{drop: {field: a, regex: b, not: c}}", "spec.filters[0].drop.not: is not a field"},
      {"{drop: {field: \"a']\", regex: b}}",
       "spec.filters[0].drop.field: \"a']\" must be the name of a field"},
      {"{drop: {field: a, regex: '(b'}}",
       "spec.filters[0].drop.regex: \"(b\" has a ( without its )"},
      {"{drop: {field: a, regex: 'b)'}}", "spec.filters[0].drop.regex: \"b)\" has a ) without"},
      {"{drop: {field: a, regex: '[b'}}",
       "spec.filters[0].drop.regex: \"[b\" has a [ without its ]"},
      {"{drop: {field: a, regex: 'b\\'}}", "spec.filters[0].drop.regex: \"b\\\" ends with \\"},
      {"{drop: {field: a, regex: '(b)\\1'}}", "spec.filters[0].drop.regex: \"(b)\\1\" refers back"},
      {"{drop: {field: a, regex: 'a(?=b)'}}", "spec.filters[0].drop.regex: \"a(?=b)\" has (?=,"},
      {"{drop: {field: a, regex: '(?<!b)a'}}", "spec.filters[0].drop.regex: \"(?<!b)a\" has (?<!,"},
      {"{drop: {field: a, regex: '${b}'}}", "spec.filters[0].drop.regex: must not hold ${"},
      {"{drop: {field: a, regex: \"b\\nc\"}}",
       "spec.filters[0].drop.regex: holds a control character"},
      {"{drop: {field: a, regex: \"b\\u2028c\"}}",
       "spec.filters[0].drop.regex: holds a line break; take it out"},
      {"{keep: {field: \"a\\u0085\", regex: b}}",
       "spec.filters[0].keep.field: holds a control character; take it out"},
      {"{parse: {field: a}}", "spec.filters[0].parse.format: is required"},
      {"{parse: {field: a, format: XML}}", "spec.filters[0].parse.format: \"XML\" is not one of"},
      {"{parse: {field: a, format: JSON, regex: b}}",
       "spec.filters[0].parse.regex: needs format Regex"},
      {"{parse: {field: a, format: Regex}}", "spec.filters[0].parse.regex: is required"},
      {"{parse: {field: a, format: Regex, regex: '(b)'}}",
       "spec.filters[0].parse.regex: \"(b)\" needs a named group"},
      {"{parse: {field: a, format: Regex, regex: '(?P<b>c)'}}",
       "spec.filters[0].parse.regex: \"(?P<b>c)\" has (?P"},
      {"{redact: {field: a, regex: b, replacement: '${c}'}}",
       "spec.filters[0].redact.replacement: holds ${"},
      {"{throttle: {}}", "spec.filters[0].throttle.recordsPerSecond: is required"},
      {"{throttle: {recordsPerSecond: 0}}",
       "spec.filters[0].throttle.recordsPerSecond: must be between 1 and 1000000"},
      {"{throttle: {recordsPerSecond: 1, per: Node}}", "spec.filters[0].throttle.per: \"Node\""},
      {"{rename: {from: a, to: a}}",
       "spec.filters[0].rename.to: \"a\" is what the field is called"},
      {"{rename: {from: a, to: kubernetes}}",
       "spec.filters[0].rename.to: \"kubernetes\" must not be kubernetes"},
      {"{add: {field: kubernetes.pod_name, value: b}}",
       "spec.filters[0].add.field: \"kubernetes.pod_name\" must not be kubernetes"},
      {"{add: {field: a, value: ''}}", "spec.filters[0].add.value: must not be empty"},
      {"{sample: {}}", "spec.filters[0].sample.percent: is required"},
      {"{sample: {percent: 101}}", "spec.filters[0].sample.percent: must be between 1 and 100"},
  };
  for (const Case& c : cases) {
    EXPECT_TRUE(ProblemOf(WithFilter(c.yaml)).starts_with(c.problem))
        << c.yaml << ": " << ProblemOf(WithFilter(c.yaml));
  }
  EXPECT_TRUE(ProblemOf(WithFilter("{sample: {percent: 1}}, {sample: {percent: 0}}"))
                  .starts_with("spec.filters[1].sample.percent:"));
}

TEST(LogPipelineSpec, NamesWhatIsWrongElsewhere) {
  const Case cases[] = {
      {"agent: Vector", "spec.agent: \"Vector\" is not one of FluentBit, OpenTelemetry"},
      {"managementState: Off", "spec.managementState: "},
      {"nodePlacement: {}", "spec.nodePlacement: is not a field of this version"},
      {"buffer: {sizePerOutput: 1Mi}",
       "spec.buffer.sizePerOutput: 1Mi must be between 16Mi and 1048576Mi"},
      {"buffer: {sizePerOutput: much}", "spec.buffer.sizePerOutput: "},
      {"buffer: {maxRetries: 0}", "spec.buffer.maxRetries: must be between 1 and 10000"},
      {"buffer: {deadLetter: {state: On}}", "spec.buffer.deadLetter.state: "},
      {"buffer: {deadLetter: {size: 1Ki}}", "spec.buffer.deadLetter.size: 1Ki must be between"},
      {"retentionDays: 0", "spec.retentionDays: must be between 1 and 3650"},
  };
  for (const Case& c : cases) {
    EXPECT_TRUE(ProblemOf(With(c.yaml)).starts_with(c.problem))
        << c.yaml << ": " << ProblemOf(With(c.yaml));
  }
  EXPECT_EQ(ProblemOf(Read(std::string("{") + kInputs + "}")),
            "spec.outputs: is required: where the records go");
  EXPECT_EQ(ProblemOf(Read(std::string("{") + kInputs + ", outputs: []}")),
            "spec.outputs: is required: where the records go");
  EXPECT_TRUE(
      ProblemOf(Read(std::string("{") + kInputs +
                     ", retentionDays: 3, outputs: [{name: a, s3: {bucket: bbb, region: r}}]}"))
          .starts_with("spec.retentionDays: needs an output `stack`"));
  EXPECT_TRUE(ProblemOf(Read("[]")).starts_with("spec: must be an object"));
}

TEST(LogPipelineSpec, NamesFiveProblemsAndCountsTheOthers) {
  std::string filters;
  for (int i = 0; i < 7; ++i) filters += "{sample: {percent: 0}}, ";
  const std::string problem = ProblemOf(WithFilter(filters));
  EXPECT_NE(problem.find("spec.filters[4].sample.percent"), std::string::npos) << problem;
  EXPECT_TRUE(problem.ends_with("; and 2 more")) << problem;
}

TEST(LogPipelineSpec, RefusesATenantAllButItsOwnContainers) {
  const kube::ObjectKey tenant{"shop", "shop"};
  const std::pair<const char*, const char*> cases[] = {
      {"{containers: {namespaces: {include: [shop]}}}", "spec.inputs.containers.namespaces: "},
      {"{containers: {namespaces: {exclude: [bank]}}}", "spec.inputs.containers.namespaces: "},
      {"{nodes: {units: [a.service]}}", "spec.inputs.nodes: "},
      {"{controlPlane: {}}", "spec.inputs.controlPlane: "},
      {"{containers: {}, audit: {paths: [/var/log/a]}}", "spec.inputs.audit: "},
      {"{events: {}}", "spec.inputs.events: "},
  };
  for (const auto& [inputs, field] : cases) {
    const Spec spec = WithInputs(inputs).value();
    EXPECT_EQ(Refuse(spec, tenant).value_or(""),
              std::string(field) +
                  "a pipeline in namespace shop reads the containers of that namespace only; "
                  "remove the field, or make the pipeline in namespace belvedere-node")
        << inputs;
    EXPECT_EQ(Refuse(spec, {"belvedere-node", "platform"}), std::nullopt) << inputs;
  }
  EXPECT_EQ(Refuse(WithInputs("{containers: {}}").value(), tenant), std::nullopt);
}

TEST(LogPipelineSpec, MakesATenantsPipelineOfItsOwnNamespace) {
  const Spec spec = ParseSpec(SampleSpec("logpipeline-tenant.yaml")).value();
  const Pipeline pipeline = MakePipeline(spec, {"shop", "shop"}, "uid-1", "uid-of-shop");
  EXPECT_EQ(pipeline.tenant, "uid-of-shop");
  EXPECT_EQ(pipeline.containers->namespaces, std::vector<std::string>{"shop"});
  EXPECT_EQ(pipeline.ns, "shop");
  EXPECT_EQ(pipeline.outputs.size(), 2U);
  const Pipeline other = MakePipeline(spec, {"shop", "shop"}, "uid-1", "uid-of-next-shop");
  EXPECT_NE(pipeline.id, other.id);
  EXPECT_NE(pipeline.id, MakePipeline(spec, {"shop", "b"}, "uid-2", "uid-of-shop").id);
  EXPECT_EQ(pipeline.id, MakePipeline(spec, {"shop", "c"}, "uid-1", "uid-of-shop").id);
  EXPECT_EQ(pipeline.id.size(), 16U);
  EXPECT_EQ(pipeline.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"),
            std::string::npos);
}

TEST(LogPipelineSpec, MakesWhatFluentBitTakes) {
  const Spec platform = ParseSpec(SampleSpec("logpipeline-platform.yaml")).value();
  Pipeline pipeline = MakePipeline(platform, {"belvedere-node", "platform"}, "uid", "ns-uid");
  EXPECT_EQ(pipeline.tenant, "platform");
  EXPECT_TRUE(pipeline.containers->namespaces.empty());
  const Status status = fluentbit::Check(pipeline);
  EXPECT_TRUE(status) << status.error().message;
  const Spec tenant = ParseSpec(SampleSpec("logpipeline-tenant.yaml")).value();
  EXPECT_TRUE(fluentbit::Check(MakePipeline(tenant, {"shop", "shop"}, "uid", "ns-uid")));
}

}  // namespace
}  // namespace belvedere::logpipeline
