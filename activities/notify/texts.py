"""What an e-mail and an incident say, in the reader's language: codes and numbers, no names (principle 5)."""

from typing import Final

from activities.notify.message import Message
from workflows.domain.escalation import Purpose

_SUBJECT: Final = {
    "pl": "Nieprzejęty alarm {priority} {alarm_type}, obiekt {object_number} (poziom {level})",
    "en": "Unclaimed alarm {priority} {alarm_type}, object {object_number} (level {level})",
}
_BODY: Final = {
    "pl": "Alarm {alarm_type} ({priority}) obiektu {object_number} z {at} UTC czeka na przejęcie.\n"
    "To jest powiadomienie poziomu {level}.\n\nIdentyfikator alarmu: {bundle_id}\n",
    "en": "The alarm {alarm_type} ({priority}) of object {object_number}, opened {at} UTC, waits for somebody to claim it.\n"
    "This is the notification of level {level}.\n\nThe alarm's id: {bundle_id}\n",
}
_TEST: Final = {
    "pl": ("Próbne powiadomienie", "To jest próba: powiadomienia docierają pod ten adres.\n"),
    "en": ("A test notification", "This is a test: notifications reach this address.\n"),
}


def subject(message: Message) -> str:
    if message.purpose is Purpose.TEST:
        return _TEST[_language(message)][0]
    return _SUBJECT[_language(message)].format_map(_facts(message))


def body(message: Message, console_url: str | None) -> str:
    if message.purpose is Purpose.TEST:
        return _TEST[_language(message)][1]
    link = f"\n{console_url}\n" if console_url else ""
    return _BODY[_language(message)].format_map(_facts(message)) + link


def _language(message: Message) -> str:
    return "pl" if message.locale == "pl" else "en"


def _facts(message: Message) -> dict[str, object]:
    return {
        "priority": message.priority,
        "alarm_type": message.alarm_type,
        "object_number": message.object_number,
        "level": message.level,
        "at": f"{message.at:%Y-%m-%d %H:%M}",
        "bundle_id": message.bundle_id,
    }
