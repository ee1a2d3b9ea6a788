"""The alarm page: filters and list on the left, the open card on the right; on a phone one at a time."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.group import group_row
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.row import HEIGHT, alarm_row
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.screen import Screen
from ui_flutter.components.span import span_fields, span_tabs
from ui_flutter.state.spans import Preset, Span
from ui_flutter.state.views import FilterView, GroupView, ListPhase, ListView, Tab
from ui_flutter.views.detail import detail_panel

SPANS = (Preset.DAY, Preset.WEEK, Preset.MONTH, Preset.ALL, Preset.CUSTOM)
MOVED_EVERY = 500  # ms between two reports of a moving pointer


def alarms_page(screen: Screen, look: Look, intents: Intents, card_alone: bool) -> ft.Control:
    """List and card; not a component: it has nothing of its own that changes."""
    card = detail_panel(screen, screen.detail, look, intents)
    if card_alone:
        return ft.Container(content=card, expand=True)
    listing = ft.Column(
        [filter_bar(screen.filters, look, intents, screen.search), alarm_list(screen, screen.listing, look, intents)],
        spacing=0,
        expand=True,
    )
    if look.narrow:
        return ft.Container(content=listing, expand=True)
    side = ft.Container(
        content=card,
        width=max(470, 400 * look.scale),
        bgcolor=look.tokens.surface,
        border=ft.Border.only(left=ft.BorderSide(1, look.tokens.line)),
    )
    return ft.Row([listing, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)


@safe_component
def filter_bar(cell: Cell[FilterView], look: Look, intents: Intents, search_ref: ft.Ref[ft.TextField]) -> ft.Control:
    """Tabs with counts, the four classes, search."""
    view, tokens = cell.value, look.tokens
    tab_sign, class_toggle = memoized(_tab), memoized(_class_toggle)
    counts = zip(Tab, view.tab_counts, strict=True)
    tabs = [tab_sign(look, tab, count, tab is view.tab, intents, key=tab) for tab, count in counts]
    bar = ft.Container(ft.Row(tabs, spacing=2, tight=True), bgcolor=tokens.raised, border_radius=8, padding=3)
    classes = [class_toggle(look, rank, rank in view.ranks, intents, key=rank) for rank in (1, 2, 3, 4)]
    search = memoized(_search)(look, view.query, intents, search_ref)
    lines: list[ft.Control]
    if look.narrow:
        lines = [parts.named("search", search), ft.Row([bar], scroll=ft.ScrollMode.HIDDEN)]
    else:  # the box gives way to long counts
        box = parts.named("search", ft.Container(search, width=240), expand=True, expand_loose=True)
        choices = ft.Row([bar, *classes], spacing=8, tight=True)
        lines = [ft.Row([choices, box], spacing=8, alignment=ft.MainAxisAlignment.SPACE_BETWEEN)]
    if view.span is not None:
        lines.append(_opened_in(look, view.span, view.span_good, intents))
    return ft.Container(
        content=ft.Column(lines, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        padding=ft.Padding.symmetric(horizontal=14, vertical=9),
        bgcolor=tokens.surface,
        border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
    )


@safe_component
def _search(look: Look, query: str, intents: Intents, ref: ft.Ref[ft.TextField]) -> ft.Control:
    return parts.field(
        look,
        intents,
        "",
        hint=look.words("list.search"),
        dense=True,
        prefix_icon=ft.Icon(ft.Icons.SEARCH, size=18, color=look.tokens.soft),
        value=query,
        on_change=lambda event: intents.alarms.search(event.control.value),
        ref=ref,
    )


def _opened_in(look: Look, span: Span, good: bool, intents: Intents) -> ft.Control:
    """In which time the closed alarms opened."""
    label = parts.text(look.words("list.opened"), look.tokens.soft, size=12.5)
    wanted = intents.closed
    choices = [
        span_tabs(look, span, SPANS, wanted.choose_span),
        *span_fields(look, intents, span, wanted.type_span, good=good),
    ]
    return parts.named("closed-span", ft.Row([label, *choices], spacing=8, scroll=ft.ScrollMode.HIDDEN))


@safe_component
def _tab(look: Look, tab: Tab, count: str, chosen: bool, intents: Intents) -> ft.Control:
    tokens = look.tokens
    words: list[ft.Control] = [
        parts.text(look.words(f"list.tab.{tab}"), tokens.text if chosen else tokens.soft, weight=parts.SEMI)
    ]
    if count:
        words.append(parts.text(count, tokens.soft, size=12, mono=True))
    face = ft.Container(
        content=ft.Row(words, spacing=7, tight=True),
        padding=ft.Padding.symmetric(horizontal=12, vertical=6),
        border_radius=6,
        bgcolor=tokens.surface if chosen else None,
        ink=True,
        on_click=lambda _: intents.alarms.choose_tab(tab),
    )
    return parts.named(f"tab-{tab}", face, button=True, selected=chosen)


@safe_component
def _class_toggle(look: Look, rank: int, chosen: bool, intents: Intents) -> ft.Control:
    tone, tokens = look.tokens.tone(rank), look.tokens
    face = ft.Container(
        content=ft.Row(
            [
                parts.class_mark(look, rank, size=11),
                parts.text(f"P{rank}", tone.text if chosen else tokens.soft, weight=parts.SEMI),
            ],
            spacing=4,
            tight=True,
        ),
        padding=ft.Padding.symmetric(horizontal=9, vertical=7),
        border_radius=7,
        bgcolor=tone.soft if chosen else None,
        border=ft.Border.all(1, tone.mark if chosen else tokens.line),
        ink=True,
        tooltip=look.words(parts.CLASS_KEYS[rank]),
        on_click=lambda _: intents.alarms.toggle_class(rank),
    )
    label = f"P{rank} {look.words(parts.CLASS_KEYS[rank])}"
    return parts.named(f"class-{rank}", face, button=True, toggled=chosen, label=label)


@safe_component
def alarm_list(screen: Screen, cell: Cell[ListView], look: Look, intents: Intents) -> ft.Control:
    """Subscribes to which rows there are, never to what is in them."""
    view, tokens = cell.value, look.tokens
    body: ft.Control
    if view.phase is ListPhase.LOADING and not view.lines:
        body = _skeleton(look)
    elif view.phase is ListPhase.FAILED and not view.lines:
        body = _message(look, ft.Icons.WIFI_OFF, look.words("list.failed"), look.words("list.retry"), intents.reload)
    elif not view.lines:
        again = look.words("list.clear_filters") if view.can_clear else ""
        body = _message(look, ft.Icons.SHIELD, view.empty, again, intents.alarms.clear_filters)
    else:
        body = _rows(screen, view, look, intents)
    veil = ft.BoxDecoration(bgcolor=tokens.veil) if view.veiled else None
    framed = ft.Container(body, expand=True, bgcolor=tokens.surface, foreground_decoration=veil)
    signs = [_above(look, view.above, intents)] if view.above else []
    return ft.Column([*signs, framed, _footer(look, view, intents)], spacing=0, expand=True)


def _rows(screen: Screen, view: ListView, look: Look, intents: Intents) -> ft.Control:
    row = memoized(alarm_row)
    group = memoized(group_row)
    rows = [
        group(line, look, intents, key=line.key)
        if isinstance(line, GroupView)
        else row(screen.rows[line].row, screen.rows[line], look, intents, key=str(line))
        for line in view.lines
    ]
    listing = ft.ListView(rows, expand=True, item_extent=look.px(HEIGHT), spacing=0, padding=0)
    return ft.GestureDetector(
        content=listing,
        on_hover=lambda _: intents.alarms.pointer_inside(),
        hover_interval=MOVED_EVERY,
        mouse_cursor=ft.MouseCursor.CLICK,
        expand=True,
    )


def _above(look: Look, label: str, intents: Intents) -> ft.Control:
    face = ft.Container(
        content=parts.text(f"↑  {label}", look.tokens.on_accent, weight=parts.SEMI),
        bgcolor=look.tokens.accent,
        height=look.px(34),
        alignment=ft.Alignment.CENTER,
        ink=True,
        on_click=lambda _: intents.alarms.show_above(),
    )
    return parts.named("list-above", face, button=True, live_region=True)


def _footer(look: Look, view: ListView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    words: list[ft.Control] = [parts.named("list-footer", parts.text(view.footer, tokens.soft, size=12.5))]
    if view.veiled:
        words.append(parts.text(view.veiled, tokens.warn, size=12.5, weight=parts.SEMI))
    words.append(ft.Container(expand=True))
    if view.can_show_more:
        more = ft.Container(
            content=parts.text(look.words("list.more"), tokens.accent_text, size=12.5, weight=parts.SEMI),
            padding=ft.Padding.symmetric(horizontal=10, vertical=5),
            border_radius=6,
            ink=True,
            on_click=lambda _: intents.alarms.show_more(),
        )
        words.append(parts.named("list-more", more, button=True))
    return ft.Container(
        content=ft.Row(words, spacing=16),
        height=look.px(36),
        padding=ft.Padding.symmetric(horizontal=14),
        bgcolor=tokens.surface,
        border=ft.Border.only(top=ft.BorderSide(1, tokens.line)),
    )


def _message(look: Look, icon: ft.IconData, words: str, again: str, on_again: object) -> ft.Control:
    tokens = look.tokens
    lines: list[ft.Control] = [
        ft.Icon(icon, size=44, color=tokens.line),
        parts.named("list-empty", parts.text(words, tokens.soft, size=15)),
    ]
    if again and callable(on_again):
        lines.append(parts.button(look, "list-again", again, on_again))
    return ft.Container(
        content=ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER),
        alignment=ft.Alignment.CENTER,
        expand=True,
    )


def _skeleton(look: Look) -> ft.Control:
    """Grey rows while the first list is on its way."""
    tokens = look.tokens

    def bone(width: float, height: float) -> ft.Control:
        return ft.Container(width=width, height=height, border_radius=4, bgcolor=tokens.raised)

    row: list[ft.Control] = [
        ft.Container(
            content=ft.Row(
                [bone(34, 34), ft.Column([bone(230 - 13 * (n % 4), 13), bone(150, 10)], spacing=8, tight=True)], spacing=16
            ),
            height=HEIGHT,
            padding=ft.Padding.symmetric(horizontal=40),
            border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
        )
        for n in range(9)
    ]
    if look.still:
        return ft.Container(content=ft.Column(row, spacing=0), expand=True, clip_behavior=ft.ClipBehavior.HARD_EDGE)
    bones = ft.Shimmer(ft.Column(row, spacing=0), base_color=tokens.raised, highlight_color=tokens.line)
    return ft.Container(content=bones, expand=True, clip_behavior=ft.ClipBehavior.HARD_EDGE)
