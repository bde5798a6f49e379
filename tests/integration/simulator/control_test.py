"""The control API: accounts, prices, faults, history, and that wrong input changes nothing."""
import http.client
import sys
import time
import unittest

from client import Simulator, until

ORDER = {"symbol": "AAPL", "qty": "2", "side": "buy", "type": "market", "time_in_force": "day"}


class Control(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator()
        self.control = self.simulator.control
        self.addCleanup(lambda: self.assertEqual(self.simulator.stop(), 0))

    def submit(self, **fields):
        return self.simulator.call("POST", "/v2/orders", {**ORDER, **fields})

    def test_accounts_all_or_none(self):
        wanted = [{"label": f"c{i}", "key_id": f"K{i}", "cash": 1000.25 + i} for i in range(500)]
        status, made = self.control("POST", "accounts", wanted)
        self.assertEqual((status, [a["key_id"] for a in made["accounts"]]), (200, [w["key_id"] for w in wanted]))
        for wrong in ([{"label": "new"}, {"label": "c1"}], [{"key_id": "K1"}], {"cash": "-1"}, "text", [1]):
            self.assertIn(self.control("POST", "accounts", wrong)[0], (400, 422), wrong)
        accounts = self.control("GET", "accounts")[1]["accounts"]
        self.assertEqual((len(accounts), accounts[3]["cash"]), (502, "1001.25"))
        self.assertEqual(self.control("GET", "accounts?account=c7")[1]["accounts"][0]["key_id"], "K7")

    def test_prices(self):
        self.assertEqual(self.control("POST", "prices", {"AAPL": "123.45"})[0], 200)
        self.assertEqual(self.simulator.call("GET", "/v2/stocks/AAPL/trades/latest")[1]["trade"]["p"], 123.45)
        self.assertEqual(self.control("POST", "prices", {"AAPL": 1, "NOSUCH": 1})[0], 422)
        self.assertEqual(self.simulator.call("GET", "/v2/stocks/AAPL/trades/latest")[1]["trade"]["p"], 123.45)
        self.assertTrue(self.control("POST", "prices", {"walk": True})[1]["walk"])

    def test_history(self):
        before = time.time_ns()
        status, order = self.control("POST", "order", {**ORDER, "account": "account-2"})
        self.assertEqual(status, 200)
        self.submit(qty="0")
        for _ in range(300):
            self.submit()
        until(lambda: all(o["filled_qty"] == o["qty"] for o in self.control("GET", "history")[1]["orders"]))
        history = self.control("GET", "history")[1]
        self.assertEqual([o["seq"] for o in history["orders"]], list(range(1, 302)))
        first = self.control("GET", "history?account=account-2")[1]["orders"]
        self.assertEqual([o["id"] for o in first], [order["id"]])
        self.assertEqual((first[0]["filled_qty"], first[0]["executions"][0]["qty"]), ("2", "2"))
        self.assertTrue(before <= first[0]["arrived_at_ns"] <= time.time_ns())
        self.assertEqual(len(self.control("GET", "history?since_seq=300")[1]["orders"]), 1)
        self.assertEqual(len(history["rejected"]), 1)
        self.assertEqual(self.control("GET", "state")[1]["orders"], 301)
        self.assertEqual(self.control("GET", "history?account=nobody")[0], 404)

    def test_status_latency_and_rate(self):
        self.control("POST", "faults", {"status": 503, "status_count": 2, "status_html": True, "status_method": "POST"})
        keys = self.simulator.accounts[0]
        headers = {"APCA-API-KEY-ID": keys["key_id"], "APCA-API-SECRET-KEY": keys["secret"]}
        for _ in range(2):
            status, body, answer = self.simulator.raw("POST", "/v2/orders", "{}", headers)
            self.assertEqual((status, answer["Content-Type"], body[:6]), (503, "text/html", b"<html>"))
        self.assertEqual(self.submit()[0], 200)
        self.control("POST", "faults", {"latency_ms": 200})
        begin = time.monotonic()
        self.assertEqual(self.submit()[0], 200)
        self.assertGreater(time.monotonic() - begin, 0.18)
        self.control("DELETE", "faults")
        self.control("POST", "faults", {"account": "account-1", "rate_limit": 3})
        answers = [self.simulator.call("GET", "/v2/clock")[0] for _ in range(8)]
        self.assertEqual(answers[-1], 429)
        self.assertEqual(self.simulator.call("GET", "/v2/clock", account=1)[0], 200)

    def test_an_answer_is_lost_but_the_order_is_taken(self):
        self.control("POST", "faults", {"answer_lost": 1})
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            self.submit(client_order_id="lost")
        self.assertEqual(self.submit(client_order_id="lost")[0], 422)
        self.assertEqual(self.simulator.call("GET", "/v2/orders:by_client_order_id?client_order_id=lost")[0], 200)
        self.assertEqual(self.control("GET", "state")[1]["duplicate_client_order_ids"], 1)
        self.control("POST", "faults", {"answer_lost": 1, "answer_lost_after": False})
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            self.submit(client_order_id="never")
        self.assertEqual(self.simulator.call("GET", "/v2/orders:by_client_order_id?client_order_id=never")[0], 404)

    def test_partial_fills_and_rejections(self):
        self.control("POST", "faults", {"account": "account-1", "fill_script": [{"qty": "0.5"}, {"qty": "1.5", "delay_ms": 5}]})
        self.submit()
        until(lambda: self.control("GET", "history")[1]["orders"][0]["filled_qty"] == "2")
        order, = self.control("GET", "history")[1]["orders"]
        self.assertEqual([e["qty"] for e in order["executions"]], ["0.5", "1.5"])
        self.control("POST", "faults", {"reject": 1, "reject_code": 42210000, "reject_message": "no"})
        self.assertEqual(self.submit(), (422, {"code": 42210000, "message": "no"}))
        self.assertEqual(self.submit()[0], 200)

    def test_wrong_faults_change_nothing(self):
        for wrong in ({"latency": 5}, {"latency_ms": -1}, {"status": 418}, {"latency_ms": 900, "reject_code": 7}):
            self.assertEqual(self.control("POST", "faults", wrong)[0], 422, wrong)
        self.assertEqual(self.control("POST", "faults", {})[1]["latency_ms"], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
