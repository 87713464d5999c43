"""On the real node: what pods write arrives in Loki, once, in its tenant, through whatever happens on the way."""

import json
import re
import threading
import time
import unittest

from harness import (PIPELINES, STACKS, Audit, apply, at_rest, condition, curl, eventually, get, kubectl, mentions, metric,
                     operator_rolled_out, ready)
from logs import LOKI, NODE, STORE, LogsTest, agent_pod, pipeline, records, uid_of, writer


def ranges(numbers):
    """Numbers as text: 1-100 205 300-301."""
    text, first, last = [], None, None
    for number in [*sorted(numbers), None]:
        if last is not None and number == last + 1:
            last = number
            continue
        if last is not None:
            text.append(f"{first}-{last}" if last > first else str(first))
        first = last = number
    return " ".join(text)


def ledger():
    """What each agent and gateway says of itself that is not nothing: the first thing to look at when records are missing."""
    lines = []
    for pod in get("pods", ns="*", selector="app.kubernetes.io/component in (otel-collector,log-gateway)")["items"]:
        page = curl(f"http://{pod['status'].get('podIP')}:8888/metrics")
        lines += [f"{pod['metadata']['name']} {line}" for line in page.splitlines()
                  if re.match(r"otelcol_(exporter|receiver)_\w*(records|queue_size)", line) and not line.endswith(" 0")]
    return "\n".join(lines)


def tenants(tenant):
    """Namespaces of the records that a tenant can see."""
    answer = json.loads(curl(f"{LOKI}/loki/api/v1/query", "--get", "-H", f"X-Scope-OrgID: {tenant}", "--data-urlencode",
                             'query=sum by (k8s_namespace_name) (count_over_time({service_name=~".+"}[1h]))'))
    return {r["metric"].get("k8s_namespace_name") for r in answer["data"]["result"]}


class Logs(LogsTest):

    def trouble(self):
        """What may happen on the way, one after the other."""
        time.sleep(8)
        kubectl("-n", NODE, "delete", "pod", agent_pod()["metadata"]["name"], "--wait=false")
        time.sleep(15)
        kubectl("patch", PIPELINES, "shop", "-n", "log-shop", "--type=merge", "-p",
                '{"spec":{"filters":[{"drop":{"field":"log","regex":"^never there$"}}]}}')
        time.sleep(15)
        kubectl("patch", STACKS, "logs", "-n", STORE, "--type=merge", "-p", '{"spec":{"managementState":"Paused"}}')
        time.sleep(1)
        kubectl("-n", STORE, "scale", "statefulset/loki-logs", "--replicas=0")
        time.sleep(60)
        kubectl("patch", STACKS, "logs", "-n", STORE, "--type=merge", "-p", '{"spec":{"managementState":"Managed"}}')

    def test_every_record_arrives_once_through_rotation_restart_roll_and_an_outage(self):
        pods = [("shop-a", "log-shop"), ("shop-b", "log-shop"), ("bank-a", "log-bank"), ("bank-b", "log-bank")]
        batches = 250
        for name, ns in pods:
            apply(writer(name, ns, batches, 0.2))
        trouble = threading.Thread(target=self.trouble)
        trouble.start()
        trouble.join()
        self.settled()
        arrived = {}

        def all_there():
            for name, ns in pods:
                arrived[name] = records(uid_of(ns), name)
                if len({number for _, number in arrived[name]}) < batches * 100:
                    raise AssertionError(f"{name}: {len(arrived[name])} of {batches * 100}")
            return True

        try:
            # A batch that the outage held back waits up to 90 s before it is tried again.
            began = time.monotonic()
            eventually(all_there, 480, "all records are in the store", every=5)
            print(f"\n  all records were there {time.monotonic() - began:.0f} s after the outage")
        except AssertionError:
            for name, ns in pods:
                arrived[name] = records(uid_of(ns), name)
                print(f"  {name}: missing {ranges(set(range(1, batches * 100 + 1)) - {n for _, n in arrived[name]})}")
            print(ledger())
            raise
        finally:
            total = sum(len(found) for found in arrived.values())
            distinct = sum(len(set(found)) for found in arrived.values())
            print(f"\n  sent {len(pods) * batches * 100}, arrived {distinct}, lost "
                  f"{len(pods) * batches * 100 - distinct}, duplicated {total - distinct}")
        for name, found in arrived.items():
            self.assertEqual({whose for whose, _ in found}, {name}, "records of another pod")
        self.assertEqual(tenants(uid_of("log-shop")), {"log-shop"})
        self.assertEqual(tenants(uid_of("log-bank")), {"log-bank"})

    def test_a_blocked_output_fills_its_own_buffer_and_nobody_elses(self):
        apply(pipeline("bank", "log-bank", {"outputs": [
            {"name": "away", "loki": {"url": "http://nobody.log-bank.svc:3100", "tenantID": "x"}}]}))
        self.settled()
        apply(writer("bank-blocked", "log-bank", 20, 0.2))
        apply(writer("shop-free", "log-shop", 20, 0.2))
        began = time.monotonic()
        eventually(lambda: len(records(uid_of("log-shop"), "shop-free")) == 2000, 60, "the free tenant's records are there")
        print(f"\n  2,000 records of the free tenant were there after {time.monotonic() - began:.1f} s")

        def waiting():
            [pod] = get("pods", ns="log-bank", selector="app.kubernetes.io/component=log-gateway")["items"]
            return metric(curl(f"http://{pod['status']['podIP']}:8888/metrics"), "otelcol_exporter_queue_size") > 0

        eventually(waiting, 30, "the blocked tenant's gateway keeps its records")

        def told():
            flow = condition(get(PIPELINES, "bank", "log-bank"), "FlowHealthy")
            return flow.get("reason") == "NothingDelivered" and flow

        # Its numbers are compared with those of some minutes ago.
        flow = eventually(told, 300, "status says that nothing is delivered", every=2)
        self.assertIn("output away", flow["message"])
        shop = condition(get(PIPELINES, "shop", "log-shop"), "FlowHealthy")
        self.assertEqual(shop.get("status"), "True", shop)
        apply(pipeline("bank", "log-bank"))
        self.settled()

    def test_at_rest_nothing_is_written(self):
        self.settled()
        at_rest()
        audit = Audit()
        kubectl("-n", "belvedere-system", "rollout", "restart", "deployment/belvedere")
        operator_rolled_out()
        time.sleep(20)
        self.assertEqual(audit.writes(), [])


class Removal(unittest.TestCase):
    """Pipelines that come and go, with nothing to read."""

    @classmethod
    def setUpClass(cls):
        for ns in ("log-first", "log-second"):
            apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}})
            apply(pipeline(ns, ns, {"outputs": [{"name": "away", "loki": {"url": "http://nobody:3100", "tenantID": "x"}}]}))

    @classmethod
    def tearDownClass(cls):
        for ns in ("log-first", "log-second"):
            kubectl("delete", "namespace", ns, "--wait=false")

    def test_a_deleted_pipeline_leaves_nothing_and_the_next_takes_over(self):
        for ns in ("log-first", "log-second"):
            eventually(lambda: ready(PIPELINES, ns, ns), 120, f"{ns} is Ready", every=1)
        for ns, after in (("log-first", ["log-second"]), ("log-second", [])):
            uid = get(PIPELINES, ns, ns)["metadata"]["uid"]
            kubectl("delete", PIPELINES, ns, "-n", ns)
            eventually(lambda: not mentions(uid), 120, f"nothing of {ns} is left", every=2)
            eventually(lambda: not get("persistentvolumeclaims", ns=ns)["items"], 60, f"the volumes of {ns} are gone")
            for other in after:
                eventually(lambda: ready(PIPELINES, other, other), 120, f"{other} goes on", every=1)
