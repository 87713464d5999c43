"""Pod logs through the collectors of a node and of two tenants into a Loki: real programs, and the configs that the golden
tests prove to be rendered. The node's files are written as the kubelet writes and rotates them, and collectors and Loki are
killed meanwhile. Only paths and addresses are replaced, for there is no pod to give them."""

import collections
import contextlib
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "controllers/logpipeline/testdata/otelcol"
LOKI_CONFIG = ROOT / "controllers/monitoringstack/testdata/logs/loki.yml"
PROMETHEUS_CONFIG = ROOT / "controllers/monitoringstack/testdata/logs/prometheus.yml"
FLOW_RULES = ROOT / "controllers/config/rules/log-flow.yaml"
TENANTS = ("shop", "bank")
RECORDS = 10_000  # of each tenant
ROTATED_AT = 1_000  # lines
ROTATED_EVERY = 4.0  # seconds at most; the kubelet looks every ten, so that nobody is away for two rotations
STATE = "/var/lib/belvedere/otel-collector"


def programs():
    names = ["otelcol", "loki", "prometheus"]
    paths = subprocess.run([str(ROOT / "hack/controlplane/build"), *names], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    return dict(zip(names, paths))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, tenant=None):
    request = urllib.request.Request(url, headers={"X-Scope-OrgID": tenant} if tenant else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def eventually(check, timeout, what):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if check():
                return
        time.sleep(0.2)
    raise AssertionError(f"not within {timeout} s: {what}")


class Program:
    """A process that can be killed and started again."""

    def __init__(self, command, log, ready_url):
        self.command, self.log, self.ready_url = command, log, ready_url
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            env={**os.environ, "K8S_NODE_NAME": "node-1"})
        try:
            eventually(lambda: fetch(self.ready_url) is not None, 60, f"{self.ready_url} answers")
        except AssertionError:
            print(self.log.read_text()[-3000:])
            raise

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        self.process = None


class Pod:
    """Writes the log of one container as a runtime and the kubelet do."""

    def __init__(self, root, tenant, number):
        self.folder = root / f"var/log/pods/{tenant}_web-{number}_0a1b2c3d-0000-4000-8000-00000000000{number}/app"
        self.folder.mkdir(parents=True)
        self.file = self.open()
        self.lines = self.in_file = 0
        self.rotated = time.monotonic()

    def open(self):
        return open(self.folder / "0.log", "a", encoding="utf-8")

    def write(self, text, tag="F"):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        self.file.write(f"{now}{self.lines % 1000:03d}Z stdout {tag} {text}\n")
        self.lines += 1
        self.in_file += 1
        if tag == "F" and self.in_file >= ROTATED_AT and time.monotonic() - self.rotated >= ROTATED_EVERY:
            self.rotate()

    def rotate(self):
        """The last rotated file stays as it is, the one before is compressed."""
        self.file.close()
        for old in self.folder.glob("0.log.????????-??????"):
            packed = old.with_name(old.name + ".gz.tmp")
            with open(old, "rb") as source, gzip.open(packed, "wb") as target:
                shutil.copyfileobj(source, target)
            packed.rename(old.with_name(old.name + ".gz"))
            old.unlink()
        (self.folder / "0.log").rename(self.folder / f"0.log.20260101-{self.lines:06d}")
        self.file = self.open()
        self.in_file, self.rotated = 0, time.monotonic()


def line(tenant, number):
    """What the filters of the pipeline keep, in three forms."""
    if number % 3 == 0:
        return json.dumps({"n": number, "tenant": tenant, "card": "4111111111111111", "who": {"card": "4222222222222222"}})
    return f"n={number} tenant={tenant} card 4111111111111111 paid"


class Writer(threading.Thread):
    """Writes the numbered records of a tenant, and after every tenth one that is to be dropped."""

    def __init__(self, root, tenant, half):
        super().__init__()
        self.tenant, self.half = tenant, half
        self.pods = [Pod(root, tenant, number) for number in (0, 1)]

    def run(self):
        for number in range(RECORDS):
            pod = self.pods[number % 2]
            text = line(self.tenant, number)
            if number % 50 == 7:  # longer than the runtime's buffer
                pod.write(text[:20], "P")
                text = text[20:]
            pod.write(text)
            if number % 10 == 0:
                pod.write(f"GET /healthz tenant={self.tenant}")
            if number % 100 == 0:
                for each in self.pods:
                    each.file.flush()
                time.sleep(0.12)
            if number == RECORDS // 2:
                self.half.set()
        for pod in self.pods:
            pod.file.close()


class Site:
    """A node's collector, a gateway for each tenant, and a Loki, in one folder."""

    def __init__(self, root, binaries):
        self.root, self.binaries = root, binaries
        self.loki_port = free_port()
        self.loki = self.make_loki()
        gateways = {tenant: free_port() for tenant in TENANTS}
        self.metrics = {}
        self.gateways = {tenant: self.make_collector(f"gateway-{tenant}", {"0.0.0.0:4317": f"127.0.0.1:{port}"})
                         for tenant, port in gateways.items()}
        self.node = self.make_collector("node-tenants", {f"logs-gateway.{tenant}.svc:4317": f"127.0.0.1:{port}"
                                                         for tenant, port in gateways.items()})
        self.prometheus_port = free_port()
        self.prometheus = self.make_prometheus()
        self.all = [self.loki, *self.gateways.values(), self.node]

    def make_loki(self):
        config = yaml.safe_load(LOKI_CONFIG.read_text().replace("/var/loki", str(self.root / "loki")))
        config["server"].update(http_listen_port=self.loki_port, grpc_listen_port=free_port(),
                                http_listen_address="127.0.0.1", grpc_listen_address="127.0.0.1")
        path = self.root / "loki.yaml"
        path.write_text(yaml.safe_dump(config))
        return Program([self.binaries["loki"], f"-config.file={path}"], self.root / "loki.log",
                       f"http://127.0.0.1:{self.loki_port}/ready")

    def make_collector(self, name, addresses):
        health, metrics = free_port(), free_port()
        replaced = {STATE: str(self.root / "state" / name), "/var/log/": f"{self.root}/var/log/",
                    "0.0.0.0:13133": f"127.0.0.1:{health}", "port: 8888": f"port: {metrics}",
                    "loki.example:3100": f"127.0.0.1:{self.loki_port}", **addresses}
        text = (CONFIGS / f"{name}.yml").read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        path = self.root / f"{name}.yaml"
        path.write_text(text)
        self.metrics[name] = f"http://127.0.0.1:{metrics}/metrics"
        return Program([self.binaries["otelcol"], f"--config={path}", *arguments()], self.root / f"{name}.log",
                       f"http://127.0.0.1:{health}/")

    def make_prometheus(self):
        """With the jobs of a stack as they are; only the pods that Kubernetes would show it are told to it."""
        def pod(name, namespace, component, owner=""):
            meta = {"namespace": namespace, "pod_name": name, "pod_phase": "Running", "pod_container_port_name": "metrics",
                    "pod_label_app_kubernetes_io_component": component, "pod_label_belvedere_dev_owner_name": owner}
            return {"targets": [urllib.parse.urlsplit(self.metrics[name]).netloc],
                    "labels": {f"__meta_kubernetes_{key}": value for key, value in meta.items()}}

        pods = {"log-agents": [pod("node-tenants", "belvedere-node", "otel-collector")],
                "log-gateways": [pod(f"gateway-{tenant}", tenant, "log-gateway", "logs") for tenant in TENANTS]}
        jobs = [job for job in yaml.safe_load(PROMETHEUS_CONFIG.read_text())["scrape_configs"] if job["job_name"] in pods]
        for job in jobs:
            del job["kubernetes_sd_configs"]
            job["static_configs"] = pods[job["job_name"]]
        path = self.root / "prometheus.yaml"
        path.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                                        "rule_files": [str(FLOW_RULES)], "scrape_configs": jobs}))
        return Program([self.binaries["prometheus"], f"--config.file={path}", f"--storage.tsdb.path={self.root}/prometheus",
                        f"--web.listen-address=127.0.0.1:{self.prometheus_port}"], self.root / "prometheus.log",
                       f"http://127.0.0.1:{self.prometheus_port}/-/ready")

    def series(self, query):
        """Labels of a query's series, without the metric's name, and their values."""
        answer = json.loads(fetch(f"http://127.0.0.1:{self.prometheus_port}/api/v1/query?" +
                                  urllib.parse.urlencode({"query": query})))
        return [({key: value for key, value in one["metric"].items() if key != "__name__"}, float(one["value"][1]))
                for one in answer["data"]["result"]]

    def records(self, tenant, end):
        """What Loki has of a tenant: labels and text, in the order of time."""
        start, step, found = end - 900 * 10**9, 4000, {}
        while True:
            query = urllib.parse.urlencode({"query": '{k8s_namespace_name=~".+"}', "limit": step, "start": start,
                                            "end": end, "direction": "forward"})
            answer = json.loads(fetch(f"http://127.0.0.1:{self.loki_port}/loki/api/v1/query_range?{query}", f"uid-{tenant}"))
            page = [(int(at), text, stream["stream"]) for stream in answer["data"]["result"]
                    for at, text, *_ in stream["values"]]
            if not page:
                return list(found.values())
            for at, text, labels in page:
                found.setdefault((at, text, labels["k8s_pod_name"]), []).append((labels, text))
            start = max(at for at, _, _ in page) + (0 if len(page) == step else 1)
            if len(page) == step and all(at == start for at, _, _ in page):
                raise AssertionError("a page of one instant")

    def sent_to_loki(self, tenant):
        metrics = fetch(self.metrics[f"gateway-{tenant}"])
        return sum(int(float(value)) for value in
                   re.findall(r"^otelcol_exporter_sent_log_records_total\{.*\} (\S+)$", metrics, re.M))

    def stop(self):
        for program in reversed(self.all):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                program.stop()


def arguments():
    """Of the collector's pods, besides the config: what decides when a record counts as read."""
    source = (ROOT / "controllers/logpipeline/otelcol_workload.cpp").read_text()
    return re.findall(r'"(--feature-gates=[^"]+)"', source)


def number_of(text):
    found = re.search(r'(?:^n=|"n":)(\d+)', text)
    return int(found.group(1)) if found else None


class CollectorTest(unittest.TestCase):
    """Sent, arrived, lost, duplicated and foreign records, with everything killed once."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="belvedere-collector-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.site = Site(pathlib.Path(cls.folder.name), programs())
        cls.addClassCleanup(cls.site.stop)
        for program in cls.site.all:
            program.start()
        cls.seconds = cls.write_through_trouble()
        now = time.time_ns() + 10**9
        cls.found = {tenant: [record for copies in cls.site.records(tenant, now) for record in copies]
                     for tenant in TENANTS}

    @classmethod
    def write_through_trouble(cls):
        site, half = cls.site, threading.Event()
        writers = [Writer(site.root, tenant, half) for tenant in TENANTS]
        began = time.monotonic()
        for writer in writers:
            writer.start()
        half.wait(120)
        site.loki.stop(signal.SIGKILL)
        site.node.stop(signal.SIGKILL)  # while files are rotated
        time.sleep(1)
        site.node.start()
        site.gateways["shop"].stop(signal.SIGKILL)
        time.sleep(1)
        site.gateways["shop"].start()
        site.loki.start()
        for writer in writers:
            writer.join()
        try:
            for tenant in TENANTS:
                eventually(lambda tenant=tenant: len(cls.arrived(tenant)) >= RECORDS, 300, f"all of {tenant} is in Loki")
        except AssertionError:
            for tenant in TENANTS:
                print(f"{tenant}: missing {sorted(set(range(RECORDS)) - cls.arrived(tenant))}")
            raise
        return time.monotonic() - began

    @classmethod
    def arrived(cls, tenant):
        records = cls.site.records(tenant, time.time_ns() + 10**9)
        return {number_of(copies[0][1]) for copies in records} - {None}

    def test_nothing_is_lost_and_nothing_is_foreign(self):
        for tenant in TENANTS:
            texts = [text for _, text in self.found[tenant]]
            numbers = collections.Counter(map(number_of, texts))
            foreign = [text for text in texts if not re.search(rf'tenant(=|":"){tenant}\b', text)]
            lost = RECORDS - len(numbers)
            duplicated = sum(numbers.values()) - len(numbers)
            print(f"{tenant}: sent {RECORDS}, arrived {len(numbers)}, lost {lost}, duplicated {duplicated}, "
                  f"foreign {len(foreign)}; {self.seconds:.1f} s with a second kill each of Loki, node, gateway")
            self.assertEqual((lost, foreign), (0, []))
            self.assertLess(duplicated, RECORDS // 10)

    def test_dropped_records_did_not_arrive(self):
        for tenant in TENANTS:
            self.assertEqual([text for _, text in self.found[tenant] if "healthz" in text], [])

    def test_redacted_at_every_depth(self):
        for tenant in TENANTS:
            texts = [text for _, text in self.found[tenant]]
            self.assertEqual([text for text in texts if re.search(r"\d{16}", text)], [])
            parsed = [json.loads(text) for text in texts if text.startswith("{")]
            self.assertGreaterEqual(len(parsed), RECORDS // 3)
            for record in parsed:
                self.assertEqual((record["card"], record["who.card"], record["tenant"]), ("****", "****", tenant))
            self.assertIn(f"n=1 tenant={tenant} card **** paid", texts)

    def test_records_say_where_they_are_from(self):
        for tenant in TENANTS:
            pods = collections.Counter()
            for labels, text in self.found[tenant]:
                self.assertEqual((labels["k8s_namespace_name"], labels["k8s_container_name"]), (tenant, "app"))
                self.assertEqual(labels["belvedere_pipeline"], f"{tenant}.logs")
                self.assertEqual(labels["k8s_pod_name"], f"web-{number_of(text) % 2}")
                pods[labels["k8s_pod_name"]] += 1
            self.assertEqual(sorted(pods), ["web-0", "web-1"])


if __name__ == "__main__":
    unittest.main()
