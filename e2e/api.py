"""The API server, through one `kubectl proxy` for the whole process: it takes the credentials that kubectl takes, and a kubectl for each
read or apply would cost some tenths of a second of CPU."""

import atexit
import functools
import http.client
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import typing
import urllib.parse

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Kind(typing.NamedTuple):
    """One kind, as the API server serves it."""
    path: str  # of its group and version
    plural: str
    name: str
    is_namespaced: bool
    is_listed: bool


class Missing(AssertionError):
    """There is nothing at that path."""


class Taken(AssertionError):
    """Something of that name is there, or has changed meanwhile."""


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def credentials():
    """What the kubeconfig holds now: a bench makes its cluster anew, with another CA."""
    try:
        with open(os.environ.get("KUBECONFIG", ""), encoding="utf-8") as config:
            return config.read()
    except OSError:
        return ""


@functools.cache
def proxy(_credentials):
    """Starts a proxy with these credentials; returns the path of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="belvedere-api-")
    path = f"{folder.name}/socket"
    process = subprocess.Popen(["kubectl", "proxy", f"--unix-socket={path}"], stdout=subprocess.DEVNULL)
    atexit.register(folder.cleanup)
    atexit.register(process.kill)
    deadline = time.monotonic() + 30
    while not os.path.exists(path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("kubectl proxy does not start")
        time.sleep(0.02)
    return path


class Kept(threading.local):
    """Each thread's connection to the proxy, which stays open."""
    connection = None

    def to(self, path):
        if not self.connection or self.connection.path != path:
            self.connection = Connection(path)
        return self.connection


kept = Kept()


def ask(method, path, headers, body=None):
    """The status and the document that the API server answers with. Raises AssertionError where it is out of reach."""
    connection = kept.to(proxy(credentials()))
    try:
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()  # the next request opens it again
        raise AssertionError(f"{method} {path}: {error}") from error
    return answer.status, json.loads(text) if text.startswith(b"{") else {"message": text.decode(errors="replace")}


def request(method, path, headers, body=None):
    """What the API server answers. Raises Missing or Taken, or AssertionError for what else it says. A server that is busy, or that has
    only just heard of a kind, is asked again, as kubectl does."""
    for _ in range(20):
        status, found = ask(method, path, headers, body)
        if status != 429:
            break
        time.sleep(0.5)
    if status not in (200, 201):
        raise {404: Missing, 409: Taken}.get(status, AssertionError)(f"{method} {path}: {status} {found.get('message')}")
    return found


def read(path, accept="application/json"):
    """The document that the API server has there."""
    return request("GET", path, {"Accept": accept})


@functools.cache
def served():
    """The kinds by what kubectl calls them, in small letters, alone or with their group."""
    kinds = {}
    for root in ("/api", "/apis"):
        for group in read(root, DISCOVERY)["items"]:
            name = group["metadata"].get("name", "")
            version = group["versions"][0]
            path = f"{root}/{name}/{version['version']}".replace("//", "/")
            for found in version.get("resources", []):
                kind = Kind(path, found["resource"], found["responseKind"]["kind"], found["scope"] == "Namespaced",
                            "list" in found["verbs"])
                for word in (found["resource"], found["singularResource"], *found.get("shortNames", [])):
                    kinds.setdefault(word, kind)
                    kinds[f"{word}.{name}"] = kind
    return kinds


def path_of(kind, ns):
    return kind.path + (f"/namespaces/{ns}" if ns and kind.is_namespaced else "") + f"/{kind.plural}"


def one(kind, name, ns):
    """An object, or None where it is absent."""
    try:
        return read(f"{path_of(kind, ns)}/{name}")
    except Missing:
        return None


def several(kind, ns="", selector=""):
    """The objects of a kind in a namespace, or in all, each with what it is."""
    what = {"apiVersion": kind.path.split("/", 2)[2], "kind": kind.name}
    found = read(path_of(kind, ns) + (f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""))
    return [item | what for item in found["items"]]


applied = {}  # by path: what apply() said last


def changes(before, after):
    """A JSON merge patch that says `after` and takes away what `before` said besides."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    return {name: None for name in before if name not in after} | \
        {name: changes(before.get(name), value) for name, value in after.items()}


def apply(document):
    """Does as `kubectl apply` does: creates the object, or changes it from what was applied before to this; what others say of it stays."""
    group = document["apiVersion"].rpartition("/")[0]
    kind = served()[f"{document['kind'].lower()}.{group}"]
    where = path_of(kind, document["metadata"].get("namespace", "default"))
    path, query = f"{where}/{document['metadata']['name']}", "?fieldValidation=Strict&fieldManager=e2e"
    try:
        request("POST", where + query, {"Content-Type": "application/json"}, document)
    except Taken:
        merge = "merge-patch" if group == "belvedere.dev" else "strategic-merge-patch"
        request("PATCH", path + query, {"Content-Type": f"application/{merge}+json"}, changes(applied.get(path), document))
    applied[path] = document
