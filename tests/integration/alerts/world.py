"""world.py: the alert actor and the tap as real processes, an SMTP server, an HTTP endpoint, and a hand to publish alerts."""
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import msgpack
import zmq

BINARY, VENV = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
HERE = os.path.dirname(os.path.abspath(__file__))
USER, PASSWORD, TOKEN = "copier@example.com", "SECRET-password", "SECRET-token"
AIOSMTPD = "aiosmtpd==1.4.6"
PATIENCE = 120


def venv_python():
    """The interpreter that has aiosmtpd; made at the first run, kept in the build folder."""
    python = os.path.join(VENV, "bin", "python3")
    ready = os.path.join(VENV, "ready")
    if not os.path.exists(ready):
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", AIOSMTPD], check=True)
        open(ready, "w").close()
    return python


def certificate(directory):
    """A certificate for localhost that is its own authority."""
    names = os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", names[0], "-keyout", names[1]], check=True, capture_output=True)
    return names


def until(condition, what="it"):
    """How fast the machine is decides nothing: PATIENCE is for what never happens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {PATIENCE} s")


class Endpoint:
    """An HTTP(S) server that remembers what was posted. codes: what it answers next; hang: it does not answer at all."""

    def __init__(self, certificate=None):
        self.requests, self.codes, self.hang, self.port = [], [], threading.Event(), 0
        self.certificate = certificate
        self.start()

    def start(self):
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if endpoint.hang.is_set():
                    time.sleep(30)
                    return
                code = endpoint.codes.pop(0) if endpoint.codes else 200
                endpoint.requests.append((code, self.path, dict(self.headers), json.loads(body)))
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def do_GET(self):
                endpoint.requests.append((200, self.path, dict(self.headers), {"kind": "a GET"}))
                self.send_error(404)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        if self.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self.certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def kill(self):
        self.server.shutdown()
        self.server.server_close()

    def bodies(self, path):
        return [body for code, where, _, body in self.requests if where.startswith(path) and code == 200]


class Mailbox:
    """The SMTP server's process and the messages it printed."""

    def __init__(self, mode, certificate):
        self.mode, self.certificate, self.port, self.messages = mode, certificate, 0, []
        self.start()

    def start(self):
        self.process = subprocess.Popen([venv_python(), os.path.join(HERE, "smtp_server.py"), str(self.port), self.mode,
                                         *self.certificate, USER, PASSWORD], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True).start()

    def read(self, stream):
        with stream:
            for line in stream:
                self.messages.append(json.loads(line))

    def kill(self):
        self.process.kill()
        self.process.wait()


class World:
    def __init__(self, smtp="starttls", https=False, **settings):
        self.directory = tempfile.mkdtemp(prefix="tc-alert-")
        self.certificate = certificate(self.directory)
        self.http = Endpoint(self.certificate if https else None)
        self.mail = Mailbox(smtp, self.certificate)
        self.settings = self.defaults("https" if https else "http")
        self.settings.update(settings)
        self.actors, self.context, self.hand = {}, None, None

    def defaults(self, scheme):
        return dict(LOG_LEVEL="INFO", ALERT_CA_FILE=self.certificate[0], ALERT_COOLDOWN="60", ALERT_DIGEST_INTERVAL="60",
                    ENABLE_SLACK_ALERTS="true", SLACK_CHANNEL="'#trades'",
                    SLACK_WEBHOOK_URL=f"{scheme}://localhost:{self.http.port}/slack/{TOKEN}",
                    ENABLE_WEBHOOK_ALERTS="true", ALERT_WEBHOOK_URL=f"{scheme}://localhost:{self.http.port}/hook/{TOKEN}",
                    ENABLE_EMAIL_ALERTS="true", SMTP_HOST="localhost", SMTP_PORT=str(self.mail.port), SMTP_USERNAME=USER,
                    SMTP_PASSWORD=PASSWORD, ALERT_EMAIL_TO="one@example.com, two@example.com")

    def write_env(self, **more):
        self.env_file = os.path.join(self.directory, ".env")
        with open(self.env_file, "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in {**self.settings, **more}.items())

    def start_actor(self, name):
        log = os.path.join(self.directory, name + ".log")
        # a proxy of the environment would see everything: it must not be asked
        environment = {**os.environ, "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
                       "ALL_PROXY": "http://127.0.0.1:9"}
        with open(log, "w") as file:
            self.actors[name] = subprocess.Popen([BINARY, "actor", name, "--topology", "local", "--run-dir", self.directory,
                                                  "--env-file", self.env_file], stdout=file, stderr=subprocess.STDOUT,
                                                 env=environment)
        return log

    def start(self):
        """tap, alert, and a hand that publishes as any actor does."""
        self.write_env()
        self.start_actor("tap")
        self.log = self.start_actor("alert")
        self.context = zmq.Context()
        self.hand = self.context.socket(zmq.XPUB)
        self.hand.linger = 0
        self.hand.rcvtimeo = PATIENCE * 1000
        self.hand.connect(f"ipc://{self.directory}/tap-in")
        assert self.hand.recv() == b"\x01alert.raised"
        until(lambda: self.delivered("started: alert"), what="the start")

    def raise_alert(self, kind, subject, text="it is down", severity="critical"):
        body = dict(kind=kind, severity=severity, subject=subject, text=text, at_ns=time.time_ns())
        self.hand.send_multipart([b"alert.raised", msgpack.packb(body)])

    def lines(self, event):
        with open(self.log) as file:
            return [json.loads(line) for line in file if f'"event":"{event}"' in line]

    def delivered(self, part):
        return [line for line in self.lines("alert_delivered") if part in line["text"]]

    def mails(self, part):
        return [message for message in self.mail.messages if part in message.get("text", "")]

    def stop(self):
        for name in ("alert", "tap"):
            process = self.actors.pop(name, None)
            if process:
                process.terminate()
                assert process.wait(PATIENCE) == 0, f"{name} ended with {process.returncode}"

    def close(self):
        for process in self.actors.values():
            process.kill()
            process.wait()
        if self.context:
            self.context.destroy(linger=0)
        self.mail.kill()
        self.http.kill()
        shutil.rmtree(self.directory)
