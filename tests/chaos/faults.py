"""faults.py: what the simulator does wrong during a chaos run (docs/simulator.md), at moments that a seed gives."""
import collections
import random

#  a minute: how often each is switched on
OFTEN = {"stream_cut": 2, "answer_lost": 6, "answer_lost_get": 3, "events_doubled": 6, "stream_mute": 0.5}
STEADY = {"latency_ms": 5, "jitter_ms": 15, "status": 503, "status_probability": "0.01"}


class Faults:
    def __init__(self, simulator, seed, on, rate_limit, minutes):
        self.simulator, self.counts = simulator, collections.Counter()
        dice = random.Random("faults %d" % seed)
        self.events = sorted((dice.uniform(0, minutes * 60), name) for name, often in OFTEN.items()
                             for _ in range(round(often * minutes))) if on else []
        self.limit = rate_limit
        simulator.control("faults", {"rate_limit": rate_limit, "list_lag_ms": 150, **(STEADY if on else {})})

    def step(self, elapsed):
        while self.events and self.events[0][0] <= elapsed:
            name = self.events.pop(0)[1]
            self.counts[name] += 1
            self.simulator.control("faults", {
                "stream_cut": {"stream_cut": True},
                "answer_lost": {"answer_lost": 3, "answer_lost_method": "POST", "answer_lost_path": "/v2/orders"},
                "answer_lost_get": {"answer_lost": 2, "answer_lost_method": "GET", "answer_lost_path": "/v2"},
                "events_doubled": {"events_doubled": 5},
                "stream_mute": {"stream_mute_s": 3}}[name])

    def end(self):
        """The last ones are over; the rate limit and the lag of lists stay, as they would at the broker."""
        self.events = []
        self.simulator.control("faults", method="DELETE")
        self.simulator.control("faults", {"rate_limit": self.limit, "list_lag_ms": 150})
