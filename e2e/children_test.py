"""One write a child, none at rest, drift put right, nothing of others touched, nothing left."""

import collections
import json
import unittest

from harness import (STACKS, Audit, Operator, OperatorTest, apply, children, condition, eventually,
                     get, kubectl, mentions, quiet, stack, try_kubectl)

# What `spec: {}` makes in the stack's own namespace (the singletons are elsewhere).
OWN_KINDS = {"ConfigMap", "Service", "ServiceAccount", "StatefulSet", "NetworkPolicy"}


def identity(verb_resource_name):
    return verb_resource_name[1:3]


class Creation(OperatorTest):

    def test_each_child_is_written_once_and_status_at_most_twice(self):
        audit = Audit()
        made = self.make_stack()
        quiet()
        uid = made["metadata"]["uid"]
        live = children(owner_uid=uid)
        self.assertGreaterEqual({kind for kind, _, _ in live}, OWN_KINDS)
        writes = audit.writes()
        on_children = [w for w in writes if w[1] not in ("monitoringstacks", "events", "pods")]
        # The operator may not list Secrets, nor is one among `live`.
        self.assertEqual([w[0] for w in on_children if w[1] == "secrets"], ["create"])
        on_children = [w for w in on_children if w[1] != "secrets"]
        counts = collections.Counter(map(identity, on_children))
        twice = [w for w in on_children if counts[identity(w)] > 1]
        self.assertEqual(twice, [], "written more than once")
        self.assertEqual(len(on_children), len(live))
        status = [w for w in writes if w[1] == "monitoringstacks"]
        self.assertLessEqual(len(status), 2)
        self.assertTrue(all(w[3] == "status" for w in status), "wrote more than status")
        self.assertTrue(all(w[4] in (200, 201) for w in writes), writes)

    def test_resync_and_restart_write_nothing(self):
        self.make_stack()
        quiet(seconds=12)  # counters in status may follow the conditions after 10 s
        audit = Audit()
        for token in range(10):
            kubectl("annotate", STACKS, "main", "-n", self.ns, "--overwrite",
                    f"belvedere.dev/reconcile={token}")
            quiet(seconds=0.5)
        self.assertEqual(audit.writes(), [])
        self.restart_operator()
        quiet(seconds=5)
        self.assertEqual(audit.writes(), [], "a restart with nothing to do wrote something")

    def test_two_stacks_of_one_name_do_not_touch_each_other(self):
        other = self.new_namespace()
        first = self.make_stack()
        second = self.make_stack(ns=other)
        quiet()
        mine = children(owner_uid=first["metadata"]["uid"])
        theirs = children(owner_uid=second["metadata"]["uid"])
        self.assertTrue(mine and theirs)
        self.assertFalse(set(mine) & set(theirs))
        kubectl("delete", STACKS, "main", "-n", other)
        eventually(lambda: not children(ns=other), 60, "the second stack's children are gone")
        quiet()
        self.assertEqual(set(mine), set(children(owner_uid=first["metadata"]["uid"])) & set(mine))


class Drift(OperatorTest):

    def test_every_kind_is_put_right(self):
        dashboards = {"selector": {"matchLabels": {"a": "b"}}}
        made = self.make_stack(spec={"metrics": {"replicas": 2}, "alerting": {"replicas": 2},
                                     "dashboards": dashboards})
        quiet()
        live = children(owner_uid=made["metadata"]["uid"])
        edits = {
            "ConfigMap": {"data": None},
            "Service": {"spec": {"ports": None, "selector": {"broken": "yes"}}},
            "ServiceAccount": {"automountServiceAccountToken": True},
            "StatefulSet": {"spec": {"replicas": 0}},
            "Deployment": {"spec": {"replicas": 0}},
            "DaemonSet": {"spec": {"template": {"spec": {"hostNetwork": False}}}},
            "PodDisruptionBudget": {"spec": {"maxUnavailable": "100%", "minAvailable": None}},
            "NetworkPolicy": {"spec": {"podSelector": {"matchLabels": {"nobody": "matches"}}}},
            "ClusterRoleBinding": {"subjects": None},
            "RoleBinding": {"subjects": None},
        }
        tried = set()
        for (kind, ns, name), before in sorted(live.items()):
            if kind in tried and kind != "ConfigMap":
                continue
            tried.add(kind)
            where = ["-n", ns] if ns else []
            with self.subTest(edited=f"{kind} {ns}/{name}"):
                edit = edits[kind]
                if kind == "Service":
                    edit = {"spec": {"selector": {"broken": "yes"}}}
                if before.get("immutable"):
                    edit = {"metadata": {"labels": {"app.kubernetes.io/component": "broken"}}}
                code, out = try_kubectl("patch", kind, name, *where, "--type=merge", "-p",
                                        json.dumps(edit))
                self.assertEqual(code, 0, out)
                eventually(lambda: self.same(kind, name, ns, before), 15, "the edit is undone")
            if "-admin-" in name:
                continue  # to delete the marker is to ask for another admin, under another name: dashboards_test
            with self.subTest(deleted=f"{kind} {ns}/{name}"):
                kubectl("delete", kind, name, *where, "--wait=false")
                eventually(lambda: self.remade(kind, name, ns, before), 40, "it is made again")
        self.assertGreaterEqual(tried, OWN_KINDS | {"PodDisruptionBudget", "ClusterRoleBinding",
                                                    "DaemonSet", "Deployment", "RoleBinding"})

    def test_what_the_cluster_makes_of_our_writes_is_not_fought_over(self):
        self.change_on_admission(self.ns)
        self.make_stack()
        changed = eventually(lambda: self.changed_maps(self.ns), 30, "the policy of the cluster changes what we write")
        quiet()
        audit = Audit()

        def written():
            quiet()
            return len([w for w in audit.writes() if w[1] == "configmaps"])

        kubectl("annotate", STACKS, "main", "-n", self.ns, "belvedere.dev/reconcile=1")
        self.assertEqual(written(), 0)
        # A foreign change makes us look anew: one write at most, and none for the next look.
        for value in (1, 2):
            kubectl("annotate", "configmap", changed[0], "-n", self.ns, "--overwrite", f"example.com/foreign={value}")
            self.assertLessEqual(written(), value)
        before = written()
        kubectl("annotate", STACKS, "main", "-n", self.ns, "--overwrite", "belvedere.dev/reconcile=2")
        self.assertEqual(written(), before)

    def change_on_admission(self, ns):
        """The cluster's own policy, which puts another label on each ConfigMap of ours."""
        name = f"{ns}-label"
        self.addCleanup(kubectl, "delete", "mutatingadmissionpolicybinding,mutatingadmissionpolicy", name)
        label = {"app.kubernetes.io/component": "changed"}
        expression = 'Object{metadata: Object.metadata{labels: {"app.kubernetes.io/component": "changed"}}}'
        apply({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": name},
               "spec": {"reinvocationPolicy": "Never", "failurePolicy": "Fail",
                        "matchConstraints": {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": ns}},
                            "objectSelector": {"matchLabels": {"app.kubernetes.io/managed-by": "belvedere"}},
                            "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
                                               "operations": ["CREATE", "UPDATE"]}]},
                        "mutations": [{"patchType": "ApplyConfiguration",
                                       "applyConfiguration": {"expression": expression}}]}})
        apply({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
               "metadata": {"name": name}, "spec": {"policyName": name}})

        def in_force():
            probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                "name": "probe", "namespace": ns, "labels": {"app.kubernetes.io/managed-by": "belvedere"}}}
            code, out = try_kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(probe))
            return code == 0 and label.items() <= json.loads(out)["metadata"]["labels"].items()
        eventually(in_force, 30, "the cluster's policy is in force")

    @staticmethod
    def changed_maps(ns):
        return [item["metadata"]["name"] for item in get("configmaps", ns=ns, selector="app.kubernetes.io/managed-by=belvedere,"
                                                         "app.kubernetes.io/component=changed")["items"]]

    @staticmethod
    def content(item):
        kept = {k: v for k, v in item.items() if k not in ("metadata", "status")}
        spec = kept.get("spec", {})
        for server_made in ("clusterIP", "clusterIPs"):
            spec.pop(server_made, None)
        meta = item["metadata"]
        kept["labels"] = meta.get("labels", {})
        return kept

    def same(self, kind, name, ns, before):
        now = get(kind, name, ns)
        return now and self.belongs(self.content(now), self.content(before))

    @classmethod
    def belongs(cls, now, before):
        """Whether all that was there before is there again."""
        if isinstance(before, dict):
            return isinstance(now, dict) and all(
                key in now and cls.belongs(now[key], value) for key, value in before.items())
        return now == before

    def remade(self, kind, name, ns, before):
        now = get(kind, name, ns)
        return (now and now["metadata"]["uid"] != before["metadata"]["uid"]
                and not now["metadata"].get("deletionTimestamp")
                and self.belongs(self.content(now), self.content(before)))


class Ownership(OperatorTest):

    def test_a_foreign_object_is_never_touched(self):
        probe = self.new_namespace()
        made = self.make_stack(ns=probe)
        names = [(kind, name) for kind, ns, name in children(ns=probe,
                                                             owner_uid=made["metadata"]["uid"])]
        kind, name = next(pair for pair in names if pair[0] == "ConfigMap")
        apply({"apiVersion": "v1", "kind": "ConfigMap",
               "metadata": {"name": name, "namespace": self.ns}, "data": {"mine": "yes"}})
        before = get("configmap", name, self.ns)
        apply(stack("main", self.ns))
        found = eventually(
            lambda: self.ready_reason(self.ns, "OwnershipConflict"), 30, "OwnershipConflict")
        self.assertEqual(condition(found, "Stalled")["status"], "True")
        self.assertIn(name, condition(found, "Stalled")["message"])
        after = get("configmap", name, self.ns)
        self.assertEqual(after["metadata"]["resourceVersion"],
                         before["metadata"]["resourceVersion"])
        # The others are written all the same, and the conflict ends with the foreign object.
        self.assertIsNotNone(get("serviceaccount", next(
            n for k, n in names if k == "ServiceAccount"), self.ns))
        kubectl("delete", "configmap", name, "-n", self.ns)
        kubectl("annotate", STACKS, "main", "-n", self.ns, "belvedere.dev/reconcile=now")
        eventually(lambda: (get("configmap", name, self.ns) or {}).get("data", {}).get("mine") is None
                   and get("configmap", name, self.ns), 60, "our own is made")

    def ready_reason(self, ns, reason):
        found = get(STACKS, "main", ns)
        return found if condition(found, "Ready").get("reason") == reason else None


class Deletion(OperatorTest):

    def test_nothing_is_left(self):
        made = self.make_stack()
        uid = made["metadata"]["uid"]
        quiet()
        self.assertTrue(mentions(uid))
        kubectl("delete", STACKS, "main", "-n", self.ns)
        eventually(lambda: not mentions(uid), 60, "nothing is left", every=1)

    def test_nothing_is_left_when_deleted_while_the_operator_is_down(self):
        made = self.make_stack()
        uid = made["metadata"]["uid"]
        quiet()
        type(self).operator.stop()
        kubectl("delete", STACKS, "main", "-n", self.ns)
        type(self).operator = Operator(self.kubeconfig, *self.flags)
        eventually(lambda: not mentions(uid), 60, "nothing is left", every=1)

    def test_singletons_pass_to_the_next_oldest_without_a_gap(self):
        heir_ns = self.new_namespace()
        first = self.make_stack()
        quiet()
        singleton = get("daemonset", "node-exporter", "belvedere-node")
        self.assertEqual(singleton["metadata"]["labels"]["belvedere.dev/owner-uid"],
                         first["metadata"]["uid"])
        heir = self.make_stack(ns=heir_ns)
        quiet()
        kubectl("delete", STACKS, "main", "-n", self.ns)

        def passed():
            now = get("daemonset", "node-exporter", "belvedere-node")
            return now and (now["metadata"]["labels"]["belvedere.dev/owner-uid"]
                            == heir["metadata"]["uid"]) and now

        now = eventually(passed, 30, "the heir owns node-exporter")
        self.assertEqual(now["metadata"]["uid"], singleton["metadata"]["uid"],
                         "it was deleted and made again")
        self.assertEqual(now["metadata"]["generation"], singleton["metadata"]["generation"],
                         "its pods were rolled")


if __name__ == "__main__":
    unittest.main(verbosity=2)
