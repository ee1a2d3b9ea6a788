"""The page of the system: how it is, the ledger's balance, the flags."""

import flet as ft

from ui_flutter.components import blocks, parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.span import span_fields, span_tabs
from ui_flutter.sections.system import System
from ui_flutter.state.present_system import FlagsView, FlagView, Lamp, LedgerView, PanelsView, Share, StateView, SystemView
from ui_flutter.state.spans import Preset
from ui_flutter.state.views import Mood

PRESETS = (Preset.HOUR, Preset.DAY, Preset.WEEK, Preset.MONTH, Preset.CUSTOM)


def page(view: SystemView, look: Look, intents: Intents, section: System) -> ft.Control:
    lines: list[ft.Control] = [strip(look, tabs(look, view.tab, view.tabs, section.choose))]
    if view.state is not None:
        lines.append(ft.Container(_state(look, view.state), expand=True))
    elif view.ledger is not None:
        lines += _ledger(look, view.ledger, intents, section)
    elif view.flags is not None:
        lines.append(ft.Container(_flags(look, view.flags), expand=True))
    body = ft.Column(lines, spacing=0, expand=True)
    return section_frame(look, look.words("nav.system"), body, subtitle=look.words("system.explain"))


# -- how it is


def _state(look: Look, view: StateView) -> ft.Control:
    words = look.words
    above = [blocks.note(look, view.note, Mood.WARN, identifier="system-note")] if view.note else []
    if not view.loaded:
        return blocks.scrolled(look, [*above, ft.Row([ft.ProgressRing(width=26, height=26, stroke_width=3)])])
    left: list[ft.Control] = [
        *above,
        _mode(look, view),
        blocks.block(look, words("system.parts"), _lamps(look, view.parts), identifier="system-parts"),
    ]
    if view.panels is not None:
        left.append(_panels(look, view.panels))
    right = [
        _group(look, "system-sources", "system.sources", view.sources, subtitle="system.sources.explain"),
        _group(look, "system-queues", "system.queues", view.queues),
        _group(look, "system-keys", "system.keys", view.keys, subtitle="system.keys.explain"),
        _group(look, "system-console", "system.console", view.console),
    ]
    if view.temporal_url:
        right.append(_temporal(look, view.temporal_url))
    return blocks.blocks(look, left, [one for one in right if one is not None])


def _mode(look: Look, view: StateView) -> ft.Control:
    tokens = look.tokens
    names: list[ft.Control] = [
        parts.text(view.mode, tokens.text, size=19, weight=parts.BOLD),
        parts.text(view.explained, tokens.soft, size=13),
    ]
    line = ft.Row(
        [
            ft.Icon(blocks.ICONS[view.mood], size=38, color=look.mood(view.mood)),
            ft.Column(names, spacing=2, tight=True, expand=True),
        ],
        spacing=16,
    )
    face = ft.Container(
        line,
        padding=20,
        border_radius=12,
        bgcolor=tokens.ground,
        border=ft.Border.all(1.5, look.mood(view.mood)),
    )
    return parts.named("system-mode", face)


def _group(look: Look, identifier: str, title: str, lamps: tuple[Lamp, ...], *, subtitle: str = "") -> ft.Control | None:
    """A block of lamps; nothing where there are none."""
    if not lamps:
        return None
    explained = look.words(subtitle) if subtitle else ""
    return blocks.block(look, look.words(title), _lamps(look, lamps), identifier=identifier, subtitle=explained)


def _lamps(look: Look, lamps: tuple[Lamp, ...]) -> list[ft.Control]:
    return [blocks.lamp(look, one.mood, one.label, one.value, detail=one.detail, identifier=f"lamp-{one.key}") for one in lamps]


def _panels(look: Look, view: PanelsView) -> ft.Control:
    words = look.words
    controls: list[ft.Control] = [
        parts.named("panels-online", parts.text(view.title, look.tokens.text, size=15, weight=parts.SEMI)),
    ]
    if view.known:
        controls.append(blocks.bar(look, view.share, view.mood))
    if view.silent:
        controls += [parts.text(words("system.panels.silent"), look.tokens.soft, size=12.5, weight=parts.SEMI)]
        controls += _lamps(look, view.silent)
    if view.more:
        controls.append(parts.text(view.more, look.tokens.soft, size=12.5))
    if view.hosts:
        controls += [parts.text(words("system.hosts"), look.tokens.soft, size=12.5, weight=parts.SEMI)]
        controls += _lamps(look, view.hosts)
    return blocks.block(look, words("system.panels"), controls, identifier="system-panels")


def _temporal(look: Look, url: str) -> ft.Control:
    face = ft.Container(
        ft.Row(
            [
                ft.Icon(ft.Icons.OPEN_IN_NEW, size=17, color=look.tokens.accent_text),
                parts.text(look.words("system.temporal"), look.tokens.accent_text, size=13.5, weight=parts.SEMI),
            ],
            spacing=8,
            tight=True,
        ),
        url=url,
        ink=True,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=12 if look.narrow else 8),
    )
    return ft.Row([parts.named("temporal-link", face, link=True)])


# -- the ledger


def _ledger(look: Look, view: LedgerView, intents: Intents, section: System) -> list[ft.Control]:
    words = look.words
    spans = strip(
        look,
        span_tabs(look, view.span, PRESETS, section.choose_span),
        *span_fields(look, intents, view.span, section.type_span, good=view.span_good),
    )
    inner: list[ft.Control] = []
    if view.error:
        inner.append(blocks.note(look, view.error, identifier="ledger-error"))
    if view.loaded:
        inner += [_balance(look, view), _both(look, view)]
    elif not view.error:
        inner.append(ft.Row([ft.ProgressRing(width=26, height=26, stroke_width=3)]))
    inner.append(parts.text(words("ledger.explain"), look.tokens.soft, size=12.5))
    return [spans, ft.Container(blocks.scrolled(look, inner), expand=True)]


def _balance(look: Look, view: LedgerView) -> ft.Control:
    """Two numbers with a sign between: the same, or not."""
    tokens, words = look.tokens, look.words
    color = tokens.good if view.balanced else tokens.bad

    def number(identifier: str, count: str, label: str) -> ft.Control:
        return ft.Column(
            [
                parts.named(identifier, parts.text(count, tokens.text, size=34, weight=parts.BOLD, mono=True)),
                parts.text(label, tokens.soft, size=13),
            ],
            spacing=2,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )

    numbers = ft.Row(
        [
            number("ledger-received", view.received, words("ledger.received")),
            parts.text("=" if view.balanced else "≠", color, size=34, weight=parts.BOLD),
            number("ledger-accounted", view.accounted, words("ledger.accounted")),
        ],
        alignment=ft.MainAxisAlignment.CENTER,
        spacing=28,
        run_spacing=8,
        wrap=look.narrow,
    )
    verdict = ft.Row(
        [
            ft.Icon(blocks.ICONS[Mood.GOOD if view.balanced else Mood.BAD], size=20, color=color),
            parts.named("ledger-verdict", parts.text(view.verdict, tokens.text, size=14, weight=parts.SEMI), live_region=True),
        ],
        spacing=8,
        alignment=ft.MainAxisAlignment.CENTER,
        wrap=look.narrow,
    )
    face = ft.Container(
        ft.Column(
            [
                parts.text(view.period, tokens.soft, size=12.5, mono=True, text_align=ft.TextAlign.CENTER),
                numbers,
                verdict,
            ],
            spacing=16,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        padding=24,
        bgcolor=tokens.ground,
        border=ft.Border.all(1.5, color),
        border_radius=12,
        opacity=0.6 if view.busy else 1.0,
    )
    return parts.named("ledger-balance", face)


def _both(look: Look, view: LedgerView) -> ft.Control:
    words = look.words
    sides: list[ft.Control] = [
        blocks.block(look, words("ledger.outcomes"), _shares(look, view.outcomes), identifier="ledger-outcomes"),
        blocks.block(look, words("ledger.sources"), _shares(look, view.sources), identifier="ledger-sources"),
    ]
    if look.narrow:
        return ft.Column(sides, spacing=16, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.Row(
        [ft.Container(side, expand=True) for side in sides], spacing=16, vertical_alignment=ft.CrossAxisAlignment.START
    )


def _shares(look: Look, shares: tuple[Share, ...]) -> list[ft.Control]:
    tokens = look.tokens
    return [
        ft.Column(
            [
                ft.Row(
                    [
                        parts.text(one.label, tokens.text, size=13, expand=True),
                        parts.text(
                            one.count, tokens.text if one.share else tokens.faint, size=13, mono=True, weight=parts.BOLD
                        ),
                    ]
                ),
                blocks.bar(look, one.share, Mood.QUIET, height=5),
            ],
            spacing=4,
            tight=True,
        )
        for one in shares
    ]


# -- flags


def _flags(look: Look, view: FlagsView) -> ft.Control:
    words = look.words
    if not view.loaded:
        return blocks.scrolled(look, [ft.Row([ft.ProgressRing(width=26, height=26, stroke_width=3)])])
    here = words("system.flags.here", environment=view.environment) if view.environment else ""
    lines = [_flag(look, one, view.environment) for one in view.flags]
    block = blocks.block(look, words("system.flags"), lines, identifier="system-flags", subtitle=here)
    return blocks.scrolled(look, [parts.text(words("system.flags.explain"), look.tokens.soft, size=13), block])


def _flag(look: Look, one: FlagView, environment: str) -> ft.Control:
    tokens = look.tokens
    names: list[ft.Control] = [
        parts.text(one.label, tokens.text, size=13.5, weight=parts.MEDIUM),
        parts.text(" · ".join(part for part in (one.name, one.origin) if part), tokens.soft, size=12.5),
    ]
    signs: list[ft.Control] = []
    if not look.narrow:
        signs = [_elsewhere(look, name, on) for name, on in one.elsewhere if name != environment]
    state = parts.text(one.state, tokens.text if one.on else tokens.soft, size=13, weight=parts.SEMI)
    line = ft.Row(
        [
            ft.Icon(
                ft.Icons.TOGGLE_ON if one.on else ft.Icons.TOGGLE_OFF, size=26, color=tokens.good if one.on else tokens.faint
            ),
            ft.Column(names, spacing=1, tight=True, expand=True),
            *signs,
            ft.Container(state, width=84, alignment=ft.Alignment.CENTER_RIGHT),
        ],
        spacing=12,
    )
    return parts.named(f"flag-{one.name}", line)


def _elsewhere(look: Look, name: str, on: bool) -> ft.Control:
    tokens = look.tokens
    icon = ft.Icon(ft.Icons.CHECK if on else ft.Icons.CLOSE, size=14, color=tokens.good if on else tokens.faint)
    return ft.Container(
        ft.Row([parts.text(name, tokens.soft, size=12), icon], spacing=4, tight=True),
        bgcolor=tokens.raised,
        border_radius=5,
        padding=ft.Padding.symmetric(horizontal=7, vertical=3),
    )
