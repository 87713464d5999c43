"""Silences of policies in a real Alertmanager, kept there by the agent beside it: made, changed, ended, and put right."""

import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from harness import BINARY, ROOT, eventually

CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def hours_from_now(hours):
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def silence(name, begins=-1, ends=2, reason="upgrade", **labels):
    matchers = {"policy_name": "p", "policy_namespace": "shop"} | labels
    return {"createdBy": f"belvedere: shop/p/{name}", "comment": reason, "startsAt": hours_from_now(begins), "endsAt": hours_from_now(ends),
            "matchers": [{"name": label, "value": value, "isRegex": False, "isEqual": True} for label, value in sorted(matchers.items())]}


class Silences(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for part in ("source/config", "active", "data"):
            (self.folder / part).mkdir(parents=True)
        self.port = free_port()
        (self.folder / "source/config/alertmanager.yml").write_text(CONFIG)
        self.agent = self.start_agent()
        config = self.folder / "active/current/config/alertmanager.yml"
        eventually(config.exists, 10, "the agent has brought the config")
        alertmanager = subprocess.run([ROOT / "hack/controlplane/build", "alertmanager"], check=True, text=True, stdout=subprocess.PIPE)
        self.start(alertmanager.stdout.strip(), f"--config.file={config}", f"--storage.path={self.folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=")
        eventually(self.answers, 20, "Alertmanager answers")

    def start(self, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGTERM)
        return process

    def start_agent(self, *more):
        url = f"http://127.0.0.1:{self.port}"
        return self.start(BINARY, "agent", "--source", f"{self.folder}/source", "--active", f"{self.folder}/active",
                          "--reload-url", f"{url}/-/reload", "--ready-url", f"{url}/-/ready", "--listen", f"127.0.0.1:{free_port()}",
                          "--silences", "config/silences.json", "--silences-api", f"{url}/api/v2", *more)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v2{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as response:
            text = response.read()
            return json.loads(text) if text else None

    def answers(self):
        try:
            return self.ask("GET", "/status")
        except (urllib.error.URLError, ConnectionError):
            return None

    def want(self, *silences):
        (self.folder / "source/config/silences.json").write_text(json.dumps(silences))

    def lasting(self):
        return {one["id"]: one for one in self.ask("GET", "/silences") if one["status"]["state"] != "expired"}

    def names(self):
        return sorted((one["createdBy"].rpartition("/")[2], one["status"]["state"]) for one in self.lasting().values())

    def test_they_come_change_and_go_with_the_config(self):
        self.want(silence("now"), silence("later", begins=1))
        eventually(lambda: self.names() == [("later", "pending"), ("now", "active")], 20, "both are there")
        before = {one["createdBy"]: one for one in self.lasting().values()}
        longer = silence("now", ends=5)
        self.want(longer, silence("later", begins=1))
        ends = longer["endsAt"].removesuffix("Z") + ".000Z"
        eventually(lambda: ends in [one["endsAt"] for one in self.lasting().values()], 20, "it lasts longer")
        after = {one["createdBy"]: one for one in self.lasting().values()}
        self.assertEqual(after[longer["createdBy"]]["id"], before[longer["createdBy"]]["id"], "it is the same silence")
        self.want(silence("now", ends=5, system="checkout"))
        eventually(lambda: "checkout" in json.dumps(list(self.lasting().values())), 20, "it is about other alerts")
        eventually(lambda: self.names() == [("now", "active")], 20, "the other one is gone")
        (self.folder / "source/config/silences.json").unlink()
        eventually(lambda: self.names() == [], 20, "none is left")

    def test_what_somebody_ends_comes_back_and_theirs_are_left_alone(self):
        self.want(silence("now"))
        eventually(lambda: self.names() == [("now", "active")], 20, "it is there")
        first = next(iter(self.lasting()))
        theirs = self.ask("POST", "/silences", silence("now") | {"createdBy": "anna"})["silenceID"]
        self.ask("DELETE", f"/silence/{first}")
        eventually(lambda: len(self.lasting()) == 2, 45, "ours is back")
        self.assertIn(theirs, self.lasting())
        self.want()
        eventually(lambda: list(self.lasting()) == [theirs], 20, "only theirs is left")

    def test_one_agent_of_several_writes_and_a_restart_makes_nothing_twice(self):
        self.want(silence("now"))
        eventually(lambda: self.names() == [("now", "active")], 20, "it is there")
        before = self.lasting()
        self.agent.terminate()
        self.agent.wait()
        other = self.start_agent("--silences-writer", "alertmanager-main-7")
        self.want(silence("now"), silence("another"))
        with self.assertRaises(AssertionError):
            eventually(lambda: len(self.lasting()) > 1, 3, "another pod's agent wrote")
        other.terminate()
        other.wait()
        self.want(*[{key: one[key] for key in silence("now")} for one in before.values()])
        self.start_agent()
        with self.assertRaises(AssertionError):
            eventually(lambda: set(self.lasting()) != set(before), 3, "a restart changed something")


if __name__ == "__main__":
    unittest.main()
