"""A right CRD has no finding; each way of being wrong has exactly one."""

import copy
import unittest

import yaml
from crd_lint import lint_text, unlike_receivers

CONDITION = {"type": "object", "description": "d", "required": ["type", "status", "reason", "message", "lastTransitionTime"],
             "properties": {
                 **{name: {"type": "string", "description": "d", "maxLength": 64} for name in ("type", "status", "reason", "message")},
                 "lastTransitionTime": {"type": "string", "description": "d", "format": "date-time"},
                 "observedGeneration": {"type": "integer", "description": "d", "format": "int64"}}}
GOOD = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.belvedere.dev"},
    "spec": {"names": {"shortNames": ["th"], "categories": ["belvedere"]}, "versions": [{
        "name": "v1", "storage": True, "served": True, "subresources": {"status": {}},
        "additionalPrinterColumns": [{"name": "Ready"}, {"name": "Reason"}, {"name": "Age"}],
        "schema": {"openAPIV3Schema": {"type": "object", "description": "d", "properties": {
            "spec": {"type": "object", "description": "d", "properties": {
                "mode": {"type": "string", "description": "d", "enum": ["A"]},
                "profile": {"type": "string", "description": "d", "enum": ["A"]},
                "size": {"x-kubernetes-int-or-string": True, "description": "d", "maxLength": 20},
                "labels": {"type": "object", "description": "d", "maxProperties": 8,
                           "additionalProperties": {"type": "string", "maxLength": 63, "description": "d"}},
                "keyRef": {"type": "object", "description": "d", "properties": {
                    "name": {"type": "string", "description": "d", "maxLength": 253},
                    "key": {"type": "string", "description": "d", "maxLength": 253}}}}},
            "status": {"type": "object", "description": "d", "default": {"observedGeneration": -1}, "properties": {
                "observedGeneration": {"type": "integer", "format": "int64", "description": "d"},
                "conditions": {"type": "array", "description": "d", "maxItems": 16, "x-kubernetes-list-type": "map",
                               "x-kubernetes-list-map-keys": ["type"], "items": CONDITION}}}}}}}]}}


def find(change):
    crd = copy.deepcopy(GOOD)
    version = crd["spec"]["versions"][0]
    change(crd, version, version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"],
           version["schema"]["openAPIV3Schema"]["properties"]["status"])
    return lint_text(yaml.safe_dump(crd, sort_keys=False))


FIELD = {"description": "d"}
WRONG = {
    "unbounded string": lambda c, v, p, s: p["mode"].pop("enum"),
    "pattern alone is no bound": lambda c, v, p, s: p.update(x={**FIELD, "type": "string", "pattern": "a+"}),
    "unbounded list": lambda c, v, p, s: p.update(x={**FIELD, "type": "array", "x-kubernetes-list-type": "set",
                                                     "items": {"type": "string", "maxLength": 1}}),
    "list without a type": lambda c, v, p, s: p.update(x={**FIELD, "type": "array", "maxItems": 1,
                                                          "items": {"type": "string", "maxLength": 1}}),
    "unbounded map": lambda c, v, p, s: p["labels"].pop("maxProperties"),
    "unbounded quantity": lambda c, v, p, s: p["size"].pop("maxLength"),
    "boolean": lambda c, v, p, s: p.update(x={**FIELD, "type": "boolean"}),
    "float": lambda c, v, p, s: p.update(x={**FIELD, "type": "number"}),
    "integer without width": lambda c, v, p, s: p.update(x={**FIELD, "type": "integer"}),
    "free object": lambda c, v, p, s: p.update(x={**FIELD, "type": "object"}),
    "passthrough": lambda c, v, p, s: p["keyRef"].update({"x-kubernetes-preserve-unknown-fields": True}),
    "no description": lambda c, v, p, s: p["mode"].pop("description"),
    "reference without Ref": lambda c, v, p, s: p.update(secret=p.pop("keyRef")),
    "Ref without name": lambda c, v, p, s: p["keyRef"]["properties"].pop("name"),
    "Reference": lambda c, v, p, s: p.update(modeReference={**FIELD, "type": "string", "enum": ["A"]}),
    "path that leads up": lambda c, v, p, s: p.update(paths={**FIELD, "type": "string", "maxLength": 9, "pattern": "^/var/log/[a-z./]+$"}),
    "path to anywhere": lambda c, v, p, s: p.update(paths={**FIELD, "type": "string", "maxLength": 9, "pattern": "^/var/log/|.*$"}),
    "file": lambda c, v, p, s: p.update(tokenFile={**FIELD, "type": "string", "enum": ["A"]}),
    "phase": lambda c, v, p, s: p.update(phase={**FIELD, "type": "string", "enum": ["A"]}),
    "rule without message": lambda c, v, p, s: p["mode"].update({"x-kubernetes-validations": [{"rule": "true"}]}),
    "no status subresource": lambda c, v, p, s: v.update(subresources={}),
    "no Ready column": lambda c, v, p, s: v["additionalPrinterColumns"].pop(0),
    "no default status": lambda c, v, p, s: s.pop("default"),
    "conditions as a plain list": lambda c, v, p, s: s["properties"]["conditions"].update({"x-kubernetes-list-type": "atomic"}),
    "condition without reason": lambda c, v, p, s: s["properties"]["conditions"]["items"]["required"].remove("reason"),
    "no short name": lambda c, v, p, s: c["spec"]["names"].pop("shortNames"),
    "no category": lambda c, v, p, s: c["spec"]["names"].pop("categories"),
    "webhook": lambda c, v, p, s: c["spec"].update(conversion={"strategy": "Webhook"}),
    "no storage version": lambda c, v, p, s: v.update(storage=False),
    "too large": lambda c, v, p, s: c["metadata"].update(annotations={"x": "y" * 102400}),
}


class CrdLint(unittest.TestCase):
    def test_right(self):
        self.assertEqual(find(lambda *_: None), [])

    def test_wrong(self):
        for name, change in WRONG.items():
            with self.subTest(name):
                self.assertEqual(len(find(change)), 1, find(change))

    def test_logs_and_destinations(self):
        def change(_c, _v, properties, _s):
            properties["paths"] = {**FIELD, "type": "string", "maxLength": 9, "pattern": "^/var/log/[a-z]+$"}
            properties["stack"] = {"type": "object", "description": "d", "properties": {
                key: {"type": "string", "description": "d", "maxLength": 63} for key in ("name", "namespace")}}
        self.assertEqual(find(change), [])

    def test_default_and_required(self):
        def change(_c, _v, properties, _s):
            properties["keyRef"]["required"] = ["key"]
            properties["keyRef"]["properties"]["key"]["default"] = "k"
        self.assertEqual(len(find(change)), 1)

    def test_receivers_are_typed_alike(self):
        def text(**ways):
            fields = {"name": {"type": "string"}, "pagerduty": {"type": "object"}} | ways
            schema = {"properties": {"spec": {"properties": {"notify": {"items": {"properties": fields}}}}}}
            return yaml.safe_dump({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}})
        slack = {"type": "object", "required": ["channel"]}
        self.assertEqual(list(unlike_receivers([text(slack=slack), text(slack=slack, during={"type": "string"}), "---"])), [])
        self.assertEqual(len(list(unlike_receivers([text(slack=slack), text(slack={"type": "object"})]))), 1)
        self.assertEqual(len(list(unlike_receivers([text(slack=slack), text()]))), 1)


if __name__ == "__main__":
    unittest.main()
