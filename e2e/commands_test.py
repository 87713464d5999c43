"""The commands of a person at a terminal: render, diff, version, completion, errors that help."""

import json
import re
import subprocess
import tempfile
import unittest

from harness import (BINARY, ROOT, STACKS, OperatorTest, children, eventually, get, stack,
                     try_kubectl)


def belvedere(*arguments, stdin=None):
    """Runs a command; returns (exit code, standard output, standard error)."""
    done = subprocess.run([BINARY, *arguments], input=stdin, text=True, capture_output=True,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


class Commands(OperatorTest):

    def file_of(self, document):
        handle = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        handle.write(document if isinstance(document, str) else json.dumps(document))
        handle.close()
        return handle.name

    def test_render_prints_what_the_operator_writes(self):
        made = self.make_stack()
        code, out, err = belvedere("render", "-o", "json", "-f",
                                   self.file_of(stack("main", self.ns)))
        self.assertEqual(code, 0, err)
        listed = json.loads(out)
        rendered = {(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
                    for item in (listed["items"] if "items" in listed else listed)}
        # The name of a generated Secret's marker depends on the UID that only the API server gives.
        def without_uid(names):
            return {(kind, ns, re.sub("-admin-[0-9a-f]{10}$", "-admin", name)) for kind, ns, name in names}

        self.assertEqual(without_uid(rendered), without_uid(children(owner_uid=made["metadata"]["uid"])))

    def test_the_api_server_takes_what_render_prints(self):
        code, out, err = belvedere("render", "-f", self.file_of(stack("dry", self.ns)))
        self.assertEqual(code, 0, err)
        code, out = try_kubectl("apply", "--dry-run=server", "-f", "-", stdin=out)
        self.assertEqual(code, 0, out)

    def test_diff_says_nothing_then_names_the_field(self):
        self.make_stack()
        same = self.file_of(stack("main", self.ns))
        eventually(lambda: belvedere("diff", "-f", same)[0] == 0, 20, "no difference")
        changed = self.file_of(stack("main", self.ns, {"metrics": {"replicas": 2}}))
        code, out, err = belvedere("diff", "-f", changed)
        self.assertEqual(code, 1, err)
        self.assertIn("replicas", out)
        self.assertIn("PodDisruptionBudget", out)
        before = get(STACKS, "main", self.ns)["metadata"]["resourceVersion"]
        self.assertEqual(get(STACKS, "main", self.ns)["metadata"]["resourceVersion"], before)

    def test_errors_name_what_is_wrong(self):
        for arguments, words, wanted in (
                (["render"], ["--filename"], 2),
                (["render", "-f", "/nonexistent.yaml"], ["/nonexistent.yaml"], 1),
                (["render", "-f", self.file_of("a: [unclosed")], ["line"], 1),
                (["render", "-f", self.file_of(stack("x", "y", {"metrics": {"replicas": "two"}}))],
                 ["spec.metrics.replicas"], 1),
                (["operator", "--workers", "zero"], ["--workers"], 2),
                (["nonsense"], ["nonsense"], 2)):
            with self.subTest(arguments=arguments):
                code, out, err = belvedere(*arguments)
                self.assertEqual(code, wanted, out + err)
                for word in words:
                    self.assertIn(word, err)

    def test_lint_names_the_field_and_gives_advice_that_does_not_fail(self):
        samples = [str(ROOT / "crds/samples" / name) for name in ("monitoringstack-minimal.yaml", "alertpolicy-platform.yaml")]
        files = [word for sample in samples for word in ("-f", sample)]
        code, out, err = belvedere("lint", *files)
        self.assertEqual(code, 0, out + err)
        self.assertIn("AlertPolicy monitoring/platform: advice: spec.notify: ", out)
        bad = (ROOT / "crds/samples/alertpolicy-platform.yaml").read_text().replace("queue_depth{", "queue_depth{{")
        code, out, err = belvedere("lint", "-f", self.file_of(bad))
        self.assertEqual(code, 1, out + err)
        self.assertRegex(out, r"AlertPolicy monitoring/platform: error: spec\.monitors\[1\]\.threshold\.value: 1:\d+: ")

    def test_help_version_and_completion(self):
        for command in ("operator", "agent", "render", "diff", "lint", "version"):
            code, out, _ = belvedere(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("Usage: belvedere " + command, out)
        self.assertRegex(belvedere("version")[1], r"\d+\.\d+\.\d+")
        for shell, checker in (("bash", ["bash", "-n"]), ("zsh", None), ("fish", None)):
            code, out, _ = belvedere("completion", shell)
            self.assertEqual(code, 0)
            self.assertIn("render", out)
            if checker:
                subprocess.run(checker, input=out, text=True, check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
