"""trade.py: the demo's master: buys and sells at the simulator, and says when the clients' copies arrived there."""
import itertools
import os
import time

from broker import CLIENTS, control, wait_for_it

EVERY_S = float(os.environ.get("TRADE_EVERY_S", "10"))
SYMBOLS = ["AAPL", "MSFT", "AMZN", "GOOGL", "TSLA"]
PATIENCE_S = 20


def copies(since, symbol, side):
    """(time of the master's fill, arrival times of the clients' orders), in ns."""
    sent, arrived = 0, []
    for one in control("history?since_seq=%d&symbol=%s" % (since, symbol))["orders"]:
        if one["side"] != side:
            continue
        if one["label"] == "master":
            sent = one["executions"][0]["sent_at_ns"] if one["executions"] else 0
        else:
            arrived.append(one["arrived_at_ns"])
    return sent, arrived


def trade(symbol, side, qty):
    since = control("state")["last_seq"]
    control("order", {"account": "master", "symbol": symbol, "side": side, "type": "market", "time_in_force": "day",
                      "qty": str(qty)})
    end = time.monotonic() + PATIENCE_S
    sent, arrived = copies(since, symbol, side)
    while time.monotonic() < end and (len(arrived) < CLIENTS or not sent):
        time.sleep(0.1)
        sent, arrived = copies(since, symbol, side)
    times = "first %.1f ms, last %.1f ms after the master's fill" % tuple(
        (moment - sent) / 1e6 for moment in (min(arrived), max(arrived))) if sent and arrived else "none in time"
    print("demo: master %s %d %s: %d of %d clients sent their copy; %s" %
          (side, qty, symbol, len(arrived), CLIENTS, times), flush=True)


def main():
    wait_for_it()
    for symbol in itertools.cycle(SYMBOLS):
        for side in ("buy", "sell"):
            trade(symbol, side, 10)
            time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
