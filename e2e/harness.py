"""What the end-to-end tests share: kubectl, the audit log, and the operator as a process.

The cluster is the one of $KUBECONFIG (hack/test starts it); the audit log at $BELVEDERE_AUDIT_LOG is
the ground truth for who wrote what. Operators run with the service account of the install, so every
test also proves the operator's RBAC.
"""

import atexit
import base64
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
import uuid

import api

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("BELVEDERE_BINARY", str(ROOT / "build/release/belvedere"))
AUDIT_LOG = os.environ.get("BELVEDERE_AUDIT_LOG", "")
OPERATOR_USER = "system:serviceaccount:belvedere-system:belvedere"
WRITE_VERBS = {"create", "update", "patch", "delete", "deletecollection"}
STACKS = "monitoringstacks.belvedere.dev"
PIPELINES = "logpipelines.belvedere.dev"
POLICIES = "alertpolicies.belvedere.dev"


def kubectl(*args, stdin=None, check=True, timeout=60):
    """Runs kubectl; returns its standard output. Raises AssertionError with its error text."""
    done = subprocess.run(["kubectl", *args], input=stdin, text=True, capture_output=True,
                          timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def try_kubectl(*args, stdin=None):
    """Like kubectl, for calls that are meant to fail: returns (exit code, output and error)."""
    done = subprocess.run(["kubectl", *args], input=stdin, text=True, capture_output=True,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def get(words, name="", ns=None, selector=""):
    """One object as a dict, None where it is absent; without a name all objects of these kinds, of all namespaces where it is "*"."""
    where = "" if ns == "*" else ns or "default"
    kinds = [api.served()[word.lower()] for word in words.split(",")]
    if name:
        return api.one(*kinds, name, where)
    return {"items": [item for kind in kinds for item in api.several(kind, where, selector)]}


def curl(url, *options):
    """Asks from inside the cluster's network, where Service names resolve."""
    done = subprocess.run([str(ROOT / "hack/cluster"), "run", "--", "curl", "-sf", "--max-time", "20", *options, url],
                          text=True, capture_output=True, timeout=40)
    if done.returncode:
        raise AssertionError(f"curl {url}: {done.returncode} {done.stderr.strip()}")
    return done.stdout


def ready(kind, name, ns):
    """The resource where it is Ready in its newest generation; raises with its conditions otherwise."""
    found = get(kind, name, ns) or {}
    state = condition(found, "Ready")
    if state.get("status") != "True" or state["observedGeneration"] != found["metadata"]["generation"]:
        raise AssertionError(json.dumps(found.get("status", {}).get("conditions", [])))
    return found


def operator_rolled_out():
    """Waits for the operator of the install."""
    kubectl("-n", "belvedere-system", "rollout", "status", "deployment/belvedere", "--timeout=120s", timeout=130)


def apply(document):
    """Applies a dict, or the YAML text of several, as a user would."""
    if isinstance(document, dict):
        api.apply(document)
    else:
        kubectl("apply", "-f", "-", stdin=document)


def restricted_namespace(name, **labels):
    """Makes a namespace that takes restricted pods alone."""
    apply({"apiVersion": "v1", "kind": "Namespace",
           "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"} | labels}})


def stack(name, ns, spec=None):
    return {"apiVersion": "belvedere.dev/v1alpha1", "kind": "MonitoringStack",
            "metadata": {"name": name, "namespace": ns}, "spec": spec or {}}


def condition(obj, kind):
    """The condition of this type, or an empty dict."""
    found = [c for c in (obj or {}).get("status", {}).get("conditions", []) if c["type"] == kind]
    return found[0] if found else {}


def metric(page, name):
    """The sum of all series of a metric on a page of Prometheus' text format."""
    return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith((name + "{", name + " ")))


def eventually(check, timeout=30, what="condition", every=None):
    """Polls `check` until it returns something true and returns that. `every` so many seconds; else the more rarely the longer it
    takes, so that the wait ends at most a tenth late: on two cores each poll competes with what it waits for."""
    began = time.monotonic()
    last = None
    while (waited := time.monotonic() - began) < timeout:
        try:
            last = check()
            if last:
                return last
        except AssertionError as error:
            last = error
        time.sleep(every or min(max(0.2, waited / 10), 3))
    raise AssertionError(f"not within {timeout} s: {what}; last seen: {last}")


def code_of(entry):
    """The status that a request got; 499 where its client was gone, which the API server records as 504, as 500 with
    `context canceled` (kubernetes/kubernetes#139256), of half a body as 500 with `unexpected EOF`, or, of an answer of metadata,
    as 500 that says nothing: a failure of its own has status Failure and a message."""
    status = entry.get("responseStatus", {})
    code = status.get("code", 0)
    is_said = status.get("message", "") == "unexpected EOF" or "context canceled" in status.get("message", "")
    gone = code == 504 or is_said or (code == 500 and "status" not in status)
    return 499 if gone else code


class Audit:
    """The API server's audit log from the moment of construction on."""

    def __init__(self):
        self._read_to = os.path.getsize(AUDIT_LOG) if os.path.exists(AUDIT_LOG) else 0
        self._lines = []
        self._read = {}  # user: (how many lines were looked at, its entries)

    def entries(self, user=OPERATOR_USER):
        """Completed requests of `user`, oldest first. Reads only what is new, and parses only what is the user's."""
        with open(AUDIT_LOG, "rb") as log:
            log.seek(self._read_to)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._read_to += len(line)
                self._lines.append(line)
        seen, entries = self._read.get(user, (0, []))
        for line in self._lines[seen:]:
            if user.encode() not in line:
                continue
            entry = json.loads(line)
            if entry["user"]["username"] == user and entry.get("stage") == "ResponseComplete":
                entries.append(entry)
        self._read[user] = (len(self._lines), entries)
        return list(entries)

    def writes(self, user=OPERATOR_USER):
        """Writes, leases and access reviews aside, as (verb, resource, namespace/name, subresource, code)."""
        result = []
        for entry in self.entries(user):
            ref = entry.get("objectRef", {})
            if entry["verb"] not in WRITE_VERBS:
                continue
            if ref.get("resource") in ("leases", "tokenreviews", "subjectaccessreviews"):
                continue
            result.append((entry["verb"], ref.get("resource", ""),
                           f"{ref.get('namespace', '')}/{ref.get('name', '')}",
                           ref.get("subresource", ""), code_of(entry)))
        return result


def operator_kubeconfig():
    """A kubeconfig that holds a token of the operator's service account; returns its path."""
    token = kubectl("-n", "belvedere-system", "create", "token", "belvedere",
                    "--duration=4h").strip()
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    cluster = config["clusters"][0]["cluster"]
    if "certificate-authority" in cluster:
        data = pathlib.Path(cluster.pop("certificate-authority")).read_bytes()
        cluster["certificate-authority-data"] = base64.b64encode(data).decode()
    handle, path = tempfile.mkstemp(prefix="belvedere-e2e-", suffix=".kubeconfig")
    with os.fdopen(handle, "w") as out:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "e2e",
                   "clusters": [{"name": "e2e", "cluster": cluster}],
                   "users": [{"name": "e2e", "user": {"token": token}}],
                   "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e",
                                                          "namespace": "belvedere-system"}}]},
                  out)
    return path


class Operator:
    """One `belvedere operator` process."""

    def __init__(self, kubeconfig, *flags):
        self.log = tempfile.NamedTemporaryFile(prefix="belvedere-operator-", suffix=".log",
                                               delete=False)
        if "--metrics-port" not in flags:
            flags += ("--metrics-port", "0")
        self.process = subprocess.Popen(
            [BINARY, "operator", "--kubeconfig", kubeconfig, *flags],
            stdout=self.log, stderr=subprocess.STDOUT)
        atexit.register(self.process.kill)  # no test may leave one behind, however it ends

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def wait_until_leading(self, timeout=40):
        """Waits until somebody holds the lease; says why when this operator has ended instead."""
        def held():
            if not self.alive():
                raise RuntimeError(f"the operator ended:\n{self.text()[-3000:]}")
            return lease_holder()
        return eventually(held, timeout, "an operator holds the lease")

    def rss_kib(self):
        return self._memory("VmRSS")

    def rss_peak_kib(self):
        return self._memory("VmHWM")

    def _memory(self, field):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def text(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, timeout=40):
        """SIGTERM; returns the exit code."""
        if self.alive():
            self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no exit within {timeout} s of SIGTERM:\n{self.text()[-2000:]}")


def mentions(uid):
    """Names of all objects of any listable kind that carry the label of this owner; events, which tell of what was, aside."""
    kinds = {kind for kind in api.served().values() if kind.is_listed and kind.plural not in ("events", "componentstatuses")}
    return [f"{kind.plural}/{found['metadata']['name']}" for kind in kinds
            for found in api.several(kind, selector=f"belvedere.dev/owner-uid={uid}")]


def lease_holder():
    lease = get("lease", "belvedere", ns="belvedere-system")
    return ((lease or {}).get("spec") or {}).get("holderIdentity", "")


def children(ns=None, owner_uid=None):
    """All objects that carry our managed-by label, by (kind, namespace, name), pods left out."""
    selector = "app.kubernetes.io/managed-by=belvedere"
    if owner_uid:
        selector += f",belvedere.dev/owner-uid={owner_uid}"
    kinds = ("configmaps,services,serviceaccounts,statefulsets,deployments,daemonsets,"
             "poddisruptionbudgets,networkpolicies,rolebindings,clusterrolebindings")
    found = get(kinds, ns="*", selector=selector)
    result = {}
    for item in found["items"]:
        meta = item["metadata"]
        if ns is None or meta.get("namespace") == ns:
            result[(item["kind"], meta.get("namespace", ""), meta["name"])] = item
    return result


def quiet(seconds=3, timeout=60, user=OPERATOR_USER, every=0.5):
    """Waits until the operator has written nothing for `seconds`; looks `every` so many."""
    audit = Audit()
    seen, since = 0, time.monotonic()
    deadline = since + timeout
    while time.monotonic() < deadline:
        count = len(audit.writes(user))
        if count != seen:
            seen, since = count, time.monotonic()
        if time.monotonic() - since >= seconds:
            return
        time.sleep(every)  # on two cores this competes with what is measured
    raise AssertionError(f"the operator keeps writing: {audit.writes(user)[-10:]}")


def at_rest(timeout=300):
    """Waits until nothing that happened before is still to be written: a repeated event is counted once a minute."""
    quiet(seconds=65, timeout=timeout)


class OperatorTest(unittest.TestCase):
    """A test with one operator running and a namespace of its own."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.kubeconfig = operator_kubeconfig()
        cls.operator = Operator(cls.kubeconfig, *cls.flags)
        cls.operator.wait_until_leading()
        # What earlier tests left to the garbage collector and the sweep must not be counted here.
        kubectl("delete", f"{STACKS},{PIPELINES},{POLICIES}", "--all", "-A", "--timeout=30s")
        eventually(lambda: not children(), 90, "a clean slate", every=0.5)

    @classmethod
    def tearDownClass(cls):
        code = cls.operator.stop()
        os.unlink(cls.kubeconfig)
        if code != 0:
            raise AssertionError(f"operator ended with {code}:\n{cls.operator.text()[-3000:]}")

    def restart_operator(self):
        """Stopped as by SIGTERM and started anew; leading when this returns."""
        type(self).operator.stop()
        type(self).operator = Operator(self.kubeconfig, *self.flags)
        type(self).operator.wait_until_leading()

    def setUp(self):
        self.ns = self.new_namespace()

    def new_namespace(self):
        name = f"e2e-{uuid.uuid4().hex[:8]}"
        kubectl("create", "namespace", name)
        self.addCleanup(self.drop_namespace, name)
        return name

    @staticmethod
    def drop_namespace(name):
        kubectl("delete", f"{STACKS},{PIPELINES},{POLICIES}", "--all", "-n", name, "--ignore-not-found", "--timeout=30s")
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")

    def make_stack(self, name="main", spec=None, ns=None):
        """Creates a stack and waits until all its children are written; returns it."""
        ns = ns or self.ns
        apply(stack(name, ns, spec))
        return eventually(lambda: self.settled(name, ns), 40, f"stack {ns}/{name} is observed")

    @staticmethod
    def settled(name, ns, kind=STACKS):
        """The resource once its status speaks of its generation, else None."""
        found = get(kind, name, ns)
        if not found:
            return None
        status = found.get("status", {})
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return found if seen and condition(found, "Ready") else None
