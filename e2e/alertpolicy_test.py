"""Policies on the real API server: their rules on their stack, what is refused and where, who is hurt by a bad one, and when nothing
is written."""

import json
import pathlib
import re
import subprocess
import unittest

import yaml

from harness import (BINARY, POLICIES, STACKS, ROOT, Audit, OperatorTest, apply, at_rest, condition, eventually, get, kubectl, mentions,
                     quiet, stack, try_kubectl)

HOURS = {"timeZone": "Asia/Seoul", "days": ["Monday-Friday"], "from": "09:00", "to": "18:00"}
HOOK = {"url": "http://hook.example"}
SLACK = {"channel": "#platform", "webhookRef": {"name": "slack", "key": "url"}}
SILENCE = {"name": "night", "matchers": {"system": "checkout-api"}, "from": "2026-12-01T09:00:00+09:00",
           "until": "2026-12-01T04:00:00Z", "reason": "kernel upgrade"}
ACCEPTS = {"policies": {"namespaceSelector": {"matchLabels": {"alerts": "yes"}}}}


def slo(name="availability", metric="http_requests_total", **fields):
    ratio = {"total": f'{metric}{{job="checkout"}}', "bad": f'{metric}{{job="checkout",code=~"5.."}}'}
    return {"name": name, "target": "99.9", "ratio": ratio} | fields


def policy(name, ns, stack_ns, *slos, **spec):
    base = {"stack": {"name": "main", "namespace": stack_ns}, "owner": "team-payments", "system": "checkout-api",
            "runbook": "https://runbooks.example/checkout", "slos": list(slos) or [slo()]}
    return {"apiVersion": "belvedere.dev/v1alpha1", "kind": "AlertPolicy", "metadata": {"name": name, "namespace": ns},
            "spec": base | spec}


def shards(ns):
    found = get("configmaps", ns=ns)["items"]
    return [item for item in found if re.fullmatch(r"policies-\d+-main", item["metadata"]["name"])]


def rule_files(ns):
    return {name: text for shard in shards(ns) for name, text in shard.get("data", {}).items()}


def served(ns):
    return [word for shard in shards(ns) for word in shard["metadata"]["annotations"]["belvedere.dev/serves"].split()]


class PolicyTest(OperatorTest):

    def setUp(self):
        super().setUp()
        self.home = self.new_namespace()
        kubectl("label", "namespace", self.ns, "alerts=yes")
        self.stack = self.make_stack(ns=self.home, spec=ACCEPTS)

    def make(self, name="checkout", *slos, ns=None, **spec):
        ns = ns or self.ns
        apply(policy(name, ns, self.home, *slos, **spec))
        return eventually(lambda: self.settled(name, ns, POLICIES), 40, f"policy {ns}/{name} is observed")

    def rules(self, name="checkout", ns=None):
        text = rule_files(self.home).get(f"{ns or self.ns}.{name}.yaml")
        groups = yaml.safe_load(text)["groups"] if text else []
        return [rule | {"labels": group.get("labels", {}) | rule.get("labels", {})} for group in groups for rule in group["rules"]]

    def live(self, name="checkout", ns=None):
        return get(POLICIES, name, ns or self.ns)

    def reason(self, kind, name="checkout", ns=None):
        found = condition(self.live(name, ns), kind)
        return f"{found.get('status')} {found.get('reason')}"


class Routes(PolicyTest):

    def config(self):
        return yaml.safe_load(get("configmaps", "alertmanager-main", self.home)["data"]["alertmanager.yml"])

    def receivers(self):
        return {receiver["name"]: receiver for receiver in self.config()["receivers"]}

    def secrets(self):
        volumes = get("statefulsets", "alertmanager-main", self.home)["spec"]["template"]["spec"]["volumes"]
        return {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}

    def beside(self, name="own", **spec):
        return self.make(name, ns=self.home, **spec)

    def test_a_policys_alerts_go_to_the_receivers_that_it_names_and_may(self):
        receivers = [{"name": "pager", "pagerduty": {"routingKeyRef": {"name": "pagerduty", "key": "k"}}},
                     {"name": "bank", "allowedNamespaces": ["bank"], "webhook": {"url": "http://bank.example"}}]
        self.make_stack(ns=self.home, spec=ACCEPTS | {"alerting": {"receivers": receivers, "fallbackReceiver": "pager"}})
        self.make(notify=[{"severity": "Page", "receiver": "pager"}])

        def routed():
            return [route for route in self.config()["route"]["routes"] if f'policy_namespace="{self.ns}"' in str(route)]

        self.assertIn("pager", str(eventually(routed, 20, "the policy has a route")))
        self.assertIn("pagerduty", self.secrets())
        self.make(notify=[{"severity": "Page", "receiver": "bank"}])
        eventually(lambda: self.reason("Accepted") == "False ReferenceNotFound", 20, "the receiver is not for it")
        self.assertIn("spec.notify[0].receiver", condition(self.live(), "Accepted")["message"])
        eventually(lambda: not routed(), 20, "the route is gone")
        self.assertTrue(self.rules(), "its rules run on")

    def test_tickets_wait_for_business_hours(self):
        self.make_stack(ns=self.home, spec=ACCEPTS | {"alerting": {"receivers": [{"name": "hook", "webhook": HOOK}]}})
        self.make(businessHours=HOURS, notify=[{"severity": "Ticket", "receiver": "hook", "during": "BusinessHours"}])
        intervals = eventually(lambda: self.config().get("time_intervals"), 20, "the hours are there")
        self.assertEqual([(one["name"], one["time_intervals"][0]["location"]) for one in intervals],
                         [(f"{self.ns}/checkout", "Asia/Seoul")])
        self.assertIn("active_time_intervals", str(self.config()["route"]))
        self.assertEqual(self.reason("Accepted"), "True Accepted")

    def test_a_policy_beside_its_stack_has_receivers_of_its_own(self):
        self.beside(notify=[{"severity": "Page", "slack": SLACK}])
        name = f"{self.home}/own/0"
        own = eventually(lambda: self.receivers().get(name), 20, "its receiver is there")
        self.assertEqual(own["slack_configs"][0]["api_url_file"], "/etc/belvedere/secrets/slack/url")
        eventually(lambda: self.secrets() == {"slack"}, 20, "its Secret is mounted")
        eventually(lambda: self.reason("Accepted", "own", self.home) == "True Accepted", 20, "it is accepted")
        self.beside(notify=[{"severity": "Page", "slack": SLACK | {"channel": "{{ .X }}"}}])
        eventually(lambda: self.reason("Accepted", "own", self.home) == "False InvalidSpec", 20, "it is refused")
        self.assertIn("spec.notify[0]: slack.channel", condition(self.live("own", self.home), "Accepted")["message"])
        quiet()
        self.assertEqual(self.receivers().get(name), own, "what was accepted last goes on")
        kubectl("delete", POLICIES, "own", "-n", self.home)
        eventually(lambda: name not in self.receivers() and not self.secrets(), 20, "both are gone with it")

    def test_a_policy_elsewhere_is_told_to_name_a_receiver_of_the_stack(self):
        self.make(notify=[{"severity": "Page", "slack": SLACK}])
        eventually(lambda: self.reason("Accepted") == "False InvalidSpec", 20, "it is refused")
        self.assertRegex(condition(self.live(), "Accepted")["message"],
                         f"spec.notify.0..slack: .*{self.home}.*name a receiver of the stack instead")
        self.assertEqual(self.secrets(), set())


    def test_silences_of_all_policies_are_in_one_file_each_of_its_own_alerts(self):
        self.make(silences=[SILENCE])
        self.beside(silences=[SILENCE | {"reason": "another"}])

        def silences():
            data = get("configmaps", "alertmanager-main", self.home)["data"]
            return {one["createdBy"]: one for one in json.loads(data.get("silences.json", "[]"))}

        found = eventually(lambda: len(silences()) == 2 and silences(), 20, "both are in the file")
        tenants = found[f"belvedere: {self.ns}/checkout/night"]
        self.assertEqual((tenants["startsAt"], tenants["endsAt"], tenants["comment"]),
                         ("2026-12-01T00:00:00Z", "2026-12-01T04:00:00Z", "kernel upgrade"))
        self.assertEqual({one["name"]: one["value"] for one in tenants["matchers"]},
                         {"policy_namespace": self.ns, "policy_name": "checkout", "system": "checkout-api"})
        kubectl("delete", POLICIES, "own", "-n", self.home)
        eventually(lambda: list(silences()) == [tenants["createdBy"]], 20, "it goes with its policy")


class Example(PolicyTest):

    def test_the_full_sample_is_accepted_as_it_is_written(self):
        self.make_stack(ns=self.home, spec=ACCEPTS | {"metrics": {"retention": {"time": "31d"}}})
        sample = yaml.safe_load(pathlib.Path(ROOT / "crds/samples/alertpolicy-full.yaml").read_text())
        sample["metadata"]["namespace"] = self.home
        apply(sample)
        eventually(lambda: self.reason("Accepted", "platform", self.home) == "True Accepted", 30, "it is accepted")
        rules = eventually(lambda: self.rules("platform", self.home), 30, "its rules are there")
        self.assertEqual({rule["labels"]["entry"] for rule in rules if "entry" in rule["labels"]},
                         {entry["name"] for entry in sample["spec"]["slos"] + sample["spec"]["monitors"]})
        self.assertEqual({rule["labels"]["silence"] for rule in rules if "silence" in rule["labels"]},
                         {silence["name"] for silence in sample["spec"]["silences"]})
        data = get("configmaps", "alertmanager-main", self.home)["data"]
        config = yaml.safe_load(data["alertmanager.yml"])
        self.assertEqual([one["name"] for one in config["receivers"]],
                         ["nobody", *[f"{self.home}/platform/{number}" for number in range(3)]])
        self.assertEqual(len(json.loads(data["silences.json"])), 1)
        volumes = get("statefulsets", "alertmanager-main", self.home)["spec"]["template"]["spec"]["volumes"]
        self.assertEqual({volume["secret"]["secretName"] for volume in volumes if "secret" in volume},
                         {"pagerduty", "opsgenie", "slack"})
        # Without a cluster the same comes out, and against this one there is no difference.
        documents = yaml.safe_dump_all([stack("main", self.home, ACCEPTS | {"metrics": {"retention": {"time": "31d"}}}), sample])
        rendered = subprocess.run([BINARY, "render", "-f", "-"], input=documents, text=True, capture_output=True, timeout=60)
        self.assertEqual(rendered.returncode, 0, rendered.stderr)
        made = [one for one in yaml.safe_load_all(rendered.stdout) if one["metadata"]["name"] == "alertmanager-main" and "data" in one]
        self.assertEqual([one["data"] for one in made], [data])
        eventually(lambda: subprocess.run([BINARY, "diff", "-f", "-"], input=documents, text=True, capture_output=True,
                                          timeout=60).returncode == 0, 20, "no difference")


class Rules(PolicyTest):

    def test_a_policys_rules_run_on_its_stack_and_carry_its_name(self):
        made = self.make()
        rules = eventually(self.rules, 30, "the rules are there")
        for rule in rules:
            labels = rule["labels"]
            self.assertEqual((labels["policy_namespace"], labels["policy_name"], labels["entry"], labels["namespace"]),
                             (self.ns, "checkout", "availability", self.ns))
        alerts = [rule for rule in rules if "alert" in rule]
        self.assertIn("SloBudgetBurn", {rule["alert"] for rule in alerts})
        for rule in alerts:
            self.assertEqual((rule["labels"]["owner"], rule["labels"]["system"]), ("team-payments", "checkout-api"))
            self.assertEqual(rule["annotations"]["runbook_url"], "https://runbooks.example/checkout")
        self.assertEqual(served(self.home), [f"{made['metadata']['uid']}@1"])
        self.assertEqual(self.reason("Accepted"), "True Accepted")
        # No pod runs here that could prove anything.
        self.assertEqual(self.reason("ConfigLoaded"), "False WaitingForStack")
        self.assertEqual([entry["state"] for entry in self.live()["status"]["entries"]], ["Pending"])
        self.assertEqual(mentions(made["metadata"]["uid"]), [], "a policy has no children of its own")

    def test_the_sample_is_accepted_as_it_is_written(self):
        sample = yaml.safe_load(pathlib.Path(ROOT / "crds/samples/alertpolicy-minimal.yaml").read_text())
        sample["metadata"]["namespace"] = self.ns
        sample["spec"]["stack"]["namespace"] = self.home
        receivers = [{"name": one["receiver"], "webhook": {"url": "http://hook.example"}} for one in sample["spec"]["notify"]]
        self.make_stack(ns=self.home, spec=ACCEPTS | {"alerting": {"receivers": receivers}})
        apply(sample)
        eventually(self.rules, 30, "the rules are there")
        eventually(lambda: self.reason("Accepted") == "True Accepted", 30, "it is accepted")

    def test_monitors_of_every_kind_run(self):
        sample = yaml.safe_load(pathlib.Path(ROOT / "crds/samples/alertpolicy-platform.yaml").read_text())
        sample["metadata"]["namespace"] = self.home
        apply(sample)
        eventually(lambda: self.rules("platform", self.home), 30, "the rules are there")
        eventually(lambda: self.reason("Accepted", "platform", self.home) == "True Accepted", 30, "it is accepted")
        entries = {entry["name"] for entry in self.live("platform", self.home)["status"]["entries"]}
        self.assertEqual(entries, {rule["labels"]["entry"] for rule in self.rules("platform", self.home)})
        self.assertEqual(len(entries), 7)
        bad = {"name": "bad", "expr": "queue_depth > 1", "for": "1m"}
        sample["spec"]["monitors"].append(bad)
        apply(sample)
        eventually(lambda: self.reason("Accepted", "platform", self.home) == "False EntryRejected", 30, "it is refused")
        self.assertIn("spec.monitors[6]: for: must be at least 5m",
                      condition(self.live("platform", self.home), "Accepted")["message"])

    def test_an_edit_writes_one_config_map_and_status(self):
        for number in range(10):
            self.make(f"p{number}")
        quiet(seconds=12)
        audit = Audit()
        self.make("p3", slo(metric="grpc_requests_total"))
        eventually(lambda: "grpc_requests_total" in str(self.rules("p3")), 30, "the new rules are there")
        quiet(seconds=12)
        writes = [write for write in audit.writes() if write[1] != "events"]
        self.assertEqual([w[1:3] for w in writes if w[3] != "status"],
                         [("configmaps", next(f"{self.home}/{s['metadata']['name']}" for s in shards(self.home)
                                              if f"{self.ns}.p3.yaml" in s["data"]))])
        self.assertLessEqual({w[2] for w in writes if w[3] == "status"}, {f"{self.home}/main", f"{self.ns}/p3"})

    def test_ten_at_rest_write_nothing_nor_does_a_restart(self):
        for number in range(10):
            self.make(f"p{number}")
        eventually(lambda: len(rule_files(self.home)) == 10, 30, "all rules are there")
        at_rest()
        audit = Audit()
        for token in range(3):
            kubectl("annotate", STACKS, "main", "-n", self.home, "--overwrite", f"belvedere.dev/reconcile={token}")
            kubectl("annotate", POLICIES, "--all", "-n", self.ns, "--overwrite", f"belvedere.dev/reconcile={token}")
            quiet(seconds=1)
        self.assertEqual(audit.writes(), [])
        self.restart_operator()
        quiet(seconds=5)
        self.assertEqual(audit.writes(), [], "a restart with nothing to do wrote something")

    def test_a_deleted_policy_leaves_nothing(self):
        uid = self.make()["metadata"]["uid"]
        other = self.make("other")
        eventually(lambda: len(rule_files(self.home)) == 2, 30, "the rules are there")
        kubectl("delete", POLICIES, "checkout", "-n", self.ns)
        eventually(lambda: served(self.home) == [f"{other['metadata']['uid']}@1"], 30, "its rules are gone")
        self.assertEqual(list(rule_files(self.home)), [f"{self.ns}.other.yaml"])
        self.assertEqual(mentions(uid), [])
        kubectl("delete", POLICIES, "other", "-n", self.ns)
        eventually(lambda: shards(self.home) == [], 30, "no shard is left")

    def test_the_pods_do_not_care_whether_there_are_policies(self):
        before = get("statefulset", "prometheus-main", self.home)["spec"]
        self.make()
        eventually(self.rules, 30, "the rules are there")
        self.assertEqual(get("statefulset", "prometheus-main", self.home)["spec"], before)


class Refusals(PolicyTest):

    def test_the_schema_names_the_field(self):
        ratio = {"total": "a", "bad": "b"}
        cases = {
            "spec.slos[0].target": slo(target="100"),
            "spec.slos[0].window": slo(window="a month"),
            "spec.slos[0].tiers[0]": slo(tiers=["Quick"]),
            "spec.slos[0].name": slo(name="Not A Name"),
            "bad is the same as total": slo(ratio={"total": "a", "bad": "a"}),
            "an SLO needs one of ratio, latency": slo(ratio=ratio, latency={"histogram": "h", "threshold": "1s"}),
            "spec.slos[1]": [slo(), slo()],
        }
        for field, entries in cases.items():
            entries = entries if isinstance(entries, list) else [entries]
            document = policy("bad", self.ns, self.home, *entries)
            with self.assertRaises(AssertionError, msg=field) as refused:
                apply(document)
            self.assertIn(field, str(refused.exception))
        for field in ("owner", "system", "runbook", "region"):
            with self.assertRaisesRegex(AssertionError, f"spec.{field}"):
                apply(policy("bad", self.ns, self.home, **{field: "{{ $value }}"}))

    def test_the_schema_names_what_is_wrong_with_who_is_notified_and_when(self):
        ticket = {"severity": "Ticket", "receiver": "hook"}
        cases = {
            "during: BusinessHours needs spec.businessHours": {"notify": [ticket | {"during": "BusinessHours"}]},
            "spec.notify[0].during": {"notify": [ticket | {"during": "Lunch"}], "businessHours": HOURS},
            "to must differ from from": {"businessHours": HOURS | {"to": "09:00"}},
            "spec.businessHours.days[0]": {"businessHours": HOURS | {"days": ["Mon"]}},
            "spec.businessHours.from": {"businessHours": HOURS | {"from": "9:00"}},
            "spec.businessHours.timeZone": {"businessHours": HOURS | {"timeZone": "../etc"}},
            "notify in exactly one way": {"notify": [ticket | {"webhook": HOOK}]},
            "spec.notify[0]": {"notify": [{"severity": "Page"}]},
            "spec.notify[0].slack.channel": {"notify": [{"severity": "Page", "slack": {"webhookRef": {"name": "a", "key": "b"}}}]},
            "until must be after from": {"silences": [SILENCE | {"until": "2026-12-01T00:00:00Z"}]},
            "spec.silences[0].from": {"silences": [SILENCE | {"from": "tomorrow"}]},
            "spec.silences[0].matchers": {"silences": [SILENCE | {"matchers": {}}]},
            "policy_namespace and policy_name are those of this policy": {"silences": [SILENCE | {"matchers": {"policy_name": "a"}}]},
            "must be the name of a label": {"silences": [SILENCE | {"matchers": {"a b": "c"}}]},
            "spec.silences[0].reason": {"silences": [{key: SILENCE[key] for key in SILENCE if key != "reason"}]},
            "unknown field": {"notify": [{"severity": "Page", "pigeon": HOOK}]},
        }
        for field, spec in cases.items():
            with self.assertRaises(AssertionError, msg=field) as refused:
                apply(policy("bad", self.ns, self.home, **spec))
            self.assertIn(field, str(refused.exception))

    def test_promql_that_is_none_is_named_with_its_position(self):
        self.make("checkout", slo(), slo("broken", "x{"))
        self.assertEqual(self.reason("Accepted"), "False EntryRejected")
        self.assertRegex(condition(self.live(), "Accepted")["message"], r"^spec\.slos\[1\]\.ratio\.total: 1:\d+: ")
        states = {entry["name"]: entry["state"] for entry in self.live()["status"]["entries"]}
        self.assertEqual(states["broken"], "Rejected")
        self.assertEqual({rule["labels"]["entry"] for rule in eventually(self.rules, 30, "the rules of the other")},
                         {"availability"})

    def test_one_bad_of_ten_hurts_only_itself_and_keeps_its_last_good_part(self):
        for number in range(10):
            self.make(f"p{number}")
        before = eventually(lambda: len(rule_files(self.home)) == 10 and rule_files(self.home), 30, "all rules are there")
        eventually(lambda: "acceptedSpec" in self.live("p3").get("status", {}), 30, "what was accepted is kept")
        self.make("p3", slo(metric="x{"))
        self.assertEqual(self.reason("Accepted", "p3"), "False EntryRejected")
        self.make("p4", slo(metric="grpc_requests_total"))
        eventually(lambda: "grpc_requests_total" in str(self.rules("p4")), 30, "the good edit is published")
        after = rule_files(self.home)
        own, edited = f"{self.ns}.p3.yaml", f"{self.ns}.p4.yaml"
        self.assertEqual(after[own], before[own])
        self.assertEqual({name: text for name, text in after.items() if name != edited},
                         {name: text for name, text in before.items() if name != edited})
        # It lasts: the operator keeps nothing of it in memory.
        self.restart_operator()
        quiet()
        self.assertEqual(rule_files(self.home), after)
        self.make("p3", slo(metric="y_total"))
        eventually(lambda: "y_total" in str(self.rules("p3")), 30, "it is right again")
        self.assertEqual(self.reason("Accepted", "p3"), "True Accepted")

    def test_a_stack_that_is_missing_is_named_and_found_when_it_comes(self):
        apply(policy("early", self.ns, self.home, stack={"name": "later", "namespace": self.home}))
        eventually(lambda: self.reason("Accepted", "early") == "False ReferenceNotFound", 30, "it is missing")
        self.assertIn(f"{self.home}/later", condition(self.live("early"), "Accepted")["message"])
        apply(stack("later", self.home, ACCEPTS))
        eventually(lambda: self.reason("Accepted", "early") == "True Accepted", 30, "it is there")

    def test_the_stack_decides_whose_policies_it_takes(self):
        stranger = self.new_namespace()
        self.make(ns=stranger)
        eventually(lambda: self.reason("Accepted", ns=stranger) == "False NamespaceNotAccepted", 30, "it is refused")
        self.assertEqual(rule_files(self.home), {})
        kubectl("label", "namespace", stranger, "alerts=yes")
        eventually(lambda: self.rules(ns=stranger), 30, "the label lets it in")
        eventually(lambda: self.reason("Accepted", ns=stranger) == "True Accepted", 30, "it says so")
        kubectl("label", "namespace", stranger, "alerts-")
        eventually(lambda: rule_files(self.home) == {}, 30, "without the label its rules go")
        self.make("own", ns=self.home)
        eventually(lambda: self.rules("own", self.home), 30, "its own namespace needs no label")

    def test_a_name_with_a_dot_is_refused(self):
        code, out = try_kubectl("apply", "-f", "-", stdin=yaml.safe_dump(policy("a.b", self.ns, self.home)))
        self.assertNotEqual(code, 0)
        self.assertIn("metadata.name", out)


if __name__ == "__main__":
    unittest.main()
