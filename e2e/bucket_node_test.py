"""On the real node: a bucket that speaks S3 holds the logs of a Loki that lost its volume, and what a pipeline archives."""

import gzip
import re
import subprocess
import unittest

from harness import (PIPELINES, ROOT, STACKS, apply, curl, eventually, kubectl, operator_rolled_out, ready,
                     restricted_namespace, stack)
from logs import load_image, load_writer, pipeline, records, uid_of, writer

NS = "log-bucket"
SERVER = "example.com/gofakes3:1"
BUCKET = f"http://bucket.{NS}.svc.cluster.local:9000"
LOKI = f"http://loki-kept.{NS}.svc.cluster.local:3100"


def server():
    """An object store in memory, with one bucket."""
    labels = {"app": "bucket"}
    program = subprocess.run([str(ROOT / "hack/controlplane/build"), "gofakes3"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    load_image(SERVER, [program])
    apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bucket", "namespace": NS},
           "spec": {"selector": labels, "ports": [{"port": 9000}]}})
    apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bucket", "namespace": NS, "labels": labels},
           "spec": {"terminationGracePeriodSeconds": 1, "automountServiceAccountToken": False,
                    "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [{"name": "bucket", "image": SERVER, "args": ["-backend", "memory", "-initialbucket", "logs"],
                                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}]}})


def objects(prefix):
    """Keys in the bucket that begin so."""
    return re.findall(r"<Key>([^<]*)</Key>", curl(f"{BUCKET}/logs", "--get", "--data-urlencode", f"prefix={prefix}"))


def archived():
    """The numbers of the records that the pipeline's own output has put there."""
    found = set()
    for key in objects("archive/"):
        answer = subprocess.run([str(ROOT / "hack/cluster"), "run", "--", "curl", "-sf", f"{BUCKET}/logs/{key}"], check=True,
                                stdout=subprocess.PIPE).stdout
        found |= {int(n) for n in re.findall(rb"record kept (\d+) ", gzip.decompress(answer))}
    return found


class Bucket(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        operator_rolled_out()
        load_writer()
        restricted_namespace(NS)
        server()
        apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bucket", "namespace": NS}, "stringData": {
            "bucket": "logs", "region": "eu-central-1", "endpoint": BUCKET,
            "credentials": "[default]\naws_access_key_id = somebody\naws_secret_access_key = something\n"}})
        apply(stack("kept", NS, {"logs": {"objectStorageRef": {"name": "bucket"}}, "dashboards": {"state": "Disabled"}}))
        apply(pipeline("kept", NS, {"outputs": [
            {"name": "store", "stack": {"name": "kept", "namespace": NS}},
            {"name": "archive", "s3": {"bucket": "logs", "region": "eu-central-1", "prefix": "archive", "endpoint": BUCKET,
                                       "credentialsRef": {"name": "bucket"}}}]}))
        for kind in (STACKS, PIPELINES):
            eventually(lambda kind=kind: ready(kind, "kept", NS), 240, f"{kind} is Ready", every=1)

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", "namespace", NS, "--wait=false")

    def test_records_outlive_the_volume_of_their_loki_and_are_archived(self):
        wanted = set(range(1, 201))
        apply(writer("kept", NS, 2, 0.2))

        def numbers():
            return {number for _, number in records(uid_of(NS), "kept", loki=LOKI)}

        eventually(lambda: numbers() == wanted, 90, "Loki has the records")
        eventually(lambda: archived() == wanted, 90, "the archive has the records", every=2)
        curl(f"{LOKI}/flush", "-X", "POST")
        eventually(lambda: objects(uid_of(NS)), 60, "chunks are in the bucket")
        kubectl("-n", NS, "delete", "pvc", "-l", "app.kubernetes.io/component=loki", "--wait=false")
        kubectl("-n", NS, "delete", "pod", "-l", "app.kubernetes.io/component=loki")
        self.assertTrue(eventually(lambda: objects("index/"), 60, "the index is in the bucket"))
        eventually(lambda: ready(STACKS, "kept", NS), 240, "Loki runs again", every=1)
        eventually(lambda: numbers() == wanted, 120, "the records are read from the bucket")


if __name__ == "__main__":
    unittest.main()
