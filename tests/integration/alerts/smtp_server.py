#!/usr/bin/env python3
"""smtp_server.py PORT starttls|tls|plain CERTIFICATE KEY USER PASSWORD: a real SMTP server (aiosmtpd) for one test.

Prints `ready PORT`, then a JSON line a message: sender, receivers, whether TLS and a login were there, the bytes.
starttls and tls take no message without them; plain offers neither. Runs with the venv's interpreter, which has aiosmtpd."""
import asyncio
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

PORT, MODE, CERTIFICATE, KEY, USER, PASSWORD = int(sys.argv[1]), *sys.argv[2:7]


logging.getLogger("mail.log").setLevel(logging.ERROR)


def say(**fields):
    print(json.dumps(fields), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8")
        if "poison" in text:
            return "554 5.7.1 not this one"
        say(sender=envelope.mail_from, receivers=envelope.rcpt_tos, tls=MODE == "tls" or session.ssl is not None,
            login=session.authenticated, text=text)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    if not good:
        say(bad_login=True)
    return AuthResult(success=good, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE, KEY)

    def make():
        if MODE == "plain":
            return SMTP(Handler(), hostname="localhost")
        login = dict(authenticator=authenticate, auth_required=True, hostname="localhost")
        if MODE == "tls":
            return SMTP(Handler(), auth_require_tls=False, **login)
        return SMTP(Handler(), tls_context=context, require_starttls=True, **login)

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", PORT, ssl=context if MODE == "tls" else None)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
