"""The days off of a year: public ones and our own. Pure."""

from dataclasses import dataclass
from datetime import date

from api.client.auto_arm import Holiday
from ui_flutter.i18n.words import Words
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.views import ListPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayView:
    day: date
    text: str
    name: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidaysView:
    title: str
    lines: tuple[HolidayView, ...]
    phase: ListPhase
    failed: str
    error: str
    busy: bool
    times_done: int


def holidays(listing: Listing[Holiday], year: int, keeping: Sending, words: Words) -> HolidaysView:
    lines = tuple(
        HolidayView(day=one.day, text=f"{words(f'day.{one.day.isoweekday()}')} {one.day:%d.%m}", name=one.name, own=one.own)
        for one in listing.items
    )
    return HolidaysView(
        title=str(year),
        lines=lines,
        phase=listing.phase,
        failed=listing.error,
        error=keeping.error,
        busy=keeping.busy,
        times_done=keeping.times_done,
    )
