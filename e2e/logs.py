"""What tests of logs on the real node share: pods that write numbered records, two tenants with a store, and what arrived."""

import json
import re
import subprocess
import tempfile
import time
import unittest

from harness import (PIPELINES, ROOT, STACKS, apply, curl, eventually, get, kubectl, operator_rolled_out, ready,
                     restricted_namespace, stack)

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


def lines(tenant):
    """All that a tenant can read, labels and fields included, as text."""
    return curl(f"{LOKI}/loki/api/v1/query_range", "--get", "-H", f"X-Scope-OrgID: {tenant}", "--data-urlencode",
                'query={service_name=~".+"}', "--data-urlencode", f"start={time.time_ns() - 3600 * 10**9}",
                "--data-urlencode", f"limit={PAGE}")


def uid_of(ns):
    return get("namespaces", ns)["metadata"]["uid"]


def agent_pod():
    [pod] = [p for p in get("pods", ns=NODE, selector=f"app.kubernetes.io/component={AGENT}")["items"]
             if "deletionTimestamp" not in p["metadata"]]
    return pod


def agent_rolled_out():
    """Waits until all pods of the node agent are of its newest template."""
    kubectl("-n", NODE, "rollout", "status", f"daemonset/{AGENT}", "--timeout=120s", timeout=130)


class LogsTest(unittest.TestCase):
    """With two tenants that write into one store: log-shop, whose pipeline is shop, and log-bank, whose pipeline is bank."""

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
