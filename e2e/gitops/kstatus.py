"""What the common consumers of a status make of it, ported from their rules.

kstatus (sigs.k8s.io/cli-utils pkg/kstatus/status) decides for Flux and kpt; kubectl wait for scripts.
"""

TERMINATING, IN_PROGRESS, FAILED, CURRENT = "Terminating", "InProgress", "Failed", "Current"


def conditions(resource):
    return resource.get("status", {}).get("conditions", [])


def kstatus(resource):
    """The computed status of a custom resource."""
    metadata = resource["metadata"]
    if metadata.get("deletionTimestamp"):
        return TERMINATING
    observed = resource.get("status", {}).get("observedGeneration")
    if observed is not None and observed != metadata["generation"]:
        return IN_PROGRESS
    for condition in conditions(resource):
        if condition["type"] == "Reconciling" and condition["status"] == "True":
            return IN_PROGRESS
        if condition["type"] == "Stalled" and condition["status"] == "True":
            return FAILED
    for condition in conditions(resource):
        if condition["type"] == "Ready":
            # Unknown is as good as False: never failed by itself.
            return CURRENT if condition["status"] == "True" else IN_PROGRESS
    # A resource that says nothing counts as done: this is why the CRD has a default status.
    return CURRENT


def wait_for(resource, kind):
    """Whether `kubectl wait --for=condition=KIND` would return now."""
    for condition in conditions(resource):
        if condition["type"].lower() != kind.lower():
            continue
        observed = condition.get("observedGeneration")
        if observed is not None and observed < resource["metadata"]["generation"]:
            return False
        return condition["status"] == "True"
    return False


def contract(resource):
    """Breaches of the status contract of all our kinds (docs/architecture.md, "Status")."""
    status = resource.get("status", {})
    found = {condition["type"]: condition for condition in conditions(resource)}
    if not found:
        return [] if status.get("observedGeneration") == -1 else ["no condition after the first visit"]
    breaches = [f"no condition {kind}" for kind in ("Ready", "Reconciling", "Stalled", "Accepted", "Available", "ConfigLoaded")
                if kind not in found]
    if len(found) != len(conditions(resource)):
        breaches.append("a condition appears twice")
    truth = {kind: condition["status"] for kind, condition in found.items()}
    if truth.get("Ready") == "True":
        breaches += [f"Ready, but {kind} is {truth.get(kind)}" for kind in ("Accepted", "Available", "ConfigLoaded") if truth.get(kind) != "True"]
        breaches += [f"Ready, but {kind} is True" for kind in ("Reconciling", "Stalled") if truth.get(kind) == "True"]
    if truth.get("Reconciling") == "True" and truth.get("Stalled") == "True":
        breaches.append("Reconciling and Stalled at once")
    for kind, condition in found.items():
        if condition.get("observedGeneration") != status.get("observedGeneration"):
            breaches.append(f"{kind} is of generation {condition.get('observedGeneration')}, status of {status.get('observedGeneration')}")
        if not condition.get("reason"):
            breaches.append(f"{kind} has no reason")
    if status.get("observedGeneration", 0) > resource["metadata"]["generation"]:
        breaches.append("observes a generation that does not exist yet")
    return breaches
