"""How many records the log agent takes from the node to the store, as it is deployed: one pipeline of the platform, a Loki."""

import json
import time

import harness as h
import logs

NS = "bench-records"
PODS = 4
SIZE = 200  # bytes of a record besides its number


def agent():
    """The metrics page of the node agent."""
    return h.curl(f"http://{logs.agent_pod()['status']['podIP']}:8888/metrics")


def arrived():
    answer = json.loads(h.curl(
        f"http://loki-main.{NS}.svc.cluster.local:3100/loki/api/v1/query", "--get", "-H", "X-Scope-OrgID: platform",
        "--data-urlencode", f'query=sum(count_over_time({{k8s_namespace_name="{NS}-writers"}}[1h]))'))
    result = answer["data"]["result"]
    return int(result[0]["value"][1]) if result else 0


def run(count):
    h.operator_rolled_out()
    logs.load_writer()
    for ns in (NS, f"{NS}-writers"):
        h.kubectl("create", "namespace", ns)
    h.apply(h.stack("main", NS, {"logs": {"store": "Loki", "storage": {"size": "2Gi"}}}))
    h.apply(logs.pipeline("writers", logs.NODE, {
        "inputs": {"containers": {"namespaces": {"include": [f"{NS}-writers"]}}},
        "outputs": [{"name": "store", "stack": {"name": "main", "namespace": NS}}]}))
    for kind, name, ns in ((h.STACKS, "main", NS), (h.PIPELINES, "writers", logs.NODE)):
        h.eventually(lambda k=kind, n=name, s=ns: h.ready(k, n, s), 240, f"{ns}/{name} is Ready", every=1)

    batches = count // (PODS * 100)
    sent = batches * PODS * 100
    before = agent()
    began = time.monotonic()
    for number in range(PODS):
        h.apply(logs.writer(f"writer-{number}", f"{NS}-writers", batches, 0, size=SIZE))
    h.eventually(lambda: arrived() >= sent, 600, "all records are in the store", every=0.5)
    seconds = time.monotonic() - began
    after = agent()
    cpu = h.metric(after, "otelcol_process_cpu_seconds") - h.metric(before, "otelcol_process_cpu_seconds")
    return {"records": sent, "bytes_per_record": SIZE + len("record writer-0 100000 "), "arrived": arrived(),
            "seconds_from_first_pod_to_last_record": seconds, "records_per_s": sent / seconds,
            "agent_cpu_s": cpu, "records_per_s_per_core": sent / cpu,
            "agent_rss_mib": h.metric(after, "otelcol_process_memory_rss") / 2**20}
