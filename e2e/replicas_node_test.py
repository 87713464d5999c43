"""On the real node: of two replicas the second loads another config when the first runs it, and never one that it refuses."""

import json
import time
import unittest

from harness import (STACKS, apply, condition, curl, eventually, get, kubectl, operator_rolled_out, ready,
                     restricted_namespace, stack)

NS = "replicas"
AGENT_PORT = 8081
POLLS_PER_SECOND = 10


def patch(spec):
    kubectl("patch", STACKS, "main", "-n", NS, "--type=merge", "-p", json.dumps({"spec": spec}))


def stack_ready():
    return ready(STACKS, "main", NS)


def ask(component, ordinal, path):
    pod = get("pod", f"{component}-main-{ordinal}", NS)
    return curl(f"http://{pod['status']['podIP']}:{AGENT_PORT}{path}")


def loaded(component, ordinal):
    return json.loads(ask(component, ordinal, "/v1/config"))["loaded"]


class Replicas(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        operator_rolled_out()
        restricted_namespace(NS)
        apply(stack("main", NS, {"profile": "Demo", "metrics": {"replicas": 2}, "alerting": {"replicas": 2}}))
        eventually(stack_ready, 240, "the stack is Ready", every=1)

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", STACKS, "main", "-n", NS)
        kubectl("delete", "namespace", NS, "--wait=false")

    def loads_in_turn(self, component, spec):
        """Edits, and sees both replicas of `component` load; returns how long each took."""
        before = loaded(component, 0)
        self.assertEqual(loaded(component, 1), before)
        uids = {p["metadata"]["uid"] for p in get("pods", ns=NS)["items"]}
        began = time.monotonic()
        took = {}
        patch(spec)
        while len(took) < 2 and time.monotonic() < began + 90:
            # The second is asked first: whatever it runs, the first runs it by then.
            second, first = loaded(component, 1), loaded(component, 0)
            now = time.monotonic() - began
            if first != before:
                took.setdefault(0, now)
            if second not in ("", before):
                took.setdefault(1, now)
                self.assertEqual(first, second, "the second was before the first")
            time.sleep(1 / POLLS_PER_SECOND)
        self.assertEqual(len(took), 2, f"loaded by {sorted(took)}")
        eventually(stack_ready, 60, "the stack is Ready")
        self.assertEqual({p["metadata"]["uid"] for p in get("pods", ns=NS)["items"]}, uids)
        return took[0], took[1]

    def test_the_second_loads_after_the_first(self):
        times = {"prometheus": [], "alertmanager": []}
        for i in range(3):
            times["prometheus"].append(self.loads_in_turn(
                "prometheus", {"metrics": {"scrapeInterval": f"{20 + i}s"}}))
            times["alertmanager"].append(self.loads_in_turn(
                "alertmanager", {"alerting": {"groupWait": f"{20 + i}s"}}))
        for component, pairs in times.items():
            shown = ", ".join(f"{first:.1f} and {second:.1f} s" for first, second in pairs)
            print(f"\n  {component}: edit to loaded by the first and the second: {shown}")

    def test_what_the_first_refuses_the_second_is_never_asked_to_load(self):
        patch({"managementState": "Paused"})
        eventually(lambda: get(STACKS, "main", NS)["status"]["observedGeneration"]
                   == get(STACKS, "main", NS)["metadata"]["generation"], 30, "the pause is observed")
        last_good = loaded("prometheus", 0)
        try:
            good = get("configmap", "prometheus-main", NS)["data"]["prometheus.yml"]
            kubectl("patch", "configmap", "prometheus-main", "-n", NS, "--type=merge", "-p", json.dumps(
                {"data": {"prometheus.yml": good + "\nnonsense_key: true\n"}}))
            for ordinal in range(2):
                kubectl("annotate", "pod", f"prometheus-main-{ordinal}", "-n", NS, f"e2e/nudge={time.time()}")

            def both_see_it():
                answers = [json.loads(ask("prometheus", i, "/v1/config")) for i in range(2)]
                refused = "nonsense_key" in answers[0]["error"] and answers[0]["loaded"] == last_good
                return refused and answers[0]["wanted"] == answers[1]["wanted"] and answers[1]

            second = eventually(both_see_it, 60, "the first refuses it and is back, and the second sees it")
            # Longer than the longest pause between two questions of the second.
            time.sleep(12)
            self.assertEqual(json.loads(ask("prometheus", 1, "/v1/config")), second)
            self.assertEqual(second["error"], "")
            self.assertEqual(second["loaded"], last_good)
            for ordinal, count in ((0, 1), (1, 0)):
                self.assertIn(f'belvedere_agent_reloads_total{{result="rejected"}} {count}\n', ask("prometheus", ordinal, "/metrics"))
            state = condition(get(STACKS, "main", NS), "ConfigLoaded")
            self.assertEqual(state["status"], "False")
            self.assertIn("nonsense_key", state["message"])
        finally:
            patch({"managementState": "Managed"})
        eventually(stack_ready, 120, "Ready again once managed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
