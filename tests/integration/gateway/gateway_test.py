#!/usr/bin/env python3
"""The gateway's HTTP side: who may ask, what is refused and how, what is bounded, what a WebSocket gets."""
import json
import os
import random
import re
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from world import PATIENCE, TOKEN, Case, Gateway, free_port

CHANGE = "/api/strategy/change"
BEARER = "Authorization: Bearer " + TOKEN
SUBPROTOCOL = "Sec-WebSocket-Protocol: tradecopier, bearer." + TOKEN.encode().hex()


class Certificate(Case):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="tc-gateway-tls-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.cert, self.key = (os.path.join(self.directory, name) for name in ("crt", "key"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=gateway", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.cert],
                       check=True, capture_output=True)

    def test_with_a_certificate_it_speaks_https_and_nothing_else(self):
        gateway = self.gateway(GATEWAY_CERT_FILE=self.cert, GATEWAY_KEY_FILE=self.key)
        self.assertEqual(gateway.lines("gateway_listens")[0]["text"], "https://127.0.0.1:%d" % gateway.port)
        gateway.everybody_is_well()

        def ask(path, body=None):
            request = urllib.request.Request("https://127.0.0.1:%d%s" % (gateway.port, path), data=body,
                                             headers={"Authorization": "Bearer " + TOKEN})
            with urllib.request.urlopen(request, timeout=PATIENCE, context=ssl.create_default_context(cafile=self.cert)) as answer:
                return answer.read().decode()
        self.assertIn("executor-2", ask("/api/status"))
        self.assertIn("tradecopier_stream_state", ask("/metrics"))
        with self.assertRaises(urllib.error.HTTPError) as caught:  # a body of several records
            ask(CHANGE, b"x" * 20000)
        self.assertEqual(caught.exception.code, 400)
        caught.exception.close()
        events = self.websocket(gateway, headers=[BEARER], tls=True)
        for n in range(200):
            gateway.replicated(n)
        self.assertEqual([events.event()["master_order_id"] for _ in range(200)], ["x-%d" % n for n in range(200)])
        self.assertNotIn(b"HTTP/1.1 200", gateway.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"))
        self.assertEqual(json.loads(ask("/api/status"))["stream"]["state"], "listening")

    def test_a_certificate_that_is_no_good_is_said(self):
        with open(self.cert + "-", "w", encoding="ascii") as file:
            file.write("no certificate\n")
        for settings, word in (({"GATEWAY_CERT_FILE": self.cert}, "GATEWAY_KEY_FILE"), ({"GATEWAY_KEY_FILE": self.key}, "GATEWAY_CERT_FILE"),
                               ({"GATEWAY_CERT_FILE": self.cert, "GATEWAY_KEY_FILE": "/none"}, "/none"),
                               ({"GATEWAY_CERT_FILE": self.cert + "-", "GATEWAY_KEY_FILE": self.key}, "GATEWAY_CERT_FILE")):
            gateway = Gateway(self, **settings)
            self.assertNotEqual(gateway.process.wait(PATIENCE), 0)
            gateway.process = None
            with open(gateway.log, encoding="utf-8") as file:
                self.assertIn(word, file.read())


class Access(Case):
    def test_it_listens_where_it_is_told_and_nowhere_else(self):
        gateway = self.gateway(GATEWAY_HOST="127.0.0.2")
        with socket.create_connection(("127.0.0.2", gateway.port), timeout=PATIENCE) as one:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(b" 200 ", one.recv(4096))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE)

    def test_nothing_answers_without_the_token(self):
        gateway = self.gateway()
        gateway.everybody_is_well()
        for token in (None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "Bearer " + TOKEN):
            for path, method in (("/api/status", "GET"), ("/metrics", "GET"), (CHANGE, "POST"), ("/ws", "GET"),
                                 ("/nothing", "GET"), ("/api/status", "POST"), ("/metrics?token=" + TOKEN, "GET")):
                body = b'{"strategy_id":"x","parameters":{"multiplier":1}}' if method == "POST" else None
                answer = gateway.ask(path, token, method, body)
                self.refused(answer, 401, "Authorization")
                self.assertEqual(answer[2]["WWW-Authenticate"], "Bearer")
                self.assertNotIn("executor", answer[1])
        for headers in ([], ["Authorization: Bearer " + TOKEN[:-1]], ["Authorization: Basic " + TOKEN],
                        ["Sec-WebSocket-Protocol: tradecopier"], ["Sec-WebSocket-Protocol: tradecopier, bearer.00"],
                        ["Sec-WebSocket-Protocol: tradecopier, bearer." + TOKEN], ["Sec-WebSocket-Protocol: " + "bearer.61" * 200]):
            refused = self.websocket(gateway, headers=headers)
            self.assertIn(refused.status, (0, 401), headers)
            gateway.replicated(1)
            with self.assertRaises(EOFError):
                refused.event()
            refused.close()
        self.assertEqual(gateway.ask("/api/status")[0], 200)

    def test_open_to_everybody_is_only_what_tells_nothing(self):
        gateway = self.gateway()
        for path, status in (("/", 200), ("/page.js", 200), ("/page.css", 200), ("/healthz", 200), ("/readyz", 503)):
            answer = gateway.ask(path, None)
            self.assertEqual(answer[0], status, path)
            self.assertEqual(answer[2]["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer[2]["Cache-Control"], "no-store")
            self.assertNotIn(TOKEN, answer[1])

    def test_the_page_loads_nothing_from_elsewhere_and_nothing_inline(self):
        gateway = self.gateway()
        _, page, headers = gateway.ask("/", None)
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        self.assertEqual(policy["default-src"], "'none'")
        self.assertEqual({policy[one] for one in ("script-src", "style-src", "connect-src")}, {"'self'"})
        sources = re.findall(r'(?:src|href)="([^"]*)"', page)
        self.assertEqual(sorted(sources), ["page.css", "page.js"])
        self.assertNotRegex(page, r"<script(?![^>]*src)|<style|style=|\son\w+=")
        script = gateway.ask("/page.js", None)[1]
        self.assertNotRegex(script, r"innerHTML|eval\(|document\.write|https?://")
        self.assertIn("sessionStorage", script)
        self.assertNotIn("localStorage", script)

    def test_a_token_is_made_where_only_we_read_it_and_the_log_says_where(self):
        gateway = self.gateway(GATEWAY_TOKEN=None)
        path = os.path.join(gateway.directory, "copier.db.gateway-token")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path) as file:
            token = file.read().strip()
        self.assertGreaterEqual(len(token), 43)
        self.assertEqual(gateway.ask("/api/status", token)[0], 200)
        self.assertEqual(gateway.ask("/api/status", "x" * 43)[0], 401)
        self.assertIn("copier.db.gateway-token", gateway.lines("gateway_token")[0]["text"])
        with open(gateway.log) as file:
            self.assertNotIn(token, file.read())

    def test_a_port_that_is_taken_is_said_and_tried_again(self):
        with socket.socket() as other:
            port = free_port()
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
            gateway = Gateway(self, port=port)
            line = gateway.wait("gateway_port_taken", lambda: gateway.lines("gateway_port_taken"))[0]
            self.assertIn("GATEWAY_PORT", line["text"])
            self.assertIn(str(port), line["text"])
        gateway.start()
        self.assertEqual(gateway.ask("/healthz", None)[0], 200)

    def test_the_metrics_port_of_old_asks_for_the_token_too(self):
        port = free_port()
        gateway = self.gateway(ENABLE_METRICS="true", METRICS_PORT=port)
        gateway.wait("the second port", lambda: len(gateway.lines("gateway_listens")) == 2)
        gateway.port = port
        self.assertEqual(gateway.ask("/metrics", None)[0], 401)
        self.assertIn("tradecopier_build_info", gateway.ask("/metrics")[1])


class Requests(Case):
    def test_the_status_and_whether_it_is_ready(self):
        gateway = self.gateway()
        reasons = json.loads(gateway.ask("/readyz", None)[1])["reasons"]
        self.assertEqual([one["what"] for one in reasons], ["stream", "storage", "dispatcher"])
        gateway.everybody_is_well()
        gateway.wait("readiness", lambda: gateway.ask("/readyz", None)[0] == 200)
        status = json.loads(gateway.ask("/api/status")[1])
        self.assertEqual([one["name"] for one in status["shards"]], ["executor-1", "executor-2"])
        self.assertEqual(status["storage"], {"database": "ok", "redis": "ok", "backlog": 0})
        gateway.stats("audit", "audit", database=0, redis=2)
        answer = gateway.wait("the database's reason", lambda: [one for one in [gateway.ask("/readyz", None)] if one[0] == 503])[0]
        self.assertEqual([one["what"] for one in json.loads(answer[1])["reasons"]], ["storage"])

    def test_a_bad_request_is_refused_by_name(self):
        gateway = self.gateway()
        for body, field in ((b"x", "body"), (b"[]", "body"), (b"{}", "strategy_id"), (b"\xff\xfe", "body"), (b"{" * 30000, "body"),
                            (b'{"strategy_id":"x","parameters":{"multiplier":-1}}', "parameters.multiplier"),
                            (b'{"strategy_id":"x","parameters":{"multiplier":1e999}}', "parameters.multiplier"),
                            (b'{"strategy_id":"x","parameters":{"size":1}}', "parameters.size"),
                            (b'{"strategy_id":"x","parameters":{"multiplier":1,"clients":[]}}', "parameters.clients")):
            self.refused(gateway.ask(CHANGE, method="POST", body=body), 400, field)
        self.refused(gateway.ask(CHANGE), 405, "method")
        self.refused(gateway.ask("/api/status", method="POST", body=b"x"), 405, "method")
        self.refused(gateway.ask("/api/../etc/passwd"), 404, "path")
        self.refused(gateway.ask("/ws"), 426, "Upgrade")
        self.assertEqual(gateway.ask("/healthz", None)[0], 200)

    def test_one_connection_carries_many_requests_and_ends_with_a_body(self):
        gateway = self.gateway()
        get = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
        post = ("POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 2\r\n\r\n{}" % (CHANGE, BEARER)).encode()
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) as connection:
            got = b""
            for wanted, part in enumerate((get % b"/healthz", get % b"/api/status", get % b"/readyz", post), 1):
                connection.sendall(part)
                while got.count(b"HTTP/1.1 ") < wanted or not got.endswith(b"}\n"):
                    piece = connection.recv(65536)
                    self.assertTrue(piece, got)
                    got += piece
            self.assertEqual(connection.recv(1000), b"")
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", got), [b"200", b"401", b"503", b"400"])

    def test_a_change_that_nobody_answers_is_not_known(self):
        gateway = self.gateway()
        begun = time.monotonic()
        answer = gateway.ask(CHANGE, method="POST", body=b'{"strategy_id":"x","parameters":{"multiplier":2}}')
        self.refused(answer, 504, "")
        self.assertGreater(time.monotonic() - begun, 9)


class Bounds(Case):
    def head(self, extra):
        return ("POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s\r\n" % (CHANGE, BEARER, extra)).encode()

    def test_a_body_is_bounded_and_has_to_say_its_size(self):
        gateway = self.gateway()
        got = gateway.raw(self.head("Content-Length: 40000\r\nConnection: close\r\n") + b" " * 40000)
        self.assertIn(b"413", got.split(b"\r\n")[0])
        self.assertIn(b"32768", got)
        got = gateway.raw(self.head("Content-Length: 999999999999999999999\r\n"))
        self.assertIn(got[9:12], (b"413", b"400", b""))
        for extra in ("", "Content-Length: x\r\n", "Content-Length: -5\r\n"):
            got = gateway.raw(self.head(extra + "Connection: close\r\n"))
            self.assertIn(got[9:12], (b"411", b"400", b"413", b""), extra)
        self.assertEqual(gateway.ask("/healthz", None)[0], 200)

    def test_what_is_no_http_ends_the_connection(self):
        gateway = self.gateway()
        for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200), b"GET\r\n\r\n", b"\0" * 500,
                     b"GET " + b"/x" * 20000 + b" HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET / HTTP/1.1\r\nX: " + b"y" * 100000 + b"\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n\r\n"):
            got = gateway.raw(sent)
            self.assertNotIn(b"200", got[:15], sent[:40])
            self.assertEqual(gateway.ask("/healthz", None)[0], 200)

    def test_more_connections_than_there_is_room_for(self):
        gateway = self.gateway()
        crowd = [socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) for _ in range(160)]
        gateway.wait("some to be sent away", lambda: sum(self.is_closed(one) for one in crowd) >= 160 - 128)
        self.assertLessEqual(sum(self.is_closed(one) for one in crowd), 160 - 128 + 4)
        for one in crowd:
            one.close()
        gateway.wait("room again", lambda: self.answers(gateway))
        self.assertRegex(gateway.ask("/metrics")[1], r"tradecopier_gateway_connections_refused_total 3[2-6]\n")

    def is_closed(self, one):
        one.setblocking(False)
        try:
            return one.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    def answers(self, gateway):
        try:
            return gateway.ask("/healthz", None)[0] == 200
        except OSError:
            return False

    def test_clients_that_come_and_go_at_any_moment(self):
        """Seeded: requests whole and cut, WebSockets, several of them on one connection, ended by a close or a reset."""
        gateway = self.gateway()
        dice = random.Random(20261130)
        upgrade = ("GET /ws HTTP/1.1\r\nHost: x\r\n%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % BEARER)
        pieces = [piece.encode() for piece in (
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /api/status HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % BEARER,
            "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n", upgrade, upgrade.replace(BEARER, "X: y"),
            "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 9\r\n\r\n{\"a\": 12}" % (CHANGE, BEARER),
            "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n%s" % (CHANGE, "x" * 3000),
            "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 49\r\n\r\n{\"strategy_id\":\"x\",\"parameters\":{\"multiplier\":2}}"
            % (CHANGE, BEARER))]
        crowd = []
        for turn in range(1200):
            try:
                if not crowd or (len(crowd) < 40 and dice.random() < 0.5):
                    crowd.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE))
                one = dice.choice(crowd)
                piece = dice.choice(pieces)
                one.sendall(piece if dice.random() < 0.7 else piece[:dice.randrange(len(piece))])
                if dice.random() < 0.3:
                    one.settimeout(0.01)
                    one.recv(dice.choice((10, 100000)))
            except OSError:
                pass
            if dice.random() < 0.2:
                gateway.replicated(turn + 1)
            if dice.random() < 0.45:
                one = crowd.pop(dice.randrange(len(crowd)))
                if dice.random() < 0.5:  # a reset instead of an end
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.close()
        for one in crowd:
            one.close()
        gateway.wait("an answer", lambda: self.answers(gateway))
        gateway.wait("nobody else", lambda: re.search(r"tradecopier_gateway_connections [12]\n", gateway.ask("/metrics")[1]))
        self.assertIn("tradecopier_gateway_websockets 0\n", gateway.ask("/metrics")[1])

    def test_who_does_not_finish_a_request_is_sent_away(self):
        gateway = self.gateway()
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nX: ")
            self.assertEqual(slow.recv(1000), b"")

    def test_a_websocket_that_does_not_read_is_closed_and_the_others_are_not(self):
        gateway = self.gateway()
        slow = self.websocket(gateway, headers=[BEARER], receive_buffer=4096)
        good = self.websocket(gateway, headers=[BEARER])
        self.assertEqual((slow.status, good.status), (101, 101))
        sequence = 0

        def closed():
            nonlocal sequence
            for _ in range(100):
                sequence += 1
                gateway.say("alert.raised", subject="s%d" % sequence, text="x" * 300)
            for _ in range(100):
                seen = good.event()
            self.assertEqual(seen["subject"], "s%d" % sequence)
            return "tradecopier_gateway_websockets_slow_total 1\n" in gateway.ask("/metrics")[1]
        gateway.wait("the slow one to be closed", closed)
        self.assertIn("tradecopier_gateway_websockets 1\n", gateway.ask("/metrics")[1])
        with self.assertRaises(EOFError):
            while True:
                slow.event()


class Events(Case):
    def test_a_websocket_gets_what_happens_in_order(self):
        gateway = self.gateway()
        by_header = self.websocket(gateway, headers=[BEARER])
        by_protocol = self.websocket(gateway, headers=[SUBPROTOCOL])
        self.assertEqual((by_header.status, by_protocol.status), (101, 101))
        self.assertNotIn("Sec-WebSocket-Protocol", by_header.head.title())
        self.assertRegex(by_protocol.head.lower(), r"sec-websocket-protocol: tradecopier\r?\n|sec-websocket-protocol: tradecopier$")
        gateway.replicated(1)
        gateway.replicated(1)
        gateway.say("stream.state", state="down", reason="cut \"off\"", at_ns=1)
        gateway.say("breaker.changed", client_id="anna", state="open", failures=5)
        gateway.say("actor.state", name="executor-1", role="executor", state="crashed", detail="killed")
        gateway.say("alert.raised", kind="stream_down", severity="critical", subject="master", text="down")
        for one in (by_header, by_protocol):
            events = [one.event() for _ in range(5)]
            self.assertEqual([event["type"] for event in events], ["trade_replicated", "stream", "breaker", "shard", "alert"])
            self.assertEqual({key: events[0][key] for key in ("master_order_id", "symbol", "success_count", "failure_count", "latency_ms")},
                             {"master_order_id": "x-1", "symbol": "AAPL", "success_count": 499, "failure_count": 1, "latency_ms": 12.5})
            self.assertEqual(events[1]["reason"], "cut \"off\"")
            one.close()

    def test_a_path_that_is_none_and_what_it_says_itself(self):
        gateway = self.gateway()
        self.assertIn(self.websocket(gateway, "/wss", [BEARER]).status, (0, 404))
        one = self.websocket(gateway, headers=[BEARER])
        one.socket.sendall(b"\x81\x85\0\0\0\0hello")  # a text it did not ask for
        gateway.replicated(3)
        self.assertEqual(one.event()["type"], "trade_replicated")

    def test_messages_that_are_none_cost_nothing(self):
        gateway = self.gateway()
        gateway.tap.send_multipart([b"replication.completed", b"\xc1"])
        gateway.tap.send_multipart([b"actor.stats", b"\x80"])
        gateway.tap.send_multipart([b"actor.stories", b"\x80"])
        gateway.tap.send_multipart([b"breaker.changed"])
        one = self.websocket(gateway, headers=[BEARER])
        gateway.replicated(2)
        self.assertEqual(one.event()["master_order_id"], "x-2")


if __name__ == "__main__":
    unittest.main(verbosity=2)
