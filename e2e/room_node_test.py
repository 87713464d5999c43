"""On the real node: policies that fill what their stack can hold. Who is in stays in, with what it had."""

import collections
import unittest

import yaml

from alertpolicy_test import policy
from harness import (POLICIES, STACKS, apply, condition, eventually, get, kubectl, operator_rolled_out, ready,
                     restricted_namespace, stack)

NS = "room"
LONG = "x" * 1000
# Some 5 KiB of Alertmanager's config; a policy has at most 16 of them.
WECHAT = {"severity": "Page", "wechat": {"corporation": LONG, "agent": LONG, "toUser": LONG, "toParty": LONG, "toTag": LONG,
                                         "secretRef": {"name": "wechat", "key": "key"}}}
LARGE = [f"large-{i:02}" for i in range(12)]


def make(name, targets):
    apply(policy(name, NS, NS, notify=[WECHAT] * targets))


def accepted(name):
    found = get(POLICIES, name, NS)
    state = condition(found, "Accepted")
    is_new = state.get("observedGeneration") == found["metadata"]["generation"]
    return f"{state.get('status')} {state.get('reason')}" if is_new else ""


def receivers():
    """How many of the policies' own receivers are in Alertmanager's config, by policy."""
    text = get("configmaps", "alertmanager-main", NS)["data"]["alertmanager.yml"]
    config = yaml.load(text, yaml.CSafeLoader)  # 900 KiB, which take the other reader half a minute
    owners = [receiver["name"].split("/") for receiver in config["receivers"]]
    return collections.Counter(owner[1] for owner in owners if owner[0] == NS and len(owner) == 3)


class Room(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        operator_rolled_out()
        restricted_namespace(NS)
        apply(stack("main", NS, {"profile": "Demo"}))
        eventually(lambda: ready(STACKS, "main", NS), 240, "the stack is Ready", every=1)

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", "namespace", NS, "--wait=false")

    def test_who_is_in_stays_in_and_a_version_without_room_leaves_the_one_before(self):
        make("small", 1)
        eventually(lambda: ready(POLICIES, "small", NS), 120, "the small one is loaded", every=1)
        for name in LARGE:
            make(name, 16)
        eventually(lambda: accepted(LARGE[-1]) == "False NoRoom", 60, "the last one finds no room")
        left_out = [name for name in LARGE if accepted(name) == "False NoRoom"]
        taken = [name for name in LARGE if name not in left_out]
        self.assertEqual(LARGE, taken + left_out, "the first came first")
        for name in taken:
            eventually(lambda: ready(POLICIES, name, NS), 120, f"{name} is loaded", every=1)
        self.assertEqual(receivers(), {"small": 1} | {name: 16 for name in taken})

        make("a-new-one", 16)
        make("small", 16)
        for name in ("a-new-one", "small"):
            eventually(lambda: accepted(name) == "False NoRoom", 60, f"{name} finds no room")
        self.assertIn("KiB of routes", condition(get(POLICIES, "small", NS), "Accepted")["message"])
        self.assertEqual(receivers(), {"small": 1} | {name: 16 for name in taken})
        eventually(lambda: ready(STACKS, "main", NS), 120, "the stack is Ready", every=1)

        kubectl("delete", POLICIES, taken[0], "-n", NS)
        eventually(lambda: ready(POLICIES, "small", NS), 120, "the room that is free is its", every=1)
        self.assertEqual(receivers(), {"small": 16} | {name: 16 for name in taken[1:]})


if __name__ == "__main__":
    unittest.main(verbosity=2)
