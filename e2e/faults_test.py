"""Kills, signals, outages: no wrong write, takeover by the standby, no restart for an outage."""

import os
import subprocess
import time
import unittest

from harness import (ROOT, Audit, Operator, OperatorTest, apply, children, code_of, eventually, lease_holder,
                     quiet, stack)

# The lease in the tests: short, so that a takeover after kill -9 takes seconds.
FAST = ("--lease-duration", "4s", "--renew-deadline", "3s", "--retry-period", "500ms")


def cluster(*arguments):
    subprocess.run([str(ROOT / "hack/cluster"), *arguments], check=True)


class Kill(OperatorTest):
    flags = FAST

    def restart(self):
        type(self).operator = Operator(self.kubeconfig, *self.flags)

    def test_kill_9_at_any_moment_of_the_creation(self):
        reference = self.make_stack(ns=self.new_namespace())
        quiet()
        wanted = len(children(owner_uid=reference["metadata"]["uid"]))
        ns_of = []
        for delay_ms in (0, 5, 10, 20, 40, 80, 160):
            ns = self.new_namespace()
            ns_of.append(ns)
            audit = Audit()
            apply(stack("main", ns))
            time.sleep(delay_ms / 1000)
            type(self).operator.kill()
            self.restart()
            made = eventually(lambda ns=ns: self.settled("main", ns), 40, "the stack is observed")
            quiet()
            live = children(owner_uid=made["metadata"]["uid"])
            singletons = [key for key in children(owner_uid=reference["metadata"]["uid"])
                          if key[1] in ("belvedere-node", "belvedere-system")
                          or "kube-state-metrics" in key[2]]
            self.assertEqual(len(live), wanted - len(singletons), f"killed after {delay_ms} ms")
            # 499: the operator that was killed did not wait for the answer.
            bad = [w for w in audit.writes() if w[0] == "delete" or w[4] not in (200, 201, 409, 499)]
            self.assertEqual(bad, [], [e["responseStatus"] for e in audit.entries() if code_of(e) >= 500])

    def test_the_standby_takes_over_and_sigterm_hands_over_at_once(self):
        standby = Operator(self.kubeconfig, *self.flags)
        self.addCleanup(standby.stop)
        first = lease_holder()
        time.sleep(2)
        type(self).operator.kill()
        eventually(lambda: lease_holder() not in ("", first), 20, "takeover after kill -9")
        self.make_stack()
        successor = Operator(self.kubeconfig, *self.flags)
        type(self).operator = successor
        time.sleep(2)
        holder = lease_holder()
        began = time.monotonic()
        self.assertEqual(standby.stop(), 0)
        eventually(lambda: lease_holder() not in ("", holder), 10, "takeover after SIGTERM")
        print(f"\n  takeover after SIGTERM: {time.monotonic() - began:.2f} s")
        apply(stack("second", self.ns))
        eventually(lambda: self.settled("second", self.ns), 30, "the successor reconciles")


class Outage(OperatorTest):
    flags = FAST
    seconds = int(os.environ.get("BELVEDERE_OUTAGE_SECONDS", "120"))

    def test_api_server_gone(self):
        self.make_stack()
        quiet()
        audit = Audit()
        pid = self.operator.pid
        cluster("pause", "kube-apiserver")
        try:
            time.sleep(self.seconds)
            self.assertTrue(self.operator.alive(), "the operator ended during the outage")
        finally:
            cluster("resume", "kube-apiserver")
        eventually(lambda: lease_holder(), 60, "leadership again")
        apply(stack("after", self.ns))
        eventually(lambda: self.settled("after", self.ns), 90, "it works again")
        quiet()
        self.assertEqual(self.operator.pid, pid)
        self.assertTrue(self.operator.alive())
        touched = [w for w in audit.writes()
                   if "main" in w[2] and w[1] not in ("events", "monitoringstacks")]
        self.assertEqual(touched, [], "the unchanged stack was written")


if __name__ == "__main__":
    unittest.main(verbosity=2)
