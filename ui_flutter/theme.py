"""Design tokens: every colour and measure of the console. Nothing else names a colour.

Contrast: texts ≥ 4.5:1 and marks ≥ 3:1 on the surfaces they lie on, in all themes (tests/ui/test_theme.py measures it).
"""

from dataclasses import dataclass
from enum import StrEnum

FONT = "Inter"
MONO = "JetBrains Mono"


class ThemeName(StrEnum):
    DARK = "dark"
    LIGHT = "light"
    CONTRAST = "contrast"  # for eyes that need more: texts at least 7:1, every surface with an edge

    @property
    def other(self) -> "ThemeName":
        """The next one in turn."""
        names = list(ThemeName)
        return names[(names.index(self) + 1) % len(names)]


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

    @property
    def focus(self) -> str:
        """Laid over what has the keyboard's focus."""
        return f"#80{self.accent_text[1:]}"

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
        Tone(mark="#d61c4e", text="#b0123c", soft="#fbdfe3", on_mark="#ffffff"),
        Tone(mark="#a23600", text="#8f3302", soft="#fce6d4", on_mark="#ffffff"),
        Tone(mark="#a67c00", text="#6f5306", soft="#f8edc2", on_mark="#171000"),
        Tone(mark="#0b76a8", text="#075985", soft="#dcf0fa", on_mark="#ffffff"),
    ),
)

CONTRAST = Tokens(
    name=ThemeName.CONTRAST,
    ground="#000000",
    surface="#000000",
    raised="#1c1c1c",
    hover="#2b2b2b",
    selected="#00315e",
    line="#8f8f8f",
    text="#ffffff",
    soft="#ececec",
    faint="#d6d6d6",
    accent="#8ec5ff",
    on_accent="#000000",
    accent_text="#a8d3ff",
    good="#6bff9e",
    warn="#ffe066",
    bad="#ff9c9c",
    bad_ground="#6e0010",
    on_bad="#ffffff",
    warn_ground="#ffe066",
    on_warn="#000000",
    veil="#b3404040",
    shade="#d9000000",
    tones=(
        Tone(mark="#ff7a80", text="#ffb3b6", soft="#3d0007", on_mark="#000000"),
        Tone(mark="#ffac5e", text="#ffc892", soft="#331900", on_mark="#000000"),
        Tone(mark="#ffe94a", text="#fff07f", soft="#2b2600", on_mark="#000000"),
        Tone(mark="#6fd6ff", text="#a3e5ff", soft="#00293d", on_mark="#000000"),
    ),
)

THEMES = {ThemeName.DARK: DARK, ThemeName.LIGHT: LIGHT, ThemeName.CONTRAST: CONTRAST}
