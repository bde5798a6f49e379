#!/usr/bin/env python3
"""No secret in the clear: not on disk, not in a log, not in the tap, not in the process list, not in a core."""
import base64
import os
import re
import resource
import signal
import subprocess
import time
import unittest

from copier import BINARY, Case, Tap, alive, find_files

CLIENTS = [{"label": "alice", "cash": "50000"}, {"label": "bob", "cash": "25000"}, {"label": "carol", "cash": "10000"}]
KEYS = {label: {"key_id": "PKUNUSUAL%sQXZJ" % label.upper(), "secret": "Zq9/Unusual+%s-Xw7vK2" % label[::-1].upper()}
        for label in ("master", "alice", "bob", "carol")}
NOBODYS = 65534
CORES_FREELY = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def disguises(secret):
    """The secret as it could be found: raw, in base64 at any of the three alignments, in hex."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + raw)
            found.add(text[4 if shift else 0:len(text) - 4])  # without what depends on the neighbours
    return found


def processes():
    """pid -> parent of all that run."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    found[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
    return found


def family(pid):
    """The process and all that descend from it."""
    parents, wanted = processes(), {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in wanted} - wanted
        if not more:
            return wanted
        wanted |= more


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


class Secrets(Case):
    def search(self, world, where, content, wanted=None):
        secrets = wanted or [one["secret"] for one in KEYS.values()] + [world.key]
        for secret in secrets:
            for disguise in disguises(secret):
                self.assertNotIn(disguise, content, "a secret is in %s" % where)

    def test_the_search_finds_what_it_looks_for(self):
        secret = KEYS["alice"]["secret"].encode()
        for text in (b"x" + secret, b"ab" + base64.b64encode(b"k:" + secret + b"!"), base64.urlsafe_b64encode(b"q" + secret),
                     secret.hex().encode()):
            with self.assertRaises(AssertionError):
                self.search(None, "itself", text, [secret.decode()])

    def everywhere(self, topology):
        """Trades, refused keys, a crash, a stop: then every byte that came out of it is searched."""
        world = self.copier(CLIENTS, topology=topology, keys=KEYS, settings={"LOG_LEVEL": "DEBUG"})
        world.simulator.control("prices", {"AAPL": "100"})
        #  as people do it: the key of the database stands in .env, which is the one file that may hold it
        world.start()
        bystander = Tap(world.tap_endpoint)
        self.addCleanup(bystander.close)
        x = world.simulator.order("master", "buy", "AAPL", 10)["id"]
        world.wait_completed(x)
        world.simulator.control("faults", {"account": "bob", "status": 503, "status_count": 3, "status_method": "POST"})
        world.wait_completed(world.simulator.order("master", "buy", "AAPL", 10)["id"])
        for label in KEYS:  # what a person asks for is shown without secrets too
            if label != "master":
                self.search(world, "client list", world.ok("client", "list", "--keys", "--json").encode())
        self.search(world, "settings", world.ok("settings").encode())
        self.search(world, "master show", world.ok("master", "show").encode())
        world.ok("client", "update", "carol", "--active", "false")  # its configuration passes the tap again
        world.wait("carol's configuration at the tap", lambda: any(
            subject == "client.config" and message["client_id"] == "carol" for subject, message, _ in world.tap.seen))
        pids = family(world.process.pid)
        self.assertGreaterEqual(len(pids), 8 if topology == "local" else 1)
        for pid in pids:
            self.search(world, "the command line of %d" % pid, read("/proc/%d/cmdline" % pid))
        listed = subprocess.run(["ps", "auxeww"], capture_output=True, check=True).stdout
        ours = b"\n".join(line for line in listed.splitlines()[1:] if int(line.split()[1]) in pids)
        self.assertIn(b"trade-copier", ours)
        self.search(world, "ps auxeww", ours)
        for path in find_files(world.directory):
            if os.path.basename(path) != ".env":
                self.search(world, path, read(path))
        world.stop()
        for path in find_files(world.directory):
            if os.path.basename(path) != ".env":
                self.search(world, path, read(path))
        self.assertGreater(os.path.getsize(world.path("copier.db")), 4096)
        self.assertGreater(len(world.tap.raw), 2000)
        self.search(world, "the tap", bytes(world.tap.raw))
        bystander.read(0.1)
        self.search(world, "a second tap", bytes(bystander.raw))

    def test_processes(self):
        self.everywhere("local")

    def test_single(self):
        self.everywhere("single")

    def test_the_key_from_the_environment_is_gone_from_it(self):
        """ENCRYPTION_KEY and the master's keys given by the environment: no actor's environment keeps them."""
        world = self.copier(CLIENTS, keys=KEYS)
        world.write_env(ENCRYPTION_KEY=None)
        world.env.update(ENCRYPTION_KEY=world.key, MASTER_ACCOUNT_ID="master", MASTER_API_KEY=KEYS["master"]["key_id"],
                         MASTER_SECRET_KEY=KEYS["master"]["secret"])
        world.start()
        pids = family(world.process.pid)
        listed = subprocess.run(["ps", "auxeww"], capture_output=True, check=True).stdout
        mine = {int(line.split()[1]): line for line in listed.splitlines()[1:] if int(line.split()[1]) in pids}
        self.assertEqual(set(mine), pids)
        for name, pid in world.actors().items():
            self.search(world, "ps of %s" % name, mine[pid])
            self.search(world, "the environment of %s" % name, read("/proc/%d/environ" % pid))
        world.stop()

    def test_a_secret_on_the_command_line_is_overwritten(self):
        """`client add --secret-key S` waits for the locked database: what the process list shows meanwhile."""
        world = self.copier(CLIENTS[:1], keys=KEYS)
        secret = "Typed-In-Full-View-77Qz"
        import sqlite3
        database = sqlite3.connect(world.path("copier.db"), isolation_level=None)
        database.execute("BEGIN EXCLUSIVE")
        adding = subprocess.Popen([BINARY, "client", "add", "--account-id", "dave", "--api-key", "PKDAVE", "--secret-key",
                                   secret], cwd=world.directory, env=world.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            end = time.monotonic() + 30
            shown = b""
            while time.monotonic() < end:
                shown = read("/proc/%d/cmdline" % adding.pid)
                self.assertIsNone(adding.poll(), "it does not wait for the database")
                if b"dave" in shown and secret.encode() not in shown:
                    break
                time.sleep(0.005)
            self.assertIn(b"--secret-key", shown)
            self.search(world, "the command line", shown, [secret])
            database.execute("ROLLBACK")
            out, err = adding.communicate(timeout=60)
            self.assertEqual((adding.returncode, err), (0, b""))
            self.search(world, "its output", out + err, [secret])
        finally:
            database.close()
            if adding.poll() is None:
                adding.kill()
                adding.communicate()
        for path in find_files(world.directory):
            self.search(world, path, read(path), [secret])


class Cores(Case):
    def cores(self, world, since):
        """Files that this system writes as cores: by its pattern, and in the working directory."""
        pattern = read("/proc/sys/kernel/core_pattern").decode().strip()
        places = {world.directory}
        if pattern.startswith("/"):
            places.add(os.path.dirname(pattern))
        found = []
        for place in places:
            for path in find_files(place) if place == world.directory else [os.path.join(place, n) for n in os.listdir(place)]:
                if re.search(r"(^|\W)core(\W|$)", os.path.basename(path)) and os.path.isfile(path) and os.path.getmtime(path) >= since:
                    found.append(path)
        return found

    def limit_of(self, pid):
        line = re.search(r"^Max core file size\s+(\S+)\s+(\S+)", read("/proc/%d/limits" % pid).decode(), re.M)
        return line.groups()

    def test_an_ordinary_process_would_write_one(self):
        """The setup can fail: with the same limits, another program is dumpable (and leaves a core where the system allows it)."""
        sleeper = subprocess.Popen(["/bin/sleep", "60"], preexec_fn=cores_allowed)
        try:
            self.assertEqual(self.limit_of(sleeper.pid), ("unlimited", "unlimited"))
            self.assertTrue(is_dumpable(sleeper.pid))
        finally:
            sleeper.kill()
            sleeper.wait()

    def killed(self, name):
        """SIGSEGV with cores allowed: no core is written, the supervisor starts it again, and the next trade is copied."""
        world = self.copier(CLIENTS, keys=KEYS)
        world.simulator.control("prices", {"AAPL": "100"})
        since = time.time() - 1
        world.start(preexec=cores_allowed)
        pid, opened = world.pid(name), len(world.lines("stream_state", state="listening"))
        self.assertEqual(self.limit_of(pid), ("0", "0"), "the process allows itself a core")
        self.assertFalse(is_dumpable(pid), "%s is dumpable" % name)
        self.assertFalse(is_dumpable(world.process.pid), "the supervisor is dumpable")
        os.kill(pid, signal.SIGSEGV)
        world.wait("%s again" % name, lambda: world.actors()[name] != pid)
        self.assertIn("signal 11", world.lines("actor_state", name=name, state="crashed")[0]["detail"])
        self.assertFalse(alive(pid))
        world.wait_warm()
        if name == "listener":  # the old one's word does not count for the new one
            world.wait("its stream", lambda: len(world.lines("stream_state", state="listening")) > opened)
        world.wait_completed(world.simulator.order("master", "buy", "AAPL", 10)["id"])
        self.assertEqual(self.cores(world, since), [])
        world.stop()

    def test_an_executor(self):
        self.killed("executor-1")

    def test_the_listener(self):
        self.killed("listener")


def cores_allowed():
    """In the child before exec: cores without limit, and a group that is not root's, so that is_dumpable can tell."""
    resource.setrlimit(resource.RLIMIT_CORE, CORES_FREELY)
    if os.geteuid() == 0:
        os.setgid(NOBODYS)


def is_dumpable(pid):
    """proc(5): the files of /proc/PID belong to the process's effective user and group; to root when it is not dumpable."""
    status = read("/proc/%d/status" % pid).decode()
    process = tuple(int(re.search(r"^%s:\s+\d+\s+(\d+)" % what, status, re.M).group(1)) for what in ("Uid", "Gid"))
    assert process != (0, 0), "this would say nothing"
    owner = os.stat("/proc/%d/environ" % pid)
    assert (owner.st_uid, owner.st_gid) in (process, (0, 0)), (owner, process)
    return (owner.st_uid, owner.st_gid) == process


if __name__ == "__main__":
    unittest.main(verbosity=2)
