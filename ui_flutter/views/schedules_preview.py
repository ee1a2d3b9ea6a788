"""The preview of a schedule, on its card and beside its form."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.state.present_schedule import PreviewView


def preview_box(look: Look, view: PreviewView) -> ft.Control:
    """The next firings, and the days that are left out between them."""
    tokens = look.tokens
    head: list[ft.Control] = [parts.text(view.title, tokens.text, size=14, weight=parts.SEMI, expand=True)]
    if view.busy:
        head.append(ft.ProgressRing(width=14, height=14, stroke_width=2, color=tokens.accent_text))
    lines: list[ft.Control] = [ft.Row(head)]
    if view.error:
        lines.append(parts.text(view.error, tokens.bad, size=13))
    for one in view.lines:
        icon = ft.Icons.EVENT_BUSY if one.left_out else ft.Icons.EVENT_AVAILABLE
        note = parts.text(one.note, tokens.warn if one.note else tokens.soft, size=12.5, expand=True)
        lines.append(
            ft.Row(
                [
                    ft.Icon(icon, size=16, color=tokens.faint if one.left_out else tokens.good),
                    parts.text(one.text, tokens.faint if one.left_out else tokens.text, size=13, mono=True),
                    note,
                ],
                spacing=9,
            )
        )
    return parts.named("schedule-preview", ft.Column(lines, spacing=8, tight=True))
