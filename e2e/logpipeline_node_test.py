"""On the real node: what pods write arrives in Loki, once, in its tenant, through whatever happens on the way."""

import json
import random
import re
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (PIPELINES, ROOT, STACKS, Audit, apply, at_rest, condition, curl, eventually, get, kubectl, mentions,
                     metric, operator_rolled_out, quiet, ready, restricted_namespace, stack)

STORE = "log-store"
LOKI = f"http://loki-logs.{STORE}.svc.cluster.local:3100"
NODE = "belvedere-node"
AGENT = "otel-collector"
WRITER = "example.com/log-writer:1"
PAGE = 5000
LINE = re.compile(r"^record ([a-z0-9-]+) (\d+) ")


def pipeline(name, ns, spec=None):
    base = {"agent": "OpenTelemetry", "inputs": {"containers": {}}, "buffer": {"sizePerOutput": "64Mi"},
            "outputs": [{"name": "store", "stack": {"name": "logs", "namespace": STORE}}]}
    return {"apiVersion": "belvedere.dev/v1alpha1", "kind": "LogPipeline", "metadata": {"name": name, "namespace": ns},
            "spec": base | (spec or {})}


def load_image(ref, programs):
    """Makes an image of programs of this machine, of which the first is the entrypoint, and gives it to the node."""
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/image.tar"
        subprocess.run([str(ROOT / "hack/image"), "--ref", ref, "--entrypoint", programs[0],
                        *[a for p in programs for a in ("--file", f"{p}:{p}", "--ldd", p)], "-o", archive],
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run([str(ROOT / "hack/cluster"), "load", archive], check=True, stdout=subprocess.DEVNULL)


def load_writer():
    """An image of a shell, which is all that it takes to write lines."""
    load_image(WRITER, ["/usr/bin/dash", "/usr/bin/seq", "/usr/bin/sleep"])


def writer(name, ns, batches, pause, size=460, then="sleep 3600"):
    """A pod that writes `batches` of 100 numbered records of about `size` bytes, `pause` seconds apart."""
    script = (f"for b in $(seq 1 {batches}); do for i in $(seq $((b*100-99)) $((b*100))); do "
              f"echo \"record {name} $i {'x' * size}\"; done; sleep {pause}; done; {then}")
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": "writer"}},
            "spec": {"terminationGracePeriodSeconds": 1, "automountServiceAccountToken": False,
                     "securityContext": {"runAsNonRoot": True, "runAsUser": 65534,
                                         "seccompProfile": {"type": "RuntimeDefault"}},
                     "containers": [{"name": "writer", "image": WRITER, "args": ["-c", script],
                                     "securityContext": {"allowPrivilegeEscalation": False,
                                                         "capabilities": {"drop": ["ALL"]}}}]}}


def records(tenant, pod, loki=LOKI):
    """All records of a pod in the store, as (name in the record, number), as often as they are there."""
    found, start, seen = [], time.time_ns() - 3600 * 10**9, set()
    while True:
        answer = json.loads(curl(
            f"{loki}/loki/api/v1/query_range", "--get", "-H", f"X-Scope-OrgID: {tenant}", "--data-urlencode",
            f'query={{service_name=~".+"}} | k8s_pod_name="{pod}"', "--data-urlencode", f"start={start}", "--data-urlencode",
            f"end={time.time_ns()}", "--data-urlencode", f"limit={PAGE}", "--data-urlencode", "direction=forward"))
        page = sorted((int(at), line) for s in answer["data"]["result"] for at, line in s["values"])
        # A page begins with the last moment of the one before.
        fresh = [entry for entry in page if entry not in seen]
        for _, line in fresh:
            if match := LINE.match(line):
                found.append((match[1], int(match[2])))
        if len(page) < PAGE:
            return found
        start = page[-1][0]
        seen = {entry for entry in page if entry[0] == start}


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


def lines(tenant):
    """All that a tenant can read, labels and fields included, as text."""
    return curl(f"{LOKI}/loki/api/v1/query_range", "--get", "-H", f"X-Scope-OrgID: {tenant}", "--data-urlencode",
                'query={service_name=~".+"}', "--data-urlencode", f"start={time.time_ns() - 3600 * 10**9}",
                "--data-urlencode", f"limit={PAGE}")


def generated_filters(chance, other):
    """Filters of every kind, as many as a pipeline takes. They leave most records, and try to pass for those of `other`."""
    fields = ["n", "level", "user", "tenant", "service_name", "k8s_namespace_name", "x-scope-orgid", "belvedere_pipeline"]
    texts = [other, uid_of(other), f"{other}.logs", "containers", "$1", "%{tenant}", "' or true", "a) where (true"]

    def field():
        return chance.choice(fields)

    kinds = [
        lambda: {"drop": {"field": field(), "regex": f"^never {chance.randrange(1000)}$"}},
        lambda: {"drop": {"field": "log", "regex": f" {chance.randrange(100, 1000)} "}},
        lambda: {"keep": {"field": "log", "regex": chance.choice(["record", "x{20}", "[0-9]+ x"])}},
        lambda: {"parse": {"field": "log", "format": "Regex", "regex": f"(?<{chance.choice(['n', 'level', 'tenant'])}>[0-9]+) x"}},
        lambda: {"parse": {"field": chance.choice(["log", "n"]), "format": chance.choice(["JSON", "Logfmt"])}},
        lambda: {"redact": {"field": field(), "regex": "[a-z]+", "replacement": chance.choice(texts)}},
        lambda: {"rename": dict(zip(("from", "to"), chance.sample(fields, 2)))},
        lambda: {"add": {"field": field(), "value": chance.choice(texts)}},
        lambda: {"sample": {"percent": 100}},
    ]
    return [chance.choice(kinds)() for _ in range(63)]


def uid_of(ns):
    return get("namespaces", ns)["metadata"]["uid"]


def agent_pod():
    [pod] = [p for p in get("pods", ns=NODE, selector=f"app.kubernetes.io/component={AGENT}")["items"]
             if "deletionTimestamp" not in p["metadata"]]
    return pod


class Logs(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        operator_rolled_out()
        load_writer()
        for ns in (STORE, "log-shop", "log-bank"):
            restricted_namespace(ns)
        apply(stack("logs", STORE, {"logs": {"store": "Loki", "storage": {"size": "2Gi"}}}))
        apply(pipeline("shop", "log-shop"))
        apply(pipeline("bank", "log-bank"))
        cls.settled()

    @classmethod
    def tearDownClass(cls):
        for ns in ("log-shop", "log-bank", STORE):
            kubectl("delete", "namespace", ns, "--wait=false")

    @classmethod
    def settled(cls):
        for kind, name, ns in ((STACKS, "logs", STORE), (PIPELINES, "shop", "log-shop"), (PIPELINES, "bank", "log-bank")):
            eventually(lambda: ready(kind, name, ns), 240, f"{ns}/{name} is Ready", every=1)

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

    def test_a_thousand_generated_filters_let_no_foreign_record_through(self):
        tenants = ("filters-a", "filters-b")
        for ns in tenants:
            apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}})
            self.addCleanup(kubectl, "delete", "namespace", ns, "--wait=false")
        filters, chance = 0, random.Random(1)
        for turn in range(2):
            for ns, other in (tenants, tenants[::-1]):
                for number in range(4):
                    made = generated_filters(chance, other)
                    filters += len(made)
                    apply(pipeline(f"logs-{number}", ns, {"filters": made}))
            for ns in tenants:
                for number in range(4):
                    eventually(lambda: ready(PIPELINES, f"logs-{number}", ns), 480, f"{ns}/logs-{number} is Ready", every=2)
                apply(writer(f"of-{ns}-{turn}", ns, 3, 1, size=40))

            def most_there():
                for ns in tenants:
                    numbers = set(re.findall(rf"record of-{ns}-{turn} (\d+)", lines(uid_of(ns))))
                    if len(numbers) < 200:
                        raise AssertionError(f"{ns}: {len(numbers)}")
                return True

            eventually(most_there, 120, "most records of both are in the store", every=5)
        time.sleep(5)
        for ns, other in (tenants, tenants[::-1]):
            self.assertNotIn(f"of-{other}", lines(uid_of(ns)))
        print(f"\n  {filters} filters of two tenants: 0 foreign records")

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
        kubectl("-n", NODE, "rollout", "status", f"daemonset/{AGENT}", "--timeout=120s", timeout=130)
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
            """All of them in one go, with another filter."""
            made = []
            for i in range(count):
                output = {"url": LOKI, "tenantID": f"many-{i}"}
                if i == bad and value == "turn-two":
                    output |= {"url": LOKI.replace("http:", "https:"), "caRef": {"name": "no-ca", "key": "ca.crt"}}
                made.append(pipeline(f"many-{i}", NODE, {
                    "inputs": {"containers": {"namespaces": {"include": [ns]}}},
                    "filters": [{"add": {"field": "turn", "value": value}}], "outputs": [{"name": "out", "loki": output}]}))
            apply({"apiVersion": "v1", "kind": "List", "items": made})

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
            self.assertEqual(get("persistentvolumeclaims", ns=ns)["items"], [])
            for other in after:
                eventually(lambda: ready(PIPELINES, other, other), 120, f"{other} goes on", every=1)
