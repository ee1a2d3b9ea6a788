import pytest

from ui_flutter.theme import DARK, LIGHT, Tokens

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio, 1…21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@THEMES
def test_texts_have_the_contrast_of_wcag_aa(theme: Tokens) -> None:
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
    assert [(a, b, round(contrast(a, b), 2)) for a, b in pairs if contrast(a, b) < 4.5] == []


@THEMES
def test_marks_have_the_contrast_of_wcag_aa(theme: Tokens) -> None:
    marks = [*(tone.mark for tone in theme.tones), theme.good, theme.warn, theme.bad]
    pairs = [(mark, ground) for mark in marks for ground in (theme.surface, theme.selected)]
    assert [(a, b, round(contrast(a, b), 2)) for a, b in pairs if contrast(a, b) < 3.0] == []
