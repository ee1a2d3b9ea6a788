"""The page of what this device keeps."""

import flet as ft

from ui_flutter.components import page as pages
from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.table import table
from ui_flutter.sections.offline import Kept
from ui_flutter.state.present_kept import KeptObject, KeptView


def page(view: KeptView, look: Look, intents: Intents, section: Kept) -> ft.Control:
    """The list; beside it, or on a phone in its place, the object that was opened."""
    words = look.words
    return pages.page(
        look,
        words("kept.title"),
        _body(view, look, intents, section),
        subtitle=view.subtitle,
        back=section.back if alone_on_a_phone(view, look) else None,
    )


def _body(view: KeptView, look: Look, intents: Intents, section: Kept) -> ft.Control:
    if alone_on_a_phone(view, look) and view.opened is not None:
        return _opened(look, view.opened)
    search = parts.field(
        look, intents, look.words("kept.search"), dense=True, on_change=lambda event: section.search(event.data)
    )
    box = ft.Container(
        parts.named("kept-search", search), padding=ft.Padding.symmetric(horizontal=12 if look.narrow else 18, vertical=8)
    )
    rows = table(look, view.table, on_open=section.open, on_more=section.more, on_again=section.refresh)
    listed = ft.Column([box, ft.Container(rows, expand=True)], spacing=0, expand=True)
    if view.opened is None:
        return listed
    edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
    side = ft.Container(_opened(look, view.opened), width=420, border=edge)
    return ft.Row([listed, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)


def alone_on_a_phone(view: KeptView, look: Look) -> bool:
    return look.narrow and view.opened is not None


def _opened(look: Look, opened: KeptObject) -> ft.Control:
    tokens, words = look.tokens, look.words
    lines: list[ft.Control] = [
        parts.text(opened.title, tokens.text, size=16, weight=parts.BOLD),
        parts.text(opened.address, tokens.soft),
    ]
    for heading, texts in (("kept.contacts", opened.contacts), ("kept.steps", opened.steps)):
        head = parts.text(words(heading), tokens.soft, size=12.5, weight=parts.SEMI)
        lines.append(ft.Container(head, padding=ft.Padding.only(top=8)))
        lines += [parts.text(one, tokens.text, size=14) for one in texts]
    return parts.named("kept-object", ft.Container(ft.Column(lines, spacing=6, scroll=ft.ScrollMode.AUTO), padding=18))
