#!/usr/bin/env python3
"""No leak after a clean stop, in one process and in many, with a Redis that dies in between and is stopped at the end.
Patience: under valgrind everything takes 30 times as long."""
import glob
import os
import pathlib
import shutil
import tempfile
import unittest

os.environ.setdefault("PATIENCE", "240")

from copier import FIVE, NEARLY, Case, entry_size  # noqa: E402 (reads PATIENCE)
from redis_server import Redis  # noqa: E402

LEAK = 99


class Valgrind(Case):
    def leaks(self, topology, *more):
        """Two trades between start and SIGTERM; valgrind's exit code would replace the copier's own 0."""
        directory = tempfile.mkdtemp(prefix="tc-redis-")
        self.addCleanup(shutil.rmtree, directory)
        redis = Redis(directory)
        self.addCleanup(redis.kill)
        redis.start()
        world = self.copier(FIVE[:3], topology=topology, settings={"REQUEST_TIMEOUT": "60", "REDIS_URL": redis.url})
        world.simulator.control("prices", {"AAPL": "100", "MSFT": "200"})
        world.wrapper = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect",
                         "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=%d" % LEAK,
                         "--log-file=" + world.path("valgrind.%p"), *more]
        try:
            world.start()
            for symbol in ("AAPL", "MSFT"):
                x = world.simulator.order("master", "buy", symbol, 10)["id"]
                price = world.fill_price("master", x)
                world.wait_holdings(symbol, {one["label"]: entry_size(one, 10, price) for one in FIVE[:3]}, NEARLY)
                world.wait_completed(x)
                world.wait("its mark", lambda x=x: redis.hash("tc:dedup:master:" + x))
                if symbol == "AAPL":
                    redis.kill()
                    redis.start()
            redis.pause()
            self.assertEqual(len(world.lines("actor_state", state="crashed")), 0)
            world.stop()
        finally:
            reports = [pathlib.Path(path).read_text() for path in glob.glob(world.path("valgrind.*"))]
            found = "\n".join(text for text in reports if text)
            self.ends.append(found[-8000:])
        self.assertEqual(found, "", "valgrind found errors or leaks")
        return reports

    def test_single(self):
        self.assertEqual(len(self.leaks("single")), 1)

    def test_processes(self):
        self.assertGreaterEqual(len(self.leaks("local", "--trace-children=yes")), 8)


if __name__ == "__main__":
    unittest.main(verbosity=2)
