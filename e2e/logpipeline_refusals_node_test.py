"""On the real node: a pipeline that crashes what runs it, or that asks for what it may not have, hurts nobody but itself."""

import subprocess
import time
import unittest

from harness import PIPELINES, apply, condition, eventually, get, kubectl, quiet, ready
from logs import LOKI, NODE, LogsTest, agent_pod, agent_rolled_out, lines, pipeline, records, uid_of, writer


class Refusals(LogsTest):

    def test_a_config_that_crashes_gives_way_to_the_last_good_one(self):
        # No check beforehand reads it: a certificate that is none.
        def secret(text):
            return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "crash-ca", "namespace": NODE},
                    "stringData": {"ca.crt": text}}

        def accepted():
            return condition(get(PIPELINES, "crash", NODE), "Accepted")

        apply(secret("no certificate"))
        self.addCleanup(kubectl, "-n", NODE, "delete", PIPELINES, "crash", "--ignore-not-found")
        self.addCleanup(kubectl, "-n", NODE, "delete", "secret", "crash-ca")
        apply(pipeline("crash", NODE, {
            "inputs": {"containers": {"namespaces": {"include": ["log-shop"]}}},
            "outputs": [{"name": "away", "loki": {"url": "https://nobody.example", "tenantID": "x",
                                                  "caRef": {"name": "crash-ca", "key": "ca.crt"}}}]}))
        began = time.monotonic()
        refused = eventually(lambda: accepted().get("reason") == "ConfigRejected" and accepted(), 180, "it is refused", every=1)
        print(f"\n  refused after {time.monotonic() - began:.0f} s: {refused['message']}")
        self.assertIn(f"{NODE}.crash", refused["message"])
        agent_rolled_out()
        self.settled()
        apply(writer("shop-meanwhile", "log-shop", 2, 0.2))
        eventually(lambda: len(records(uid_of("log-shop"), "shop-meanwhile")) == 200, 60, "the others' records are there")
        quiet(seconds=15, timeout=120)

        certificate = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                                      "-subj", "/CN=ca", "-keyout", "/dev/null"], check=True, text=True, capture_output=True).stdout
        apply(secret(certificate))
        kubectl("-n", NODE, "annotate", PIPELINES, "crash", "--overwrite", "belvedere.dev/reconcile=corrected")
        eventually(lambda: ready(PIPELINES, "crash", NODE), 180, "corrected, it is loaded", every=1)

    def test_one_of_a_hundred_that_crashes_is_held_back_and_the_others_are_loaded(self):
        count, bad, ns = 100, 37, "log-many"
        apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}})
        self.addCleanup(kubectl, "delete", "namespace", ns, "--wait=false")
        apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "no-ca", "namespace": NODE},
               "stringData": {"ca.crt": "no certificate"}})
        self.addCleanup(self.settled)
        self.addCleanup(kubectl, "-n", NODE, "delete", "secret", "no-ca")
        self.addCleanup(kubectl, "-n", NODE, "delete", PIPELINES, *[f"many-{i}" for i in range(count)], "--ignore-not-found")

        def write(value):
            """All of them, with another filter."""
            for i in range(count):
                output = {"url": LOKI, "tenantID": f"many-{i}"}
                if i == bad and value == "turn-two":
                    output |= {"url": LOKI.replace("http:", "https:"), "caRef": {"name": "no-ca", "key": "ca.crt"}}
                apply(pipeline(f"many-{i}", NODE, {
                    "inputs": {"containers": {"namespaces": {"include": [ns]}}},
                    "filters": [{"add": {"field": "turn", "value": value}}], "outputs": [{"name": "out", "loki": output}]}))

        def others_ready():
            found = get(PIPELINES, ns=NODE)["items"]
            late = []
            for one in found:
                name, state = one["metadata"]["name"], condition(one, "Ready")
                if name == f"many-{bad}":
                    continue
                refused = condition(one, "Accepted").get("reason") == "ConfigRejected"
                self.assertFalse(refused, f"{name} is held back too: {condition(one, 'Accepted')}")
                if state.get("status") != "True" or state["observedGeneration"] != one["metadata"]["generation"]:
                    late.append(name)
            if late:
                raise AssertionError(f"{len(late)} of {len(found)}: {late[:3]}")
            return True

        write("turn-one")
        eventually(others_ready, 300, "all are Ready", every=2)
        eventually(lambda: ready(PIPELINES, f"many-{bad}", NODE), 60, "the later bad one is Ready", every=2)
        began = time.monotonic()
        write("turn-two")
        eventually(others_ready, 300, "99 are loaded", every=2)
        took = time.monotonic() - began
        refused = condition(get(PIPELINES, f"many-{bad}", NODE), "Accepted")
        self.assertEqual(refused.get("reason"), "ConfigRejected", refused)
        self.assertIn(f"{NODE}.many-{bad}.", refused["message"])
        print(f"\n  99 of 100 loaded {took:.0f} s after the edit; the other: {refused['message']}")
        apply(writer("many", ns, 1, 0.2))

        def arrived(i):
            text = lines(f"many-{i}")
            turn = "turn-one" if i == bad else "turn-two"
            if "record many 100 " not in text or turn not in text:
                raise AssertionError(text[:1000])
            return text

        for i in range(count):
            text = eventually(lambda: arrived(i), 60, f"the records of many-{i} are there")
            self.assertEqual("turn-two" in text, i != bad, f"many-{i}")

    def test_a_config_that_crashes_a_gateway_gives_way_to_its_last_good_one(self):
        apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "crash-ca", "namespace": "log-bank"},
               "stringData": {"ca.crt": "no certificate"}})
        self.addCleanup(kubectl, "-n", "log-bank", "delete", "secret", "crash-ca")
        self.addCleanup(self.settled)
        self.addCleanup(lambda: apply(pipeline("bank", "log-bank")))
        bad = pipeline("bank", "log-bank")
        bad["spec"]["outputs"].append({"name": "away", "loki": {"url": "https://nobody.example", "tenantID": "x",
                                                               "caRef": {"name": "crash-ca", "key": "ca.crt"}}})
        apply(bad)
        eventually(lambda: condition(get(PIPELINES, "bank", "log-bank"), "Accepted").get("reason") == "ConfigRejected", 180,
                   "it is refused", every=1)
        kubectl("-n", "log-bank", "rollout", "status", "statefulset/log-gateway-bank", "--timeout=120s", timeout=130)
        apply(writer("bank-meanwhile", "log-bank", 2, 0.2))
        eventually(lambda: len(records(uid_of("log-bank"), "bank-meanwhile")) == 200, 60, "its records are there")

    def test_one_bad_pipeline_hurts_no_other(self):
        # What the tests before have left behind may still change the node agent.
        self.settled()
        quiet(seconds=10)
        agent_rolled_out()
        before = agent_pod()["metadata"]["uid"]
        apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "log-bad"}})
        try:
            apply(pipeline("bad", "log-bad", {"inputs": {"containers": {"namespaces": {"include": ["log-bank"]}}}}))
            refused = eventually(lambda: condition(get(PIPELINES, "bad", "log-bad"), "Accepted").get("status") == "False",
                                 30, "it is refused")
            self.assertTrue(refused)
            self.assertIn("spec.inputs.containers.namespaces",
                          condition(get(PIPELINES, "bad", "log-bad"), "Accepted")["message"])
            self.settled()
            self.assertEqual(agent_pod()["metadata"]["uid"], before, "the node agent was restarted")
        finally:
            kubectl("delete", "namespace", "log-bad", "--wait=false")


if __name__ == "__main__":
    unittest.main(verbosity=2)
