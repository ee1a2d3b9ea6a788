"""Firebase Cloud Messaging, HTTP v1 (https://firebase.google.com/docs/cloud-messaging/send/v1-api): wakes an Android app with a
data message of ids and codes, for critical alarms alone. The app looks the text up.
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from google.auth import crypt, jwt

from activities.infra.settings import Settings
from activities.notify.message import NOT_CONFIGURED, Answer, Message, Place
from activities.notify.web import Answered, post, tls
from workflows.domain.escalation import ESCALATED, DeliveryStatus, Purpose, judge_http

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523
_LASTS: Final = 3600  # s, of an assertion
_RENEW_BEFORE: Final = 300  # s
_TTL: Final = "600s"  # an alarm older than that has rung somebody else
UNREGISTERED: Final = "UNREGISTERED"  # the app was removed, or its token replaced
NOT_CRITICAL: Final = "NOT_CRITICAL"


class BadServiceAccount(ValueError):  # noqa: N818 - what it is
    """Not the JSON of a service account."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    project_id: str
    client_email: str
    signer: Any = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "ServiceAccount":
        """Raises BadServiceAccount, without repeating anything."""
        try:
            given = json.loads(text)
            signer = crypt.RSASigner.from_service_account_info(given)  # type: ignore[no-untyped-call]
            return cls(str(given["project_id"]), str(given["client_email"]), signer)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadServiceAccount("not the JSON of a service account with a private key") from None

    def assertion(self, audience: str) -> str:
        now = int(time.time())
        claims = {"iss": self.client_email, "scope": SCOPE, "aud": audience, "iat": now, "exp": now + _LASTS}
        return str(jwt.encode(self.signer, claims).decode())  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Fcm:
    """The place's address is a device's token, its secret the service account."""

    settings: Settings
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)  # by client_email: token, good until

    async def send(self, place: Place, message: Message) -> Answer:
        if message.purpose is Purpose.RING and message.priority not in ESCALATED:
            return Answer(DeliveryStatus.REFUSED, NOT_CRITICAL)
        if not place.secret:
            return Answer(DeliveryStatus.REFUSED, NOT_CONFIGURED)
        try:
            account = ServiceAccount.parse(place.secret)
        except BadServiceAccount:
            return Answer(DeliveryStatus.REFUSED, NOT_CONFIGURED)
        token = await self._token(account)
        if isinstance(token, Answer):
            return token
        url = f"{self.settings.fcm_url.rstrip('/')}/v1/projects/{account.project_id}/messages:send"
        headers = {"Authorization": f"Bearer {token}"}
        answer = await post(url, context=tls(self.settings.notify_ca), headers=headers, json=_body(place.address, message))
        return answer if isinstance(answer, Answer) else self._judged(answer, account)

    async def _token(self, account: ServiceAccount) -> str | Answer:
        token, until = self._tokens.get(account.client_email, ("", 0.0))
        if time.monotonic() < until:
            return token
        url = self.settings.fcm_token_url
        form = {"grant_type": _GRANT, "assertion": account.assertion(url)}
        answer = await post(url, context=tls(self.settings.notify_ca), form=form)
        if isinstance(answer, Answer):
            return answer
        if answer.status != 200:
            return answer.judged(f"TOKEN_{answer.status}")
        given = _parsed(answer.body)
        token, lasts = str(given.get("access_token", "")), given.get("expires_in")
        if not token or not isinstance(lasts, int):
            return Answer(DeliveryStatus.FAILED, "TOKEN_MALFORMED")
        self._tokens[account.client_email] = (token, time.monotonic() + lasts - _RENEW_BEFORE)
        return token

    def _judged(self, answer: Answered, account: ServiceAccount) -> Answer:
        if answer.status == 401:  # revoked before its time: the next try asks for another
            self._tokens.pop(account.client_email, None)
            return Answer(DeliveryStatus.FAILED, "401")
        code = _error_code(answer.body)
        if answer.status == 404 and code == UNREGISTERED:
            return Answer(DeliveryStatus.REFUSED, code, gone=True)
        return Answer(judge_http(answer.status), code or str(answer.status))


def _body(token: str, message: Message) -> dict[str, Any]:
    return {"message": {"token": token, "data": message.facts(), "android": {"priority": "HIGH", "ttl": _TTL}}}


def _error_code(body: bytes) -> str:
    """`errorCode` of an FcmError among the details; empty: there is none."""
    error = _parsed(body).get("error")
    details = error.get("details", ()) if isinstance(error, dict) else ()
    codes = [str(one["errorCode"]) for one in details if isinstance(one, dict) and "errorCode" in one]
    return codes[0][:50] if codes else ""


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
