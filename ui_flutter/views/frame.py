"""The whole window: which page, banners and toasts above it, the red border while somebody must act."""

from uuid import UUID

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.components.screen import Screen
from ui_flutter.sections.registry import ALARMS, page_of
from ui_flutter.state.views import FrameView, Mood, Page, SectionView, ToastView
from ui_flutter.theme import FONT, ThemeName
from ui_flutter.views.alarms import alarms_page
from ui_flutter.views.banners import banner_lines
from ui_flutter.views.dialogs import dialog_layer
from ui_flutter.views.enrolment import factor_page
from ui_flutter.views.journal import due_lines
from ui_flutter.views.login import login_page
from ui_flutter.views.nav import HEIGHT, navigation
from ui_flutter.views.password import password_page
from ui_flutter.views.queue import queue_lines
from ui_flutter.views.top import top_bar


@safe_component
def app(screen: Screen, intents: Intents, look_cell: Cell[Look], frame_cell: Cell[FrameView]) -> ft.Control:
    """The root; redrawn on a change of theme, language, page or urgency only."""
    look, frame = look_cell.value, frame_cell.value
    page = _page(screen, intents, look, frame)
    urgent = frame.urgent and frame.page is Page.WORK
    layers = [page, dialog_layer(screen.dialog, look, intents), toast_layer(screen.toasts, look, intents)]
    return ft.Container(
        content=ft.Stack(layers, expand=True),
        expand=True,
        bgcolor=look.tokens.ground,
        theme=_theme(look),
        dark_theme=_theme(look),
        theme_mode=ft.ThemeMode.LIGHT if look.tokens.name is ThemeName.LIGHT else ft.ThemeMode.DARK,
        border=ft.Border.all(3, look.tokens.bad if urgent else look.tokens.ground),
    )


def _theme(look: Look) -> ft.Theme:
    """What Flutter's own parts take from us: the family of letters, and how the keyboard's focus is seen."""
    return ft.Theme(font_family=FONT, focus_color=look.tokens.focus)


def _page(screen: Screen, intents: Intents, look: Look, frame: FrameView) -> ft.Control:
    if frame.page is Page.STARTING:
        ring = ft.ProgressRing(width=28, height=28, stroke_width=3, color=look.tokens.accent_text)
        return ft.Container(content=ring, alignment=ft.Alignment.CENTER, expand=True)
    if frame.page is Page.LOGIN:
        return login_page(screen.login, look, intents)
    if frame.page is Page.PASSWORD:
        return password_page(screen.login, look, intents)
    if frame.page is Page.FACTOR:
        return factor_page(screen.enrolment, look, intents)
    parts_of_page = [
        top_bar(screen, look, intents),
        banner_lines(screen.banners, look, intents),
        queue_lines(screen.queue, look, intents),
        due_lines(screen.due, look, intents),
    ]
    inner = _inner(screen, intents, look, frame)
    nav = navigation(screen.nav, look, intents)
    if look.narrow:
        return ft.Column([*parts_of_page, inner, nav], spacing=0, expand=True)
    work = ft.Row([nav, inner], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.Column([*parts_of_page, work], spacing=0, expand=True)


def _inner(screen: Screen, intents: Intents, look: Look, frame: FrameView) -> ft.Control:
    if frame.section == ALARMS:
        return alarms_page(screen, look, intents, frame.card_alone)
    return section_page(screen.section, look, intents, frame.section)


@safe_component
def section_page(cell: Cell[SectionView], look: Look, intents: Intents, name: str) -> ft.Control:
    """The page of a section; empty for the moment in which frame and section are not of one mind yet."""
    section = intents.navigator.current
    if cell.value.name != name or section is None:
        return ft.Container(expand=True, bgcolor=look.tokens.surface)
    drawn: ft.Control = page_of(name)(cell.value.value, look, intents, section)
    return ft.Container(content=drawn, expand=True, bgcolor=look.tokens.surface)


@safe_component
def toast_layer(cell: Cell[tuple[ToastView, ...]], look: Look, intents: Intents) -> ft.Control:
    """Short messages at the bottom; the newest lowest."""
    toasts = [_toast(look, toast, intents) for toast in cell.value]
    return ft.Container(
        content=ft.Column(toasts, spacing=8, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER),
        bottom=look.px(HEIGHT) + 10 if look.narrow else 22,  # on a phone above the navigation
        left=0,
        right=0,
        alignment=ft.Alignment.BOTTOM_CENTER,
        visible=bool(toasts),
    )


def _toast(look: Look, toast: ToastView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    icon = {Mood.GOOD: ft.Icons.TASK_ALT, Mood.BAD: ft.Icons.REPORT_PROBLEM}.get(toast.mood, ft.Icons.HISTORY)
    lines: list[ft.Control] = [parts.text(toast.text, tokens.text, size=13.5, weight=parts.SEMI)]
    if toast.detail:
        lines.append(parts.text(toast.detail, tokens.soft, size=12.5))
    face = ft.Container(
        content=ft.Row(
            [
                ft.Icon(icon, size=20, color=look.mood(toast.mood)),
                ft.Column(lines, spacing=2, tight=True, expand=True),
                *_undo(look, toast.undo, intents),
                parts.icon_button(
                    look,
                    f"toast-close-{toast.key}",
                    look.words("act.cancel"),
                    ft.Icons.CLOSE,
                    lambda: intents.dismiss_toast(toast.key),
                    size=28,
                ),
            ],
            spacing=12,
        ),
        bgcolor=tokens.raised,
        border=ft.Border.all(1, look.mood(toast.mood)),
        border_radius=9,
        padding=ft.Padding.only(left=14, right=8, top=9, bottom=9),
        width=340 if look.narrow else 460,
        shadow=ft.BoxShadow(blur_radius=22, color="#66000000", offset=ft.Offset(0, 6)),
    )
    return parts.named(f"toast-{toast.mood}", face, live_region=True, key=str(toast.key))


def _undo(look: Look, alarm_id: UUID | None, intents: Intents) -> list[ft.Control]:
    if alarm_id is None:
        return []
    return [parts.button(look, "toast-undo", look.words("toast.undo"), lambda: intents.case.undo(alarm_id), icon=ft.Icons.UNDO)]
