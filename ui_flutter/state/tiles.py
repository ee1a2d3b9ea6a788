"""A number that sums a page up, as a plain value; `components/tiles.py` draws it."""

from dataclasses import dataclass

from ui_flutter.state.views import Mood


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """``mood`` QUIET: nothing to worry about, whatever the number."""

    value: str
    label: str
    mood: Mood = Mood.QUIET
