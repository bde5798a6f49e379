#!/usr/bin/env python3
"""Alerts as people get them: real processes, a real SMTP server (aiosmtpd, STARTTLS and TLS, login), a real HTTP endpoint.

Usage: alerts_test.py TRADE_COPIER VENV [unittest arguments]. Loopback only; ports are given by the system."""
import email
import email.policy
import re
import statistics
import sys
import time
import unittest

import world as house
from world import PASSWORD, TOKEN, World, until


class Story(unittest.TestCase):
    def make(self, **settings):
        world = World(**settings)
        self.addCleanup(world.close)
        self.world = world
        return world

    def tearDown(self):
        """Whatever happened: no secret is in a log."""
        if not getattr(self.world, "log", None):
            return
        with open(self.world.log) as file:
            text = file.read()
        self.assertNotIn(PASSWORD, text)
        self.assertNotIn(TOKEN, text)
        if not self._outcome.success:
            print(text[-3000:])


class Delivery(Story):
    def test_every_channel_gets_an_alert(self):
        """t=0 the stream is down: Slack, the webhook and both mail receivers know at once, and the log too."""
        world = self.make()
        world.start()
        world.raise_alert("stream_down", "master", "cut & <gone>")
        slack = until(lambda: [b for b in world.http.bodies("/slack/") if "stream_down" in b["text"]], what="Slack's post")[0]
        self.assertEqual(slack["channel"], "#trades")
        self.assertTrue(slack["text"].startswith("[critical] stream_down: master: cut &amp; &lt;gone&gt;\nhost "), slack)
        hook = until(lambda: [b for b in world.http.bodies("/hook/") if b["kind"] == "stream_down"], what="the webhook's post")[0]
        self.assertEqual((hook["severity"], hook["subject"], hook["text"]), ("critical", "master", "cut & <gone>"))
        self.assertRegex(hook["at"], r"^20\d\d-\d\d-\d\dT")
        mail = until(lambda: world.mails("stream_down"), what="the mail")[0]
        self.assertTrue(mail["tls"] and mail["login"])
        self.assertEqual((mail["sender"], mail["receivers"]), ("copier@example.com", ["one@example.com", "two@example.com"]))
        parsed = email.message_from_string(mail["text"], policy=email.policy.default)
        self.assertEqual(parsed["Subject"], "[critical] stream_down: master: cut & <gone>")
        self.assertEqual(parsed["To"], "one@example.com, two@example.com")
        self.assertEqual(parsed["From"], "copier@example.com")
        self.assertLess(abs(parsed["Date"].datetime.timestamp() - time.time()), 60)
        self.assertRegex(parsed["Message-ID"], r"^<[0-9a-f]{16}\.\d+@example\.com>$")
        self.assertIn("cut & <gone>", parsed.get_content())
        self.assertEqual(len(world.delivered("stream_down")), 1)

    def test_tls_from_the_first_byte_and_https(self):
        world = self.make(smtp="tls", https=True, SMTP_IMPLICIT_TLS="true")
        world.start()
        world.raise_alert("breaker_opened", "c1")
        mail = until(lambda: world.mails("breaker_opened"), what="the mail")[0]
        self.assertTrue(mail["tls"] and mail["login"])
        until(lambda: [b for b in world.http.bodies("/hook/") if b["kind"] == "breaker_opened"], what="the https post")

    def test_no_text_forges_a_header(self):
        world = self.make()
        world.start()
        world.raise_alert("bad_keys", "Zürich\r\nBcc: thief@example.com", "x\r\n.\r\nMAIL FROM:<thief@example.com>\r\n.dot")
        mail = until(lambda: world.mails("thief"), what="the mail")[0]
        parsed = email.message_from_string(mail["text"], policy=email.policy.default)
        self.assertNotIn("Bcc", parsed)
        self.assertEqual(mail["receivers"], ["one@example.com", "two@example.com"])
        self.assertTrue(parsed["Subject"].startswith("[critical] bad_keys: Zürich  Bcc: thief@example.com: x"), parsed["Subject"])
        self.assertEqual(len([m for m in world.mail.messages if "bad_keys" in m.get("text", "")
                              or "thief" in m.get("text", "")]), 1)

    def test_severity_thresholds(self):
        """Slack wants critical ones only, e-mail warnings too, the webhook everything."""
        world = self.make(SLACK_ALERT_LEVEL="critical", EMAIL_ALERT_LEVEL="warning")
        world.start()
        world.raise_alert("stream_up", "a", severity="info")
        world.raise_alert("latency_warning", "b", severity="warning")
        world.raise_alert("stream_down", "c")
        until(lambda: [b for b in world.http.bodies("/slack/") if "stream_down" in b["text"]], what="Slack's post")
        until(lambda: world.mails("stream_down") and world.mails("latency_warning"), what="the mails")
        until(lambda: len(world.http.bodies("/hook/")) >= 4, what="four posts to the webhook")
        self.assertEqual(len(world.http.bodies("/slack/")), 1)
        self.assertFalse(world.mails("stream_up"))

    def test_one_bad_receiver_stops_no_other(self):
        world = self.make(ALERT_EMAIL_TO="gone@example.com,two@example.com")
        world.start()
        world.raise_alert("stream_down", "master")
        self.assertEqual(until(lambda: world.mails("stream_down"), what="the mail")[0]["receivers"], ["two@example.com"])

    def test_start_and_stop_are_told(self):
        world = self.make()
        world.start()
        until(lambda: world.mails("[info] started: alert: trade-copier started on"), what="the mail of the start")
        world.stop()
        until(lambda: world.mails("[info] stopped: alert: trade-copier is stopping on"), what="the mail of the stop")
        self.assertTrue([b for b in world.http.bodies("/hook/") if b["kind"] == "stopped"])


class Restraint(Story):
    def digests_of(self, world, count, told=lambda: 0):
        """All digests, once they and what was told singly are so many alerts."""
        def all_of_them():
            found = [b for b in world.http.bodies("/hook/") if b["kind"] == "digest"]
            return found if told() + sum(digest["count"] for digest in found) >= count else None
        found = until(all_of_them, what="digests of %d" % count)
        self.assertEqual(told() + sum(digest["count"] for digest in found), count)
        return found

    def test_repetitions_become_one_digest(self):
        """Six times the same within the cooldown: told once, then a digest of five on every channel (more of them, of fewer,
        when the machine stood still while they were raised)."""
        world = self.make(ALERT_DIGEST_INTERVAL="2")
        world.start()
        for _ in range(6):
            world.raise_alert("breaker_opened", "c1")
        digests = self.digests_of(world, 5)
        for digest in digests:
            self.assertEqual([(t["kind"], t["subject"], t["count"]) for t in digest["topics"]],
                             [("breaker_opened", "c1", digest["count"])])
            self.assertLessEqual(digest["topics"][0]["first_at"], digest["topics"][0]["last_at"])
        count = digests[0]["count"]
        self.assertIn("- breaker_opened: c1: %d times" % count, until(lambda: world.mails("digest"), what="its mail")[0]["text"])
        until(lambda: [b for b in world.http.bodies("/slack/") if "digest: %d alerts" % count in b["text"]], what="Slack's digest")
        self.assertEqual(len([b for b in world.http.bodies("/hook/") if b["kind"] == "breaker_opened"]), 1)

    def test_five_hundred_bad_keys_are_no_flood(self):
        """500 clients at once: ten are told in each interval of 3 s, which is one unless the machine stands still, and a digest
        counts the rest."""
        world = self.make(ALERT_DIGEST_INTERVAL="3")
        world.start()
        for n in range(500):
            world.raise_alert("bad_keys", f"c{n}")
        told = lambda: len([b for b in world.http.bodies("/hook/") if b["kind"] == "bad_keys"])
        digests = self.digests_of(world, 500, told)
        for digest in digests:
            self.assertEqual(sum(t["count"] for t in digest["topics"]) + digest["more"], digest["count"])
        self.assertGreaterEqual(told(), 10)
        self.assertLessEqual(told(), 10 * (len(digests) + 1))


class Trouble(Story):
    KINDS = ("replication_failures", "latency_warning", "latency_critical", "stream_down", "stream_up", "breaker_opened",
             "breaker_closed", "bad_keys", "stale_expired", "storage_away", "storage_back", "exit_stuck")

    def log_delays(self, world, round_):
        """One alert of each kind; how long each took to the log channel, ms."""
        delays = []
        for kind in self.KINDS:
            begin = time.monotonic()
            world.raise_alert(kind, f"round-{round_}")
            until(lambda: world.delivered(f"{kind}: round-{round_}:"), what=f"{kind} in the log")
            delays.append((time.monotonic() - begin) * 1000)
        return delays

    def test_dead_servers_delay_nothing_and_get_everything_later(self):
        """Both servers are killed, twelve alerts are raised, both come back: the log had them while both were dead, and both have
        all twelve, each once, in order."""
        world = self.make()
        world.start()
        before = self.log_delays(world, 1)
        until(lambda: len([b for b in world.http.bodies("/hook/") if b["subject"] == "round-1"]) == 12, what="round 1")
        until(lambda: len(world.mails("round-1")) == 12, what="round 1 by mail")
        world.mail.kill()
        world.http.kill()
        during = self.log_delays(world, 2)
        until(lambda: {line["text"].split()[0] for line in world.lines("alert_channel_away")} == {"slack", "email", "webhook"},
              what="three channels away")
        time.sleep(1)
        world.mail.start()
        world.http.start()
        hook = until(lambda: [b for b in world.http.bodies("/hook/") if b["subject"] == "round-2"][11:], what="round 2") and \
            [b["kind"] for b in world.http.bodies("/hook/") if b["subject"] == "round-2"]
        self.assertEqual(hook, list(self.KINDS))
        until(lambda: len(world.mails("round-2")) == 12, what="round 2 by mail")
        identities = [re.search(r"Message-ID: (\S+)", m["text"]).group(1) for m in world.mail.messages]
        self.assertEqual(len(identities), len(set(identities)))
        self.assertEqual([re.search(r"\] (\w+): round-2", m["text"]).group(1) for m in world.mails("round-2")], list(self.KINDS))
        slack = lambda: [b for b in world.http.bodies("/slack/") if "round-2" in b["text"]]
        until(lambda: len(slack()) == 12, what="round 2 in Slack")
        until(lambda: len(world.lines("alert_channel_back")) >= 3, what="three channels back")
        p95 = [statistics.quantiles(x, n=20)[18] for x in (before, during)]
        print(f"\nlog channel p95: servers alive {p95[0]:.1f} ms, both killed {p95[1]:.1f} ms")  # measured, not judged

    def test_a_server_that_never_answers_delays_no_other(self):
        """The HTTP endpoint takes connections and stays silent: mail and log go on; its texts come when it answers again."""
        world = self.make()
        world.start()
        until(lambda: world.http.bodies("/hook/"), what="the start at the webhook")
        until(lambda: world.http.bodies("/slack/"), what="the start in Slack")
        world.http.hang.set()
        for n, kind in enumerate(self.KINDS[:4]):
            world.raise_alert(kind, "silent")
            until(lambda: len(world.mails("silent")) == n + 1, what=f"the mail of {kind}")
        self.assertFalse([b for b in world.http.bodies("/hook/") if b["subject"] == "silent"])
        world.http.hang.clear()
        until(lambda: len([b for b in world.http.bodies("/hook/") if b["subject"] == "silent"]) == 4, what="the four posts")
        self.assertIn("Timeout", world.lines("alert_channel_away")[0]["text"])

    def test_a_failing_webhook_is_tried_again_as_the_same(self):
        """500, 429, 302: tried again under the same key and never elsewhere; 400: given up, the next one goes."""
        world = self.make(ENABLE_SLACK_ALERTS="false", ENABLE_EMAIL_ALERTS="false")
        world.start()
        until(lambda: world.http.bodies("/hook/"), what="the start")
        world.http.codes[:] = [500, 429, 302]
        world.raise_alert("stream_down", "master")
        until(lambda: [b for b in world.http.bodies("/hook/") if b["kind"] == "stream_down"], what="the fourth try")
        tries = [(code, headers["Idempotency-Key"]) for code, _, headers, body in world.http.requests
                 if body["kind"] == "stream_down"]
        self.assertEqual([code for code, _ in tries], [500, 429, 302, 200])
        self.assertEqual(len({key for _, key in tries}), 1)
        self.assertFalse([path for _, path, _, _ in world.http.requests if "elsewhere" in path])
        world.http.codes[:] = [400]
        world.raise_alert("bad_keys", "refused")
        world.raise_alert("stream_up", "next")
        until(lambda: [b for b in world.http.bodies("/hook/") if b["kind"] == "stream_up"], what="the next one")
        self.assertEqual(len(world.lines("alert_refused")), 1)

    def test_a_mail_that_is_refused_gives_way(self):
        world = self.make()
        world.start()
        world.raise_alert("stream_down", "poison")
        world.raise_alert("stream_up", "after")
        until(lambda: world.mails("after"), what="the mail after the refused one")
        self.assertFalse(world.mails("poison"))

    def test_nothing_goes_out_in_the_clear(self):
        """The server offers no STARTTLS: no mail, no login, and it is said."""
        world = self.make(smtp="plain")
        world.start()
        until(lambda: [line for line in world.lines("alert_channel_away") if line["text"].startswith("email")], what="the refusal")
        self.assertEqual(world.mail.messages, [])

    def test_a_wrong_password_is_said_without_it(self):
        world = self.make(SMTP_PASSWORD=PASSWORD + "-wrong")
        world.start()
        line = until(lambda: [x for x in world.lines("alert_channel_away") if x["text"].startswith("email")], what="the refusal")[0]
        self.assertIn("Login denied", line["text"])
        self.assertEqual([m for m in world.mail.messages if "text" in m], [])

    def test_a_certificate_of_somebody_else_is_not_trusted(self):
        world = self.make(https=True)
        world.settings.pop("ALERT_CA_FILE")
        world.start()
        until(lambda: {line["text"].split()[0] for line in world.lines("alert_channel_away")} == {"slack", "email", "webhook"},
              what="three refusals")
        self.assertEqual((world.http.requests, world.mail.messages), ([], []))

    def test_a_name_that_does_not_exist(self):
        world = self.make(SMTP_HOST="no-such-host.invalid")
        world.start()
        until(lambda: [x for x in world.lines("alert_channel_away") if x["text"].startswith("email")], what="the refusal")
        world.raise_alert("stream_down", "master")
        until(lambda: [b for b in world.http.bodies("/hook/") if b["kind"] == "stream_down"], what="the webhook's post")
        world.stop()

    def test_switched_off(self):
        world = self.make(ENABLE_ALERTS="false")
        world.write_env()
        world.log = world.start_actor("alert")
        until(lambda: world.lines("actor_state"), what="its start")
        time.sleep(0.5)
        world.stop()
        self.assertEqual((world.lines("alert_delivered"), world.http.requests, world.mail.messages), ([], [], []))


if __name__ == "__main__":
    house.venv_python()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
