"""health_test.py: what a service manager and a probe learn: health, preflight, READY=1, the watchdog."""
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from copier import BINARY, FIVE, Case, free_ports

ACTORS = ["alert", "audit", "dispatcher", "executor-1", "executor-2", "listener", "tap"]


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, path, watchdog_ms=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.env = {"NOTIFY_SOCKET": path}
        if watchdog_ms:
            self.env["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        self.heard = []

    def read(self):
        try:
            while True:
                self.heard.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return self.heard

    def count(self, word):
        return sum(word in text.split("\n") for text in self.read())


class Health(Case):
    def asked(self, world, *arguments):
        code, out, err = world.command("health", "--json", *arguments)
        return code, {one["actor"]: one for one in map(json.loads, out.splitlines())}, err

    def test_nobody_runs(self):
        world = self.copier(FIVE)
        code, _, err = self.asked(world)
        self.assertEqual(code, 69)
        self.assertIn("no copier is running", err)
        self.assertEqual(self.asked(world, "--run-dir", "/nowhere/at/all")[0], 69)

    def test_a_run_tells_its_manager(self):
        for topology in ("local", "single", "tcp"):
            with self.subTest(topology=topology):
                world = self.copier(FIVE, topology=topology)
                if topology == "tcp":
                    world.topology = world.write("tcp.topology", "transport tcp\nbase 127.0.0.1:%d\n" % free_ports(3) +
                                                 "".join("actor %s %s\n" % (name, name.split("-")[0]) for name in ACTORS))
                manager = Manager(world.path("manager"), watchdog_ms=2000)
                world.env.update(manager.env)
                world.start()
                world.wait("READY=1", lambda: manager.count("READY=1") == 1, explain=lambda: manager.heard)
                self.assertIn("STATUS=7 of 7 actors ready", manager.heard[-1] + "".join(manager.heard))
                world.wait("a sign of life", lambda: manager.count("WATCHDOG=1") > 2)
                code, actors, _ = self.asked(world, "--ready")
                self.assertEqual((code, sorted(actors)), (0, ACTORS))
                code, out, _ = world.command("health")
                self.assertIn("executor-1       ready\n", out)
                world.stop()
                self.assertEqual(manager.count("STOPPING=1"), 1)

    def test_an_actor_that_hangs_and_one_that_waits(self):
        world = self.copier(FIVE)
        world.start()
        pid = world.pid("executor-2")
        os.kill(pid, signal.SIGSTOP)
        try:
            code, actors, _ = self.asked(world)
            self.assertEqual((code, actors["executor-2"]["lack"]), (69, "does not answer"))
            self.assertEqual(self.asked(world, "--actor", "executor-1")[0], 0)
        finally:
            os.kill(pid, signal.SIGCONT)
        #  the stream is away: everybody lives, the listener is not ready
        world.simulator.control("faults", {"stream_refuse_s": 3600, "stream_cut": True})
        world.wait("the listener to miss its stream", lambda: self.asked(world, "--ready")[0] == 75)
        code, actors, _ = self.asked(world)
        self.assertEqual((code, actors["listener"]["lack"]), (0, "the master's stream is not listened to"))
        world.simulator.control("faults", method="DELETE")
        world.wait("it to have it back", lambda: self.asked(world, "--ready")[0] == 0)
        world.stop()

    def test_preflight(self):
        world = self.copier(FIVE)
        self.assertEqual(world.command("preflight")[0], 0)
        code, _, err = world.command("preflight", ENCRYPTION_KEY="0" * 64)
        self.assertEqual(code, 78, err)
        code, _, err = world.command("preflight", ALPACA_BASE_URL="http://127.0.0.1:1")
        self.assertEqual(code, 69, err)

    def test_actors_on_their_own_over_tcp_by_name(self):
        """Each with a manager of its own; the dispatcher comes back, and everybody finds it."""
        world = self.copier(FIVE)
        port = free_ports(5)
        names = ["tap", "alert", "audit", "dispatcher", "executor-1", "listener"]
        topology = world.write("own.topology", "transport tcp\nbase localhost:%d\ntap localhost:%d\n" % (port, port + 3) +
                               "".join("actor %s %s\n" % (name, name.split("-")[0]) for name in names))
        run = world.path("own")
        os.mkdir(run, 0o700)
        managers, processes = {}, {}
        log = open(world.log, "a")  # pylint: disable=consider-using-with
        self.addCleanup(log.close)

        def start(name):
            managers[name] = Manager(world.path("%s-%d" % (name, time.monotonic_ns())), watchdog_ms=2000)
            processes[name] = subprocess.Popen(  # pylint: disable=consider-using-with
                [BINARY, "actor", name, "--topology", topology, "--run-dir", run], cwd=world.directory,
                env={**world.env, **managers[name].env}, stdout=log, stderr=log)

        def ready(name):
            world.wait("%s ready" % name, lambda: managers[name].count("READY=1") == 1,
                       explain=lambda: managers[name].heard)
        try:
            for name in names:
                start(name)
            for name in names:
                ready(name)
            code, actors, _ = self.asked(world, "--run-dir", run, "--ready")
            self.assertEqual((code, sorted(actors)), (0, sorted(names)))
            processes["dispatcher"].kill()
            processes["dispatcher"].wait()
            self.assertEqual(self.asked(world, "--run-dir", run)[0], 69)
            start("dispatcher")
            ready("dispatcher")
            world.wait("all ready again", lambda: self.asked(world, "--run-dir", run, "--ready")[0] == 0)
            processes["executor-1"].send_signal(signal.SIGTERM)
            self.assertEqual(processes["executor-1"].wait(60), 0)
            self.assertFalse(os.path.exists(os.path.join(run, "executor-1.health")))
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait(60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
