"""The map of objects: a net of degrees, towns to find one's way, a mark for each object or heap of them."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.components.table import message
from ui_flutter.sections.object_map import ObjectMap
from ui_flutter.state.map_plane import Point
from ui_flutter.state.present_map import HeapItem, MapView, MarkView, NetLine, Sign, TownView
from ui_flutter.state.views import ListPhase

SINGLE, FINGER = 22, 44  # px of a mark, and of what takes a finger's click
WHEEL = 240.0  # px of scrolling for one step of zoom
GLIDE = ft.Animation(90, ft.AnimationCurve.LINEAR)  # between two drawings


def map_page(view: MapView, look: Look, state: ObjectMap) -> ft.Control:
    words = look.words
    if view.phase is ListPhase.FAILED:
        return message(look, ft.Icons.WIFI_OFF, view.error, words("list.retry"), state.load)
    layers: list[ft.Control] = [_plane(view, look, state)]
    if view.phase is ListPhase.READY and not view.legend:
        layers.append(message(look, ft.Icons.MAP, words("map.empty"), "", state.load))
    layers += [_buttons(look, state), _legend(view, look), _ruler(view, look)]
    if view.heap:
        layers.append(_heap(view, look, state))
    stack = ft.Stack(layers, fit=ft.StackFit.EXPAND, clip_behavior=ft.ClipBehavior.HARD_EDGE)
    return ft.Container(
        stack, expand=True, on_size_change=lambda event: state.resize(event.width, event.height), size_change_interval=100
    )


def _plane(view: MapView, look: Look, state: ObjectMap) -> ft.Control:
    drawn: list[ft.Control] = [_line(look, one) for one in view.net]
    drawn += [_town(look, one) for one in view.towns]
    drawn += [_mark(look, one, state) for one in sorted(view.marks, key=lambda mark: -mark.sign)]
    stack = ft.Stack(drawn, fit=ft.StackFit.EXPAND, clip_behavior=ft.ClipBehavior.HARD_EDGE)
    touch = ft.GestureDetector(
        content=ft.Container(stack, bgcolor=look.tokens.ground),
        drag_interval=40,
        on_scale_start=lambda _: state.grab(),
        on_scale_update=lambda event: state.drag(
            event.focal_point_delta.x,
            event.focal_point_delta.y,
            scale=event.scale if event.pointer_count > 1 else 1.0,
            at=Point(event.local_focal_point.x, event.local_focal_point.y),
        ),
        on_scroll=lambda event: state.zoom(
            -event.scroll_delta.y / WHEEL, Point(event.local_position.x, event.local_position.y)
        ),
    )
    return parts.named("map", touch)


def _line(look: Look, line: NetLine) -> ft.Control:
    tokens = look.tokens
    label = parts.text(line.label, tokens.faint, size=11, mono=True)
    key = f"{'m' if line.meridian else 'p'}{line.label}"
    if line.meridian:
        mark = ft.Container(label, padding=ft.Padding.only(left=5, top=4))
        edge = ft.Border.only(left=ft.BorderSide(1, tokens.line))
        return ft.Container(mark, left=line.at, top=0, bottom=0, width=90, border=edge, animate_position=GLIDE, key=key)
    mark = ft.Container(label, padding=ft.Padding.only(left=5, top=2))
    edge = ft.Border.only(top=ft.BorderSide(1, tokens.line))
    return ft.Container(mark, top=line.at, left=0, right=0, height=30, border=edge, animate_position=GLIDE, key=key)


def _town(look: Look, town: TownView) -> ft.Control:
    tokens = look.tokens
    dot = ft.Container(width=4, height=4, border_radius=2, bgcolor=tokens.faint)
    name = parts.text(town.name, tokens.faint, size=12, weight=parts.MEDIUM, one_line=True)
    row = ft.Row([dot, name], spacing=5, tight=True)
    return ft.Container(row, left=town.x - 2, top=town.y - 9, animate_position=GLIDE, key=f"town-{town.name}")


def _mark(look: Look, mark: MarkView, state: ObjectMap) -> ft.Control:
    size = SINGLE if mark.count == 1 else min(54, 26 + 6 * len(str(mark.count)) + mark.count // 25)
    touch = max(size, FINGER if look.narrow else size)
    row: list[ft.Control] = [_disc(look, mark, size, touch)]
    if mark.label:
        label = parts.text(mark.label, look.tokens.text, size=12, weight=parts.MEDIUM, one_line=True)
        row.append(
            ft.Container(
                label,
                bgcolor=look.tokens.surface,
                border_radius=5,
                padding=ft.Padding.symmetric(horizontal=6, vertical=2),
            )
        )
    face = ft.Container(
        ft.Row(row, spacing=3, tight=True, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        tooltip=mark.spoken,
        on_click=lambda _: state.open(mark.members),
    )
    return ft.Container(
        parts.named(f"mark-{mark.id}", face, button=True, label=mark.spoken),
        left=mark.x - touch / 2,
        top=mark.y - touch / 2,
        animate_position=GLIDE,
        key=mark.id,
    )


def _disc(look: Look, mark: MarkView, size: float, touch: float) -> ft.Control:
    tokens = look.tokens
    fill, edge, ink = _colors(look, mark.sign)
    if mark.count > 1:
        inner: ft.Control = parts.text(str(mark.count), ink, size=13, weight=parts.BOLD, mono=True)
    elif mark.sign <= Sign.LOW:
        inner = parts.class_mark(look, int(mark.sign), size=11, color=ink)
    else:
        icon = {
            Sign.LOST: ft.Icons.LINK_OFF,
            Sign.UNKNOWN: ft.Icons.QUESTION_MARK,
            Sign.SERVICE: ft.Icons.BUILD,
            Sign.NO_PANEL: ft.Icons.REMOVE,
        }.get(mark.sign, ft.Icons.CHECK)
        inner = ft.Icon(icon, size=13, color=ink)
    disc = ft.Container(
        inner,
        width=size,
        height=size,
        border_radius=size / 2,
        bgcolor=fill,
        border=ft.Border.all(2, edge),
        alignment=ft.Alignment.CENTER,
        shadow=ft.BoxShadow(blur_radius=10, color=tokens.shade, offset=ft.Offset(0, 2)),
    )
    return ft.Container(disc, width=touch, height=touch, alignment=ft.Alignment.CENTER)


def _colors(look: Look, sign: Sign) -> tuple[str, str, str]:
    """Ground, rim, ink."""
    tokens = look.tokens
    if sign <= Sign.LOW:
        tone = tokens.tone(int(sign))
        return tone.mark, tone.mark, tone.on_mark
    rim = {Sign.LOST: tokens.bad, Sign.SERVICE: tokens.warn, Sign.QUIET: tokens.good}.get(sign, tokens.faint)
    return tokens.surface, rim, rim


def _buttons(look: Look, state: ObjectMap) -> ft.Control:
    words, tokens = look.words, look.tokens
    column = ft.Column(
        [
            parts.icon_button(look, "map-nearer", words("map.nearer"), ft.Icons.ADD, state.nearer),
            parts.icon_button(look, "map-farther", words("map.farther"), ft.Icons.REMOVE, state.farther),
            parts.icon_button(look, "map-fit", words("map.fit"), ft.Icons.CENTER_FOCUS_STRONG, state.fit),
        ],
        spacing=2,
        tight=True,
    )
    return ft.Container(
        column,
        right=14,
        top=14,
        padding=4,
        bgcolor=tokens.raised,
        border=ft.Border.all(1, tokens.line),
        border_radius=9,
    )


def _legend(view: MapView, look: Look) -> ft.Control:
    tokens = look.tokens
    lines: list[ft.Control] = []
    for sign, label, count in view.legend:
        mark = MarkView(id="", x=0, y=0, sign=sign, members=(0,), label="", spoken="")
        lines.append(
            ft.Row(
                [
                    _disc(look, mark, SINGLE - 2, SINGLE),
                    ft.Container(parts.text(label, tokens.text, size=12.5), width=150),
                    parts.text(str(count), tokens.soft, size=12.5, mono=True),
                ],
                spacing=8,
                tight=True,
            )
        )
    face = ft.Container(
        ft.Column(lines, spacing=6, tight=True),
        padding=11,
        bgcolor=tokens.raised,
        border=ft.Border.all(1, tokens.line),
        border_radius=9,
        visible=bool(lines),
    )
    return ft.Container(parts.named("map-legend", face), left=14, bottom=14)


def _ruler(view: MapView, look: Look) -> ft.Control:
    tokens = look.tokens
    edge = ft.BorderSide(1.5, tokens.soft)
    bar = ft.Container(width=view.ruler_px, height=6, border=ft.Border.only(left=edge, right=edge, bottom=edge))
    column = ft.Column([parts.text(view.ruler, tokens.soft, size=11.5, mono=True), bar], spacing=2, tight=True)
    return ft.Container(column, right=18, bottom=18, visible=bool(view.ruler))


def _heap(view: MapView, look: Look, state: ObjectMap) -> ft.Control:
    tokens, words = look.tokens, look.words
    close = parts.icon_button(look, "heap-close", words("detail.close_panel"), ft.Icons.CLOSE, state.close_heap, size=30)
    title = parts.text(words("map.here"), tokens.text, size=14, weight=parts.SEMI)
    rows = [_heaped(look, one, state) for one in view.heap]
    column = ft.Column(
        [ft.Row([ft.Container(title, expand=True), close]), *rows], spacing=6, scroll=ft.ScrollMode.AUTO, tight=True
    )
    face = ft.Container(
        column,
        width=300,
        padding=14,
        bgcolor=tokens.surface,
        border=ft.Border.all(1, tokens.line),
        border_radius=10,
        shadow=ft.BoxShadow(blur_radius=24, color=tokens.shade, offset=ft.Offset(0, 6)),
    )
    return ft.Container(parts.named("map-heap", face), left=14, top=14)


def _heaped(look: Look, item: HeapItem, state: ObjectMap) -> ft.Control:
    tokens = look.tokens
    mark = MarkView(id="", x=0, y=0, sign=item.sign, members=(0,), label="", spoken="")
    texts: list[ft.Control] = [
        parts.text(item.name, tokens.text, size=13.5, weight=parts.MEDIUM, one_line=True),
        parts.text(item.detail, tokens.soft, size=12, one_line=True),
    ]
    face = ft.Container(
        ft.Row([_disc(look, mark, SINGLE, SINGLE), ft.Column(texts, spacing=1, tight=True, expand=True)], spacing=10),
        padding=ft.Padding.symmetric(horizontal=6, vertical=8),
        border_radius=7,
        ink=True,
        on_click=lambda _: state.section.open(item.id),
    )
    return parts.named(f"heap-{item.id}", face, button=True, label=item.name)
