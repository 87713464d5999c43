"""On the real node: what policies find is told to a real receiver, once, through an outage of Alertmanager and a roll of config, and
so is that it is over."""

import contextlib
import datetime
import json
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (POLICIES, ROOT, STACKS, apply, condition, curl, eventually, get, kubectl, operator_rolled_out, ready,
                     restricted_namespace, stack)

NS = "alerting"
SHOP = "alert-shop"
RUNBOOK = "https://runbooks.example/shop"
PROMETHEUS = f"http://prometheus-main.{NS}.svc.cluster.local:9090"


class Webhook:
    """A receiver in the cluster's network, and the notifications that it got."""

    def __init__(self):
        self.output = tempfile.NamedTemporaryFile(prefix="belvedere-webhook-")
        self.process = subprocess.Popen([str(ROOT / "hack/cluster"), "run", "--", str(ROOT / "hack/lib/webhook")],
                                        stdout=self.output)
        port = eventually(self.lines, 20, "the webhook listens")[0]
        addresses = get("nodes")["items"][0]["status"]["addresses"]
        address = next(one["address"] for one in addresses if one["type"] == "InternalIP")
        self.url = f"http://{address}:{port}/notify"

    def close(self):
        self.process.kill()
        self.process.wait()

    def lines(self):
        with open(self.output.name, encoding="utf-8") as output:
            return [line.strip() for line in output if line.endswith("\n")]

    def about(self, entry):
        """Notifications about an entry, oldest first."""
        told = [json.loads(line) for line in self.lines()[1:]]
        return [one for one in told if one["commonLabels"].get("entry") == entry]


class Shop:
    """An exporter of numbers that the test decides: they stand in a ConfigMap, which an exporter in a pod shows."""

    def __init__(self):
        self.lock = threading.Lock()
        self.waiting = 0
        self.failed = {"checkout": 0, "refund": 0}
        self.publish()
        image = eventually(self.exporter, 90, "the node tells its images", every=1)
        apply({"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": "shop", "namespace": SHOP, "annotations": {"prometheus.io/scrape": "true",
                                                                              "prometheus.io/port": "9100"}},
               "spec": {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 1,
                        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534,
                                            "seccompProfile": {"type": "RuntimeDefault"}},
                        "volumes": [{"name": "numbers", "configMap": {"name": "numbers"}}],
                        "containers": [{"name": "shop", "image": image, "ports": [{"containerPort": 9100}],
                                        "args": ["--collector.disable-defaults", "--collector.textfile",
                                                 "--collector.textfile.directory=/numbers"],
                                        "volumeMounts": [{"name": "numbers", "mountPath": "/numbers"}],
                                        "securityContext": {"allowPrivilegeEscalation": False,
                                                            "capabilities": {"drop": ["ALL"]}}}]}})

    @staticmethod
    def exporter():
        """The image of node-exporter, by the name that the node has it under; a node that is young tells of none yet."""
        images = get("nodes")["items"][0]["status"].get("images", [])
        return next((name for image in images for name in image["names"] or () if "/node-exporter:" in name), None)

    def publish(self):
        lines = [f"orders_waiting {self.waiting}", 'latency_seconds_bucket{le="0.5"} 9', 'latency_seconds_bucket{le="+Inf"} 10',
                 "latency_seconds_count 10"]
        for api, failed in self.failed.items():
            lines += [f'requests_total{{api="{api}",code="200"}} 1000', f'requests_total{{api="{api}",code="500"}} {failed}']
        apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "numbers", "namespace": SHOP},
               "data": {"shop.prom": "\n".join(lines) + "\n"}})
        # The kubelet syncs an annotated pod at once.
        if get("pods", "shop", SHOP):
            kubectl("annotate", "pod", "shop", "-n", SHOP, "--overwrite", f"e2e/nudge={time.time()}")

    def wait(self, orders):
        with self.lock:
            self.waiting = orders
            self.publish()

    @contextlib.contextmanager
    def failing(self, api):
        """All requests of this API fail as long as this lasts."""
        over = threading.Event()

        def fail():
            while not over.wait(5):
                with self.lock:
                    self.failed[api] += 100
                    self.publish()

        thread = threading.Thread(target=fail)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def policy(name, ns=SHOP, **spec):
    return {"apiVersion": "belvedere.dev/v1alpha1", "kind": "AlertPolicy", "metadata": {"name": name, "namespace": ns},
            "spec": {"stack": {"name": "main", "namespace": NS}, "owner": "team-shop", "system": "shop", "runbook": RUNBOOK,
                     "notify": [{"severity": severity, "receiver": "team"} for severity in ("Page", "Ticket")]} | spec}


def hours(begin, end):
    """Business hours that begin and end so many hours from now, in a zone that is far from the test's own."""
    seoul = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9)))
    begin, end = (f"{seoul + datetime.timedelta(hours=ahead):%H:%M}" for ahead in (begin, end))
    return {"timeZone": "Asia/Seoul", "days": ["Monday-Sunday"], "from": begin, "to": end}


def slo(api):
    """An objective so high that a full outage fires within two minutes."""
    return {"name": api, "target": "99.99", "tiers": ["Fast"], "ratio": {"total": f'requests_total{{api="{api}"}}',
                                                                        "bad": f'requests_total{{api="{api}",code="500"}}'}}


def patch(kind, name, ns, spec):
    kubectl("patch", kind, name, "-n", ns, "--type=merge", "-p", json.dumps({"spec": spec}))


def state(entry):
    """What Prometheus says of the alert of an entry: pending, firing, or nothing."""
    alerts = json.loads(curl(f"{PROMETHEUS}/api/v1/alerts"))["data"]["alerts"]
    return next((alert["state"] for alert in alerts if alert["labels"].get("entry") == entry), None)


def entry(name, policy="shop"):
    """What the status of a policy says of an entry. Raises AssertionError as long as it says nothing of it."""
    for one in get(POLICIES, policy, SHOP)["status"].get("entries", []):
        if one["name"] == name:
            return one
    raise AssertionError(f"the status of {policy} says nothing of {name}")


def silence(**matchers):
    """One that lasts as long as the test, and longer."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    day = datetime.timedelta(days=1)
    return {"name": "move", "matchers": matchers, "from": (now - day).isoformat(), "until": (now + day).isoformat(),
            "reason": "the warehouse moves"}


class Notifications(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        operator_rolled_out()
        cls.addClassCleanup(cls.drop_namespaces)
        for ns in (NS, SHOP):
            restricted_namespace(ns, alerts="yes")
        cls.webhook = Webhook()
        cls.addClassCleanup(cls.webhook.close)
        cls.receivers = [{"name": "team", "webhook": {"url": cls.webhook.url}}]
        none = {"state": "Disabled"}
        apply(stack("main", NS, {
            "cluster": {"name": "e2e"}, "dashboards": none, "metrics": {"scrapeInterval": "5s"},
            "targets": {"nodes": none, "containers": none, "kubernetes": {"objects": none, "controlPlane": none}},
            "alerting": {"groupWait": "1s", "receivers": cls.receivers},
            "policies": {"namespaceSelector": {"matchLabels": {"alerts": "yes"}}}}))
        cls.shop = Shop()
        apply(policy("shop", slos=[slo("checkout"), slo("refund")],
                     monitors=[{"name": "orders", "expr": "orders_waiting > 5", "for": "5m"}]))
        apply(policy("silenced", monitors=[{"name": "backlog", "expr": "orders_waiting > 5", "for": "5m"}],
                     silences=[silence(entry="backlog")]))
        # Of the stack's own namespace: it may have a receiver of its own, whose address and token are in a Secret.
        apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "desk", "namespace": NS},
               "stringData": {"url": cls.webhook.url, "token": "of the desk"}})
        apply(policy("desk", NS, monitors=[{"name": "desk", "expr": "orders_waiting > 5", "for": "5m"}],
                     businessHours=hours(-1, 3), notify=[{
                         "severity": "Ticket", "during": "BusinessHours",
                         "webhook": {"urlRef": {"name": "desk", "key": "url"}, "tokenRef": {"name": "desk", "key": "token"}}}]))
        apply(policy("later", monitors=[{"name": "night", "expr": "orders_waiting > 5", "for": "5m"}],
                     businessHours=hours(4, 5), notify=[{"severity": "Ticket", "during": "BusinessHours", "receiver": "team"}]))
        apply(policy("other", monitors=[{"name": "quiet", "expr": "orders_waiting > 1000"}]))
        cls.settled()
        eventually(lambda: state("orders") is None and json.loads(curl(
            f"{PROMETHEUS}/api/v1/query?query=requests_total"))["data"]["result"], 60, "the shop is scraped")
        # It takes five minutes until that is an alert: it begins before all tests.
        cls.shop.wait(orders=7)
        cls.await_state("orders", "pending")

    @staticmethod
    def drop_namespaces():
        for ns in (SHOP, NS):
            kubectl("delete", "namespace", ns, "--wait=false")

    @classmethod
    def settled(cls):
        for kind, name, ns in ((STACKS, "main", NS), (POLICIES, "shop", SHOP), (POLICIES, "other", SHOP),
                               (POLICIES, "desk", NS), (POLICIES, "later", SHOP)):
            eventually(lambda: ready(kind, name, ns), 240, f"{ns}/{name} is Ready", every=1)

    def await_told(self, entry, status, timeout):
        """Waits for this notification and prints how long it took; returns its alert."""
        began = time.monotonic()
        told = eventually(lambda: [one for one in self.webhook.about(entry) if one["status"] == status], timeout,
                          f"the webhook is told that {entry} is {status}", every=0.5)
        print(f"\n  {entry} {status}: told after {time.monotonic() - began:.0f} s", flush=True)
        [alert] = told[0]["alerts"]
        return alert

    @staticmethod
    def await_state(entry, wanted):
        eventually(lambda: state(entry) == wanted, 180, f"Prometheus says that {entry} is {wanted}", every=1)

    @contextlib.contextmanager
    def alertmanager_away(self):
        patch(STACKS, "main", NS, {"managementState": "Paused"})
        kubectl("-n", NS, "scale", "statefulset/alertmanager-main", "--replicas=0")
        kubectl("-n", NS, "wait", "pod/alertmanager-main-0", "--for=delete", "--timeout=90s", timeout=100)
        yield
        patch(STACKS, "main", NS, {"managementState": "Managed"})

    def roll(self):
        """Everything is loaded anew: the config of Prometheus, the config of Alertmanager, the rules of another policy."""
        receivers = self.receivers + [{"name": "nobody-yet", "webhook": {"url": "http://nobody.example"}}]
        patch(STACKS, "main", NS, {"metrics": {"scrapeInterval": "6s"}, "alerting": {"receivers": receivers}})
        patch(POLICIES, "other", SHOP, {"monitors": [{"name": "quiet", "expr": "orders_waiting > 2000"}]})
        self.settled()

    def assert_tells_all(self, alert, value):
        labels, annotations = alert["labels"], alert["annotations"]
        self.assertEqual((labels["owner"], labels["system"], labels["cluster"], labels["policy_namespace"]),
                         ("team-shop", "shop", "e2e", SHOP))
        self.assertIn(f"shop: {labels['entry']}: ", annotations["summary"])
        self.assertEqual((annotations["value"], annotations["runbook_url"]), (value, RUNBOOK))

    def test_a_threshold_that_no_bucket_has_is_refused_until_it_is_one(self):
        def slow(threshold):
            return {"name": "slow", "target": "99", "latency": {"histogram": "latency_seconds", "threshold": threshold}}

        apply(policy("latency", slos=[slow("300ms")]))
        refused = eventually(lambda: [one for one in [entry("slow", "latency")] if one["state"] == "Rejected"], 180, "it is refused")
        self.assertEqual(refused[0]["message"],
                         "spec.slos[0].latency.threshold: 0.3 is no edge of a bucket; there are: 0.5")
        self.assertEqual(condition(get(POLICIES, "latency", SHOP), "Ready")["reason"], "EntryRejected")
        patch(POLICIES, "latency", SHOP, {"slos": [slow("500ms")]})
        eventually(lambda: ready(POLICIES, "latency", SHOP), 120, "with an edge it is Ready", every=1)

    def test_each_is_told_once_through_an_outage_and_a_roll_and_that_it_is_over(self):
        with self.shop.failing("checkout"):
            self.assert_tells_all(self.await_told("checkout", "firing", 240), "100%")
            with self.alertmanager_away(), self.shop.failing("refund"):
                self.await_state("refund", "firing")
            self.assert_tells_all(self.await_told("refund", "firing", 240), "100%")
            self.settled()
            self.assertEqual(state("checkout"), "firing")
        self.assert_tells_all(self.await_told("orders", "firing", 480), "7")
        desk = self.await_told("desk", "firing", 120)
        self.assertEqual((desk["labels"]["policy_namespace"], desk["annotations"]["value"]), (NS, "7"))
        self.assertEqual({one["authorization"] for one in self.webhook.about("desk")}, {"Bearer of the desk"})
        told = eventually(lambda: [one for one in [entry("orders")] if one["state"] == "Firing"], 120, "the status says so too")
        self.assertEqual(told[0]["receivers"], ["team"])
        muted = eventually(lambda: [one for one in [entry("backlog", "silenced")] if one["state"] == "Muted"], 120,
                           "of the same fault, silenced, the status says that it is muted")
        self.assertIn("silence move", muted[0]["message"])
        self.roll()
        self.assertEqual(state("orders"), "firing")
        self.shop.wait(orders=0)
        values = {"checkout": "100%", "refund": "100%", "orders": "7"}
        for name, value in values.items():
            # Alertmanager tells of the end when it next looks at a group, each five minutes.
            self.assert_tells_all(self.await_told(name, "resolved", 780), value)
        self.await_told("desk", "resolved", 780)
        self.assertEqual(self.webhook.about("backlog"), [], "told in spite of the silence")
        self.assertEqual(self.webhook.about("night"), [], "told outside of business hours")
        for name in (*values, "desk"):
            self.assertEqual([one["status"] for one in self.webhook.about(name)], ["firing", "resolved"], name)
        for name in values:
            eventually(lambda name=name: entry(name)["state"] == "Loaded", 120, f"the status says that {name} is over")


if __name__ == "__main__":
    unittest.main(verbosity=2)
