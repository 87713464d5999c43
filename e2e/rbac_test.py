"""What the operator may do and what it must never be able to do, asked of the API server.

RBAC is asked by SubjectAccessReview for the operator's service account; the admission fence by dry runs in its name.
"""

import json
import unittest
import uuid

from harness import OPERATOR_USER, kubectl, try_kubectl

SYSTEM = "belvedere-system"
GROUPS = ["system:serviceaccounts", f"system:serviceaccounts:{SYSTEM}", "system:authenticated"]
RBAC = "rbac.authorization.k8s.io"
CHILDREN = ["configmaps", "services", "serviceaccounts", "daemonsets.apps", "deployments.apps", "statefulsets.apps",
            "poddisruptionbudgets.policy", "networkpolicies.networking.k8s.io", f"clusterrolebindings.{RBAC}",
            f"rolebindings.{RBAC}"]

# (verbs, resource[.group][/subresource], namespace or "" for all, name or "")
MAY = [
    *((verb, child, "", "") for child in CHILDREN for verb in ("get", "list", "watch", "create", "patch", "delete")),
    *((verb, "monitoringstacks.belvedere.dev", "", "") for verb in ("get", "list", "watch")),
    ("patch", "monitoringstacks.belvedere.dev/status", "", ""),
    ("update", "monitoringstacks.belvedere.dev/finalizers", "", ""),
    *((verb, "pods", "", "") for verb in ("get", "list", "watch", "patch")),
    # Passwords that it generates.
    ("create", "secrets", "", ""),
    ("create", "events.events.k8s.io", "", ""),
    ("patch", "events.events.k8s.io", "", ""),
    ("create", "leases.coordination.k8s.io", SYSTEM, ""),
    ("get", "leases.coordination.k8s.io", SYSTEM, "belvedere"),
    ("update", "leases.coordination.k8s.io", SYSTEM, "belvedere"),
    ("create", "tokenreviews.authentication.k8s.io", "", ""),
    ("create", "subjectaccessreviews.authorization.k8s.io", "", ""),
    ("bind", f"clusterroles.{RBAC}", "", "belvedere-prometheus"),
    ("bind", f"clusterroles.{RBAC}", "", "belvedere-kube-state-metrics"),
    ("bind", f"clusterroles.{RBAC}", "", "belvedere-dashboard-reader"),
]

MUST_NOT = [
    # Secrets: neither their content nor their names, anywhere.
    *((verb, "secrets", ns, "") for ns in ("", "kube-system", SYSTEM)
      for verb in ("get", "list", "watch", "update", "patch", "delete", "deletecollection")),
    # More rights for itself or anybody.
    *((verb, f"{kind}.{RBAC}", "", "") for kind in ("roles", "clusterroles")
      for verb in ("create", "update", "patch", "delete", "escalate", "bind")),
    *(("bind", f"clusterroles.{RBAC}", "", name)
      for name in ("cluster-admin", "admin", "edit", "view", "system:node", "belvedere-operator", "belvedere-edit")),
    *(("impersonate", kind, "", "") for kind in ("users", "groups", "serviceaccounts")),
    ("create", "serviceaccounts/token", "", ""),
    ("create", "serviceaccounts/token", SYSTEM, "belvedere"),
    ("approve", "signers.certificates.k8s.io", "", ""),
    ("create", "certificatesigningrequests.certificates.k8s.io", "", ""),
    # Into a pod, or onto a node.
    *((verb, sub, "", "") for verb in ("get", "create") for sub in ("pods/exec", "pods/attach", "pods/portforward", "pods/proxy")),
    ("get", "pods/log", "", ""),
    ("create", "pods/eviction", "", ""),
    ("patch", "pods/ephemeralcontainers", "", ""),
    ("create", "pods", "", ""),
    ("delete", "pods", "", ""),
    *((verb, "nodes", "", "") for verb in ("get", "list", "patch", "update", "delete")),
    ("get", "nodes/proxy", "", ""),
    ("create", "nodes/proxy", "", ""),
    # The user's own words: resources are read, never written.
    *((verb, "monitoringstacks.belvedere.dev", "", "") for verb in ("create", "update", "patch", "delete")),
    ("update", "monitoringstacks.belvedere.dev/status", "", ""),
    # The cluster itself.
    *((verb, kind, "", "") for verb in ("create", "patch", "delete") for kind in (
        "customresourcedefinitions.apiextensions.k8s.io", "namespaces", "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io", "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io", "flowschemas.flowcontrol.apiserver.k8s.io",
        "apiservices.apiregistration.k8s.io", "priorityclasses.scheduling.k8s.io", "storageclasses.storage.k8s.io")),
    # People's data.
    *((verb, kind, "", "") for verb in ("create", "patch", "delete") for kind in ("persistentvolumeclaims", "persistentvolumes")),
    *(("deletecollection", child, "", "") for child in CHILDREN),
    # Leases of others.
    ("get", "leases.coordination.k8s.io", "kube-system", ""),
    ("update", "leases.coordination.k8s.io", "kube-node-lease", ""),
    ("update", "leases.coordination.k8s.io", SYSTEM, "someone-else"),
    ("delete", "leases.coordination.k8s.io", SYSTEM, "belvedere"),
]


def review(verb, what, namespace, name):
    resource, _, subresource = what.partition("/")
    resource, _, group = resource.partition(".")
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": OPERATOR_USER, "groups": GROUPS, "resourceAttributes": {
                "verb": verb, "resource": resource, "group": group, "subresource": subresource, "namespace": namespace, "name": name}}}


def allowed(questions):
    """The API server's answer to each question, in order."""
    reviews = {"apiVersion": "v1", "kind": "List", "items": [review(*question) for question in questions]}
    text = kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(reviews))
    items, decoder = [], json.JSONDecoder()
    while text := text.lstrip():  # one document after another
        item, end = decoder.raw_decode(text)
        items.append(item)
        text = text[end:]
    return [item["status"].get("allowed", False) for item in items]


class Rbac(unittest.TestCase):
    def test_what_it_must_be_able_to_do(self):
        for question, answer in zip(MAY, allowed(MAY), strict=True):
            with self.subTest(" ".join(question)):
                self.assertTrue(answer)

    def test_what_it_must_not_be_able_to_do(self):
        self.assertGreaterEqual(len(set(MUST_NOT)), 20)
        for question, answer in zip(MUST_NOT, allowed(MUST_NOT), strict=True):
            with self.subTest(" ".join(question)):
                self.assertFalse(answer)

    def test_the_question_is_understood(self):
        """The same question for an administrator, so that a misspelt resource cannot pass as a denial."""
        for question in MUST_NOT[:5]:
            verb, what, namespace, _ = question
            code, out = try_kubectl("auth", "can-i", verb, what, *(["-n", namespace] if namespace else ["-A"]))
            self.assertEqual((code, out.strip()), (0, "yes"), question)

    def test_every_resource_asked_about_is_served(self):
        served = set(kubectl("api-resources", "--no-headers", "-o", "name").split())
        verbs_only = {"users", "groups", "signers.certificates.k8s.io"}  # no resources, but names that RBAC knows
        for _, what, _, _ in MAY + MUST_NOT:
            resource = what.partition("/")[0]
            if resource not in verbs_only:
                self.assertIn(resource, served)


class Fence(unittest.TestCase):
    """ValidatingAdmissionPolicy: of the kinds it may write, only its own objects."""

    OURS = {"app.kubernetes.io/managed-by": "belvedere"}

    @classmethod
    def setUpClass(cls):
        cls.ns = f"e2e-{uuid.uuid4().hex[:8]}"
        kubectl("create", "namespace", cls.ns)
        cls.apply(cls.config("foreign", {}))
        cls.apply(cls.config("ours", cls.OURS))

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", "namespace", cls.ns, "--wait=false")

    @classmethod
    def config(cls, name, labels):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": cls.ns, "labels": labels},
                "data": {"a": "b"}}

    @classmethod
    def apply(cls, document):
        kubectl("apply", "-f", "-", stdin=json.dumps(document))

    def as_operator(self, *args, document=None):
        return try_kubectl(*args, "--as", OPERATOR_USER, *(f"--as-group={group}" for group in GROUPS),
                           stdin=json.dumps(document) if document else None)

    def server_side_apply(self, document):
        return self.as_operator("apply", "--server-side", "--force-conflicts", "--field-manager=belvedere", "--dry-run=server", "-f", "-",
                                document=document)

    def denied(self, answer):
        code, out = answer
        self.assertNotEqual(code, 0, out)
        self.assertIn("belvedere-writes-only-its-own", out)

    def test_creates_only_what_is_labelled(self):
        code, out = self.server_side_apply(self.config("new", self.OURS))
        self.assertEqual(code, 0, out)
        self.denied(self.server_side_apply(self.config("new", {})))

    def test_makes_secrets_of_its_own_and_of_passwords_only(self):
        def create(kind, labels):
            document = {"apiVersion": "v1", "kind": "Secret", "type": kind, "stringData": {"password": "x"},
                        "metadata": {"name": "new", "namespace": self.ns, "labels": labels,
                                     "annotations": {"kubernetes.io/service-account.name": "default"}}}
            return self.as_operator("create", "--dry-run=server", "-f", "-", document=document)

        code, out = create("Opaque", self.OURS)
        self.assertEqual(code, 0, out)
        self.denied(create("Opaque", {}))
        self.denied(create("kubernetes.io/service-account-token", self.OURS))

    def test_changes_only_its_own(self):
        code, out = self.server_side_apply(self.config("ours", self.OURS))
        self.assertEqual(code, 0, out)
        # Not even by claiming it in the same write.
        self.denied(self.server_side_apply(self.config("foreign", self.OURS)))

    def test_deletes_only_its_own(self):
        code, out = self.as_operator("delete", "configmap", "ours", "-n", self.ns, "--dry-run=server")
        self.assertEqual(code, 0, out)
        self.denied(self.as_operator("delete", "configmap", "foreign", "-n", self.ns, "--dry-run=server"))

    def test_takes_back_a_child_whose_label_was_taken_away(self):
        owner = {"apiVersion": "belvedere.dev/v1alpha1", "kind": "MonitoringStack", "name": "main", "uid": str(uuid.uuid4()),
                 "controller": True}
        child = self.config("stripped", {})
        child["metadata"]["ownerReferences"] = [owner]
        self.apply(child)
        child["metadata"]["labels"] = self.OURS
        code, out = self.server_side_apply(child)
        self.assertEqual(code, 0, out)

    def test_takes_back_a_cluster_scoped_child_without_labels(self):
        """There the field manager is all that is left to know it by."""
        binding = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding",
                   "metadata": {"name": f"{self.ns}-stripped", "labels": self.OURS},
                   "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "belvedere-prometheus"}}
        self.addCleanup(kubectl, "delete", "clusterrolebinding", binding["metadata"]["name"])
        kubectl("apply", "--server-side", "--field-manager=belvedere", "-f", "-", stdin=json.dumps(binding))
        kubectl("label", "clusterrolebinding", binding["metadata"]["name"], "app.kubernetes.io/managed-by-")
        code, out = self.server_side_apply(binding)
        self.assertEqual(code, 0, out)

    def test_cannot_give_away_other_roles(self):
        code, out = self.server_side_apply({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{self.ns}-escalation", "labels": self.OURS},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "belvedere", "namespace": SYSTEM}]})
        self.assertNotEqual(code, 0)
        self.assertIn("attempting to grant RBAC permissions not currently held", out)

    def test_cannot_remove_a_binding_of_the_cluster(self):
        self.denied(self.as_operator("delete", "clusterrolebinding", "cluster-admin", "--dry-run=server"))

    def test_people_are_not_fenced(self):
        code, out = try_kubectl("delete", "configmap", "foreign", "-n", self.ns, "--dry-run=server")
        self.assertEqual(code, 0, out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
