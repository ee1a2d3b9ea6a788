"""The whole window: which page, banners and toasts above it, the red border while somebody must act."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.components.screen import Screen
from ui_flutter.sections.registry import ALARMS, page_of
from ui_flutter.state.views import BannerView, FrameView, Mood, Page, SectionView, ToastView
from ui_flutter.theme import ThemeName
from ui_flutter.views.alarms import alarms_page
from ui_flutter.views.dialogs import dialog_layer
from ui_flutter.views.enrolment import factor_page
from ui_flutter.views.journal import due_lines
from ui_flutter.views.login import login_page
from ui_flutter.views.nav import navigation
from ui_flutter.views.password import password_page
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
        theme_mode=ft.ThemeMode.DARK if look.tokens.name is ThemeName.DARK else ft.ThemeMode.LIGHT,
        border=ft.Border.all(3, look.tokens.bad if urgent else look.tokens.ground),
    )


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
        banner_line(screen.banner, look, intents),
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
def banner_line(cell: Cell[BannerView], look: Look, intents: Intents) -> ft.Control:
    """A line over the whole width: connection lost, or what was missed."""
    banner, tokens = cell.value, look.tokens
    if not banner.text:
        return ft.Container(height=0)
    is_bad = banner.mood is Mood.BAD
    ground, color = (tokens.bad_ground, tokens.on_bad) if is_bad else (tokens.warn_ground, tokens.on_warn)
    words: list[ft.Control] = [
        ft.Icon(ft.Icons.WIFI_OFF if is_bad else ft.Icons.HISTORY, size=18, color=color),
        ft.Container(
            parts.text(banner.text, color, size=13.5, weight=parts.SEMI, one_line=True), expand_loose=True, expand=True
        ),
        parts.text(banner.detail, color, size=13),
    ]
    if banner.can_dismiss:
        close = ft.Container(ft.Icon(ft.Icons.CLOSE, size=17, color=color), ink=True, padding=6, border_radius=6)
        close.on_click = lambda _: intents.dismiss_banner()
        words.append(parts.named("banner-dismiss", close, button=True, label=look.words("detail.close_panel")))
    line = ft.Container(
        content=ft.Row(words, spacing=10, alignment=ft.MainAxisAlignment.CENTER),
        bgcolor=ground,
        height=38,
        padding=ft.Padding.symmetric(horizontal=14),
    )
    return parts.named("banner", line, live_region=True)


@safe_component
def toast_layer(cell: Cell[tuple[ToastView, ...]], look: Look, intents: Intents) -> ft.Control:
    """Short messages at the bottom; the newest lowest."""
    toasts = [_toast(look, toast, intents) for toast in cell.value]
    return ft.Container(
        content=ft.Column(toasts, spacing=8, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER),
        bottom=22,
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
