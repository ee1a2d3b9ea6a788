"""The page of the audit log: the list with its filters, the chosen entry beside it, and the check of the chain above."""

import flet as ft

from ui_flutter.components import blocks, parts
from ui_flutter.components.inputs import select, text_input, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip
from ui_flutter.components.safe import safe_component
from ui_flutter.components.span import span_fields, span_tabs
from ui_flutter.components.table import table
from ui_flutter.sections.audit import Audit
from ui_flutter.state.present_audit import PRESETS, AuditView, ChangeView, CheckView, EntryView
from ui_flutter.state.verification import Phase
from ui_flutter.state.views import Mood


def page(view: AuditView, look: Look, intents: Intents, section: Audit) -> ft.Control:
    words = look.words
    dialog = modal(look, _anchor_form(look, intents, section), width=480) if view.asks_anchor else None
    if look.narrow and view.chosen is not None:
        card = _chosen(look, view.chosen, intents, section)
        return section_frame(look, view.chosen.title, card, back=lambda: intents.go("/audit"), dialog=dialog)
    lines: list[ft.Control] = [_span(view, look, intents, section), _filters(view, look, intents, section)]
    if view.export_error:
        lines.append(strip(look, blocks.note(look, view.export_error, Mood.BAD, identifier="audit-export-error")))
    if view.check is not None:
        lines.append(_check(look, view.check, intents, section))
    if view.chips:
        lines.append(_chips(look, view, section))
    shown = table(look, view.table, on_open=section.open, on_more=section.more, on_again=section.refresh)
    listing = ft.Column([*lines, ft.Container(shown, expand=True)], spacing=0, expand=True)
    body: ft.Control = listing
    if view.chosen is not None:
        edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
        side = ft.Container(_chosen(look, view.chosen, intents, section), width=440, border=edge)
        body = ft.Row([listing, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
    verify = parts.button(
        look, "audit-verify", words("audit.verify"), section.ask_anchor, icon=ft.Icons.VERIFIED_USER, primary=True
    )
    return section_frame(look, words("audit.title"), body, subtitle=words("audit.explain"), actions=[verify], dialog=dialog)


def _span(view: AuditView, look: Look, intents: Intents, section: Audit) -> ft.Control:
    span = view.filters.span
    return strip(
        look,
        span_tabs(look, span, PRESETS, section.choose_span),
        *span_fields(look, intents, span, section.type_span, good=view.span_good),
    )


def _filters(view: AuditView, look: Look, intents: Intents, section: Audit) -> ft.Control:
    words, filters = look.words, view.filters
    who = parts.field(
        look,
        intents,
        "",
        hint=words("audit.person"),
        dense=True,
        width=210,
        value=filters.actor,
        prefix_icon=ft.Icons.PERSON_SEARCH,
        on_change=lambda event: section.type_actor(event.control.value),
    )
    controls = [
        parts.named("audit-person", who),
        select(look, intents, "audit-action", "", filters.action, view.families, section.choose_action, width=220),
        select(look, intents, "audit-kind", "", filters.kind, view.kinds, section.choose_kind, width=220),
    ]
    export = parts.button(
        look,
        "audit-export",
        words("audit.export"),
        section.export,
        icon=ft.Icons.DOWNLOAD,
        enabled=view.span_good,
        busy=view.exporting,
    )
    controls.append(export)
    if filters.narrows:
        controls.append(parts.button(look, "audit-clear", words("audit.clear"), section.clear, icon=ft.Icons.FILTER_ALT_OFF))
    return strip(look, *controls)


def _chips(look: Look, view: AuditView, section: Audit) -> ft.Control:
    faces = [
        ft.Container(
            parts.text(chip, look.tokens.accent_text, size=12.5, weight=parts.SEMI),
            bgcolor=look.tokens.selected,
            border_radius=6,
            padding=ft.Padding.symmetric(horizontal=10, vertical=5),
        )
        for chip in view.chips
    ]
    return parts.named("audit-chips", strip(look, *faces))


def _check(look: Look, view: CheckView, intents: Intents, section: Audit) -> ft.Control:
    """How the check of the chain goes, and what came of it."""
    words, tokens = look.words, look.tokens
    running = view.phase is Phase.RUNNING
    act = (
        parts.button(look, "audit-stop", words("audit.check.stop"), section.stop)
        if running
        else parts.icon_button(look, "audit-dismiss", words("audit.check.dismiss"), ft.Icons.CLOSE, section.dismiss)
    )
    title = parts.text(view.title, tokens.text, size=14.5, weight=parts.BOLD)
    icon: ft.Control = (
        ft.ProgressRing(width=20, height=20, stroke_width=2.5, color=tokens.accent_text)
        if running
        else ft.Icon(blocks.ICONS[view.mood], size=24, color=look.mood(view.mood))
    )
    lines: list[ft.Control] = [
        ft.Row(
            [icon, ft.Column([title, parts.text(view.detail, tokens.soft, size=13)], spacing=2, tight=True, expand=True), act],
            spacing=12,
        )
    ]
    if view.phase in {Phase.RUNNING, Phase.STOPPED}:
        lines.append(blocks.bar(look, view.share, view.mood))
    if view.head:
        lines.append(parts.text(words("audit.check.anchor"), tokens.soft, size=12.5))
        lines.append(blocks.once(look, intents, "audit-head", view.head, size=12))
    face = ft.Container(
        ft.Column(lines, spacing=10, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        padding=ft.Padding.symmetric(horizontal=18, vertical=12),
        bgcolor=tokens.ground,
        border=ft.Border.only(
            bottom=ft.BorderSide(1, tokens.line),
            left=ft.BorderSide(4, look.mood(view.mood) if view.mood is not Mood.QUIET else tokens.accent),
        ),
    )
    return parts.named("audit-check", face, live_region=True)


@safe_component
def _anchor_form(look: Look, intents: Intents, section: Audit) -> ft.Control:
    words, form = look.words, use_form({})

    def submit() -> None:
        section.verify(form["anchor"])

    anchor = text_input(
        look,
        intents,
        "audit-anchor",
        words("audit.anchor"),
        form["anchor"],
        lambda value: form.put("anchor", value),
        on_submit=lambda _: submit(),
    )
    return blocks.form(
        look,
        words("audit.verify"),
        [parts.text(words("audit.verify.explain"), look.tokens.soft, size=13), anchor],
        confirm=("audit-verify-start", words("audit.verify.start"), submit),
        cancel=section.cancel,
    )


def _chosen(look: Look, view: EntryView, intents: Intents, section: Audit) -> ft.Control:
    words, tokens = look.words, look.tokens
    lines: list[ft.Control] = []
    if not look.narrow:
        lines.append(parts.text(view.title, tokens.text, size=16, weight=parts.BOLD))
    if view.without_link:
        lines.append(blocks.note(look, words("audit.without_link.explain"), Mood.BAD, identifier="audit-without-link"))
    lines += [parts.fact(look, fact) for fact in view.facts]
    if view.changes:
        lines.append(parts.named("audit-changes", _changes(look, view.changes)))
    if view.rest:
        lines.append(parts.text(words("audit.rest"), tokens.soft, size=12.5, weight=parts.SEMI))
        lines += [parts.fact(look, fact) for fact in view.rest]
    lines.append(_ways(look, view, intents, section))
    column = ft.Column(
        lines, spacing=11, scroll=ft.ScrollMode.AUTO, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, expand=True
    )
    return parts.named("audit-card", ft.Container(column, padding=18))


def _ways(look: Look, view: EntryView, intents: Intents, section: Audit) -> ft.Control:
    words = look.words
    offered = [
        ("audit-of-person", "audit.of_person", section.only_person, view.of_person),
        ("audit-of-subject", "audit.of_subject", section.only_subject, view.of_subject),
        ("audit-of-request", "audit.of_request", section.only_request, view.of_request),
        ("audit-copy", "audit.copy", lambda: intents.copy(view.id), True),
    ]
    buttons = [parts.button(look, name, words(key), act) for name, key, act, there in offered if there]
    return ft.Row(buttons, spacing=8, run_spacing=8, wrap=True)


def _changes(look: Look, changes: tuple[ChangeView, ...]) -> ft.Control:
    """Member by member: what it was over what it is, so that long values have the whole width."""
    tokens, words = look.tokens, look.words

    def side(sign: str, value: str, color: str) -> ft.Control:
        mark = ft.Container(parts.text(sign, color, size=13, mono=True, weight=parts.BOLD), width=16)
        said = parts.text(
            value or words("audit.nothing"), tokens.text if value else tokens.faint, size=12.5, mono=True, expand=True
        )
        return ft.Row([mark, said], spacing=4, vertical_alignment=ft.CrossAxisAlignment.START)

    lines: list[ft.Control] = [
        ft.Container(
            ft.Column(
                [
                    parts.text(one.name, tokens.soft, size=12, weight=parts.SEMI),
                    side("−", one.before, tokens.bad),
                    side("+", one.after, tokens.good),
                ],
                spacing=2,
                tight=True,
            ),
            padding=ft.Padding.symmetric(horizontal=12, vertical=8),
            border=ft.Border.only(top=ft.BorderSide(1, tokens.line)) if n else None,
        )
        for n, one in enumerate(changes)
    ]
    column = ft.Column(lines, spacing=0, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.Container(column, bgcolor=tokens.ground, border=ft.Border.all(1, tokens.line), border_radius=8)
