"""Texts by key in the operator's language. Pure; the catalogues are the dict files beside this one: the desk's
words by language, a section's in a file of `parts/` with both languages."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ui_flutter.i18n import en, pl
from ui_flutter.i18n.parts import (
    account,
    audit,
    commands,
    common,
    desk,
    escalation,
    imports,
    objects,
    offline,
    panels,
    roles,
    schedules,
    system,
    tokens,
    troubles,
    users,
)

Catalogue = Mapping[str, str | dict[str, str]]


class Language(StrEnum):
    PL = "pl"
    EN = "en"

    @property
    def other(self) -> "Language":
        return Language.EN if self is Language.PL else Language.PL


PARTS = (
    *(common, commands, offline, schedules, escalation, imports, desk, objects, panels, troubles),
    *(account, users, tokens, roles, audit, system),
)
CATALOGUES: dict[Language, Catalogue] = {
    Language.PL: dict(ChainMap(pl.WORDS, *(part.PL for part in PARTS))),
    Language.EN: dict(ChainMap(en.WORDS, *(part.EN for part in PARTS))),
}


def plural_form(language: Language, n: int) -> str:
    """The form (`one`, `few`, `many`) that a count takes (CLDR cardinal rules for whole numbers)."""
    if n == 1:
        return "one"
    if language is Language.PL and n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14):
        return "few"
    return "many"


@dataclass(frozen=True, slots=True)
class Words:
    """`words("list.shown", shown=60, total=142)`; counted texts take `n`."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key that must exist."""
        text = CATALOGUES[self.language][key]
        if isinstance(text, dict):
            n = values["n"]
            assert isinstance(n, int)
            text = text[plural_form(self.language, n)]
        return text.format(**values)

    def get(self, key: str, otherwise: str) -> str:
        """The plain text of a key built from the server's data, which may be newer than this console."""
        text = CATALOGUES[self.language].get(key)
        return text if isinstance(text, str) else otherwise
