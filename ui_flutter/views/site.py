"""The other side of the card: the guarded place. Panels as they are, secrets, documents, what happened there before."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import DocumentView, PanelView, PartitionView, PastView, SecretView, SiteView
from workflows.domain.reveal import VISIBLE_FOR

DOCUMENT_ICONS = {"PLAN": ft.Icons.MAP, "PHOTO": ft.Icons.PHOTO, "FILE": ft.Icons.DESCRIPTION}
PARTITION_ICONS = {
    "armed": ft.Icons.SHIELD,
    "disarmed": ft.Icons.SHIELD_OUTLINED,
    "alarm": ft.Icons.NOTIFICATIONS_ACTIVE,
    "moving": ft.Icons.HOURGLASS_BOTTOM,
    "unknown": ft.Icons.QUESTION_MARK,
}


@safe_component
def site_side(cell: Cell[SiteView], look: Look, intents: Intents) -> ft.Control:
    """A component of its own: a countdown in it must not draw the whole card each second."""
    view, words = cell.value, look.words
    if view.loading and not view.panels:
        return ft.Container(parts.text(words("site.loading"), look.tokens.soft), padding=ft.Padding.symmetric(vertical=12))
    sections = [
        _section(look, view, "site-panels", "site.panels", [_panel(look, one) for one in view.panels]),
        _section(look, view, "site-secrets", "site.secrets", [_secret(look, one, intents) for one in view.secrets]),
        _section(look, view, "site-documents", "site.documents", [_document(look, one, intents) for one in view.documents]),
        _section(look, view, "site-history", "site.history", [_past(look, one, intents) for one in view.history]),
    ]
    if view.failed:
        sections.insert(0, parts.text(view.failed, look.tokens.warn))
    return ft.Column(sections, spacing=18, tight=True)


def _section(look: Look, view: SiteView, name: str, title: str, rows: list[ft.Control]) -> ft.Control:
    """That there is nothing is said only once it is known."""
    empty: list[ft.Control] = [parts.text("…" if view.loading else look.words("site.none"), look.tokens.faint)]
    return parts.section(look, name, look.words(title), rows or empty, spacing=6)


def _box(look: Look, content: ft.Control, **more: object) -> ft.Container:
    return ft.Container(
        content=content,
        bgcolor=look.tokens.raised,
        border_radius=8,
        padding=ft.Padding.symmetric(horizontal=12, vertical=9),
        **more,  # type: ignore[arg-type]
    )


def _panel(look: Look, panel: PanelView) -> ft.Control:
    tokens = look.tokens
    head: list[ft.Control] = [
        ft.Icon(ft.Icons.ROUTER, size=17, color=tokens.soft),
        parts.text(panel.name, tokens.text, size=13.5, weight=parts.SEMI, one_line=True, expand=True),
        ft.Container(width=9, height=9, border_radius=5, bgcolor=look.mood(panel.mood) if panel.known else None,
                     border=None if panel.known else ft.Border.all(1.4, tokens.faint)),
        parts.text(panel.link, tokens.text if panel.known else tokens.faint, size=12.5),
    ]  # fmt: skip
    lines: list[ft.Control] = [ft.Row(head, spacing=8), *(_partition(look, one) for one in panel.partitions)]
    if panel.zones:
        lines.append(parts.text(panel.zones, tokens.warn, size=12.5))
    return _box(look, ft.Column(lines, spacing=6, tight=True))


def _partition(look: Look, partition: PartitionView) -> ft.Control:
    """Not known: hollow, with a question mark and a broken word; nobody may take it for disarmed."""
    tokens = look.tokens
    color = {"armed": tokens.good, "alarm": tokens.bad, "moving": tokens.warn}.get(partition.kind, tokens.soft)
    is_unknown = partition.kind == "unknown"
    state = parts.text(partition.state, color, size=12.5, weight=parts.SEMI, italic=is_unknown)
    sign = ft.Container(
        content=ft.Icon(PARTITION_ICONS[partition.kind], size=15, color=color),
        width=24,
        height=24,
        border_radius=6,
        border=ft.Border.all(1.2, tokens.faint) if is_unknown else None,
        bgcolor=None if is_unknown else tokens.surface,
        alignment=ft.Alignment.CENTER,
    )
    return ft.Row([sign, parts.text(partition.text, tokens.text, size=13, one_line=True, expand=True), state], spacing=8)


def _secret(look: Look, secret: SecretView, intents: Intents) -> ft.Control:
    tokens, words = look.tokens, look.words
    lines: list[ft.Control] = [
        parts.text(secret.label, tokens.text, size=13.5, weight=parts.SEMI, one_line=True),
        parts.text(secret.kind, tokens.soft, size=12.5),
    ]
    head: list[ft.Control] = [
        ft.Icon(ft.Icons.KEY, size=18, color=tokens.warn if secret.left else tokens.soft),
        ft.Column(lines, spacing=2, tight=True, expand=True),
    ]
    if not secret.left:
        show = parts.button(
            look,
            f"secret-show-{secret.id}",
            words("secret.show"),
            lambda: intents.vault.ask(secret.id),
            icon=ft.Icons.VISIBILITY,
        )
        return _box(look, ft.Row([*head, show], spacing=10))
    shown: list[ft.Control] = [
        parts.text(secret.value, tokens.text, size=20, weight=parts.BOLD, mono=True, expand=True),
        parts.icon_button(look, "secret-copy", words("secret.copy"), ft.Icons.CONTENT_COPY, intents.vault.ask_copy),
        parts.button(look, "secret-hide", words("secret.hide"), intents.vault.hide, icon=ft.Icons.VISIBILITY_OFF),
    ]
    ring = parts.countdown(look, secret.left, int(VISIBLE_FOR.total_seconds()), size=38)
    body = ft.Column([ft.Row([*head, ring], spacing=10), ft.Row(shown, spacing=8)], spacing=8, tight=True)
    return parts.named("secret-shown", _box(look, body, border=ft.Border.all(1.4, tokens.warn)))


def _document(look: Look, document: DocumentView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    lines: list[ft.Control] = [
        parts.text(document.title, tokens.text, size=13.5, weight=parts.MEDIUM, one_line=True),
        parts.text(document.detail, tokens.soft, size=12.5),
    ]
    icon = DOCUMENT_ICONS.get(document.kind, ft.Icons.DESCRIPTION)
    end: ft.Control = ft.Icon(ft.Icons.DOWNLOAD, size=18, color=tokens.accent_text)
    if document.busy:
        end = ft.ProgressRing(width=16, height=16, stroke_width=2, color=tokens.accent_text)
    row = ft.Row(
        [ft.Icon(icon, size=18, color=tokens.soft), ft.Column(lines, spacing=2, tight=True, expand=True), end], spacing=10
    )
    face = _box(look, row, ink=True, on_click=lambda _: intents.site.open_document(document.id))
    label = f"{look.words('site.open_document')}: {document.title}"
    return parts.named(f"document-{document.id}", face, button=True, label=label)


def _past(look: Look, past: PastView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    lines: list[ft.Control] = [
        parts.text(past.title, tokens.text, size=13.5, weight=parts.MEDIUM, one_line=True),
        parts.text(past.detail, tokens.soft, size=12.5),
    ]
    row: list[ft.Control] = [
        parts.class_mark(look, past.rank, size=13, hollow=True),
        ft.Column(lines, spacing=2, tight=True, expand=True),
        ft.Icon(ft.Icons.CHEVRON_RIGHT, size=18, color=tokens.soft),
    ]
    face = _box(look, ft.Row(row, spacing=10), ink=True, on_click=lambda _: intents.case.open(past.id))
    return parts.named(f"past-{past.id}", face, button=True)
