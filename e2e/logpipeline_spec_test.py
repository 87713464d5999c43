"""What the API server accepts as a LogPipeline: the samples; no bad spec; and in no string what could become configuration.

The payloads are tried on every string of the schema, which the test reads from the API server, so that a new field is tried as
soon as it exists.
"""

import copy
import json
import pathlib
import re
import unittest
import uuid

import api
import yaml
from harness import ROOT, apply, kubectl

SAMPLES = ("logpipeline-platform.yaml", "logpipeline-tenant.yaml")
STACK = {"name": "store", "stack": {"name": "main", "namespace": "monitoring"}}
GOOD = {"inputs": {"containers": {}}, "outputs": [STACK]}


def inputs(**members):
    return {**GOOD, "inputs": members}


def filters(*members):
    return {**GOOD, "filters": list(members)}


def outputs(*members):
    return {**GOOD, "outputs": list(members)}


REF = {"name": "a", "key": "b"}
GREP = {"field": "log", "regex": "a"}

# spec, field that must be named, words that must be said
BAD = [
    ({"outputs": [STACK]}, "spec.inputs", "Required"),
    ({"inputs": {"containers": {}}}, "spec.outputs", "Required"),
    (inputs(), "spec.inputs", "needs one of containers, nodes, controlPlane, audit, events"),
    (inputs(events={"state": "Disabled"}), "spec.inputs", "needs one of"),
    (inputs(events={"state": "On"}), "spec.inputs.events.state", "Enabled"),
    (inputs(controlPlane={"state": "Enabled"}), "spec.inputs.controlPlane.state", "Auto"),
    (inputs(nodes={}), "spec.inputs.nodes.units", "Required"),
    (inputs(nodes={"units": []}), "spec.inputs.nodes.units", "at least 1"),
    (inputs(nodes={"units": ["kubelet"]}), "spec.inputs.nodes.units[0]", "service"),
    (inputs(audit={"paths": ["/etc/shadow"]}), "spec.inputs.audit.paths[0]", "/var/log/"),
    (inputs(audit={"paths": ["/var/log/*/a"]}), "spec.inputs.audit.paths[0]", "/var/log/"),
    (inputs(audit={"paths": ["/var/log/a"], "dropVerbs": ["GET"]}), "spec.inputs.audit.dropVerbs[0]", "a-z"),
    (inputs(containers={"namespaces": {"include": ["*"]}}), "spec.inputs.containers.namespaces.include[0]", "a-z"),
    (inputs(containers={"multiline": ["Ruby"]}), "spec.inputs.containers.multiline[0]", "Java"),
    (inputs(containers={"multiline": ["Go", "Go"]}), "spec.inputs.containers.multiline[1]", "Duplicate"),
    (inputs(containers={"labels": ["a/b/c"]}), "spec.inputs.containers.labels[0]", "a-z"),
    (filters({}), "spec.filters[0]", "a filter does one thing"),
    (filters({"drop": GREP, "keep": GREP}), "spec.filters[0]", "make a filter of each"),
    (filters({"drop": {"field": "log"}}), "spec.filters[0].drop.regex", "Required"),
    (filters({"drop": {"field": "a b", "regex": "a"}}), "spec.filters[0].drop.field", "A-Z"),
    (filters({"drop": {"field": "a", "regex": "(a"}}), "spec.filters[0].drop.regex", "missing closing )"),
    (filters({"keep": {"field": "a", "regex": "a(?=b)"}}), "spec.filters[0].keep.regex", "(?="),
    (filters({"redact": {"field": "a", "regex": "(a)\\1"}}), "spec.filters[0].redact.regex", "\\1"),
    (filters({"drop": {"field": "a", "regex": "${HOME}"}}), "spec.filters[0].drop.regex", "written as [$][{]"),
    (filters({"redact": {"field": "a", "regex": "a" * 1025}}), "spec.filters[0].redact.regex", "1024"),
    (filters({"parse": {"field": "a", "format": "XML"}}), "spec.filters[0].parse.format", "Logfmt"),
    (filters({"parse": {"field": "a", "format": "Regex"}}), "spec.filters[0].parse", "regex is required"),
    (filters({"parse": {"field": "a", "format": "JSON", "regex": "a"}}), "spec.filters[0].parse", "left out"),
    (filters({"parse": {"field": "a", "format": "Regex", "regex": "a"}}), "spec.filters[0].parse", "named group"),
    (filters({"throttle": {"recordsPerSecond": 0}}), "spec.filters[0].throttle.recordsPerSecond", "1"),
    (filters({"rename": {"from": "a", "to": "a"}}), "spec.filters[0].rename", "another name"),
    (filters({"rename": {"from": "a", "to": "kubernetes.x"}}), "spec.filters[0].rename.to", "where a record comes from"),
    (filters({"add": {"field": "kubernetes", "value": "a"}}), "spec.filters[0].add.field", "where a record comes from"),
    (filters({"sample": {"percent": 101}}), "spec.filters[0].sample.percent", "100"),
    (filters(*[{"sample": {"percent": 1}}] * 65), "spec.filters", "64"),
    (outputs(), "spec.outputs", "at least 1"),
    (outputs({"name": "a"}), "spec.outputs[0]", "an output sends to one place"),
    (outputs({**STACK, "loki": {"url": "https://a.example"}}), "spec.outputs[0]", "an output sends to one place"),
    (outputs(STACK, STACK), "spec.outputs[1]", "Duplicate"),
    (outputs({"name": "a", "loki": {"url": "ftp://a.example"}}), "spec.outputs[0].loki.url", "such as https://"),
    (outputs({"name": "a", "loki": {"url": "https://169.254.169.254"}}), "spec.outputs[0].loki.url", "https"),
    (outputs({"name": "a", "loki": {"url": "https://a.example", "usernameRef": REF}}), "spec.outputs[0].loki", "go together"),
    (outputs({"name": "a", "splunk": {"host": "a.example"}}), "spec.outputs[0].splunk.tokenRef", "Required"),
    (outputs({"name": "a", "splunk": {"host": "a.example", "tokenRef": {"name": "a"}}}), "spec.outputs[0].splunk.tokenRef.key",
     "Required"),
    (outputs({"name": "a", "sumologic": {"host": "a.example"}}), "spec.outputs[0].sumologic", "endpointRef"),
    (outputs({"name": "a", "elasticsearch": {"hosts": ["https://a.example"]}}), "spec.outputs[0].elasticsearch", "dataStream"),
    (outputs({"name": "a", "http": {"url": "https://a.example", "headers": {"Authorization": "x"}}}), "spec.outputs[0].http.headers",
     "no credentials"),
    ({**GOOD, "agent": "Vector"}, "spec.agent", "FluentBit"),
    ({**GOOD, "managementState": "Off"}, "spec.managementState", "Paused"),
    ({**GOOD, "buffer": {"sizePerOutput": "1Mi"}}, "spec.buffer.sizePerOutput", "between 16Mi and 1Ti"),
    ({**GOOD, "buffer": {"sizePerOutput": "99999999999999T"}}, "spec.buffer.sizePerOutput", "between 16Mi and 1Ti"),
    ({**GOOD, "buffer": {"maxRetries": 0}}, "spec.buffer.maxRetries", "1"),
    ({**GOOD, "buffer": {"deadLetter": {"size": "much"}}}, "spec.buffer.deadLetter.size", "between 1Mi and 100Gi"),
    ({**GOOD, "retentionDays": 3, "outputs": [{"name": "a", "loki": {"url": "https://a.example"}}]}, "spec", "needs an output stack"),
]

# Fields of no version; strict validation names them by their path.
UNKNOWN = [
    ({**GOOD, "customPlugin": "x"}, "spec.customPlugin"),
    (filters({"lua": {"code": "x"}}), "spec.filters[0].lua"),
    (outputs({"name": "a", "file": {"path": "/etc/x"}}), "spec.outputs[0].file"),
    (outputs({"name": "a", "exec": {"command": "id"}}), "spec.outputs[0].exec"),
    (inputs(containers={}, tail={"path": "/etc/shadow"}), "spec.inputs.tail"),
    (outputs({"name": "a", "loki": {"url": "https://a.example", "bearerTokenFile": "/x"}}), "spec.outputs[0].loki.bearerTokenFile"),
]

# What no string may hold: more than one line, or something that stands for something else.
REFUSED = [
    "a\n[OUTPUT]\n    Name  exec\n    Command  id",
    "a\r\n@INCLUDE /etc/passwd",
    "</match>\n<match **>\n  @type exec\n  command id\n</match>",
    "a\n  - name: file\n    path: /etc",
    "a\u0000b", "a\tb", "a\u007fb", "a\u0085- name: exec", "a\u2028[OUTPUT]", "a\u2029[OUTPUT]",
    "${KUBERNETES_SERVICE_HOST}", "a${env:TOKEN}", "$${file:/etc/passwd}", "$$$${a}", "a$${",
]

# What is text like any other in FREE_TEXT, and is refused elsewhere.
SUSPECT = [
    "@INCLUDE /etc/passwd", "#{`id`}", "\"#{Process.exec('id')}\"", "') os.execute('id') --", "]] os.execute('id') --",
    "</match> @type exec", "[OUTPUT]", "{name: exec}", "!!python/object:os.system", "&a *a", "- name: exec", "a: b # c", "%{a}",
    "*", "kube.*", "^.*$", "*_kube-system_*", "kubernetes['labels']", "$kubernetes['namespace_name']", "$TAG[0]",
    "../../etc/passwd", "a/../../etc/passwd", "/etc/shadow", "file:///etc/shadow", "..",
    "/var/log/../../etc/shadow", "/var/log/pods/../../../proc/self/environ", "/var/log/a,/etc/shadow", "/var/log/*/../a",
    "/var/run/secrets/kubernetes.io/serviceaccount/token", "http://localhost/?x={{a}}#b", "http://user:pw@a.example",
    "http://169.254.169.254/latest", "a;b|c&d", "`id`", "$(id)", "'\"\\",
]

# Values of records, of regular expressions and of what receivers are told: any one line of text.
FREE_TEXT = {
    "spec.inputs.audit.dropUsers[0]",
    "spec.filters[0].drop.regex", "spec.filters[0].keep.regex", "spec.filters[0].parse.regex", "spec.filters[0].redact.regex",
    "spec.filters[0].redact.replacement", "spec.filters[0].add.value",
    "spec.outputs[0].http.headers.a", "spec.outputs[0].otlp.headers.a",
    "spec.outputs[0].splunk.source", "spec.outputs[0].splunk.sourcetype",
    "spec.outputs[0].datadog.service", "spec.outputs[0].datadog.source", "spec.outputs[0].datadog.tags[0]",
    "spec.outputs[0].sumologic.sourceCategory",
}

# Names that others give a meaning to, by the suspects that are fine there.
NAMES = {
    "spec.outputs[0].loki.tenantID": {"*", "kube.*", "*_kube-system_*"},
    **{f"spec.outputs[0].cloudwatch.{field}": {"/etc/shadow", "/var/run/secrets/kubernetes.io/serviceaccount/token"}
       for field in ("logGroup", "logStream")},
}


def try_create(ns, spec):
    """(code, answer) of a creation that is not stored."""
    body = {"apiVersion": "belvedere.dev/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "a", "namespace": ns}, "spec": spec}
    return api.ask("POST", f"/apis/belvedere.dev/v1alpha1/namespaces/{ns}/logpipelines?dryRun=All&fieldValidation=Strict",
                   {"Content-Type": "application/json"}, body)


def causes(answer):
    """What is wrong, as (field, message)."""
    return [(cause.get("field", ""), cause.get("message", "")) for cause in answer.get("details", {}).get("causes", [])]


# Fields that stand beside an optional one or not at all.
BESIDE = {"sourceCategory": {"endpointRef": REF}}

# Values for the fields around the one that is tried: the first that a field accepts is taken.
PLAIN = ("a", "abc", "a.service", "/var/log/a", "1Gi", "https://a.example", "a.example:9092")
CATEGORIES = {r"\p{Cc}": r"\x00-\x1f\x7f-\x9f", r"\p{Zl}": "\u2028", r"\p{Zp}": "\u2029"}


def plain(node):
    if "enum" in node:
        return node["enum"][0]
    patterns = [node.get("pattern", "")]
    for rule in node.get("x-kubernetes-validations", []):
        patterns += re.findall(r"^self\.matches\(r'(.*)'\)$", rule["rule"])
    for category, members in CATEGORIES.items():
        patterns = [pattern.replace(category, members) for pattern in patterns]
    return next(value for value in PLAIN if all(re.search(pattern, value) for pattern in patterns) and
                len(value) >= node.get("minLength", 0))


def smallest(node):
    """The smallest value that the schema allows."""
    kind = node["type"]
    if kind == "string":
        return plain(node)
    if kind == "integer":
        return node.get("minimum", 1)
    if kind == "array":
        return [smallest(node["items"])] * node.get("minItems", 0)
    return {name: smallest(node["properties"][name]) for name in node.get("required", [])}


def strings(node, path):
    """(path, value of `node` around it as a function of the string) for each string below `node`; keys of maps too."""
    kind = node["type"]
    if kind == "string":
        yield path, lambda text: text
    elif kind == "array":
        for below, build in strings(node["items"], f"{path}[0]"):
            yield below, lambda text, build=build: [build(text)]
    elif "additionalProperties" in node:
        yield f"{path}.*", lambda text: {text: plain(node["additionalProperties"])}
        yield f"{path}.a", lambda text: {"a": text}
    elif kind == "object":
        for name, child in node.get("properties", {}).items():
            for below, build in strings(child, f"{path}.{name}"):
                yield below, lambda text, name=name, build=build: {**smallest(node), **BESIDE.get(name, {}), name: build(text)}


def names(field, path):
    """Whether an error of `field` is about `path`: its own, or the map's whose key it is."""
    return field in (path, path.removesuffix(".*")) or (path.endswith(".*") and field.startswith(path[:-1])) or \
        field == re.sub(r"\.a$", "[a]", path)


class LogPipelineSpec(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.ns = f"e2e-{uuid.uuid4().hex[:8]}"
        kubectl("create", "namespace", cls.ns)
        crd = json.loads(kubectl("get", "crd", "logpipelines.belvedere.dev", "-o", "json"))
        cls.schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", "logpipelines", "--all", "-n", cls.ns, "--timeout=30s")
        kubectl("delete", "namespace", cls.ns, "--wait=false")

    def fields(self):
        """All strings of the spec, each within an else smallest spec."""
        for name, child in self.schema["properties"].items():
            for path, build in strings(child, f"spec.{name}"):
                yield path, lambda text, name=name, build=build: {**copy.deepcopy(GOOD), name: build(text)}

    def test_samples_are_accepted(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                document = yaml.safe_load((pathlib.Path(ROOT) / "crds/samples" / sample).read_text())
                document["metadata"]["namespace"] = self.ns
                apply(document)
                name = document["metadata"]["name"]
                stored = json.loads(kubectl("get", "lp", name, "-n", self.ns, "-o", "json"))
                self.assertEqual(stored["spec"], {"agent": "FluentBit", **document["spec"]})
                self.assertEqual(stored["status"]["observedGeneration"], -1)
                columns = kubectl("get", "logpipelines", name, "-n", self.ns)
                self.assertRegex(columns, r"NAME +AGENT +READY +REASON +UPDATED +AGE\n" + name + " +FluentBit ")

    def test_bad_specs_are_refused_by_field(self):
        for spec, field, words in BAD:
            with self.subTest(field=field, words=words):
                code, answer = try_create(self.ns, spec)
                self.assertEqual(code, 422, answer)
                said = [message for name, message in causes(answer) if name == field]
                self.assertTrue(said, f"{field} is not named: {answer.get('message')}")
                self.assertIn(words, " ".join(said))

    def test_unknown_fields_are_refused_by_name(self):
        for spec, field in UNKNOWN:
            with self.subTest(field):
                code, answer = try_create(self.ns, spec)
                self.assertEqual(code, 400, answer)
                self.assertIn(f'unknown field "{field}"', answer["message"])

    def test_smallest_specs_are_accepted(self):
        """Else a payload might be refused for what stands around it."""
        self.assertEqual(try_create(self.ns, GOOD)[0], 201)
        for member in ("drop", "keep", "redact", "throttle", "sample"):
            node = self.schema["properties"]["filters"]["items"]["properties"][member]
            with self.subTest(member):
                self.assertEqual(try_create(self.ns, filters({member: smallest(node)}))[0], 201)

    def test_no_string_holds_a_second_line_or_a_reference(self):
        tried = 0
        for path, build in self.fields():
            for payload in REFUSED:
                code, answer = try_create(self.ns, build(payload))
                with self.subTest(path=path, payload=payload):
                    self.assertEqual(code, 422, answer)
                    self.assertTrue([1 for field, _ in causes(answer) if names(field, path)], causes(answer))
                tried += 1
        self.assertGreater(tried, 150 * len(REFUSED))

    def test_only_free_text_holds_what_looks_like_configuration(self):
        accepting, stored = {}, set()
        for path, build in self.fields():
            for payload in SUSPECT:
                code, answer = try_create(self.ns, build(payload))
                if code == 201 or not [1 for field, _ in causes(answer) if names(field, path)]:
                    accepting.setdefault(path, []).append(payload)
                if code == 201:
                    stored.add(path)
                    with self.subTest(path=path, payload=payload):
                        name = path.split(".")[1].removesuffix("[0]")
                        self.assertEqual(answer["spec"][name], build(payload)[name], "it is not stored as it was written")
        for path, found in accepting.items():
            if path not in FREE_TEXT:
                with self.subTest(path):
                    self.assertEqual(set(found), NAMES.get(path, set()))
        # Here stored means that the answer to a dry run, which is what would be stored, holds the very text.
        self.assertEqual(FREE_TEXT - stored, {"spec.filters[0].parse.regex"}, "that one alone needs a group in each")


if __name__ == "__main__":
    unittest.main(verbosity=2)
