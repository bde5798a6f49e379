"""trade_updates over WebSocket and SSE: both auth forms, both frame kinds, one socket an account, cuts and silences."""
import http.client
import json
import socket
import sys
import unittest

from client import PATIENCE, Simulator, WebSocket

ORDER = {"symbol": "AAPL", "qty": "2", "side": "buy", "type": "market", "time_in_force": "day"}
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates", "nonsense"]}}


class Stream(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator()
        self.addCleanup(lambda: self.assertEqual(self.simulator.stop(), 0))

    def socket(self, account=0, path="/stream"):
        keys = self.simulator.accounts[account]
        stream = WebSocket(self.simulator, path)
        self.addCleanup(stream.close)
        stream.send({"action": "auth", "key": keys["key_id"], "secret": keys["secret"]})
        return stream

    def listening(self, **options):
        stream = self.socket(**options)
        self.assertEqual(stream.message()["data"]["status"], "authorized")
        stream.send(LISTEN)
        self.assertEqual(stream.message(), {"stream": "listening", "data": {"streams": ["trade_updates"]}})
        return stream

    def test_listen_comes_after_auth(self):
        stream = WebSocket(self.simulator)
        self.addCleanup(stream.close)
        stream.send(LISTEN)
        self.assertEqual(stream.message()["data"], {"status": "unauthorized", "action": "listen"})
        stream.send({"action": "authenticate", "data": {"key_id": "x", "secret_key": "y"}})
        self.assertEqual(stream.message()["data"]["status"], "unauthorized")
        keys = self.simulator.accounts[0]
        stream.send({"action": "authenticate", "data": {"key_id": keys["key_id"], "secret_key": keys["secret"]}})
        self.assertEqual(stream.message()["data"], {"status": "authorized", "action": "authenticate"})
        stream.send(b"hello", 9)
        self.assertEqual(stream.frame(), (10, b"hello"))

    def test_fill_in_binary_and_in_text(self):
        for account, (path, opcode) in enumerate((("/stream", 2), ("/stream?frames=text", 1))):
            stream = self.listening(account=account, path=path)
            self.assertEqual(self.simulator.call("POST", "/v2/orders", ORDER, account)[0], 200)
            events = []
            while "fill" not in events:
                kind, payload = stream.frame()
                self.assertEqual(kind, opcode)
                data = json.loads(payload)["data"]
                events.append(data["event"])
            self.assertEqual((data["qty"], data["order"]["status"]), ("2", "filled"))
            self.assertIn("new", events)
        orders = self.simulator.control("GET", "history")[1]["orders"]
        for order in orders:
            self.assertGreaterEqual(order["executions"][0]["sent_at_ns"], order["arrived_at_ns"])

    def test_one_socket_an_account(self):
        self.listening()
        second = self.socket()
        self.assertEqual(second.message()["data"]["error_message"], "connection limit exceeded")
        self.assertEqual(second.frame()[0], 8)
        self.listening(account=1)

    def test_faults(self):
        stream = self.listening()
        self.simulator.control("POST", "faults", {"events_doubled": 1})
        self.simulator.call("POST", "/v2/orders", ORDER)
        first = stream.message()
        self.assertEqual(first, stream.message())
        while stream.message()["data"]["event"] != "fill":
            pass  # nothing of this order comes later
        self.simulator.control("POST", "faults", {"stream_cut": True, "stream_refuse_s": 60})
        with self.assertRaises(EOFError):
            while True:
                stream.frame()
        refused = WebSocket(self.simulator)
        self.addCleanup(refused.close)
        self.assertEqual(refused.status, 429)
        self.simulator.control("DELETE", "faults")
        stream = self.listening()
        self.simulator.control("POST", "faults", {"stream_mute_s": 60})
        self.simulator.call("POST", "/v2/orders", ORDER)
        stream.send(b"", 9)
        stream.socket.settimeout(0.3)
        with self.assertRaises(socket.timeout):
            stream.frame()

    def test_sse_live_and_replayed(self):
        keys = self.simulator.accounts[0]
        headers = {"APCA-API-KEY-ID": keys["key_id"], "APCA-API-SECRET-KEY": keys["secret"]}

        def fill(path):
            connection = http.client.HTTPConnection(self.simulator.host, self.simulator.port, timeout=PATIENCE)
            self.addCleanup(connection.close)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
            if "since" not in path:
                self.simulator.call("POST", "/v2/orders", ORDER)
            while True:
                line = answer.readline()
                if line.startswith(b"data: ") and json.loads(line[6:])["event"] == "fill":
                    return json.loads(line[6:])

        live = fill("/v2/events/trades")
        self.assertEqual(live, fill("/v2/events/trades?since_id=" + live["event_id"]))
        self.assertEqual(self.simulator.call("GET", "/v2/events/trades?since_id=x&since=2026-01-01T00:00:00Z")[0], 422)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
