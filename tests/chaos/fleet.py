"""fleet.py: the clients of a chaos run, by a seed, and the copier's settings."""
import collections
import random

from checker import ONE, Client

#  a second's patience for an answer, and nothing given up by age or number: the run is about crashes. A breaker that opens
#  by design skips entries by design; what it does is tested elsewhere (tests/e2e, the simulation).
SETTINGS = {"REQUEST_TIMEOUT": "3", "RETRY_INITIAL_DELAY": "0.1", "RETRY_MAX_DELAY": "2", "MAX_RETRY_ATTEMPTS": "50",
            "MAX_EVENT_AGE": "3600", "FAILURE_THRESHOLD": "1000", "REFRESH_INTERVAL": "30", "WEBSOCKET_RECONNECT_DELAY": "0.2"}
#  With everything deleted every ten seconds or so, a day's trades would be walked again each time, for every client.
DELETING = {"CATCH_UP_LOOKBACK": "60"}
#  So that those who die for good are seen to be gone.
SCALING = {"SHARD_GRACE": "2"}

Member = collections.namedtuple("Member", "account rule")  # as tests/e2e/copier.py adds it; as the checker judges it


def decimal(value_e9):
    return ("%d.%09d" % divmod(value_e9, ONE)).rstrip("0").rstrip(".")


def make(count, seed):
    """Half of them fixed_multiplier, a third equity_based, the others risk_based; every fifth in whole shares; a few follow one
    direction, or not every symbol. All can afford what they copy."""
    dice, members = random.Random("fleet %d" % seed), []
    for n in range(1, count + 1):
        label, cash = "c%03d" % n, dice.randrange(1_000_000, 4_000_000)
        method = dice.choices(("fixed_multiplier", "equity_based", "risk_based"), (5, 3, 2))[0]
        multiplier, risk = dice.randrange(200, 1200) * ONE // 1000, dice.randrange(50, 200) * ONE // 1000
        whole = n % 5 == 0
        direction = {7: "long", 13: "short"}.get(n % 20, "both")
        deny = ("KO",) if n % 20 == 11 else ()
        options = ["--scaling-method", method, "--direction", direction, "--fractional", "false" if whole else "true"]
        options += ["--risk-percent", decimal(risk)] if method == "risk_based" else ["--multiplier", decimal(multiplier)]
        options += ["--deny", ",".join(deny)] if deny else []
        members.append(Member({"label": label, "cash": str(cash), "options": options},
                              Client(label, method, multiplier, risk, whole, direction, deny)))
    return members
