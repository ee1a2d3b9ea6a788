"""Stand-ins for those who carry notifications, speaking their real protocols: a mail server, FCM with its token server,
PagerDuty, somebody's webhook. Each remembers what it was sent."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.local.ports import free_port

USER, PASSWORD = "stam", "s3cret-of-the-mail"


@dataclass(slots=True)
class MailServer:
    """``answers``: replies to DATA, one after the other; the last one stays."""

    port: int = 0
    letters: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=lambda: ["250 Ok"])
    unknown: str = ""  # a recipient that is refused

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address == self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(message_from_bytes(envelope.content, policy=default))
            self.recipients += envelope.rcpt_tos
        return answer


@contextmanager
def mail_server(context: ssl.SSLContext | None = None, *, login: bool = False) -> Iterator[MailServer]:
    """With ``context`` it insists on STARTTLS, with ``login`` on USER and PASSWORD."""
    server = MailServer(port=free_port())

    def authenticate(_: object, __: object, ___: object, mechanism: str, data: LoginPassword) -> AuthResult:
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    more: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if login else {}
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        tls_context=context,
        require_starttls=context is not None,
        auth_require_tls=context is not None,
        **more,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass(slots=True)
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


@dataclass(slots=True)
class WebServer:
    """``answers`` by path: (status, JSON), one after the other; the last one stays. ``mute``: takes calls and says nothing."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    location: str = ""
    mute: bool = False

    def of(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest if one)}
            path = line.split()[1]
            self.calls.append(Call(path, headers, await reader.readexactly(int(headers.get("content-length", 0)))))
            if self.mute:
                await reader.read()  # until the caller hangs up
                return
            writer.write(self._answer(path))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _answer(self, path: str) -> bytes:
        queue = self.answers.get(path, [(200, {})])
        status, told = queue.pop(0) if len(queue) > 1 else queue[0]
        body = json.dumps(told).encode()
        location = f"Location: {self.location}\r\n" if self.location else ""
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{location}"
        return head.encode() + b"Connection: close\r\n\r\n" + body


@asynccontextmanager
async def web_server(context: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
    server = WebServer()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context) as listening:
        scheme = "https" if context else "http"
        server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


PROJECT = "stam-test"
SEND_PATH, TOKEN_PATH = f"/v1/projects/{PROJECT}/messages:send", "/token"


def service_account() -> tuple[str, rsa.RSAPublicKey]:
    """Its JSON as Google gives it out, and the key that verifies what it signs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "k1",
        "private_key": pem.decode(),
        "client_email": f"push@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": "https://elsewhere.invalid/token",
    }
    return json.dumps(account), key.public_key()


def fcm_error(status: int, code: str) -> tuple[int, dict[str, Any]]:
    """As the FCM documentation shows them."""
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
    return status, {"error": {"code": status, "message": "…", "status": "X", "details": [detail]}}
