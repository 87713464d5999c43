"""One status, three readers: Argo CD's Lua, kstatus (Flux) and kubectl wait must all get the truth out of it.

testdata/ holds whole resources as a real API server gave them while the real operator looked after them; edited, paused and
deleting are `ready` with one change, degraded and stalled-serving made by hand. TABLE says what each reader must make of them.
"""

import pathlib
import tempfile
import unittest

import yaml
from kstatus import CURRENT, FAILED, IN_PROGRESS, TERMINATING, contract, kstatus, wait_for
from lua import health

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "crds/argocd/health.lua"
TESTDATA = pathlib.Path(__file__).resolve().parent / "testdata"

# file: Argo CD, words in its message, kstatus, kubectl wait --for=condition=Ready
TABLE = {
    "first-apply": ("Progressing", "Waiting for the operator", IN_PROGRESS, False),
    "no-status": ("Progressing", "Waiting for the operator", CURRENT, False),
    "progressing": ("Progressing", "RolloutInProgress: ", IN_PROGRESS, False),
    "ready": ("Healthy", "Reconciled: ", CURRENT, True),
    "edited": ("Progressing", "Waiting for the operator", IN_PROGRESS, False),
    "stalled": ("Degraded", "UnsupportedVersion: ", FAILED, False),
    "conflict": ("Degraded", "OwnershipConflict: ", FAILED, False),
    "stalled-serving": ("Degraded", "Forbidden: ", FAILED, False),
    "degraded": ("Degraded", "CrashLoop: ", IN_PROGRESS, False),
    "paused": ("Suspended", "Paused", CURRENT, True),
    "paused-waiting": ("Suspended", "Paused", IN_PROGRESS, False),
    "deleting": ("Progressing", "deleted", TERMINATING, True),
}
# Before the CRD's default is in place (an API server that does not know it), kstatus alone is wrong: known, and why the default is there.
WITHOUT_CONTRACT = {"no-status"}


def load(name):
    return yaml.safe_load((TESTDATA / f"{name}.yaml").read_text())


class Readers(unittest.TestCase):
    def test_the_table_is_whole(self):
        self.assertEqual({path.stem for path in TESTDATA.glob("*.yaml")}, set(TABLE))

    def test_argo_cd(self):
        for name, (status, words, _, _) in TABLE.items():
            with self.subTest(name):
                got, message = health(SCRIPT, load(name))
                self.assertEqual(got, status, message)
                self.assertIn(words, message)

    def test_kstatus(self):
        for name, (_, _, status, _) in TABLE.items():
            with self.subTest(name):
                self.assertEqual(kstatus(load(name)), status)

    def test_kubectl_wait(self):
        for name, (_, _, _, ready) in TABLE.items():
            with self.subTest(name):
                self.assertEqual(wait_for(load(name), "Ready"), ready)

    def test_readers_agree(self):
        """Nobody calls finished what another calls unfinished or broken."""
        agree = {CURRENT: {"Healthy", "Suspended"}, IN_PROGRESS: {"Progressing", "Degraded", "Suspended"}, FAILED: {"Degraded"},
                 TERMINATING: {"Progressing"}}
        for name, (status, _, computed, _) in TABLE.items():
            if name not in WITHOUT_CONTRACT:
                with self.subTest(name):
                    self.assertIn(status, agree[computed])

    def test_testdata_keeps_the_contract(self):
        for name in TABLE.keys() - WITHOUT_CONTRACT:
            with self.subTest(name):
                self.assertEqual(contract(load(name)), [])


class Contract(unittest.TestCase):
    """The check of the contract can fail."""

    def breach(self, kind, **fields):
        resource = load("ready")
        for condition in resource["status"]["conditions"]:
            if condition["type"] == kind:
                condition.update(fields)
        return contract(resource)

    def test_breaches(self):
        for kind, fields in (("Accepted", {"status": "False"}), ("ConfigLoaded", {"status": "Unknown"}), ("Stalled", {"status": "True"}),
                             ("Reconciling", {"status": "True"}), ("Ready", {"observedGeneration": 0}), ("Available", {"reason": ""}),
                             ("Available", {"type": "Ready"})):
            with self.subTest(kind=kind, **fields):
                self.assertTrue(self.breach(kind, **fields))


class Sandbox(unittest.TestCase):
    """The Lua of the tests lacks what Argo CD's lacks."""

    def test_no_more_than_argo_cd_has(self):
        for code in ('return {status = string.upper("x")}', 'return {status = ("x"):upper()}', "return {status = tostring(os.time())}",
                     "return {status = tostring(math.floor(1.5))}", 'return {status = io.read("a")}', 'return {status = require("x")}'):
            with self.subTest(code), tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
                file.write(code)
                file.flush()
                with self.assertRaises(AssertionError):
                    health(file.name, {})

    def test_values_arrive_as_they_are(self):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write("return {status = obj.a[2].b, message = tostring(obj.n == 3)}")
            file.flush()
            self.assertEqual(health(file.name, {"a": [0, {"b": 'é"\\\n'}], "n": 3}), ('é"\\', "\ntrue"))


class Fragment(unittest.TestCase):
    def test_argocd_cm_holds_the_same_script(self):
        config = yaml.safe_load((ROOT / "crds/argocd/argocd-cm.yaml").read_text())
        customizations = yaml.safe_load(config["data"]["resource.customizations"])
        self.assertEqual(customizations["belvedere.dev/*"]["health.lua"].strip(), SCRIPT.read_text().strip())


if __name__ == "__main__":
    unittest.main()
