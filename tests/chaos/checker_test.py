#!/usr/bin/python3 -B
"""checker_test.py: the chaos tests' checker finds what is planted, and nothing in a clean history.

The story: t=0 master buys 10 in two executions (4, 6); t=2 sells 5; t=4 sells the other 5; t=5 sells 8 short in one; the
client copies at 0.37, another with half of the master's equity follows in whole shares."""
import copy
import unittest

from checker import ONE, Checker, Client, Range, e9, tag_of, text_of

FIXED = Client("fixed", "fixed_multiplier", 370_000_000, 0, False, "both", ())
WHOLE = Client("whole", "equity_based", ONE, 0, True, "both", ())
LONG = Client("long", "risk_based", 0, ONE, False, "long", ())
EQUITIES = {"master": Range(100_000 * ONE, 100_000 * ONE), "fixed": Range(ONE, ONE), "whole": Range(49_990 * ONE, 50_010 * ONE),
            "long": Range(40_000 * ONE, 40_000 * ONE)}


class World:
    def __init__(self):
        self.history = []

    def order(self, label, side, qty, at, slot=None, parts=None, x=None, leg="o", symbol="AAPL"):
        parts = parts or [qty]
        made = {"seq": len(self.history) + 1, "label": label, "id": "x%d" % (len(self.history) + 1), "symbol": symbol, "side": side,
                "client_order_id": "tc1-%s-%s%d" % (tag_of("master", x, label), leg, slot) if x else "", "qty": qty,
                "filled_qty": qty, "status": "filled", "arrived_at_ns": at,
                "executions": [{"qty": part, "price": "100", "at_ns": at + n} for n, part in enumerate(parts)]}
        self.history.append(made)
        return made["id"]

    def story(self):
        x1 = self.order("master", "buy", "10", 0, parts=["4", "6"])
        self.order("fixed", "buy", "1.48", 10, 1, x=x1)
        self.order("fixed", "buy", "2.22", 20, 2, x=x1)
        self.order("whole", "buy", "5", 20, 1, x=x1)
        self.order("long", "buy", "4", 20, 1, x=x1)
        x2 = self.order("master", "sell", "5", 200)
        self.order("fixed", "sell", "1.85", 210, 1, x=x2, leg="c")
        self.order("whole", "sell", "2", 210, 1, x=x2, leg="c")
        self.order("long", "sell", "2", 210, 1, x=x2, leg="c")
        x3 = self.order("master", "sell", "5", 400)
        self.order("fixed", "sell", "1.85", 410, 1, x=x3, leg="c")
        self.order("whole", "sell", "3", 410, 1, x=x3, leg="c")
        self.order("long", "sell", "2", 410, 1, x=x3, leg="c")
        x4 = self.order("master", "sell", "8", 500)
        self.order("fixed", "sell", "2", 510, 1, x=x4)
        self.order("whole", "sell", "4", 510, 1, x=x4)
        return [x1, x2, x3, x4]


class Checks(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.xs = self.world.story()

    def judge(self, **more):
        checker = Checker("master", [FIXED, WHOLE, LONG], EQUITIES, **more)
        self.held = checker.check(self.world.history)
        self.findings = checker.findings
        return [kind for kind, _ in checker.findings]

    def find(self, label, leg, n=0):
        return [one for one in self.world.history if one["label"] == label and "-" + leg in one["client_order_id"]][n]

    def change(self, order, qty):
        order["qty"] = order["filled_qty"] = order["executions"][0]["qty"] = qty

    def test_what_is_right_is_right(self):
        self.assertEqual(self.judge(), [], self.world.history)
        self.assertEqual(self.held, {"fixed": {"AAPL": -2 * ONE}, "whole": {"AAPL": -4 * ONE}, "long": {}})
        self.assertEqual(self.judge(forgetful=True), [])

    def test_an_order_that_is_missing_is_lost(self):
        for label, leg, n in (("fixed", "o", 0), ("fixed", "o", 1), ("whole", "c", 1), ("long", "c", 0), ("fixed", "o", 2)):
            with self.subTest(label=label, leg=leg, n=n):
                self.setUp()
                self.world.history.remove(self.find(label, leg, n))
                self.assertIn("lost", self.judge())

    def test_an_entry_that_the_exit_of_all_overtook_is_not_lost(self):
        self.world.history.remove(self.find("fixed", "o", 2))
        told = [("fixed", self.xs[3])]
        self.assertEqual(self.judge(superseded=told), ["lost"])  # nobody closed it
        x5 = self.world.order("master", "buy", "8", 600)
        self.world.order("whole", "buy", "4", 610, 1, x=x5, leg="c")
        self.assertEqual(self.judge(superseded=told), [])
        self.assertEqual(self.judge(), ["lost"])

    def test_a_copy_sent_again_in_another_slot_is_doubled(self):
        for label, leg in (("fixed", "o"), ("whole", "o")):
            with self.subTest(label=label):
                self.setUp()
                again = copy.deepcopy(self.find(label, leg))
                again.update(seq=6.5, client_order_id=again["client_order_id"][:-1] + "3", arrived_at_ns=30)
                self.world.history.append(again)
                self.assertIn("doubled", self.judge())

    def test_a_slot_used_twice_is_doubled(self):
        self.find("fixed", "o", 1)["client_order_id"] = self.find("fixed", "o", 0)["client_order_id"]
        self.assertEqual(self.judge(), ["doubled"])

    def test_a_size_a_little_off_is_wrong(self):
        self.change(self.find("fixed", "o", 0), "1.480000001")
        self.assertIn("wrong", self.judge())
        self.setUp()
        self.change(self.find("fixed", "o", 1), "2.220000001")
        self.assertIn("doubled", self.judge())
        self.setUp()
        self.change(self.find("whole", "c", 0), "3")
        self.assertIn("wrong", self.judge())

    def test_an_order_nobody_owed_is_wrong(self):
        self.world.order("long", "sell", "1", 520, 1, x=self.xs[3])
        self.assertEqual(self.judge(), ["wrong"])
        self.setUp()
        self.world.order("fixed", "buy", "1", 520)
        self.assertEqual(self.judge(), ["wrong"])

    def test_before_the_master_or_out_of_order_is_wrong(self):
        self.find("whole", "c", 1)["arrived_at_ns"] = 399
        self.assertEqual(self.judge(), ["wrong"])
        self.setUp()
        first, second = self.find("fixed", "c", 0), self.find("fixed", "c", 1)
        first["seq"], second["seq"] = second["seq"], first["seq"]
        self.assertEqual(self.judge(), ["wrong"])

    def test_the_other_side_another_symbol_and_a_cancelled_order_are_wrong(self):
        for change in ({"symbol": "KO"}, {"side": "sell"}, {"filled_qty": "1", "status": "canceled"}):
            with self.subTest(change=change):
                self.setUp()
                self.find("whole", "o", 0).update(change)
                self.assertIn("wrong", self.judge())

    def test_forgetful_allows_drift_but_no_loss(self):
        self.change(self.find("long", "c", 0), "2.03")  # within 2 % of what it held
        self.change(self.find("long", "c", 1), "1.97")
        self.assertEqual(self.judge(forgetful=True), [])
        self.assertNotEqual(self.judge(), [])
        self.change(self.find("long", "c", 0), "2.2")
        self.assertIn("wrong", self.judge(forgetful=True))

    def outcomes(self):
        found = [(client, x, to, "", "skipped", 1, 0) for client in ("fixed", "whole", "long")
                 for x, to in zip(self.xs, (10 * ONE, 5 * ONE, 5 * ONE, 8 * ONE))]
        return found + [(one["label"], "", 0, one["client_order_id"], "filled", 1, e9(one["qty"]))
                        for one in self.world.history if one["client_order_id"]]

    def audit(self, outcomes, closings, since=0):
        checker = Checker("master", [FIXED, WHOLE, LONG], EQUITIES)
        checker.check(self.world.history)
        checker.check_outcomes(outcomes, closings, self.world.history, since)
        return [kind for kind, _ in checker.findings]

    def test_outcomes(self):
        closings = list(zip(self.xs, (10 * ONE, 5 * ONE, 5 * ONE, 8 * ONE)))
        right = self.outcomes()
        self.assertEqual(self.audit(right, closings), [])
        self.assertEqual(self.audit(right[1:], closings), ["lost"])
        self.assertEqual(self.audit(right[:-1], closings), ["lost"])
        self.assertEqual(self.audit(right, closings[1:]), ["lost"])
        self.assertEqual(self.audit([(*one[:6], one[6] - 1) if one[6] else one for one in right], closings),
                         ["wrong"] * 12)
        self.assertEqual(self.audit([(*one[:5], 0, one[6]) for one in right], closings), ["wrong"] * 12)
        self.assertEqual(self.audit(right[3:], closings, since=400), ["lost"])

    def test_amounts(self):
        self.assertEqual([e9("1"), e9("-0.5"), e9("2.0000000019"), e9("0.000000001")], [ONE, -ONE // 2, 2 * ONE + 1, 1])
        self.assertEqual([text_of(1), text_of(-ONE // 2), text_of(3 * ONE)], ["0.000000001", "-0.5", "3"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
