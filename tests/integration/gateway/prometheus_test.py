#!/usr/bin/env python3
"""What Prometheus gets: read strictly, named as its people ask for, and by promtool where that is installed."""
import json
import os
import re
import shutil
import subprocess
import unittest

import prometheus_text
from world import ROOT, Case

PROMTOOL = unittest.skipUnless(shutil.which("promtool"), "promtool is not installed (scripts/setup --checks)")
METRIC = re.compile(r"tradecopier_[a-z0-9_]+")
RAISED = re.compile(r'tradecopier_alerts_total\{kind="bad_keys",severity="critical"\} [1-9]')


class Metrics(Case):
    def scraped(self):
        gateway = self.gateway()
        gateway.everybody_is_well()
        gateway.say("alert.raised", kind="bad_keys", severity="critical", subject="anna")
        gateway.say("breaker.changed", client_id="anna", state="open")

        def complete():  # sums, not differences: what came before the gateway had subscribed is said again
            gateway.everybody_is_well()
            text = gateway.ask("/metrics")[1]
            return RAISED.search(text) and "tradecopier_shard_clients" in text and "tradecopier_redis_up" in text and text
        return gateway.wait("the alert and the numbers", complete)

    def test_the_format(self):
        text = self.scraped()
        families = prometheus_text.parse(text)
        self.assertTrue(all(name.startswith("tradecopier_") for name in families), list(families))
        self.assertNotIn("anna", text)
        for name in families:
            self.assertNotRegex(name, r"_(ms|ns|us|milliseconds|kb|mb)(_total)?$")
        wanted = {"replication_latency_seconds", "submission_seconds", "copies_total", "outcomes_total", "breakers", "stream_state",
                  "queue_depth", "shard_lease_remaining_seconds", "redis_up", "database_up", "build_info", "alerts_total",
                  "process_resident_memory_bytes", "process_cpu_seconds_total", "actor_up", "ready"}
        self.assertLessEqual(wanted, {name[len("tradecopier_"):] for name in families})
        alerts = {(labels["kind"], labels["severity"]): number for _, labels, number in families["tradecopier_alerts_total"]["samples"]}
        self.assertEqual(alerts["correction", "warning"], 0)  # never raised: there all the same, so that the first one is an increase
        latency = families["tradecopier_replication_latency_seconds"]["samples"]
        bounds = [float(labels["le"]) for name, labels, _ in latency if name.endswith("_bucket") and labels["le"] != "+Inf"]
        self.assertLessEqual(bounds[0], 0.001)
        self.assertEqual(bounds[-1], 60)
        self.assertTrue(all(high <= 2 * low for low, high in zip(bounds, bounds[1:])), bounds)
        self.assertEqual([number for name, _, number in latency if name.endswith("_count")], [10])

    def test_every_metric_is_documented(self):
        families = prometheus_text.parse(self.scraped())
        with open(os.path.join(ROOT, "docs", "metrics.md")) as file:
            documented = set(re.findall(r"`(tradecopier_\w+)`", file.read()))
        self.assertEqual(set(families) - documented, set())

    def test_rules_and_dashboard_ask_for_what_there_is(self):
        served = set()
        for name, family in prometheus_text.parse(self.scraped()).items():
            served |= {name} | {sample for sample, _, _ in family["samples"]}
        with open(os.path.join(ROOT, "compose", "prometheus", "alerts.yml")) as file:
            rules = set(METRIC.findall(file.read()))
        with open(os.path.join(ROOT, "compose", "grafana", "trade-copier.json")) as file:
            board = json.load(file)
        panels = set(METRIC.findall(" ".join(one["expr"] for panel in board["panels"] for one in panel["targets"])))
        self.assertGreater(min(len(rules), len(panels)), 10)
        self.assertEqual((rules | panels) - served, set())
        self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))

    def promtool(self, *arguments, text=None):
        done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True,
                              cwd=os.path.join(ROOT, "compose", "prometheus"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    @PROMTOOL
    def test_promtool_finds_nothing(self):
        self.assertEqual(self.promtool("check", "metrics", text=self.scraped()), "")

    @PROMTOOL
    def test_the_rules_are_rules_and_fire_when_they_should(self):
        self.promtool("check", "rules", "alerts.yml")
        self.assertIn("SUCCESS", self.promtool("test", "rules", "alerts_test.yml"))

    def test_the_parser_can_fail(self):
        good = "# HELP a_total x\n# TYPE a_total counter\na_total{b=\"c\"} 1\n"
        self.assertEqual(prometheus_text.parse(good)["a_total"]["samples"], [("a_total", {"b": "c"}, 1.0)])
        for bad in (good[:-1], good.replace("counter", "gauge"), good.replace("# TYPE a_total counter\n", ""), good + good,
                    good.replace(" 1\n", " one\n"), good.replace("b=", "b "), good.replace("\"c\"", "\"c\\x\""),
                    good + "a_total{b=\"c\"} 2\n", "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n"):
            with self.assertRaises((AssertionError, KeyError, ValueError), msg=bad):
                prometheus_text.parse(bad)


if __name__ == "__main__":
    unittest.main(verbosity=2)
