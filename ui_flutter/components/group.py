"""Many alarms on one line, while they come in floods."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.row import HEIGHT
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import GroupView


@safe_component
def group_row(group: GroupView, look: Look, intents: Intents) -> ft.Control:
    """As high as an alarm's row; the whole of it unfolds the alarms below, or folds them again."""
    tokens, tone = look.tokens, look.tokens.tone(group.rank)
    icon = ft.Icons.SCHEDULE if group.kind == "LATER" else parts.KIND_ICONS.get(group.kind, ft.Icons.DOMAIN)
    words = ft.Column(
        [
            parts.text(group.title, tokens.text, size=14, weight=parts.SEMI, one_line=True),
            parts.text(group.detail, tokens.soft, size=12.5, one_line=True),
        ],
        spacing=3,
        expand=True,
        alignment=ft.MainAxisAlignment.CENTER,
    )
    content: list[ft.Control] = [
        ft.Container(width=4, bgcolor=tone.mark, border_radius=2),
        ft.Container(parts.class_mark(look, group.rank), width=20, alignment=ft.Alignment.CENTER),
        ft.Container(_stack(look, icon, group.rank), alignment=ft.Alignment.CENTER),
        ft.Container(
            parts.text(f"{group.count} ×", tone.text, size=18, weight=parts.BOLD, mono=True), alignment=ft.Alignment.CENTER
        ),
        words,
        ft.Icon(ft.Icons.EXPAND_LESS if group.unfolded else ft.Icons.EXPAND_MORE, size=22, color=tokens.soft),
    ]
    face = ft.Container(
        content=ft.Row(content, spacing=10, vertical_alignment=ft.CrossAxisAlignment.STRETCH),
        height=look.px(HEIGHT),
        padding=ft.Padding.only(left=8, right=14, top=7, bottom=7),
        bgcolor=tokens.raised if group.unfolded else tokens.surface,
        border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
        ink=True,
        ink_color=tokens.hover,
        tooltip=look.words("flood.fold" if group.unfolded else "flood.unfold"),
        on_click=lambda _: intents.alarms.toggle_group(group.key),
    )
    return parts.named(
        f"group-{group.key}",
        face,
        button=True,
        label=group.spoken,
        expanded=group.unfolded,
        exclude_semantics=True,
        on_tap=lambda _: intents.alarms.toggle_group(group.key),
    )


def _stack(look: Look, icon: ft.IconData, rank: int) -> ft.Control:
    """A pile of cards: more than one."""
    tone = look.tokens.tone(rank)

    def card(offset: float, content: ft.Control | None = None) -> ft.Control:
        return ft.Container(
            content=content,
            width=30,
            height=30,
            left=offset,
            top=4 - offset,
            border_radius=8,
            bgcolor=tone.soft,
            border=ft.Border.all(1, look.tokens.surface),
            alignment=ft.Alignment.CENTER,
        )

    front = card(0, ft.Icon(icon, size=17, color=tone.text))
    return ft.Stack([card(4), card(2), front], width=36, height=36)
