"""A bad spec is refused by the API server with a message that names the field."""

import unittest
import uuid

from harness import STACKS, kubectl, stack, try_kubectl

import json

# spec, then words the message must hold
BAD = [
    ({"managementState": "Maybe"}, ["managementState", "Managed", "Paused"]),
    ({"profile": "Huge"}, ["profile", "Small", "Medium"]),
    ({"metrics": {"replicas": -1}}, ["metrics.replicas"]),
    ({"metrics": {"replicas": 1000}}, ["metrics.replicas"]),
    ({"metrics": {"replicas": "two"}}, ["metrics.replicas"]),
    ({"metrics": {"scrapeInterval": "often"}}, ["metrics.scrapeInterval", "between 5s and 1h, such as 30s"]),
    ({"metrics": {"retention": {"time": "2 weeks"}}}, ["metrics.retention.time", '"2 weeks"', "duration such as 12h"]),
    ({"metrics": {"retention": {"time": "forever"}}}, ["metrics.retention.time", "duration such as 12h"]),
    ({"metrics": {"retention": {"size": "big"}}}, ["metrics.retention.size", "such as 45GB"]),
    ({"metrics": {"storage": {"size": "lots"}}}, ["metrics.storage.size", "such as 512Mi"]),
    ({"metrics": {"retention": {"size": "big"}, "storage": {"size": "lots"}}},
     ["metrics.retention.size", "such as 45GB", "metrics.storage.size", "such as 512Mi"]),
    ({"metrics": {"limits": {"sampleLimit": -5}}}, ["metrics.limits.sampleLimit"]),
    ({"alerting": {"replicas": 99}}, ["alerting.replicas"]),
    ({"alerting": {"receivers": [{"name": "a", "webhook": {"url": "example.com"}}]}},
     ["alerting.receivers[0].webhook.url", "such as https://"]),
    ({"cluster": {"name": "a\nb"}}, ["cluster.name"]),
    ({"targets": {"nodes": {"state": "On"}}}, ["targets.nodes.state"]),
    ({"networkPolicies": {"state": True}}, ["networkPolicies.state"]),
    ({"metrics": {"unknownField": 1}}, ["unknownField"]),
]


class Admission(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.ns = f"e2e-{uuid.uuid4().hex[:8]}"
        kubectl("create", "namespace", cls.ns)

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", "namespace", cls.ns, "--wait=false")

    def test_bad_specs_are_refused_by_field(self):
        for spec, words in BAD:
            with self.subTest(spec=spec):
                code, out = try_kubectl("apply", "-f", "-",
                                        stdin=json.dumps(stack("bad", self.ns, spec)))
                self.assertNotEqual(code, 0, "it was accepted")
                for word in words:
                    self.assertIn(word, out)
                if any("such as" in word for word in words):
                    self.assertNotIn("should match", out, "an example, and a regular expression as well")
                self.assertNotIn("evaluating", out, "a rule of ours could not be evaluated")

    def test_status_starts_unobserved(self):
        kubectl("apply", "-f", "-", stdin=json.dumps(stack("fresh", self.ns)))
        out = kubectl("get", STACKS, "fresh", "-n", self.ns, "-o",
                      "jsonpath={.status.observedGeneration}")
        self.assertIn(out, ("-1", "1"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
