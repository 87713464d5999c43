"""The flow of records as a stack sees it: real collectors, one without its gateway, a real Prometheus with the stack's own jobs
and rules. Only addresses are replaced."""

import pathlib
import tempfile
import unittest

import logpipeline_collector_test as collectors

WELL, BLOCKED = collectors.TENANTS
NODE = ("otel-collector", "node-tenants")
GATEWAY = ("log-gateway", f"gateway-{WELL}")


class FlowTest(unittest.TestCase):
    """One tenant's records arrive; the gateway of the other is away."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="belvedere-flow-")
        cls.addClassCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        cls.site = collectors.Site(root, collectors.programs())
        cls.pods = {tenant: collectors.Pod(root, tenant, 0) for tenant in collectors.TENANTS}
        for program in (cls.site.loki, cls.site.gateways[WELL], cls.site.node, cls.site.prometheus):
            cls.addClassCleanup(program.stop)
            program.start()
        # A rate needs two scrapes with records in between.
        collectors.eventually(cls.all_flows, 120, "Prometheus sees the records on their way")

    @classmethod
    def all_flows(cls):
        for tenant, pod in cls.pods.items():
            pod.write(collectors.line(tenant, pod.lines))
            pod.file.flush()
        return (len(cls.flow("logs:input_records:rate5m", "input")) >= 3 and
                len(cls.flow("logs:output_delivered_records:rate5m", "output")) >= 2 and cls.alerts())

    @classmethod
    def flow(cls, metric, part):
        """Who has records, of whose pipeline, at which part of it."""
        return {(labels["app"], labels["pod"], labels["pipeline_namespace"], labels["pipeline"], labels[part])
                for labels, _ in cls.site.series(f"{metric} > 0")}

    @classmethod
    def alerts(cls):
        return {(labels["alertname"], labels["pipeline_namespace"], labels["app"]) for labels, _ in cls.site.series("ALERTS")}

    def test_series_name_pipeline_and_part(self):
        self.assertEqual(self.flow("logs:input_records:rate5m", "input"),
                         {(*NODE, tenant, "logs", "containers") for tenant in collectors.TENANTS} |
                         {(*GATEWAY, WELL, "logs", "gateway")})
        self.assertEqual(self.flow("logs:output_delivered_records:rate5m", "output"),
                         {(*NODE, WELL, "logs", "gateway"), (*GATEWAY, WELL, "logs", "store")})
        self.assertEqual(self.flow("logs:output_dropped_records:rate5m", "output"), set())

    def test_what_waits_shows_at_its_lane(self):
        self.assertIn((*NODE, BLOCKED, "logs", "gateway"), self.flow("logs:output_buffer_used:ratio", "output"))

    def test_only_the_blocked_tenant_has_alerts(self):
        # Others may be pending for as long as the first records need.
        blocked = {("LogsAgentDown", BLOCKED, "log-gateway"), ("LogsNothingDelivered", BLOCKED, "otel-collector")}
        collectors.eventually(lambda: self.alerts() == blocked, 90, "both are about to fire, and no other")


if __name__ == "__main__":
    unittest.main()
