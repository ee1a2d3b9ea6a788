"""Chooses a span of time: tabs for the usual ones, two fields for any other."""

from collections.abc import Callable, Sequence

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import tabs
from ui_flutter.state.spans import Preset, Span


def span_tabs(look: Look, span: Span, presets: Sequence[Preset], choose: Callable[[str], None]) -> ft.Control:
    return tabs(look, span.preset, [(preset.value, look.words(f"span.{preset}")) for preset in presets], choose)


def span_fields(look: Look, intents: Intents, span: Span, typed: Callable[[str, str], None], *, good: bool) -> list[ft.Control]:
    """From and to, for `Preset.CUSTOM`; nothing for the others. ``typed``: both, at each keystroke."""
    if span.preset is not Preset.CUSTOM:
        return []

    def field(name: str, value: str, put: Callable[[str], None]) -> ft.Control:
        box = parts.field(
            look,
            intents,
            look.words(f"span.{name}"),
            hint="2026-01-31 14:00",
            dense=True,
            width=176,
            value=value,
            on_change=lambda event: put(event.control.value),
        )
        return parts.named(f"span-{name}", box)

    fields = [
        field("since", span.since, lambda value: typed(value, span.until)),
        field("until", span.until, lambda value: typed(span.since, value)),
    ]
    if not good:
        fields.append(
            parts.named("span-error", parts.text(look.words("span.wrong"), look.tokens.bad, size=12.5), live_region=True)
        )
    return fields
