"""Objects of pipelines on the real API server: what each toggle makes and takes away, who writes for whom, and when nothing is written."""

import json
import unittest

from harness import (PIPELINES, Audit, OperatorTest, apply, at_rest, children, condition, eventually, get, kubectl, mentions,
                     quiet)

NODE = "belvedere-node"
TO_STORE = {"name": "store", "stack": {"name": "main", "namespace": "monitoring"}}


def pipeline(name, ns, **spec):
    base = {"inputs": {"containers": {}}, "outputs": [TO_STORE]}
    return {"apiVersion": "belvedere.dev/v1alpha1", "kind": "LogPipeline",
            "metadata": {"name": name, "namespace": ns}, "spec": base | spec}


def serves(agent):
    found = get("daemonset", agent, NODE)
    return found["metadata"].get("annotations", {}).get("belvedere.dev/serves", "").split() if found else None


class PipelineTest(OperatorTest):

    def make(self, name="logs", ns=None, **spec):
        ns = ns or self.ns
        apply(pipeline(name, ns, **spec))
        return eventually(lambda: self.settled(name, ns, PIPELINES), 40, f"pipeline {ns}/{name} is observed")

    def make_on_node(self, name, **spec):
        made = self.make(name, NODE, **spec)
        self.addCleanup(kubectl, "delete", PIPELINES, name, "-n", NODE, "--ignore-not-found", "--timeout=30s")
        return made

    def names(self, made):
        return {key for key in children(owner_uid=made["metadata"]["uid"])}

    def is_served(self, agent, made):
        now = get(PIPELINES, made["metadata"]["name"], made["metadata"]["namespace"])
        return f"{now['metadata']['uid']}@{now['metadata']['generation']}" in (serves(agent) or [])


class Toggles(PipelineTest):

    def test_a_tenants_pipeline_has_a_gateway_and_a_share_of_the_node_agent(self):
        made = self.make()
        quiet()
        kinds = {(kind, ns) for kind, ns, _ in self.names(made)}
        self.assertEqual(kinds, {("ConfigMap", self.ns), ("Service", self.ns), ("ServiceAccount", self.ns),
                                 ("StatefulSet", self.ns), ("NetworkPolicy", self.ns), ("ConfigMap", NODE),
                                 ("ServiceAccount", NODE), ("DaemonSet", NODE), ("NetworkPolicy", NODE),
                                 ("ClusterRoleBinding", "")})
        self.assertTrue(self.is_served("fluent-bit", made))

    def test_another_engine_takes_all_of_the_first_away(self):
        made = self.make()
        quiet()
        self.make(agent="OpenTelemetry")
        quiet()
        self.assertIsNone(get("daemonset", "fluent-bit", NODE))
        left = [key for key in self.names(made) if "fluent-bit" in key[2]]
        self.assertEqual(left, [])
        self.assertTrue(self.is_served("otel-collector", made))

    def test_a_secret_is_mounted_in_the_tenants_gateway_alone_and_goes_with_its_output(self):
        splunk = {"name": "splunk", "splunk": {"host": "hec.example", "tokenRef": {"name": "hec", "key": "token"}}}
        self.make(outputs=[TO_STORE, splunk])
        quiet()

        def mounted(kind, name, ns):
            return '"hec"' in json.dumps(get(kind, name, ns)["spec"]["template"]["spec"].get("volumes", []))

        self.assertTrue(mounted("statefulset", "log-gateway-logs", self.ns))
        self.assertFalse(mounted("daemonset", "fluent-bit", NODE))
        self.make(outputs=[TO_STORE])
        quiet()
        self.assertFalse(mounted("statefulset", "log-gateway-logs", self.ns))

    def test_the_size_of_a_buffer_cannot_be_changed(self):
        self.make()
        with self.assertRaisesRegex(AssertionError, "spec.buffer.sizePerOutput cannot be changed"):
            apply(pipeline("logs", self.ns, buffer={"sizePerOutput": "2Gi"}))
        apply(pipeline("logs", self.ns, buffer={"sizePerOutput": "1024Mi", "deadLetter": {}}))  # as much as by default

    def test_events_have_one_reader_which_goes_with_them(self):
        made = self.make_on_node("events", inputs={"events": {"state": "Enabled"}})
        quiet()
        reader = get("statefulset", "fluent-bit-events", NODE)
        self.assertEqual(reader["spec"]["replicas"], 1)
        self.assertIsNone(get("daemonset", "fluent-bit", NODE))
        self.make_on_node("events", inputs={"containers": {}})
        quiet()
        self.assertIsNone(get("statefulset", "fluent-bit-events", NODE))
        self.assertTrue(self.is_served("fluent-bit", made))

    def test_a_deleted_pipeline_leaves_nothing(self):
        uid = self.make()["metadata"]["uid"]
        quiet()
        kubectl("delete", PIPELINES, "logs", "-n", self.ns)
        eventually(lambda: not mentions(uid), 60, "nothing is left", every=1)

    def test_a_deleted_namespace_leaves_nothing(self):
        uid = self.make()["metadata"]["uid"]
        quiet()
        kubectl("delete", "namespace", self.ns, "--timeout=60s", timeout=70)
        eventually(lambda: not mentions(uid), 60, "nothing is left", every=1)


class Sharing(PipelineTest):

    def test_the_node_agent_passes_to_the_next_without_a_gap(self):
        first = self.make(agent="OpenTelemetry")
        heir = self.make(ns=self.new_namespace(), agent="OpenTelemetry")
        quiet()
        before = get("daemonset", "otel-collector", NODE)
        self.assertEqual(before["metadata"]["labels"]["belvedere.dev/owner-uid"], first["metadata"]["uid"])
        kubectl("delete", PIPELINES, "logs", "-n", self.ns)
        eventually(lambda: serves("otel-collector") == [f"{heir['metadata']['uid']}@1"], 30, "the heir alone is served")
        after = get("daemonset", "otel-collector", NODE)
        self.assertEqual(after["metadata"]["uid"], before["metadata"]["uid"], "it was deleted and made again")
        self.assertEqual(after["metadata"]["labels"]["belvedere.dev/owner-uid"], heir["metadata"]["uid"])
        eventually(lambda: not mentions(first["metadata"]["uid"]), 60, "nothing of the first is left", every=1)

    def test_a_holder_that_is_refused_holds_up_nobody_and_keeps_its_last_good_part(self):
        good = {"agent": "OpenTelemetry"}
        first = self.make(**good)
        other_ns = self.new_namespace()
        quiet()
        # What only the operator can see: the collector has no exporter for plain HTTP.
        refused = self.make(outputs=[{"name": "x", "http": {"url": "https://a.example"}}], **good)
        accepted = condition(refused, "Accepted")
        self.assertEqual((accepted["status"], accepted["reason"]), ("False", "InvalidSpec"))
        self.assertIn("spec.outputs[0].http", accepted["message"])
        other = self.make(ns=other_ns, **good)
        eventually(lambda: self.is_served("otel-collector", other), 30, "the other is served")
        quiet()
        self.assertEqual(serves("otel-collector"), [f"{other['metadata']['uid']}@1"])
        [config] = [item for (kind, ns, name), item in children(owner_uid=first["metadata"]["uid"]).items()
                    if kind == "ConfigMap" and ns == NODE and item["metadata"]["name"]
                    in json.dumps(get("daemonset", "otel-collector", NODE)["spec"])]
        text = config["data"]["collector.yaml"]
        self.assertIn(f"{self.ns}.logs", text, "its last good part is gone")
        self.assertIn(f"{other_ns}.logs", text)

    def test_a_paused_pipeline_runs_on_as_it_was_accepted(self):
        self.make(agent="OpenTelemetry")
        quiet()
        before = get("statefulset", "log-gateway-logs", self.ns)
        audit = Audit()
        self.make(agent="OpenTelemetry", managementState="Paused", filters=[{"drop": {"field": "log", "regex": "x"}}])
        quiet()
        self.assertEqual([w for w in audit.writes() if w[1] not in ("logpipelines", "events")], [])
        self.assertEqual(get("statefulset", "log-gateway-logs", self.ns)["spec"], before["spec"])
        self.make(agent="OpenTelemetry", filters=[{"drop": {"field": "log", "regex": "x"}}])
        quiet()
        self.assertNotEqual(get("statefulset", "log-gateway-logs", self.ns)["spec"], before["spec"])


class Rest(PipelineTest):

    def test_ten_pipelines_at_rest_and_after_a_restart_write_nothing(self):
        made = [self.make(f"logs-{number}", agent=("OpenTelemetry", "FluentBit")[number % 2]) for number in range(10)]
        at_rest()
        audit = Audit()
        for token in range(10):
            for one in made:
                kubectl("annotate", PIPELINES, one["metadata"]["name"], "-n", self.ns, "--overwrite",
                        f"belvedere.dev/reconcile={token}")
        quiet(seconds=2)
        self.assertEqual(audit.writes(), [])
        self.restart_operator()
        quiet(seconds=5)
        self.assertEqual(audit.writes(), [], "a restart with nothing to do wrote something")

    def test_each_child_is_written_once(self):
        audit = Audit()
        made = self.make(agent="OpenTelemetry")
        quiet()
        writes = [w for w in audit.writes() if w[1] not in ("logpipelines", "events")]
        self.assertEqual(len(writes), len(self.names(made)), writes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
