"""On the real node: pods run, Prometheus scrapes, an edit is loaded, a bad config takes nothing down."""

import json
import time
import unittest

from harness import (STACKS, Audit, apply, at_rest, children, condition, curl, eventually, get, kubectl, mentions, operator_rolled_out,
                     ready, restricted_namespace, stack)

NS = "monitoring"
PROMETHEUS = f"http://prometheus-main.{NS}.svc.cluster.local:9090"


def query(expression):
    answer = json.loads(curl(f"{PROMETHEUS}/api/v1/query", "--get", "--data-urlencode",
                             f"query={expression}"))
    return answer["data"]["result"]


def stack_ready():
    return ready(STACKS, "main", NS)


def pods(component):
    return get("pods", ns=NS, selector=f"app.kubernetes.io/component={component}")["items"]


class Stack(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        operator_rolled_out()
        restricted_namespace(NS)
        began = time.monotonic()
        apply(stack("main", NS))
        eventually(stack_ready, 240, "the stack is Ready")
        print(f"\n  created to Ready: {time.monotonic() - began:.1f} s")

    def setUp(self):
        eventually(stack_ready, 120, "the stack is Ready")

    def test_targets_of_all_four_layers_are_up(self):
        wanted = {"node", "container", "application", "kubernetes"}

        def layers():
            found = {r["metric"].get("layer") for r in query("sum by (layer) (up) > 0")}
            return found >= wanted

        eventually(layers, 90, "targets up in all four layers", every=1)
        self.assertTrue(query("node_cpu_seconds_total"))
        self.assertTrue(query('container_memory_working_set_bytes{container!=""}'))
        self.assertTrue(query("kube_pod_status_phase"))

        def none_is_down():
            down = [r["metric"] for r in query("up == 0")]
            if down:
                raise AssertionError(str(down))
            return True

        # A pod that another test has just replaced may be found for some seconds more.
        eventually(none_is_down, 60, "no target is down by default", every=2)

    def test_rules_are_loaded_and_evaluate(self):
        groups = json.loads(curl(f"{PROMETHEUS}/api/v1/rules"))["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertGreater(len(rules), 20)
        eventually(lambda: query('ALERTS{alertname="Watchdog"}'), 120, "Watchdog fires", every=1)
        failed = [r["name"] for r in rules if r.get("lastError")]
        self.assertEqual(failed, [])

    def test_alerts_reach_alertmanager(self):
        def arrived():
            alerts = json.loads(curl(
                f"http://alertmanager-main.{NS}.svc.cluster.local:9093/api/v2/alerts"))
            return any(a["labels"]["alertname"] == "Watchdog" for a in alerts)

        eventually(arrived, 180, "Watchdog arrives in Alertmanager", every=1)

    def test_no_token_where_none_is_needed(self):
        for pod in pods("alertmanager") + pods("grafana"):
            names = [v for v in pod["spec"]["volumes"] if "projected" in v]
            self.assertEqual(names, [])

    def test_an_edit_is_loaded_without_a_restart(self):
        before = {p["metadata"]["uid"] for p in pods("prometheus")}
        times = []
        for interval in ("20s", "25s", "15s"):
            began = time.monotonic()
            kubectl("patch", STACKS, "main", "-n", NS, "--type=merge", "-p",
                    json.dumps({"spec": {"metrics": {"scrapeInterval": interval}}}))

            def loaded(interval=interval):
                config = json.loads(curl(f"{PROMETHEUS}/api/v1/status/config"))["data"]["yaml"]
                return f"scrape_interval: {interval}" in config

            eventually(loaded, 60, "Prometheus runs the new interval", every=0.1)
            running = time.monotonic() - began
            generation = get(STACKS, "main", NS)["metadata"]["generation"]

            def proven(generation=generation):
                found = get(STACKS, "main", NS)
                state = condition(found, "ConfigLoaded")
                return state.get("status") == "True" and state["observedGeneration"] == generation

            eventually(proven, 60, "ConfigLoaded says so", every=0.1)
            times.append((running, time.monotonic() - began))
        for running, proven_after in times:
            print(f"\n  edit to running: {running:.2f} s, to proven in status: {proven_after:.2f} s")
        self.assertEqual(before, {p["metadata"]["uid"] for p in pods("prometheus")})

    def test_a_bad_config_takes_nothing_down_and_status_says_which_line(self):
        kubectl("patch", STACKS, "main", "-n", NS, "--type=merge", "-p",
                '{"spec":{"managementState":"Paused"}}')
        eventually(lambda: get(STACKS, "main", NS)["status"]["observedGeneration"]
                   == get(STACKS, "main", NS)["metadata"]["generation"], 30, "the pause is observed")
        try:
            name = next(key[2] for key, item in children(ns=NS).items()
                        if key[0] == "ConfigMap" and "prometheus.yml" in item.get("data", {}))
            good = get("configmap", name, NS)["data"]["prometheus.yml"]
            kubectl("patch", "configmap", name, "-n", NS, "--type=merge", "-p", json.dumps(
                {"data": {"prometheus.yml": good + "\nnonsense_key: true\n"}}))
            # What the operator does for its own edits: the kubelet syncs an annotated pod at once.
            for pod in pods("prometheus"):
                kubectl("annotate", "pod", pod["metadata"]["name"], "-n", NS, "--overwrite",
                        f"e2e/nudge={time.time()}")

            def rejected():
                state = condition(get(STACKS, "main", NS), "ConfigLoaded")
                return state.get("status") == "False" and "line" in state["message"] and state

            state = eventually(rejected, 120, "ConfigLoaded=False names the line", every=0.5)
            print(f"\n  {state['reason']}: {state['message'][:160]}")
            self.assertIn("nonsense_key", state["message"])
            for pod in pods("prometheus"):
                for container in pod["status"]["containerStatuses"]:
                    self.assertEqual(container["restartCount"], 0, container["name"])
                    self.assertTrue(container["ready"], container["name"])
            eventually(lambda: query("up"), 60, "it still scrapes and answers")
        finally:
            kubectl("patch", STACKS, "main", "-n", NS, "--type=merge", "-p",
                    '{"spec":{"managementState":"Managed"}}')
        eventually(stack_ready, 120, "Ready again once managed")

    def test_at_rest_and_after_a_restart_of_the_operator_nothing_is_written(self):
        at_rest()
        audit = Audit()
        kubectl("-n", "belvedere-system", "rollout", "restart", "deployment/belvedere")
        operator_rolled_out()
        time.sleep(20)
        self.assertEqual(audit.writes(), [])

    def test_a_deleted_stack_leaves_nothing(self):
        other = "monitoring-two"
        apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
        apply(stack("gone", other, {"profile": "Small"}))
        uid = get(STACKS, "gone", other)["metadata"]["uid"]
        eventually(lambda: condition(get(STACKS, "gone", other), "Ready").get("status") == "True",
                   180, "it is Ready", every=1)
        self.assertTrue(get("persistentvolumeclaims", ns=other)["items"], "it has no volumes")
        kubectl("delete", STACKS, "gone", "-n", other)

        def nothing_left():
            left = mentions(uid)
            left += [p["metadata"]["name"] for p in get("pods", ns=other)["items"]]
            left += [p["metadata"]["name"] for p in get("persistentvolumeclaims", ns=other)["items"]]
            if left:
                raise AssertionError(str(left))
            return True

        eventually(nothing_left, 120, "nothing is left", every=2)
        kubectl("delete", "namespace", other, "--wait=false")


class Logs(unittest.TestCase):
    """The log store, whose config is of the restart class."""

    ns = "logging"
    url = f"http://loki-logs.{ns}.svc.cluster.local:3100"

    @classmethod
    def setUpClass(cls):
        restricted_namespace(cls.ns)
        apply(stack("logs", cls.ns, {"logs": {"store": "Loki", "storage": {"size": "1Gi"}}}))
        cls.settled()

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", STACKS, "logs", "-n", cls.ns)
        kubectl("delete", "namespace", cls.ns, "--wait=false")

    @classmethod
    def settled(cls):
        eventually(lambda: ready(STACKS, "logs", cls.ns), 240, "the stack with logs is Ready", every=1)

    def pod(self):
        [found] = get("pods", ns=self.ns, selector="app.kubernetes.io/component=loki")["items"]
        return found

    def configs(self):
        return sorted(name for kind, _, name in children(ns=self.ns)
                      if kind == "ConfigMap" and name.startswith("loki-logs-"))

    def push(self, tenant, line):
        body = {"streams": [{"stream": {"app": "e2e"}, "values": [[str(time.time_ns()), line]]}]}
        curl(f"{self.url}/loki/api/v1/push", "-H", f"X-Scope-OrgID: {tenant}",
             "-H", "Content-Type: application/json", "--data", json.dumps(body))

    def lines(self, tenant):
        answer = json.loads(curl(f"{self.url}/loki/api/v1/query_range", "--get", "-H",
                                 f"X-Scope-OrgID: {tenant}", "--data-urlencode",
                                 'query={app="e2e"}', "--data-urlencode", "since=1h"))
        return [value[1] for stream in answer["data"]["result"] for value in stream["values"]]

    def test_lines_are_kept_apart_by_tenant_and_over_a_roll_of_the_config(self):
        self.push("one", "hello from one")
        eventually(lambda: self.lines("one") == ["hello from one"], 60, "the line can be read")
        self.assertEqual(self.lines("two"), [])
        pod, configs = self.pod(), self.configs()
        self.assertEqual(len(configs), 1)

        kubectl("patch", STACKS, "logs", "-n", self.ns, "--type=merge", "-p",
                '{"spec":{"metrics":{"scrapeInterval":"25s"}}}')
        self.settled()
        self.assertEqual(self.pod()["metadata"]["uid"], pod["metadata"]["uid"],
                         "a change of Prometheus restarts Loki")

        began = time.monotonic()
        kubectl("patch", STACKS, "logs", "-n", self.ns, "--type=merge", "-p",
                '{"spec":{"logs":{"retentionDays":10}}}')
        self.settled()
        print(f"\n  edit of the restart class to Ready: {time.monotonic() - began:.1f} s")
        self.assertNotEqual(self.pod()["metadata"]["uid"], pod["metadata"]["uid"])
        self.assertEqual(self.pod()["status"]["containerStatuses"][0]["restartCount"], 0)

        def only_the_new():
            now = self.configs()
            if len(now) != 1 or now == configs:
                raise AssertionError(str(now))
            return True

        eventually(only_the_new, 60, "the old ConfigMap goes")
        eventually(lambda: self.lines("one") == ["hello from one"], 60, "the line is still there")


if __name__ == "__main__":
    unittest.main(verbosity=2)
