"""On the real node: whatever the filters of a tenant say, it reads its own records and nobody else's."""

import random
import re
import time
import unittest

from harness import PIPELINES, apply, eventually, kubectl, ready
from logs import LogsTest, lines, pipeline, uid_of, writer


def generated_filters(chance, other):
    """Filters of every kind, as many as a pipeline takes. They leave most records, and try to pass for those of `other`."""
    fields = ["n", "level", "user", "tenant", "service_name", "k8s_namespace_name", "x-scope-orgid", "belvedere_pipeline"]
    texts = [other, uid_of(other), f"{other}.logs", "containers", "$1", "%{tenant}", "' or true", "a) where (true"]

    def field():
        return chance.choice(fields)

    kinds = [
        lambda: {"drop": {"field": field(), "regex": f"^never {chance.randrange(1000)}$"}},
        lambda: {"drop": {"field": "log", "regex": f" {chance.randrange(100, 1000)} "}},
        lambda: {"keep": {"field": "log", "regex": chance.choice(["record", "x{20}", "[0-9]+ x"])}},
        lambda: {"parse": {"field": "log", "format": "Regex", "regex": f"(?<{chance.choice(['n', 'level', 'tenant'])}>[0-9]+) x"}},
        lambda: {"parse": {"field": chance.choice(["log", "n"]), "format": chance.choice(["JSON", "Logfmt"])}},
        lambda: {"redact": {"field": field(), "regex": "[a-z]+", "replacement": chance.choice(texts)}},
        lambda: {"rename": dict(zip(("from", "to"), chance.sample(fields, 2)))},
        lambda: {"add": {"field": field(), "value": chance.choice(texts)}},
        lambda: {"sample": {"percent": 100}},
    ]
    return [chance.choice(kinds)() for _ in range(63)]


class Filters(LogsTest):

    def test_a_thousand_generated_filters_let_no_foreign_record_through(self):
        tenants = ("filters-a", "filters-b")
        for ns in tenants:
            apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}})
            self.addCleanup(kubectl, "delete", "namespace", ns, "--wait=false")
        filters, chance = 0, random.Random(1)
        for turn in range(2):
            for ns, other in (tenants, tenants[::-1]):
                for number in range(4):
                    made = generated_filters(chance, other)
                    filters += len(made)
                    apply(pipeline(f"logs-{number}", ns, {"filters": made}))
            for ns in tenants:
                for number in range(4):
                    eventually(lambda: ready(PIPELINES, f"logs-{number}", ns), 480, f"{ns}/logs-{number} is Ready", every=2)
                apply(writer(f"of-{ns}-{turn}", ns, 3, 1, size=40))

            def most_there():
                for ns in tenants:
                    numbers = set(re.findall(rf"record of-{ns}-{turn} (\d+)", lines(uid_of(ns))))
                    if len(numbers) < 200:
                        raise AssertionError(f"{ns}: {len(numbers)}")
                return True

            eventually(most_there, 120, "most records of both are in the store", every=5)
        time.sleep(5)
        for ns, other in (tenants, tenants[::-1]):
            self.assertNotIn(f"of-{other}", lines(uid_of(ns)))
        print(f"\n  {filters} filters of two tenants: 0 foreign records")


if __name__ == "__main__":
    unittest.main(verbosity=2)
