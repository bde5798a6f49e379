#!/usr/bin/python3 -B
"""endpoints.py smtp|http PORT FILE: a mail server or a webhook's endpoint in a process of its own; a line in FILE a delivery."""
import http.server
import socketserver
import sys


def note(path, text):
    with open(path, "a") as file:
        file.write(text + "\n")


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as one delivery takes."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 here")
        for line in iter(self.rfile.readline, b""):
            word = line[:4].upper()
            if word == b"QUIT":
                return self.say("221 bye")
            if word == b"DATA":
                self.say("354 go on")
                subject = ""
                for text in iter(self.rfile.readline, b".\r\n"):
                    subject = text.decode().strip() if text[:8].lower() == b"subject:" else subject
                note(self.server.path, subject)
            self.say("250 yes")


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        note(self.server.path, self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[2])), Mail if sys.argv[1] == "smtp" else Hook) as server:
    server.path = sys.argv[3]
    server.serve_forever()
