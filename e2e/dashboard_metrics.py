#!/usr/bin/env python3
"""Prints "job metric" for all that Prometheus holds now, for controllers/config/dashboards/testdata/metrics.txt.

    e2e/dashboard_metrics.py http://prometheus:9090 > metrics.txt

Recorded series are left out; the unit test knows them from the rules. Lines of jobs that a cluster has not got are kept by hand.
"""

import json
import sys
import urllib.parse
import urllib.request


def ask(base, path, **parameters):
    with urllib.request.urlopen(f"{base}{path}?{urllib.parse.urlencode(parameters)}", timeout=20) as answer:
        return json.load(answer)["data"]


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip())
        return 2
    base = sys.argv[1]
    lines = set()
    for job in ask(base, "/api/v1/label/job/values"):
        selector = '{job="' + job + '"}'
        names = ask(base, "/api/v1/label/__name__/values", **{"match[]": selector})
        lines |= {f"{job} {name}" for name in names if ":" not in name and name not in ("ALERTS", "ALERTS_FOR_STATE")}
    print("\n".join(sorted(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
