"""The live board of a panel: partitions, zones, outputs, what can be ordered, and how it comes out."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import cards, parts
from ui_flutter.components.look import Look
from ui_flutter.components.page import tabs
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.table import pill
from ui_flutter.sections.panels import Panels
from ui_flutter.state.panel_tabs import ZoneShow
from ui_flutter.state.present_board import BoardView, Face, OrderView, Step, Tile
from ui_flutter.state.views import Mood
from workflows.domain.command import CommandKind

SIDE = 348
ICONS = {
    Face.UNKNOWN: ft.Icons.QUESTION_MARK,
    Face.QUIET: ft.Icons.LOCK_OPEN,
    Face.ARMED: ft.Icons.LOCK,
    Face.WAITING: ft.Icons.HOURGLASS_TOP,
    Face.ALARM: ft.Icons.NOTIFICATIONS_ACTIVE,
    Face.TAMPER: ft.Icons.BUILD_CIRCLE,
    Face.VIOLATED: ft.Icons.SENSORS,
    Face.BYPASSED: ft.Icons.BLOCK,
    Face.ISOLATED: ft.Icons.DO_NOT_DISTURB_ON,
    Face.MEMORY: ft.Icons.HISTORY,
}
COMMAND_ICONS = {
    CommandKind.ARM: ft.Icons.LOCK,
    CommandKind.DISARM: ft.Icons.LOCK_OPEN,
    CommandKind.CLEAR_ALARM: ft.Icons.NOTIFICATIONS_OFF,
    CommandKind.BYPASS: ft.Icons.BLOCK,
    CommandKind.UNBYPASS: ft.Icons.UNDO,
    CommandKind.ISOLATE: ft.Icons.DO_NOT_DISTURB_ON,
    CommandKind.OUTPUTS_ON: ft.Icons.POWER,
    CommandKind.OUTPUTS_OFF: ft.Icons.POWER_OFF,
    CommandKind.OUTPUTS_TOGGLE: ft.Icons.SWAP_HORIZ,
    CommandKind.SET_CLOCK: ft.Icons.SCHEDULE,
}


def board_page(view: BoardView, look: Look, section: Panels, *, can_release: bool) -> ft.Control:
    board = _board(view, look, section)
    side = _side(view, look, section, can_release=can_release)
    if look.narrow:
        column = ft.Column([*board, *side], spacing=12, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        lines: list[ft.Control] = [ft.Container(cards.scrolled(look, column), expand=True)]
        if view.chosen:
            lines.append(_chosen(view, look, section))
        return ft.Column(lines, spacing=0, expand=True)
    left = ft.Column(board, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    middle: list[ft.Control] = [ft.Container(cards.scrolled(look, left), expand=True)]
    if view.chosen:
        middle.append(_chosen(view, look, section))
    right = ft.Column(side, spacing=12, scroll=ft.ScrollMode.AUTO, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
    return ft.Row(
        [
            ft.Column(middle, spacing=0, expand=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
            ft.Container(right, width=SIDE, padding=16, border=edge),
        ],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _board(view: BoardView, look: Look, section: Panels) -> list[ft.Control]:
    words = look.words
    lines: list[ft.Control] = []
    if view.unknown:
        lines.append(cards.notice(look, "board-unknown", view.unknown, Mood.WARN, icon=ft.Icons.QUESTION_MARK))
    if view.troubles:
        told = ", ".join(view.troubles)
        lines.append(
            cards.notice(look, "board-troubles", words("board.troubles"), Mood.WARN, icon=ft.Icons.REPORT_PROBLEM, detail=told)
        )
    tiles = [memoized(partition_tile)(tile, look, section.choose_partition, key=f"p{tile.number}") for tile in view.partitions]
    none = [parts.text(words("board.no_partitions"), look.tokens.faint)]
    lines.append(cards.box(look, "board-partitions", words("board.partitions"), [_wrapped(tiles)] if tiles else none))
    zones = [memoized(zone_tile)(tile, look, section.choose_zone, key=f"z{tile.number}") for tile in view.zones]
    nothing = [parts.text(words("board.no_zones"), look.tokens.faint)]
    shows = [(show.value, words(f"board.show.{show}")) for show in ZoneShow]
    zone_lines: list[ft.Control] = [tabs(look, view.zone_show, shows, section.show_zones)]
    zone_lines += [_wrapped(zones)] if zones else nothing
    zone_lines.append(parts.text(view.zones_of, look.tokens.faint, size=12))
    lines.append(cards.box(look, "board-zones", words("board.zones"), zone_lines))
    return lines


def _wrapped(tiles: list[ft.Control]) -> ft.Control:
    return ft.Row(tiles, spacing=9, run_spacing=9, wrap=True)


@safe_component
def partition_tile(tile: Tile, look: Look, choose: Callable[[int], None]) -> ft.Control:
    """Its state in words, colour and sign; unknown is hollow and marked, unlike disarmed."""
    tokens = look.tokens
    ground, edge, ink = _colors(look, tile.face)
    head = ft.Row(
        [
            ft.Container(parts.text(tile.name, tokens.text, size=14, weight=parts.SEMI, one_line=True), expand=True),
            parts.text(str(tile.number), tokens.faint, size=12, mono=True),
        ],
        spacing=6,
    )
    state = ft.Row(
        [
            ft.Icon(ICONS[tile.face], size=18, color=ink),
            ft.Container(parts.text(tile.words, ink, size=13, weight=parts.SEMI, one_line=True), expand=True),
        ],
        spacing=8,
    )
    face = ft.Container(
        ft.Column([head, state], spacing=9, tight=True),
        width=158 if look.narrow else 208,
        padding=ft.Padding.symmetric(horizontal=13, vertical=12),
        bgcolor=ground,
        border=ft.Border.all(2, tokens.accent_text if tile.chosen else edge),
        border_radius=10,
        ink=True,
        on_click=lambda _: choose(tile.number),
    )
    return parts.named(f"partition-{tile.number}", face, button=True, selected=tile.chosen, label=tile.spoken)


@safe_component
def zone_tile(tile: Tile, look: Look, choose: Callable[[int], None]) -> ft.Control:
    tokens = look.tokens
    ground, edge, ink = _colors(look, tile.face)
    quiet = tile.face is Face.QUIET
    state = tile.words
    texts: list[ft.Control] = [
        parts.text(tile.name, tokens.text, size=12.5, weight=parts.MEDIUM, one_line=True),
        parts.text(state, tokens.faint if quiet else ink, size=11.5, one_line=True),
    ]
    sign: ft.Control = parts.text(str(tile.number), tokens.soft, size=12, mono=True)
    if not quiet:
        sign = ft.Column(
            [ft.Icon(ICONS[tile.face], size=15, color=ink), parts.text(str(tile.number), tokens.soft, size=11, mono=True)],
            spacing=1,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )
    face = ft.Container(
        ft.Row(
            [
                ft.Container(sign, width=26, alignment=ft.Alignment.CENTER),
                ft.Column(texts, spacing=1, tight=True, expand=True),
            ],
            spacing=8,
        ),
        width=158 if look.narrow else 168,
        height=48,
        padding=ft.Padding.symmetric(horizontal=8),
        bgcolor=ground,
        border=ft.Border.all(1.6 if tile.chosen else 1, tokens.accent_text if tile.chosen else edge),
        border_radius=8,
        ink=True,
        on_click=lambda _: choose(tile.number),
    )
    return parts.named(f"zone-{tile.number}", face, button=True, selected=tile.chosen, label=tile.spoken)


def _colors(look: Look, face: Face) -> tuple[str | None, str, str]:
    """Ground, rim, ink. Unknown has no ground at all."""
    tokens = look.tokens
    return {
        Face.UNKNOWN: (None, tokens.faint, tokens.faint),
        Face.QUIET: (tokens.raised, tokens.raised, tokens.soft),
        Face.ARMED: (tokens.raised, tokens.good, tokens.good),
        Face.WAITING: (tokens.warn_ground, tokens.warn, tokens.on_warn),
        Face.ALARM: (tokens.tone(1).soft, tokens.tone(1).mark, tokens.tone(1).text),
        Face.TAMPER: (tokens.tone(2).soft, tokens.tone(2).mark, tokens.tone(2).text),
        Face.VIOLATED: (tokens.tone(3).soft, tokens.tone(3).mark, tokens.tone(3).text),
        Face.BYPASSED: (tokens.tone(4).soft, tokens.tone(4).mark, tokens.tone(4).text),
        Face.ISOLATED: (tokens.tone(4).soft, tokens.tone(4).mark, tokens.tone(4).text),
        Face.MEMORY: (tokens.raised, tokens.tone(1).mark, tokens.tone(1).text),
    }[face]


def _chosen(view: BoardView, look: Look, section: Panels) -> ft.Control:
    """What can be done with what is chosen: at the bottom, within a thumb's reach."""
    tokens = look.tokens
    buttons = [_command(look, kind, label, section) for kind, label in view.commands]
    if not buttons and view.why_not:
        buttons = [parts.text(view.why_not, tokens.soft, size=12.5)]
    close = parts.icon_button(look, "choice-clear", look.words("act.cancel"), ft.Icons.CLOSE, section.clear_choice)
    count = parts.text(view.chosen, tokens.text, size=13.5, weight=parts.SEMI)
    row = ft.Row([close, count, *buttons], spacing=9, run_spacing=8, wrap=True)
    face = ft.Container(
        row,
        bgcolor=tokens.selected,
        padding=ft.Padding.symmetric(horizontal=14, vertical=10),
        border=ft.Border.only(top=ft.BorderSide(1, tokens.line)),
    )
    return parts.named("choice", face)


def _command(look: Look, kind: CommandKind, label: str, section: Panels) -> ft.Control:
    orders = section.orders
    acts: dict[CommandKind, Callable[[], None]] = {
        CommandKind.ARM: orders.arm,
        CommandKind.DISARM: orders.disarm,
        CommandKind.CLEAR_ALARM: orders.clear_alarm,
        CommandKind.BYPASS: orders.bypass,
        CommandKind.UNBYPASS: orders.unbypass,
        CommandKind.ISOLATE: orders.isolate,
        CommandKind.SET_CLOCK: orders.set_clock,
    }
    act = acts.get(kind, lambda: orders.outputs(kind))
    return parts.button(look, f"order-{kind}", f"{label}…", act, icon=COMMAND_ICONS[kind], primary=kind is CommandKind.ARM)


# -- beside the board


def _side(view: BoardView, look: Look, section: Panels, *, can_release: bool) -> list[ft.Control]:
    words, tokens = look.words, look.tokens
    lines: list[ft.Control] = []
    if view.why_not:
        lines.append(parts.named("board-why-not", parts.text(view.why_not, tokens.soft, size=12.5)))
    elif not view.chosen:
        lines.append(parts.text(words("board.pick"), tokens.soft, size=12.5))
    orders: list[ft.Control] = [_order(look, one, section, busy=view.agreeing) for one in view.orders]
    if view.order_error:
        orders.insert(0, parts.named("order-error", parts.text(view.order_error, tokens.bad, size=13), live_region=True))
    none = [parts.text(words("board.no_orders"), tokens.faint)]
    lines.append(cards.box(look, "board-orders", words("board.orders"), orders or none))
    lines.append(cards.box(look, "board-outputs", words("board.outputs_title"), _outputs(view, look, section)))
    facts = [parts.fact(look, fact) for fact in view.facts]
    if can_release and look.narrow:
        facts.append(
            ft.Row([parts.button(look, "panel-release", words("panel.release_now"), section.give_up_line, icon=ft.Icons.CABLE)])
        )
    lines.append(cards.box(look, "board-link", words("board.link"), facts or none))
    return lines


def _outputs(view: BoardView, look: Look, section: Panels) -> list[ft.Control]:
    lines: list[ft.Control] = [parts.text(view.outputs, look.tokens.text)]
    buttons = [_command(look, kind, label, section) for kind, label in view.panel_commands]
    if buttons:
        lines.append(ft.Row(buttons, spacing=8, run_spacing=8, wrap=True))
    return lines


def _order(look: Look, view: OrderView, section: Panels, *, busy: bool) -> ft.Control:
    tokens, words, orders = look.tokens, look.words, section.orders
    head = ft.Row(
        [
            ft.Container(parts.text(view.title, tokens.text, size=13.5, weight=parts.SEMI), expand=True),
            *([ft.ProgressRing(width=15, height=15, stroke_width=2, color=tokens.accent_text)] if view.under_way else []),
        ],
        spacing=8,
    )
    lines: list[ft.Control] = [
        head,
        ft.Row([pill(look, view.status, look.mood(view.mood))]),
        parts.text(view.who, tokens.faint, size=12),
    ]
    if view.why:
        lines.append(parts.text(view.why, tokens.text, size=12.5))
    if view.under_way:
        lines += [_step(look, step) for step in view.steps]
    buttons: list[ft.Control] = []
    if view.can_agree:
        agree = words("command.agree")
        buttons.append(parts.button(look, f"agree-{view.id}", agree, lambda: orders.agree(view.id), primary=True, busy=busy))
    if view.can_force:
        buttons.append(parts.button(look, f"force-{view.id}", words("board.force"), lambda: orders.force(view.id)))
    if buttons:
        lines.append(ft.Row(buttons, wrap=True, spacing=8))
    face = ft.Container(
        ft.Column(lines, spacing=6, tight=True),
        bgcolor=tokens.surface,
        border=ft.Border.all(1, tokens.line),
        border_radius=9,
        padding=ft.Padding.symmetric(horizontal=12, vertical=10),
        ink=True,
        on_click=lambda _: orders.open(view.id),
    )
    return parts.named(f"order-{view.id}", face, live_region=view.under_way)


def _step(look: Look, step: Step) -> ft.Control:
    tokens = look.tokens
    icon = ft.Icons.CHECK if step.done else ft.Icons.HOURGLASS_TOP if step.waiting else ft.Icons.REMOVE
    color = tokens.good if step.done else tokens.warn if step.waiting else tokens.faint
    return ft.Row(
        [
            ft.Icon(icon, size=15, color=color),
            ft.Container(parts.text(step.label, tokens.text if step.done else tokens.soft, size=12.5), expand=True),
            parts.text(step.at, tokens.faint, size=12, mono=True),
        ],
        spacing=8,
    )
