"""One POST, and what became of it: no redirect is followed, no proxy is asked, and of the answer only a little is read."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx

from activities.notify.message import UNREACHABLE, Answer
from workflows.domain.escalation import DeliveryStatus, judge_http

MOST_READ: Final = 16_384  # bytes of an answer
USER_AGENT: Final = "stam-replacer"
_SILENCE: Final = 15.0  # s, of a server; a whole try is the caller's to limit, to no more than that


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: bytes

    def judged(self, code: str = "") -> Answer:
        return Answer(judge_http(self.status), code or str(self.status))


@cache
def tls(ca: Path | None) -> ssl.SSLContext:
    """Reading the system's authorities costs tens of milliseconds, so once."""
    return ssl.create_default_context(cafile=str(ca) if ca else None)


async def post(
    url: str,
    *,
    context: ssl.SSLContext,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    json: Any = None,
    server_name: str | None = None,
) -> Answered | Answer:
    """The server's answer, or ours when there is none. ``server_name``: of the certificate, when the URL has an address.

    The time of a whole try is the caller's to limit.
    """
    extensions = {"sni_hostname": server_name} if server_name else {}
    sent = {"User-Agent": USER_AGENT, **(headers or {})}
    try:
        async with (
            httpx.AsyncClient(verify=context, trust_env=False, timeout=_SILENCE) as client,
            client.stream("POST", url, headers=sent, content=content, data=form, json=json, extensions=extensions) as response,
        ):
            return Answered(response.status_code, await _some(response))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Answer(DeliveryStatus.FAILED, f"{UNREACHABLE}:{type(error).__name__}")


async def _some(response: httpx.Response) -> bytes:
    read = b""
    async for part in response.aiter_bytes():
        read += part
        if len(read) >= MOST_READ:
            break
    return read[:MOST_READ]
