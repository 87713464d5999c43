"""Each of our own rules finds what it is there for, and lets pass what is right."""

import unittest

import lint_rules


class Layers(unittest.TestCase):
    def find(self, path, text):
        return list(lint_rules.layers({path: text}))

    def test_below_is_fine(self):
        self.assertEqual(self.find("operator/kube/a.h", '#include "operator/http/transport.h"\n#include <string>\n'), [])
        self.assertEqual(self.find("controllers/operands/a.cpp", '#include "operator/runtime/kind.h"\n'), [])
        self.assertEqual(self.find("operator/main.cpp", '#include "operator/cli/cli.h"\n'), [])

    def test_above_is_not(self):
        for path, name in (("operator/base/a.h", "operator/http/transport.h"), ("operator/cache/a.cpp", "operator/runtime/kind.h"),
                           ("operator/runtime/a.cpp", "controllers/monitoringstack/spec.h"),
                           ("controllers/config/a.cpp", "operator/cli/cli.h")):
            with self.subTest(path=path):
                self.assertEqual(len(self.find(path, f'#include "{name}"\n')), 1)

    def test_web_libraries_stay_in_http(self):
        self.assertEqual(self.find("operator/http/a.cpp", "#include <cpprest/http_client.h>\n"), [])
        for name in ("cpprest/json.h", "pplx/pplxtasks.h", "boost/asio.hpp"):
            with self.subTest(name=name):
                self.assertEqual(len(self.find("operator/kube/a.cpp", f"#include <{name}>\n")), 1)
        self.assertEqual(self.find("operator/base/a.h", "#include <boost/container/flat_map.hpp>\n"), [])

    def test_headers_that_show_web_libraries_are_private(self):
        files = {"operator/http/exchange.h": "#include <cpprest/http_client.h>\n",
                 "operator/http/a.cpp": '#include "operator/http/exchange.h"\n'}
        self.assertEqual(list(lint_rules.layers(files)), [])
        files["operator/kube/a.cpp"] = '#include "operator/http/exchange.h"\n'
        self.assertEqual(len(list(lint_rules.layers(files))), 1)

    def test_fakes_stay_in_tests(self):
        fake = '#include "operator/kube/testing/fake_apiserver.h"\n'
        self.assertEqual(self.find("operator/cache/a_test.cpp", fake), [])
        self.assertEqual(len(self.find("operator/cache/a.cpp", fake)), 1)


class Engine(unittest.TestCase):
    def find(self, path, text):
        return list(lint_rules.engine_knows_no_operand({path: text}))

    def test_names_of_operands(self):
        for line in ('auto x = "Prometheus";', "int grafana = 1;", 'Get("http://loki:3100")'):
            with self.subTest(line=line):
                self.assertEqual(len(self.find("operator/runtime/a.cpp", line)), 1)

    def test_what_may_name_them(self):
        self.assertEqual(self.find("operator/base/a.cpp", "// Prometheus text format\n"), [])
        self.assertEqual(self.find("operator/runtime/a_test.cpp", '"prometheus"'), [])
        self.assertEqual(self.find("controllers/operands/a.cpp", '"prometheus"'), [])
        self.assertEqual(self.find("operator/cli/a.cpp", '"prometheus"'), [])


class Files(unittest.TestCase):
    def test_size(self):
        long = "x\n" * lint_rules.MAX_LINES
        self.assertEqual(len(list(lint_rules.sizes({"operator/a.cpp": long}))), 1)
        self.assertEqual(list(lint_rules.sizes({"operator/a.cpp": long[2:]})), [])
        self.assertEqual(list(lint_rules.sizes({"crds/a.yaml": long, "a/go.sum": long})), [])

    def test_machine_paths(self):
        for path in ("/work/" + "main", "cd /home/" + "me/x", "/root/" + ".cache"):
            with self.subTest(path=path):
                self.assertEqual(len(list(lint_rules.machine_paths({"a.sh": path}))), 1)
        self.assertEqual(list(lint_rules.machine_paths({"a.sh": "$HOME/.cache a/work/b nobody:/root: x"})), [])


class Links(unittest.TestCase):
    def find(self, text):
        return list(lint_rules.links({"docs/a.md": text, "docs/b.md": "# One & two\n", "README.md": "", "hack/x": ""}))

    def test_right(self):
        self.assertEqual(self.find("[b](b.md) [c](b.md#one--two) [d](../README.md) [e](../hack) [f](https://x.example)\n"
                                   "```\n[no](link)\n```\n"), [])

    def test_wrong(self):
        for link in ("c.md", "b.md#three", "../hack/y", "#nowhere"):
            with self.subTest(link):
                self.assertEqual(len(self.find(f"[x]({link})")), 1)


class Runbooks(unittest.TestCase):
    CODE = {"controllers/monitoringstack/status.cpp": 'return {"QuotaExceeded", "x"}; True("Serving", "y"); Find("Ready")',
            "controllers/config/rules/node.yaml": "  - alert: NodeDown\n    expr: up == 0\n",
            "controllers/config/slo.cpp": 'Alert(group, "SloBurns", Burning()); Read("MonitoringStack");'}
    PAGES = {"docs/runbooks/README.md": "[x](QuotaExceeded.md) [y](NodeDown.md) [z](SloBurns.md) `Serving`",
             "docs/runbooks/QuotaExceeded.md": "", "docs/runbooks/NodeDown.md": "", "docs/runbooks/SloBurns.md": ""}

    def find(self, *without, **more):
        files = {**self.CODE, **self.PAGES, **more}
        return list(lint_rules.runbooks({path: text for path, text in files.items() if path not in without}))

    def test_whole(self):
        self.assertEqual(self.find(), [])

    def test_each_has_a_page(self):
        self.assertEqual(len(self.find("docs/runbooks/QuotaExceeded.md")), 1)
        self.assertEqual(len(self.find("docs/runbooks/NodeDown.md")), 1)
        self.assertEqual(len(self.find("docs/runbooks/SloBurns.md")), 1)

    def test_each_page_is_of_use_and_listed(self):
        self.assertEqual(len(self.find("controllers/config/rules/node.yaml")), 1)
        self.assertEqual(len(self.find(**{"docs/runbooks/README.md": "[x](QuotaExceeded.md) [z](SloBurns.md) `Serving`"})), 1)

    def test_what_is_well_is_said_to_be(self):
        self.assertEqual(len(self.find(**{"docs/runbooks/README.md": "[x](QuotaExceeded.md) [y](NodeDown.md) [z](SloBurns.md)"})), 1)


if __name__ == "__main__":
    unittest.main()
