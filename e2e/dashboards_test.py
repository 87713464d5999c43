"""Grafana of a stack on the real API server: what each field makes, that it goes again, and what is refused."""

import base64
import json
import unittest

from harness import STACKS, OperatorTest, apply, children, eventually, get, kubectl, quiet, stack, try_kubectl

GRAFANA = "app.kubernetes.io/component"
EXAMPLE = {"replicas": 1, "adminRef": {"name": "grafana-admin"},
           "selector": {"matchLabels": {"grafana_dashboard": "1"}}}
ALWAYS = {"ConfigMap", "NetworkPolicy", "Service", "ServiceAccount", "StatefulSet"}

# spec.dashboards, then kinds of objects that it makes besides those that are always there
TOGGLES = [
    ({"selector": {"matchLabels": {"grafana_dashboard": "1"}}}, {"RoleBinding"}),
    ({"adminRef": {"name": "grafana-admin"}}, set()),
    (EXAMPLE, {"RoleBinding"}),
]

# spec.dashboards, then a word that the message must hold
BAD = [
    ({"state": "On"}, "dashboards.state"),
    ({"replicas": 2}, "dashboards.replicas"),
    ({"replicas": 0}, "dashboards.replicas"),
    ({"adminRef": {}}, "dashboards.adminRef.name"),
    ({"adminRef": {"name": "../x"}}, "dashboards.adminRef.name"),
    ({"selector": {}}, "dashboards.selector.matchLabels"),
    ({"selector": {"matchLabels": {}}}, "dashboards.selector.matchLabels"),
    ({"selector": {"matchLabels": {"a": "1", "b": "2"}}}, "dashboards.selector.matchLabels"),
    ({"selector": {"matchLabels": {"a": ""}}}, "dashboards.selector.matchLabels"),
    ({"storage": {"storageClassName": "fast"}}, "dashboards.storage.size"),
    ({"anonymous": True}, "anonymous"),
]


def without_admin(workload):
    """The spec, but for which Secret holds the admin: each generated one has a name of its own."""
    volumes = workload["spec"]["template"]["spec"]["volumes"]
    volumes[:] = [volume for volume in volumes if volume["name"] != "admin"]
    return workload["spec"]


class Dashboards(OperatorTest):

    def grafana(self, uid):
        """Grafana's objects by kind."""
        found = {}
        for (kind, _, _), item in children(owner_uid=uid).items():
            if item["metadata"]["labels"].get(GRAFANA) == "grafana":
                found.setdefault(kind, []).append(item)
        return found

    def edit(self, dashboards):
        """Replaces spec.dashboards and waits until it is observed."""
        kubectl("patch", STACKS, "main", "-n", self.ns, "--type=json", "-p",
                json.dumps([{"op": "add", "path": "/spec/dashboards", "value": dashboards}]))
        eventually(lambda: self.settled("main", self.ns), 30, "the edit is observed")
        quiet(seconds=1)

    def test_each_field_makes_its_objects_and_takes_them_away(self):
        uid = self.make_stack()["metadata"]["uid"]
        quiet(seconds=1)
        self.assertEqual(set(self.grafana(uid)), ALWAYS)
        before = without_admin(get("statefulset", "grafana-main", self.ns))
        for dashboards, kinds in TOGGLES:
            with self.subTest(dashboards=dashboards):
                self.edit(dashboards)
                self.assertEqual(set(self.grafana(uid)), ALWAYS | kinds)
                self.edit({})
                self.assertEqual(set(self.grafana(uid)), ALWAYS)
                self.assertEqual(without_admin(get("statefulset", "grafana-main", self.ns)), before)
        self.edit({"state": "Disabled"})
        self.assertEqual(self.grafana(uid), {})
        self.edit({"state": "Enabled"})
        self.assertEqual(set(self.grafana(uid)), ALWAYS)

    def admin_secret(self):
        """The Secret that Grafana mounts, and its marker, when both are there and belong together."""
        pod = get("statefulset", "grafana-main", self.ns)["spec"]["template"]["spec"]
        name = next(volume["secret"]["secretName"] for volume in pod["volumes"] if volume["name"] == "admin")
        secret, marker = get("secret", name, self.ns), get("configmap", name, self.ns)
        if not secret or not marker or not marker.get("data"):
            return None
        [owner] = secret["metadata"]["ownerReferences"]
        return secret if (owner["kind"], owner["uid"]) == ("ConfigMap", marker["metadata"]["uid"]) else None

    def test_the_admin_is_generated_once_and_anew_when_its_marker_is_deleted(self):
        self.make_stack()
        first = eventually(self.admin_secret, 30, "the Secret is made")
        self.assertEqual(set(first["data"]), {"username", "password"})
        self.assertEqual(len(base64.b64decode(first["data"]["password"])), 32)
        # A change of Grafana, and a restart, make nothing again.
        self.edit({"resources": {"requests": {"memory": "200Mi"}}})
        self.restart_operator()
        quiet(seconds=2)
        same = self.admin_secret()
        self.assertEqual((same["metadata"]["uid"], same["data"]), (first["metadata"]["uid"], first["data"]))
        status = eventually(lambda: get(STACKS, "main", self.ns)["status"].get("adminSecret"), 30, "status names it")
        self.assertEqual(status, first["metadata"]["name"])

        kubectl("delete", "configmap", status, "-n", self.ns)
        second = eventually(lambda: (found := self.admin_secret()) and found["metadata"]["uid"] != first["metadata"]["uid"]
                            and found, 30, "another one is made")
        self.assertNotEqual(second["metadata"]["name"], status)
        self.assertNotEqual(second["data"]["password"], first["data"]["password"])
        eventually(lambda: get("secret", status, self.ns) is None, 60, "the first is deleted with its marker")

    def test_the_log_store_is_a_data_source_while_there_is_one(self):
        self.make_stack()
        for logs in ("None", "Loki", "None"):
            kubectl("patch", STACKS, "main", "-n", self.ns, "--type=merge", "-p",
                    json.dumps({"spec": {"logs": {"store": logs}}}))
            eventually(lambda: self.settled("main", self.ns), 30, "the edit is observed")
            quiet(seconds=1)
            pod = get("statefulset", "grafana-main", self.ns)["spec"]["template"]["spec"]
            # The config of the pods to come: older ones stay until every pod has rolled, and none runs here.
            config = next(volume["configMap"]["name"] for volume in pod["volumes"] if volume["name"] == "config")
            sources = get("configmap", config, self.ns)["data"]["datasources.yml"]
            self.assertEqual("uid: loki" in sources, logs == "Loki")
            writer = next(container for container in pod["initContainers"] if container["name"] == "dashboards")
            self.assertEqual("belvedere-logs" in writer["args"], logs == "Loki")

    def test_the_reader_may_read_configmaps_of_its_namespace_and_no_more(self):
        self.make_stack(spec={"dashboards": EXAMPLE})
        quiet(seconds=1)
        account = f"system:serviceaccount:{self.ns}:grafana-main"
        may = [("list", "configmaps", self.ns, "yes"), ("watch", "configmaps", self.ns, "yes"),
               ("list", "configmaps", "kube-system", "no"), ("get", "secrets", self.ns, "no"),
               ("list", "secrets", self.ns, "no"), ("patch", "configmaps", self.ns, "no"),
               ("list", "pods", self.ns, "no")]
        for verb, what, ns, wanted in may:
            with self.subTest(f"{verb} {what} in {ns}"):
                _, out = try_kubectl("auth", "can-i", verb, what, "-n", ns, "--as", account)
                self.assertEqual(out.strip().splitlines()[-1], wanted)

    def test_the_volume_stays_as_it_is_while_grafana_runs(self):
        self.make_stack(spec={"dashboards": {"storage": {"size": "1Gi"}}})
        for value in ({"storage": {"size": "2Gi"}}, {}):
            code, out = try_kubectl("patch", STACKS, "main", "-n", self.ns, "--type=json", "-p", json.dumps(
                [{"op": "add", "path": "/spec/dashboards", "value": value}]))
            self.assertNotEqual(code, 0, value)
            self.assertIn("spec.dashboards.storage.size", out)
        self.edit({"state": "Disabled"})
        self.edit({"storage": {"size": "2Gi"}})
        made = eventually(lambda: get("statefulset", "grafana-main", self.ns), 30, "it is made again")
        claim = made["spec"]["volumeClaimTemplates"][0]["spec"]
        self.assertEqual(claim["resources"]["requests"]["storage"], "2Gi")

    def test_bad_specs_are_refused_by_field(self):
        apply(stack("good", self.ns, {"managementState": "Paused", "dashboards": EXAMPLE}))
        for dashboards, word in BAD:
            with self.subTest(dashboards=dashboards):
                code, out = try_kubectl("apply", "-f", "-", stdin=json.dumps(
                    stack("bad", self.ns, {"dashboards": dashboards})))
                self.assertNotEqual(code, 0, "it was accepted")
                self.assertIn(word, out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
