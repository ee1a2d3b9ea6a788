"""What was written down without a server: over the whole width, until it is answered and the answer was seen."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import Mood, QueuedView, QueueView

_ICONS = {Mood.GOOD: ft.Icons.TASK_ALT, Mood.WARN: ft.Icons.HISTORY, Mood.BAD: ft.Icons.REPORT_PROBLEM}


@safe_component
def queue_lines(cell: Cell[QueueView], look: Look, intents: Intents) -> ft.Control:
    """Empty as long as nothing is queued."""
    view = cell.value
    lines = [_line(look, line, intents) for line in view.lines]
    if view.more:
        more = ft.Container(
            parts.text(view.more, look.tokens.soft, size=12.5), padding=ft.Padding.symmetric(horizontal=14, vertical=4)
        )
        lines.append(parts.named("queue-more", more))
    return ft.Column(lines, spacing=1, tight=True, visible=bool(lines))


def _line(look: Look, line: QueuedView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    texts = ft.Column(
        [
            parts.text(line.text, tokens.text, size=13.5, weight=parts.SEMI, one_line=True),
            parts.text(line.detail, tokens.soft, size=12.5, one_line=not look.narrow),
        ],
        spacing=1,
        tight=True,
        expand=True,
    )
    button = parts.button(look, f"queued-close-{line.id}", line.button, lambda: intents.dismiss_queued(line.id))
    icon = ft.Icon(_ICONS.get(line.mood, ft.Icons.SCHEDULE_SEND), size=18, color=look.mood(line.mood))
    face = ft.Container(
        content=ft.Row([icon, texts, button], spacing=10),
        bgcolor=tokens.raised,
        border=ft.Border.only(left=ft.BorderSide(4, look.mood(line.mood)), bottom=ft.BorderSide(1, tokens.line)),
        padding=ft.Padding.symmetric(horizontal=12, vertical=6),
    )
    return parts.named(f"queued-{line.id}", face, live_region=True, key=str(line.id))
