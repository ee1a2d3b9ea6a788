"""Design tokens: every colour and measure of the console. Nothing else names a colour.

Contrast: texts ≥ 4.5:1 and marks ≥ 3:1 on the surfaces they lie on, in both themes (tests/ui/test_theme.py measures it).
"""

from dataclasses import dataclass
from enum import StrEnum

FONT = "Inter"
MONO = "JetBrains Mono"


class ThemeName(StrEnum):
    DARK = "dark"
    LIGHT = "light"

    @property
    def other(self) -> "ThemeName":
        return ThemeName.LIGHT if self is ThemeName.DARK else ThemeName.DARK


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One of the four classes: the mark, text on `soft`, the soft background, text on the full colour."""

    mark: str
    text: str
    soft: str
    on_mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The colours of one theme, `#RRGGBB`."""

    name: ThemeName
    ground: str  # behind everything
    surface: str  # list, bars
    raised: str  # fields, pills, quiet buttons
    hover: str
    selected: str
    line: str
    text: str
    soft: str  # secondary text
    faint: str  # hints; still 4.5:1 on `surface`
    accent: str
    on_accent: str
    accent_text: str
    good: str
    warn: str
    bad: str
    bad_ground: str
    on_bad: str
    warn_ground: str
    on_warn: str
    veil: str  # over a stale picture, #AARRGGBB
    shade: str  # behind dialogs
    tones: tuple[Tone, Tone, Tone, Tone]

    def tone(self, rank: int) -> Tone:
        """The tone of class P`rank`."""
        return self.tones[rank - 1]


DARK = Tokens(
    name=ThemeName.DARK,
    ground="#0b0f15",
    surface="#10161e",
    raised="#1b2430",
    hover="#161e29",
    selected="#172843",
    line="#222c39",
    text="#e8edf4",
    soft="#a5b1c2",
    faint="#8592a5",
    accent="#2f6fed",
    on_accent="#ffffff",
    accent_text="#7db0ff",
    good="#34c46a",
    warn="#eab308",
    bad="#ff5a6a",
    bad_ground="#a61b2b",
    on_bad="#ffffff",
    warn_ground="#4a3a06",
    on_warn="#fde68a",
    veil="#8c1a212b",
    shade="#b3060a0f",
    tones=(
        Tone(mark="#ff4d61", text="#ff8391", soft="#3a1620", on_mark="#1d0307"),
        Tone(mark="#ff9240", text="#ffab6b", soft="#35200f", on_mark="#241002"),
        Tone(mark="#f2c218", text="#f5d04e", soft="#302907", on_mark="#231b00"),
        Tone(mark="#43b8ee", text="#74ccf6", soft="#0f2a3a", on_mark="#021722"),
    ),
)

LIGHT = Tokens(
    name=ThemeName.LIGHT,
    ground="#eef1f5",
    surface="#fafbfd",
    raised="#e6ebf1",
    hover="#f0f4f9",
    selected="#dfeafd",
    line="#d6dde6",
    text="#131a24",
    soft="#445062",
    faint="#586577",
    accent="#1f5fdb",
    on_accent="#ffffff",
    accent_text="#1d55c4",
    good="#15803d",
    warn="#92670a",
    bad="#c81e33",
    bad_ground="#b91c2e",
    on_bad="#ffffff",
    warn_ground="#fdf0c4",
    on_warn="#5f4304",
    veil="#99c3cad4",
    shade="#80202a38",
    tones=(
        Tone(mark="#d9213a", text="#b3132a", soft="#fbdfe3", on_mark="#ffffff"),
        Tone(mark="#c2570c", text="#9a4206", soft="#fce6d4", on_mark="#ffffff"),
        Tone(mark="#93700a", text="#6f5306", soft="#f8edc2", on_mark="#ffffff"),
        Tone(mark="#0b76a8", text="#075985", soft="#dcf0fa", on_mark="#ffffff"),
    ),
)

THEMES = {ThemeName.DARK: DARK, ThemeName.LIGHT: LIGHT}
