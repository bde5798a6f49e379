"""postgres_server.py: a real PostgreSQL for one test: a directory, a port and a user with a password of its own. As root it runs
as nobody, for postgres refuses root."""
import glob
import json
import os
import signal
import socket
import subprocess
import time

PASSWORD = "only-this-test/knows@it:too"
ENCODED = "only-this-test%2Fknows%40it%3Atoo"
PATIENCE = 60


def tool(name):
    """Debian keeps them out of PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/" + name))
    if not found:
        raise AssertionError("there is no PostgreSQL (scripts/setup)")
    return found[-1]


class Postgres:
    def __init__(self, directory):
        self.directory, self.process = os.path.join(directory, "postgres"), None
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        os.mkdir(self.directory)
        os.chmod(directory, 0o711)  # so that its user may pass
        self.password_file = os.path.join(self.directory, "password")
        with open(self.password_file, "w") as file:
            file.write(PASSWORD + "\n")
        if self.who:
            os.chown(self.directory, 65534, 65534)
            os.chown(self.password_file, 65534, 65534)
        subprocess.run([tool("initdb"), "-D", self.path("data"), "-U", "copier", "--pwfile", self.password_file, "-A",
                        "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"], check=True, capture_output=True, cwd="/",
                       **self.who)
        self.start()
        self.ask("CREATE DATABASE copier", "postgres")

    @property
    def url(self):
        return "postgresql://copier:%s@localhost:%d/copier" % (ENCODED, self.port)

    @property
    def bare_url(self):
        return "postgresql://copier@localhost:%d/copier" % self.port

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, wait=True):
        end = time.monotonic() + PATIENCE
        while True:
            if not self.process or self.process.poll() is not None:  # what the life before left in memory may still be there
                with open(self.path("log"), "a") as log:
                    self.process = subprocess.Popen(
                        [tool("postgres"), "-D", self.path("data"), "-p", str(self.port), "-k", self.directory, "-c",
                         "listen_addresses=127.0.0.1", "-c", "fsync=off"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                        cwd="/", start_new_session=True, **self.who)
            if not wait or self.psql("SELECT 1", "postgres").returncode == 0:
                return
            if time.monotonic() > end:
                raise AssertionError("postgres does not answer")
            time.sleep(0.1)

    def psql(self, sql, database="copier"):
        return subprocess.run([tool("psql"), "-XAtq", "-h", self.directory, "-p", str(self.port), "-U", "copier", "-d", database,
                               "-c", sql], capture_output=True, text=True, timeout=PATIENCE,
                              env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD})

    def ask(self, sql, database="copier"):
        done = self.psql(sql, database)
        if done.returncode != 0:
            raise AssertionError("%s: %s" % (sql, done.stderr))
        return done.stdout.removesuffix("\n")

    def query(self, sql):
        """Rows as tuples, as Python's sqlite3 gives them; the columns have names of their own."""
        return [tuple(row.values()) for row in json.loads(
            self.ask("SELECT coalesce (json_agg (row_to_json (found)), '[]') FROM (%s) AS found" % sql))]

    def processes(self):
        """The server's, itself first."""
        found = [self.process.pid]
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as file:
                    if int(file.read().rsplit(")", 1)[1].split()[1]) == self.process.pid:
                        found.append(int(path.split("/")[2]))
            except OSError:
                pass  # it ended meanwhile
        return found

    def tell(self, number):
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        if self.process and self.process.poll() is None:
            self.tell(signal.SIGKILL)
        if self.process:
            self.process.wait()
        self.process = None

    def pause(self):
        self.tell(signal.SIGSTOP)

    def go_on(self):
        self.tell(signal.SIGCONT)
