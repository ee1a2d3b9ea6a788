"""A webhook: JSON, signed. Whoever may configure one must not reach into our network with it (SSRF): the name is looked up
once, all its addresses must be public, and the connection goes to one of those looked up.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from activities.infra.settings import Settings
from activities.notify.message import NOT_CONFIGURED, UNREACHABLE, Answer, Message, Place
from activities.notify.web import post, tls
from workflows.domain.escalation import DeliveryStatus

SIGNATURE: Final = "X-Stam-Signature"  # sha256=<hex> of HMAC-SHA256 over "<timestamp>.<body>"
TIMESTAMP: Final = "X-Stam-Timestamp"  # seconds since 1970: who verifies refuses what is old
PRIVATE: Final = "PRIVATE_ADDRESS"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), f'{timestamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """The place's address is a URL, its secret the signing key."""

    settings: Settings

    async def send(self, place: Place, message: Message) -> Answer:
        if not place.secret:
            return Answer(DeliveryStatus.REFUSED, NOT_CONFIGURED)
        url = urlsplit(place.address)
        pinned = await self._pinned(url)
        if isinstance(pinned, Answer):
            return pinned
        body = json.dumps(message.facts(), separators=(",", ":")).encode()
        timestamp = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "Host": url.netloc.rpartition("@")[2],
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            TIMESTAMP: timestamp,
            SIGNATURE: signature(place.secret, timestamp, body),
        }
        name = url.hostname if url.scheme == "https" else None
        answer = await post(pinned, context=tls(self.settings.notify_ca), headers=headers, content=body, server_name=name)
        return answer if isinstance(answer, Answer) else answer.judged()

    async def _pinned(self, url: SplitResult) -> str | Answer:
        """The URL with an address in place of its name, or why there is none."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
        except OSError:
            return Answer(DeliveryStatus.FAILED, f"{UNREACHABLE}:NAME")
        addresses = [str(entry[4][0]) for entry in found]
        if not (self.settings.webhook_private_addresses or all(map(is_public, addresses))):
            return Answer(DeliveryStatus.REFUSED, PRIVATE)
        host = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
        return urlunsplit((url.scheme, f"{host}:{port}", url.path or "/", url.query, ""))


def is_public(address: str) -> bool:
    """Whether it belongs to the internet: not private, loopback, link-local, multicast or reserved."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast
