"""Lines over the whole width: what the operator must know before anything else."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import BannerView, Mood

ICONS = {
    "link": ft.Icons.WIFI_OFF,
    "sound": ft.Icons.VOLUME_OFF,
    "mode": ft.Icons.REPORT_PROBLEM,
    "flood": ft.Icons.FLOOD,
    "missed": ft.Icons.HISTORY,
}


@safe_component
def banner_lines(cell: Cell[tuple[BannerView, ...]], look: Look, intents: Intents) -> ft.Control:
    """The worst first."""
    return ft.Column([_line(look, banner, intents) for banner in cell.value], spacing=1, tight=True, visible=bool(cell.value))


def _line(look: Look, banner: BannerView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    is_bad = banner.mood is Mood.BAD
    ground, color = (tokens.bad_ground, tokens.on_bad) if is_bad else (tokens.warn_ground, tokens.on_warn)
    said: list[ft.Control] = [parts.text(banner.text, color, size=13.5, weight=parts.SEMI)]
    if banner.detail:
        said.append(parts.text(banner.detail, color, size=13))
    words = ft.Row(said, spacing=10, run_spacing=2, wrap=True, expand=True)
    line: list[ft.Control] = [ft.Icon(ICONS[banner.key], size=18, color=color), words]
    if banner.action:
        line.append(_action(look, banner, color, intents))
    if banner.can_dismiss:
        close = ft.Container(
            ft.Icon(ft.Icons.CLOSE, size=17, color=color),
            ink=True,
            padding=6,
            border_radius=6,
            on_click=lambda _: intents.alarms.dismiss_missed(),
        )
        line.append(parts.named("banner-dismiss", close, button=True, label=look.words("detail.close_panel")))
    face = ft.Container(
        content=ft.Row(line, spacing=10),
        bgcolor=ground,
        padding=ft.Padding.symmetric(horizontal=14, vertical=5),
    )
    return parts.named(f"banner-{banner.key}", face, live_region=True, key=banner.key)


def _action(look: Look, banner: BannerView, color: str, intents: Intents) -> ft.Control:
    act = intents.siren.check if banner.key == "sound" else intents.alarms.show_missed
    face = ft.Container(
        content=parts.text(banner.action, color, size=13, weight=parts.SEMI),
        border=ft.Border.all(1, color),
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=10 if look.narrow else 4),
        ink=True,
        on_click=lambda _: act(),
    )
    return parts.named(f"banner-{banner.key}-action", face, button=True)
