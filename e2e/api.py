"""Reads of the API server, through one `kubectl proxy` for the whole process: it takes the credentials that kubectl takes, and a
kubectl for each read would cost a tenth of a second of CPU."""

import atexit
import functools
import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.parse

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


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


def ask(path, accept):
    """The status and the document that the API server answers with. Raises AssertionError where it is out of reach."""
    try:
        connection = Connection(proxy(credentials()))
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(f"GET {path}: {error}") from error
    return answer.status, json.loads(body) if body.startswith(b"{") else {"message": body.decode(errors="replace")}


def read(path, accept="application/json"):
    """As ask; a server that is busy, or that has only just heard of a kind, is asked again, as kubectl does."""
    for _ in range(20):
        status, found = ask(path, accept)
        if status != 429:
            break
        time.sleep(0.5)
    return status, found


@functools.cache
def served():
    """What kubectl calls a kind, in small letters, alone or with its group, to (path, plural, kind, whether namespaced)."""
    kinds = {}
    for root in ("/api", "/apis"):
        status, found = read(root, DISCOVERY)
        if status != 200:
            raise AssertionError(f"GET {root}: {found.get('message')}")
        for group in found["items"]:
            name = group["metadata"].get("name", "")
            version = group["versions"][0]
            path = f"{root}/{name}/{version['version']}".replace("//", "/")
            for one in version.get("resources", []):
                kind = (path, one["resource"], one["responseKind"]["kind"], one["scope"] == "Namespaced")
                for word in (one["resource"], one["singularResource"], *one.get("shortNames", [])):
                    kinds.setdefault(word, kind)
                    kinds[f"{word}.{name}"] = kind
    return kinds


def get(kind, name="", ns="", selector=""):
    """One object, or None where it is absent; without a name the list of several, each with what it is. An empty namespace: all."""
    root, plural, title, is_namespaced = served()[kind.lower()]
    path = root + (f"/namespaces/{ns}" if ns and is_namespaced else "") + f"/{plural}" + (f"/{name}" if name else "")
    status, found = read(path + (f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""))
    if status == 404:
        return None
    if status != 200:
        raise AssertionError(f"GET {path}: {status} {found.get('message')}")
    for item in found.get("items", []) if not name else []:
        item |= {"apiVersion": root.split("/", 2)[2], "kind": title}
    return found
