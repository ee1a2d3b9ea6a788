"""What is wrong with a file, row by row: bounded, but counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from activities.importing.reasons import Reason

KEPT: Final = 500
FOUND_LENGTH: Final = 80  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``row`` as Excel numbers it, 0: the whole sheet; ``column`` is its heading; ``found`` what stands there, shortened.

    May hold a person's data: it goes into the database and to whoever imports, never into a log.
    """

    reason: Reason
    sheet: str = ""
    row: int = 0
    column: str = ""
    found: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "reason": self.reason.value,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "found": self.found,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Finding":
        return cls(
            reason=Reason(told["reason"]), sheet=told["sheet"], row=told["row"], column=told["column"], found=told["found"]
        )


@dataclass(slots=True)
class Findings:
    """The first `KEPT` and how many there are."""

    kept: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(finding)


def shown(value: object) -> str:
    """A cell's value for `Finding.found`, in characters that PostgreSQL and a terminal take."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value))
    return text if len(text) <= FOUND_LENGTH else text[: FOUND_LENGTH - 1] + "…"
