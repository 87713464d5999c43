"""The install and the code say the same: rights for exactly what the code does, names and versions that exist."""

import pathlib
import re
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASE = ROOT / "manifests/base"
CHILD_VERBS = {"get", "list", "watch", "create", "patch", "delete"}


def documents():
    for path in sorted(BASE.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


def find(kind, name):
    found = [d for d in documents() if d["kind"] == kind and d["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name}: {len(found)} times"
    return found[0]


def code(*folders):
    """All sources below these folders but tests, as one text."""
    return "".join(path.read_text() for folder in folders for path in sorted((ROOT / folder).rglob("*"))
                   if path.suffix in (".h", ".cpp") and not re.search(r"_(test|fuzz|bench)\.cpp$|/testing/", str(path)))


def resource_types():
    """Constant name to (group, plural), from the table of the kube layer."""
    text = (ROOT / "operator/kube/resource.h").read_text()
    return {name: (group, plural) for name, group, plural in
            re.findall(r'ResourceType (k\w+)\{\s*"([^"/]*)/[^"/]*/[^"/]*/([^"/]*)"', text)}


def granted(role):
    """(group, resource) to verbs of all rules without resourceNames."""
    rights = {}
    for rule in role["rules"]:
        if "resourceNames" in rule:
            continue
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                rights.setdefault((group, resource), set()).update(rule["verbs"])
    return rights


class Rights(unittest.TestCase):
    def setUp(self):
        self.role = find("ClusterRole", "belvedere-operator")
        self.rights = granted(self.role)

    def test_children_of_the_code_and_no_others(self):
        types = resource_types()
        kinds = re.findall(r"child_types\(\) const \{(.*?)\n\}", code("controllers"), re.DOTALL)
        self.assertTrue(kinds, "no kind declares its children")
        children = {types[name] for text in kinds for name in re.findall(r"types::(k\w+)", text)}
        self.assertTrue(children)
        self.assertEqual({what for what, verbs in self.rights.items() if "delete" in verbs}, children)
        for child in children:
            self.assertEqual(self.rights[child], CHILD_VERBS, child)

    def test_owner_references_may_block_deletion(self):
        """OwnerReferencesPermissionEnforcement asks for update on the finalizers of the owner; of no use otherwise."""
        blocks = re.search(r'"blockOwnerDeletion",\s*true', code("operator/runtime")) is not None
        self.assertEqual(self.rights.get(("belvedere.dev", "monitoringstacks/finalizers")), {"update"} if blocks else None)

    def test_no_wildcard(self):
        for rule in self.role["rules"]:
            for part in ("apiGroups", "resources", "verbs"):
                self.assertNotIn("*", rule[part])

    def test_secrets_are_made_and_never_read_and_roles_never_written(self):
        for (group, resource), verbs in self.rights.items():
            if resource.split("/")[0] == "secrets":
                self.assertEqual((group, resource, verbs), ("", "secrets", {"create"}))
            self.assertNotIn((group, resource), {("rbac.authorization.k8s.io", r) for r in ("roles", "clusterroles")})

    def test_bind_is_for_the_roles_that_the_code_uses(self):
        bind = [rule for rule in self.role["rules"] if "bind" in rule["verbs"]]
        self.assertEqual(len(bind), 1)
        used = set(re.findall(r'k\w*Role = "([\w-]+)"', code("controllers")))
        self.assertEqual(set(bind[0]["resourceNames"]), used)
        for name in used:
            find("ClusterRole", name)

    def test_operands_read_no_secret(self):
        for name in ("belvedere-prometheus", "belvedere-kube-state-metrics"):
            role = find("ClusterRole", name)
            text = str(role["rules"])
            for word in ("secrets", "configmaps", "nodes/proxy", "'*'"):
                self.assertNotIn(word, text, name)
            verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
            self.assertLessEqual(verbs, {"get", "list", "watch"}, name)

    def test_the_reader_of_dashboards_reads_configmaps_and_nothing_else(self):
        rules = find("ClusterRole", "belvedere-dashboard-reader")["rules"]
        self.assertEqual(rules, [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}])

    def test_kube_state_metrics_reads_what_it_is_told_to_and_no_more(self):
        text = code("controllers/operands")
        listed = re.search(r"kResources =((?:\s*\"[^\"]*\")+);", text).group(1)
        told = set("".join(re.findall(r'"([^"]*)"', listed)).split(","))
        role = find("ClusterRole", "belvedere-kube-state-metrics")
        self.assertEqual({resource for rule in role["rules"] for resource in rule["resources"]}, told)

    def test_the_fence_covers_every_kind_it_may_write(self):
        policy = find("ValidatingAdmissionPolicy", "belvedere-writes-only-its-own")
        covered = {(group, resource) for rule in policy["spec"]["matchConstraints"]["resourceRules"]
                   for group in rule["apiGroups"] for resource in rule["resources"]}
        for (group, resource), verbs in self.rights.items():
            if {"patch", "delete"} <= verbs or resource == "pods":
                self.assertTrue({(group, resource), (group, "*")} & covered, resource)


class Workload(unittest.TestCase):
    def setUp(self):
        self.deployment = find("Deployment", "belvedere")
        self.pod = self.deployment["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]

    def test_image_is_this_version(self):
        version = re.search(r"project\(belvedere VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        self.assertEqual(self.container["image"], f"ghcr.io/belvedere-dev/belvedere:v{version}")

    def test_restricted(self):
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(self.pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        context = self.container["securityContext"]
        self.assertEqual((context["allowPrivilegeEscalation"], context["readOnlyRootFilesystem"], context["capabilities"]),
                         (False, True, {"drop": ["ALL"]}))

    def test_selectors_meet(self):
        labels = self.deployment["spec"]["template"]["metadata"]["labels"]
        for kind, name, path in (("Service", "belvedere-metrics", ("spec", "selector")),
                                 ("PodDisruptionBudget", "belvedere", ("spec", "selector", "matchLabels")),
                                 ("NetworkPolicy", "belvedere", ("spec", "podSelector", "matchLabels")),
                                 ("Deployment", "belvedere", ("spec", "selector", "matchLabels"))):
            selector = find(kind, name)
            for step in path:
                selector = selector[step]
            self.assertTrue(selector)
            self.assertLessEqual(selector.items(), labels.items(), kind)

    def test_probes_meet_the_port(self):
        names = {port["name"] for port in self.container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertIn(self.container[probe]["httpGet"]["port"], names)

    def test_operands_know_the_operator_by_its_labels(self):
        """Their NetworkPolicies let it reach their agents."""
        labels = self.deployment["spec"]["template"]["metadata"]["labels"]
        text = code("controllers", "operator/cache")
        constants = dict(re.findall(r'\b(k\w+Label) = "([^"]+)"', text))
        wanted = re.search(r"OperatorLabels\(\) \{(.*?)\n\}", text, re.DOTALL).group(1)
        pairs = {constants[name]: value for name, value in re.findall(r'\{(?:\w+::)?(k\w+Label),\s*"([^"]+)"\}', wanted)}
        self.assertTrue(pairs)
        self.assertLessEqual(pairs.items(), labels.items())

    def test_the_operator_is_not_its_own_child(self):
        """Else it would watch its own pods, and the sweep would look at them."""
        self.assertNotIn("app.kubernetes.io/managed-by", self.deployment["spec"]["template"]["metadata"]["labels"])


class Whole(unittest.TestCase):
    def test_every_file_is_listed(self):
        listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
        files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
        self.assertEqual({entry for entry in listed if not entry.startswith("..")}, files)

    def test_every_crd_is_listed(self):
        folder = ROOT / "crds"
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        self.assertEqual(set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]), files)

    def test_node_agents_alone_are_privileged(self):
        levels = {d["metadata"]["name"]: d["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
                  for d in documents() if d["kind"] == "Namespace"}
        self.assertEqual(levels, {"belvedere-system": "restricted", "belvedere-node": "privileged"})

    def test_the_lease_of_the_role_is_the_one_of_the_code(self):
        names = {name for rule in find("Role", "belvedere-operator")["rules"] for name in rule.get("resourceNames", [])}
        self.assertEqual(names, {"belvedere"})


if __name__ == "__main__":
    unittest.main()
