"""How long an edit of one of many policies takes until the Prometheus of a real node runs it, and what that Prometheus needs."""

import json
import time

import harness as h

NS = "monitoring"


def loaded(generation, ns, name):
    """Whether every Prometheus runs the rules of this generation."""
    found = h.get(h.POLICIES, name, ns)
    state = h.condition(found, "ConfigLoaded")
    return state.get("status") == "True" and state["observedGeneration"] >= generation


def all_loaded(count):
    items = json.loads(h.kubectl("get", h.POLICIES, "-A", "-o", "json", timeout=600))["items"]
    done = sum(h.condition(one, "ConfigLoaded").get("status") == "True" for one in items)
    if done < count:
        raise AssertionError(f"{done} of {count}")
    return True


def prometheus(query):
    answer = json.loads(h.curl(f"http://prometheus-main.{NS}.svc.cluster.local:9090/api/v1/query", "--get",
                               "--data-urlencode", f"query={query}"))
    return float(answer["data"]["result"][0]["value"][1])


def run(count, edits):
    """So many policies are there already; each of `edits` is one of them, changed."""
    h.operator_rolled_out()
    began = time.monotonic()
    h.eventually(lambda: all_loaded(count), 900, "all policies are loaded", every=2)
    figures = {"node_seconds_to_all_loaded": time.monotonic() - began}
    delays = []
    for edited in edits:
        ns, name = edited["metadata"]["namespace"], edited["metadata"]["name"]
        generation = h.get(h.POLICIES, name, ns)["metadata"]["generation"] + 1
        began = time.monotonic()
        h.apply(edited)
        h.eventually(lambda: loaded(generation, ns, name), 600, f"{ns}/{name} is loaded", every=0.1)
        delays.append(time.monotonic() - began)
    delays.sort()
    return figures | {"node_edit_to_loaded_s_p50": delays[len(delays) // 2], "node_edit_to_loaded_s_max": delays[-1],
                      "node_prometheus_rules": prometheus("sum(prometheus_rule_group_rules)"),
                      "node_prometheus_rss_mib": prometheus('process_resident_memory_bytes{job="prometheus"}') / 2**20}
