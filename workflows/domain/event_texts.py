"""What happened, for people, in both languages: the panel's codes and our own (`alarm.py`)."""

from typing import Final, Literal

from workflows.domain import alarm, event_codes

Language = Literal["en", "pl"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "pl")

# code -> language -> (happened, ended)
_OURS: Final[dict[int, dict[Language, tuple[str, str]]]] = {
    alarm.LINK_LOST: {
        "en": ("connection to the panel lost", "connection to the panel restored"),
        "pl": ("Utrata połączenia z centralą", "Powrót połączenia z centralą"),
    },
    alarm.LOG_GAP: {
        "en": ("events of the panel may be missing: its log went on without us", "the panel's log is complete again"),
        "pl": ("Możliwa luka w zdarzeniach: pamięć centrali została nadpisana", "Pamięć zdarzeń centrali znów kompletna"),
    },
    alarm.LOG_ERASED: {
        "en": ("the panel's event log was erased", "the panel's event log was erased"),
        "pl": ("Skasowano pamięć zdarzeń centrali", "Skasowano pamięć zdarzeń centrali"),
    },
    alarm.PROBE: {"en": ("probe of the alarm path", "probe of the alarm path"), "pl": ("Próba toru alarmowego",) * 2},
    alarm.PANEL_BUSY: {
        "en": ("the panel's line is taken by another program", "the panel's line is free again"),
        "pl": ("Łącze centrali zajęte przez inny program", "Łącze centrali znów wolne"),
    },
    alarm.AUTO_ARM_FAILED: {
        "en": ("not armed by its schedule", "armed by its schedule"),
        "pl": ("Nie uzbrojono według harmonogramu", "Uzbrojono według harmonogramu"),
    },
    alarm.PANEL_REPLACED: {
        "en": ("another panel answers in place of the former one: its earlier events are not taken over",) * 2,
        "pl": ("Pod tym łączem odpowiada inna centrala: jej wcześniejszych zdarzeń nie przejęto",) * 2,
    },
    alarm.CLOCK_DRIFT: {
        "en": ("the panel's clock is wrong", "the panel's clock is right again"),
        "pl": ("Zegar centrali wskazuje zły czas", "Zegar centrali znów wskazuje dobry czas"),
    },
    alarm.SOURCE_SILENT: {
        "en": ("a part of the monitoring system is silent", "a part of the monitoring system is heard again"),
        "pl": ("Część systemu monitoringu milczy", "Część systemu monitoringu znów się zgłasza"),
    },
}


def event_text(code: int, *, restore: bool, language: Language) -> str:
    """Never empty; an unknown code is told by its number."""
    if code in _OURS:
        return _OURS[code][language][restore]
    return event_codes.code_info(code).text(restore, language)
