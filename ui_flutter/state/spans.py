"""A span of time that somebody chooses: so long until now, or from and to. Pure; local times are this computer's."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FORMAT = "%Y-%m-%d %H:%M"
_SHORT = "%Y-%m-%d"


class Preset(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"
    CUSTOM = "custom"


LONG = {
    Preset.HOUR: timedelta(hours=1),
    Preset.DAY: timedelta(days=1),
    Preset.WEEK: timedelta(days=7),
    Preset.MONTH: timedelta(days=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`since` and `until`: as typed, for CUSTOM only."""

    preset: Preset
    since: str = ""
    until: str = ""

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """From and to; None: without end on that side. Raises ValueError for what is no time, or ends before it begins."""
        if self.preset is Preset.CUSTOM:
            since, until = _parsed(self.since), _parsed(self.until)
            if since is not None and until is not None and since >= until:
                raise ValueError("it ends before it begins")
            return since, until
        return (now - LONG[self.preset] if self.preset in LONG else None), None

    def is_good(self, now: datetime) -> bool:
        try:
            self.bounds(now)
        except ValueError:
            return False
        return True


def custom(before: Span, now: datetime) -> Span:
    """What was shown before, as times one can change."""
    since, _ = before.bounds(now)
    day = LONG[Preset.DAY]
    return Span(
        preset=Preset.CUSTOM,
        since=(since or now - day).astimezone().strftime(FORMAT),
        until=now.astimezone().strftime(FORMAT),
    )


def _parsed(text: str) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    for form in (FORMAT, _SHORT):
        try:
            return datetime.strptime(text, form).astimezone()
        except ValueError:
            continue
    raise ValueError("this is no time")
