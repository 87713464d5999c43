#!/usr/bin/env python3
"""Holds CustomResourceDefinitions to the rules of our API.

    hack/crd_lint.py crds/*.yaml

Everything a user sends is bounded (that also keeps the cost of CEL rules bounded), every field is described, nothing in it
points at files, and the status can be read by kubectl wait, Flux and Argo CD alike. One line for each finding.
"""

import os
import re
import sys

import yaml

MAX_BYTES = 100 * 1024
BOUNDED_FORMATS = {"date-time", "date", "uuid", "ipv4", "ipv6"}
CONDITION_FIELDS = {"type", "status", "reason", "message", "lastTransitionTime", "observedGeneration"}
OUTSIDE = ("/etc/a", "/var/logs/a", "/var/log/..", "/var/log/../a", "/var/log/a/../../b", "/var/log/a,/etc/a", "/var/log//etc/a")
# Where records go: says what the destination is, as its siblings do, and happens to be one of our objects.
DESTINATIONS = {"stack"}
# What a thing is, rather than what should become of it: there is no third value.
FACTS = {"symptom"}
CONDITION_REQUIRED = CONDITION_FIELDS - {"observedGeneration"}


def below_logs(node):
    """Whether a value can name nothing but logs of a node."""
    pattern = node.get("items", node).get("pattern", "")
    if not (pattern.startswith("^/var/log/") and pattern.endswith("$")):
        return False
    return not any(re.search(pattern, path) for path in OUTSIDE)


class Lint:
    def __init__(self):
        self.findings = []

    def note(self, where, what):
        self.findings.append(f"{where}: {what}")

    def crd(self, document, size):
        name = document.get("metadata", {}).get("name", "?")
        if size >= MAX_BYTES:
            self.note(name, f"{size} bytes; kubectl apply keeps a copy in an annotation, so stay below {MAX_BYTES}")
        spec = document.get("spec", {})
        names = spec.get("names", {})
        if not names.get("shortNames"):
            self.note(name, "has no shortNames")
        if "belvedere" not in names.get("categories", []):
            self.note(name, "is not in the category belvedere")
        if "conversion" in spec and spec["conversion"].get("strategy") != "None":
            self.note(name, "needs a conversion webhook; we have no webhook")
        versions = spec.get("versions", [])
        if sum(1 for v in versions if v.get("storage")) != 1:
            self.note(name, "needs exactly one storage version")
        for version in versions:
            self.version(f"{name} {version.get('name')}", version)

    def version(self, where, version):
        if "status" not in version.get("subresources", {}):
            self.note(where, "has no status subresource")
        columns = [c.get("name") for c in version.get("additionalPrinterColumns", [])]
        for column in ("Ready", "Reason", "Age"):
            if column not in columns:
                self.note(where, f"has no column {column}")
        root = version.get("schema", {}).get("openAPIV3Schema", {})
        properties = root.get("properties", {})
        for part in ("spec", "status"):
            if part not in properties:
                self.note(where, f"schema has no {part}")
        self.schema(where, {k: v for k, v in root.items() if k != "properties"} | {
            "properties": {k: v for k, v in properties.items() if k in ("spec", "status")}}, "", "root")
        self.status(where, properties.get("status", {}))

    def status(self, where, status):
        if status.get("default") != {"observedGeneration": -1}:
            self.note(f"{where} status", "needs the default {observedGeneration: -1}, or kstatus takes a new object for finished")
        fields = status.get("properties", {})
        if "observedGeneration" not in fields:
            self.note(f"{where} status", "has no observedGeneration")
        conditions = fields.get("conditions", {})
        if conditions.get("x-kubernetes-list-type") != "map" or conditions.get("x-kubernetes-list-map-keys") != ["type"]:
            self.note(f"{where} status.conditions", "must be a list map by type, or two field managers can write Ready twice")
        items = conditions.get("items", {})
        if set(items.get("properties", {})) != CONDITION_FIELDS:
            self.note(f"{where} status.conditions", f"must have exactly the fields {', '.join(sorted(CONDITION_FIELDS))}")
        if not CONDITION_REQUIRED <= set(items.get("required", [])):
            self.note(f"{where} status.conditions", f"must require {', '.join(sorted(CONDITION_REQUIRED))}")

    def schema(self, where, node, path, name):
        here = f"{where} {path}" if path else where
        if not node.get("description") and name != "[]":
            self.note(here, "has no description")
        for key in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
            if node.get(key):
                self.note(here, f"{key} lets anything through")
        for rule in node.get("x-kubernetes-validations", []):
            if not rule.get("message") and not rule.get("messageExpression"):
                self.note(here, f"the rule {rule.get('rule')!r} has no message")
        kind = node.get("type")
        if node.get("x-kubernetes-int-or-string"):
            if "maxLength" not in node:
                self.note(here, "a quantity needs maxLength, and a pattern")
        elif kind == "object":
            self.object(where, here, node, path)
        else:
            self.scalar(where, here, node, path, kind)
        self.name(here, name, node)

    def scalar(self, where, here, node, path, kind):
        if kind == "string":
            if "maxLength" not in node and "enum" not in node and node.get("format") not in BOUNDED_FORMATS:
                self.note(here, "string without maxLength, enum or a format that bounds it")
        elif kind == "array":
            if "maxItems" not in node:
                self.note(here, "array without maxItems")
            if "x-kubernetes-list-type" not in node:
                self.note(here, "array without x-kubernetes-list-type")
            self.schema(where, node.get("items", {}), f"{path}[]", "[]")
        elif kind == "integer":
            if node.get("format") not in ("int32", "int64"):
                self.note(here, "integer without format int32 or int64")
        elif kind == "boolean":
            if path.rpartition(".")[2] not in FACTS:
                self.note(here, "boolean; an enum can grow a third value")
        elif kind == "number":
            self.note(here, "floating point number; use an integer or a quantity")
        else:
            self.note(here, f"type {kind!r}")

    def object(self, where, here, node, path):
        properties = node.get("properties", {})
        values = node.get("additionalProperties")
        if values is not None:
            if "maxProperties" not in node:
                self.note(here, "map without maxProperties")
            if not isinstance(values, dict):
                self.note(here, "map without a type for its values")
            else:
                self.schema(where, values, f"{path}.*", "[]")
        elif not properties:
            self.note(here, "object without fields")
        for key, child in properties.items():
            if "default" in child and key in node.get("required", []):
                self.note(f"{here}.{key}", "has a default and is required")
            self.schema(where, child, f"{path}.{key}".lstrip("."), key)

    def name(self, here, name, node):
        if name == "phase":
            self.note(here, "phase; say it with conditions")
        if re.search(r"^file$|File$|^path|Path", name) and not below_logs(node):
            self.note(here, "names a file; a tenant could have the operand read its own token and send it away")
        fields = set(node.get("properties", {}))
        if name.endswith("Reference"):
            self.note(here, "is called ...Reference; the suffix is Ref")
        if name.endswith("Ref") and "name" not in fields:
            self.note(here, "is called ...Ref and has no name")
        if fields in ({"name", "key"}, {"name", "namespace"}) and not name.endswith("Ref") and name not in ("[]", *DESTINATIONS):
            self.note(here, "refers to an object; its name must end in Ref")


def lint_text(text):
    """All findings for one YAML text."""
    lint = Lint()
    for document in yaml.safe_load_all(text):
        if document and document.get("kind") == "CustomResourceDefinition":
            lint.crd(document, len(text.encode()))
    return lint.findings


def receivers(node):
    """Ways to notify, of every list whose items are receivers."""
    properties = node.get("properties", {})
    if "pagerduty" in properties:
        yield {name: child for name, child in properties.items() if child.get("type") == "object"}
    for child in (*properties.values(), *([node["items"]] if "items" in node else [])):
        yield from receivers(child)


def unlike_receivers(texts):
    """Who has written one receiver can write all: they are typed alike in every kind of resource."""
    documents = [document for text in texts for document in yaml.safe_load_all(text) if document]
    versions = [version for document in documents for version in document["spec"]["versions"]]
    found = [ways for version in versions for ways in receivers(version["schema"]["openAPIV3Schema"])]
    for ways in found[1:]:
        for name in sorted(found[0].keys() | ways.keys()):
            if found[0].get(name) != ways.get(name):
                yield f"the receiver {name} is not the same everywhere"


def main():
    if not sys.argv[1:] or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] else 2
    findings = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            findings += [f"{os.path.relpath(path)}: {finding}" for finding in lint_text(file.read())]
    print("\n".join(findings) or f"{len(sys.argv) - 1} files, no finding")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
