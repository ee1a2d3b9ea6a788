"""E-mail by SMTP (RFC 5321), TLS from the start or by STARTTLS."""

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from activities.infra.settings import Settings, SmtpSecurity
from activities.notify import texts
from activities.notify.message import NOT_CONFIGURED, TIMEOUT, UNREACHABLE, Answer, Message, Place
from activities.notify.web import tls
from workflows.domain.escalation import DeliveryStatus, judge_smtp

_ACCEPTED: Final = "250"  # the one answer to DATA the library takes for good
# No STARTTLS or no AUTH, which the library has no class of its own for: nothing goes out in the clear.
_NOT_SUPPORTED: Final = (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported)
_AUTHENTICATION: Final = 535  # RFC 4954 §6; other servers answer others


@dataclass(frozen=True, slots=True)
class Email:
    settings: Settings

    async def send(self, place: Place, message: Message) -> Answer:
        if self.settings.smtp_host is None:
            return Answer(DeliveryStatus.REFUSED, NOT_CONFIGURED)
        try:
            await self._send(self._letter(place, message))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return _judged(error)
        return Answer(DeliveryStatus.SENT, _ACCEPTED)

    async def _send(self, letter: EmailMessage) -> None:
        settings, security = self.settings, self.settings.smtp_security
        password = settings.smtp_password
        await aiosmtplib.send(
            letter,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=password.get_secret_value() if password is not None else None,
            use_tls=security is SmtpSecurity.TLS,
            start_tls=security is SmtpSecurity.STARTTLS,
            tls_context=None if security is SmtpSecurity.NONE else tls(settings.notify_ca),
            timeout=settings.notify_seconds,
        )

    def _letter(self, place: Place, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"] = self.settings.smtp_from, place.address
        letter["Subject"] = texts.subject(message)
        letter["Date"] = message.at
        domain = self.settings.smtp_from.rpartition("@")[2].rstrip("> ")
        letter["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{domain}>"  # one for all tries
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
        letter.set_content(texts.body(message, self.settings.console_url))
        return letter


def _judged(error: Exception) -> Answer:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
            return _by_code(min(one.code for one in refused))
        case aiosmtplib.SMTPAuthenticationError():
            return Answer(DeliveryStatus.REFUSED, str(error.code or _AUTHENTICATION))
        case aiosmtplib.SMTPResponseException():
            return _by_code(error.code)
        case aiosmtplib.SMTPTimeoutError():
            return Answer(DeliveryStatus.FAILED, TIMEOUT)
        case aiosmtplib.SMTPException() if type(error) in _NOT_SUPPORTED:
            return Answer(DeliveryStatus.REFUSED, "NOT_SUPPORTED")
        case _:
            return Answer(DeliveryStatus.FAILED, f"{UNREACHABLE}:{type(error).__name__}")


def _by_code(code: int) -> Answer:
    return Answer(judge_smtp(code), str(code))
