"""stack.py: what every test of the container stack needs: its images, a project of its own, and words with what runs there.

Containers, networks, volumes and images are named after the test's process and go with it. With TRADE_COPIER_IMAGE and
TRADE_COPIER_DEMO_IMAGE in the environment those are used, and kept. PATIENCE ends what hangs; it never decides whether a
working stack passes.
"""
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 300  # seconds; a loaded machine is slow
ACTORS = ["alert", "audit", "dispatcher", "executor", "gateway", "listener", "tap"]
UNCHECKED = ssl._create_unverified_context()  # pylint: disable=protected-access
HEALTHY = ACTORS + ["redis", "postgres", "prometheus"]


class Wrong(Exception):
    pass


def check(good, text):
    if not good:
        raise Wrong(text)


def say(text):
    print("%s: %s" % (os.path.basename(sys.argv[0]), text), flush=True)


def run(*command, env=None, check_code=True, stdin=None):
    done = subprocess.run(command, env=env, input=stdin, text=True, cwd=ROOT, check=False, capture_output=True)
    if check_code and done.returncode != 0:
        raise Wrong("%s: exit %d\n%s%s" % (" ".join(command[:6]), done.returncode, done.stdout[-3000:],
                                           done.stderr[-6000:]))
    return done


def wait(what, condition, explain=lambda: "", seconds=PATIENCE):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Wrong("no %s within %d s: %s" % (what, seconds, explain()))
        time.sleep(0.2)


def ask(url, token=None, body=None, method=None):
    """(status, text); (0, why) when nobody answers. Whose certificate it is, is not asked: it is on this machine."""
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), method=method)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=60, context=UNCHECKED) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


class Broker:
    """The simulator's control interface, as tests/e2e/copier.py has it for one on this machine."""

    def __init__(self, url):
        self.url = url

    def control(self, what, body=None, method=None):
        status, text = ask("%s/control/%s" % (self.url, what), "demo", body, method)
        check(200 <= status < 300, "/control/%s: %s %s" % (what, status, text[:300]))
        return json.loads(text) if text else None

    def order(self, label, side, symbol, qty):
        return self.control("order", {"account": label, "symbol": symbol, "side": side, "type": "market",
                                      "time_in_force": "day", "qty": str(qty)})


class Stack:
    """compose/ with the demo overlay, and `more` files behind it."""

    def __init__(self, clients, more=(), **env):
        self.project = "tce2e%d" % os.getpid()
        given = os.environ.get("TRADE_COPIER_IMAGE"), os.environ.get("TRADE_COPIER_DEMO_IMAGE")
        self.builds = not all(given)
        self.image, self.demo = (self.project + ":runtime", self.project + "-demo:latest") if self.builds else given
        self.env = {**os.environ, "TRADE_COPIER_IMAGE": self.image, "TRADE_COPIER_DEMO_IMAGE": self.demo,
                    "CLIENTS": str(clients), "PROM_PORT": "0", "SIMULATOR_PORT": "0", "GATEWAY_PORT": "0",
                    "DOCKER_BUILDKIT": "0", **env}
        self.find_client()
        self.files = ["-f", "compose/docker-compose.yml", "-f", "compose/demo.yml"] + [x for one in more for x in ("-f", one)]
        self.broker = None
        self.made = tempfile.mkdtemp(prefix="tce2e-")
        with open(os.path.join(ROOT, "compose", "demo", "gateway-token"), encoding="utf-8") as file:
            self.token = file.read().strip()

    def find_client(self):
        """docker-compose 1.29 or Compose v2, and BuildKit where a client here has it."""
        path = self.env["PATH"]
        for first in ("", "/usr/bin:"):
            trial = {**self.env, "PATH": first + path, "DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1"}
            probe = subprocess.run(["docker", "version", "-f", "{{.Client.Version}}"], env=trial, text=True,
                                   capture_output=True, check=False)
            version = int((probe.stdout.split(".")[0] or "0") if probe.returncode == 0 else "0")
            plugin = run("docker", "buildx", "version", env=trial, check_code=False).returncode == 0
            if plugin or 18 <= version < 23:
                self.env = trial
                break
        v2 = run("docker", "compose", "version", env=self.env, check_code=False).returncode == 0
        self.compose = ["docker", "compose"] if v2 else ["docker-compose"]

    def docker(self, *arguments, **more):
        return run("docker", *arguments, env=self.env, **more).stdout

    def dc(self, *arguments, **more):
        return run(*self.compose, "-p", self.project, *self.files, *arguments, env=self.env, **more).stdout

    def ids(self, service, *more):
        """Its running containers; asked of docker itself, which is quicker than compose. more: "-a", the ended ones as well."""
        return self.docker("ps", "-q", "--no-trunc", *more, "--filter", "label=com.docker.compose.project=" + self.project, "--filter",
                           "label=com.docker.compose.service=" + service, "--filter", "label=com.docker.compose.oneoff=False").split()

    def inspect(self, service):
        return json.loads(self.docker("inspect", *self.ids(service)))[0]

    def published(self, service, port, scheme="http"):
        """SCHEME://127.0.0.1:PORT; a container that was started again may have another one."""
        return scheme + "://" + self.docker("port", self.ids(service)[0], "%d/tcp" % port).split()[0]

    def key(self, name):
        """A file of the demo's keys."""
        return self.docker("run", "--rm", "--network", "none", "-v", self.project + "_keys:/k:ro", "--entrypoint", "cat",
                           "redis:7", "/k/" + name)

    def sql(self, text):
        """Rows as lists of text."""
        out = self.docker("exec", "-i", self.ids("postgres")[0], "psql", "-U", "trade_copier", "-h", "/var/run/postgresql",
                          "-v", "ON_ERROR_STOP=1", "-AtqF", "\x1f", stdin=text)
        return [line.split("\x1f") for line in out.splitlines()]

    def gateway(self, path, token=True, body=None):
        return ask(self.published("gateway", 8080, "https") + path, self.token if token else None, body)

    def prometheus(self, query):
        """labels -> value, as numbers."""
        status, text = ask("%s/api/v1/query?query=%s" % (self.published("prometheus", 9090), urllib.parse.quote(query)))
        if status != 200:
            return {}
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in json.loads(text)["data"]["result"]}

    def build(self):
        """The images; on a machine without a registry the official ones out of Debian's packages. Seconds it took."""
        maker = os.path.join(os.environ.get("SHARED", os.path.join(os.path.dirname(ROOT), "shared")),
                             "docker", "make-service-images")
        if os.access(maker, os.X_OK):
            run(maker, env=self.env)
        began = time.monotonic()
        if self.builds:
            self.dc("build")
        #  what this machine lets a container lock
        limit = self.docker("run", "--rm", "--network", "none", "--entrypoint", "sh", "redis:7", "-c", "ulimit -Hl").strip()
        if limit != "unlimited" and int(limit) * 1024 < 67108864:
            self.env["MEMLOCK_BYTES"] = str(int(limit) * 1024)
        return time.monotonic() - began

    def wait_healthy(self, *services):
        def states():
            return {service: sorted({one["State"]["Health"]["Status"] for one in json.loads(self.docker("inspect", *ids))})
                    for service in services for ids in [self.ids(service)] if ids}
        wait("health of " + ", ".join(services), lambda: states() == {service: ["healthy"] for service in services}, states)

    def find_broker(self):
        self.broker = Broker(self.published("simulator", 8080, "https"))

    def last_words(self):
        print(run(*self.compose, "-p", self.project, *self.files, "logs", "--no-color", "--tail", "15", env=self.env,
                  check_code=False).stdout[-12000:])

    def clean(self):
        self.dc("down", "-v", "--remove-orphans", check_code=False)
        for image in (self.image, self.demo) if self.builds else ():
            run("docker", "rmi", "-f", image, env=self.env, check_code=False)
        shutil.rmtree(self.made, ignore_errors=True)


def no_docker():
    return not shutil.which("docker") or subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0


def main(stack, story, keep):
    """Runs story (); the exit code. 77: there is no Docker here, which is for the caller to ask before it makes a stack."""
    try:
        story()
        say("good")
        return 0
    except (Wrong, subprocess.SubprocessError, OSError) as error:
        say("WRONG: %s" % error)
        stack.last_words()
        return 1
    finally:
        if not keep:
            stack.clean()
