from itertools import combinations

import pytest

from ui_flutter.theme import THEMES, ThemeName, Tokens

EACH = pytest.mark.parametrize("theme", THEMES.values(), ids=str)
LEAST = {ThemeName.CONTRAST: 7.0}  # WCAG 2.2 AAA; 4.5 (AA) for the others


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio, 1…21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@EACH
def test_texts_have_the_contrast_that_wcag_asks_for(theme: Tokens) -> None:
    pairs = [
        *((text, ground) for text in (theme.text, theme.soft) for ground in (theme.surface, theme.raised, theme.selected)),
        (theme.faint, theme.surface),
        (theme.on_accent, theme.accent),
        (theme.accent_text, theme.surface),
        (theme.accent_text, theme.selected),
        (theme.on_bad, theme.bad_ground),
        (theme.on_warn, theme.warn_ground),
        (theme.good, theme.surface),
        (theme.warn, theme.surface),
        *((tone.text, tone.soft) for tone in theme.tones),
        *((tone.on_mark, tone.mark) for tone in theme.tones),
    ]
    assert [(a, b, round(contrast(a, b), 2)) for a, b in pairs if contrast(a, b) < LEAST.get(theme.name, 4.5)] == []


@EACH
def test_marks_have_the_contrast_of_wcag_aa(theme: Tokens) -> None:
    marks = [*(tone.mark for tone in theme.tones), theme.good, theme.warn, theme.bad]
    pairs = [(mark, ground) for mark in marks for ground in (theme.surface, theme.selected)]
    assert [(a, b, round(contrast(a, b), 2)) for a, b in pairs if contrast(a, b) < 3.0] == []


# -- colour blindness (Machado, Oliveira and Fernandes 2009, severity 1.0), on linear RGB

NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
EYES = {
    "normal": NORMAL,
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
APART = 15.0  # CIE 1976 colour difference; about 2 is what one can just see side by side


def seen(color: str, eyes: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """The colour as these eyes see it, in CIELAB."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in eyes)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@EACH
@pytest.mark.parametrize("eyes", EYES)
def test_the_four_classes_are_told_apart_by_any_eyes(theme: Tokens, eyes: str) -> None:
    marks = {rank: seen(theme.tone(rank).mark, EYES[eyes]) for rank in (1, 2, 3, 4)}
    apart = {
        (one, other): sum((a - b) ** 2 for a, b in zip(marks[one], marks[other], strict=True)) ** 0.5
        for one, other in combinations(marks, 2)
    }
    assert {pair: round(far, 1) for pair, far in apart.items() if far < APART} == {}


def test_the_themes_follow_one_another() -> None:
    first = ThemeName.DARK
    assert [first.other, first.other.other, first.other.other.other] == [ThemeName.LIGHT, ThemeName.CONTRAST, first]
