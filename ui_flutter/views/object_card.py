"""The card of one object, tab by tab."""

from functools import partial

import flet as ft

from ui_flutter.components import cards, parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import message, pill, table
from ui_flutter.sections.object_card import ObjectCard
from ui_flutter.state.object_tabs import CardTab
from ui_flutter.state.present_object import CardView, PanelLine, ServiceLine
from ui_flutter.state.views import ListPhase, Mood
from ui_flutter.views.object_plan import plan_boxes


def card_page(view: CardView, look: Look, intents: Intents, card: ObjectCard, dialog: ft.Control | None) -> ft.Control:
    words = look.words

    def back() -> None:
        intents.go("/objects")

    if view.phase is not ListPhase.READY:
        failed = view.phase is ListPhase.FAILED
        body = (
            message(look, ft.Icons.WIFI_OFF, view.error, words("list.retry"), card.load)
            if failed
            else ft.Container(
                ft.ProgressRing(width=26, height=26, stroke_width=3, color=look.tokens.accent_text),
                alignment=ft.Alignment.CENTER,
            )
        )
        return section_frame(look, words("nav.objects"), body, back=back)
    lines: list[ft.Control] = [strip(look, tabs(look, view.tab, view.tabs, card.choose))]
    lines += [ft.Container(line, padding=ft.Padding.only(left=14, right=14, top=10)) for line in _notices(view, look, card)]
    lines.append(ft.Container(_body(view, look, card), expand=True))
    column = ft.Column(lines, spacing=0, expand=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return section_frame(
        look, view.title, column, subtitle=view.address, actions=_actions(view, look, card), back=back, dialog=dialog
    )


def _actions(view: CardView, look: Look, card: ObjectCard) -> list[ft.Control]:
    words, shown = look.words, []
    if not look.narrow:
        shown.append(pill(look, view.status, look.mood(view.mood)))
    if view.alarms:
        shown.append(parts.named("object-alarms", _alarm_sign(look, view.alarms, card)))
    if view.can_edit:
        if not look.narrow:
            label = words("object.reopen_now" if view.closed else "object.close_now")
            shown.append(parts.button(look, "object-close", label, card.close_or_reopen))
            shown.append(parts.icon_button(look, "object-delete", words("object.delete"), ft.Icons.DELETE, card.delete))
        shown.append(parts.icon_button(look, "object-edit", words("object.change"), ft.Icons.EDIT, card.edit))
    return shown


def _alarm_sign(look: Look, words: str, card: ObjectCard) -> ft.Control:
    tone = look.tokens.tone(1)
    return ft.Container(
        parts.text(words, tone.text, size=12.5, weight=parts.SEMI),
        bgcolor=tone.soft,
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=9, vertical=5),
        ink=True,
        on_click=lambda _: card.choose(CardTab.ALARMS),
    )


def _notices(view: CardView, look: Look, card: ObjectCard) -> list[ft.Control]:
    """Service mode wherever one looks; a failure of what has no form."""
    shown = [_service(look, line, card, busy=view.busy) for line in view.services]
    for name, words in (("object-error", view.error), ("work-error", view.work_error)):
        if words:
            shown.append(cards.notice(look, name, words, Mood.BAD, icon=ft.Icons.ERROR_OUTLINE))
    return shown


def _service(look: Look, line: ServiceLine, card: ObjectCard, *, busy: bool) -> ft.Control:
    words, actions = look.words, []
    if line.can_manage:
        actions += [
            parts.button(look, "service-extend", words("service.extend_now"), lambda: card.extend_service(line.id)),
            parts.button(look, "service-end", words("service.end_now"), lambda: card.end_service(line.id), primary=True),
        ]
    if line.can_release:
        agree = words("service.agree")
        actions.append(
            parts.button(look, "service-release", agree, lambda: card.release_service(line.id), primary=True, busy=busy)
        )
    title = f"{line.title}  ·  {line.left}" if line.left else line.title
    return cards.notice(look, "service-mode", title, Mood.WARN, icon=ft.Icons.BUILD, actions=actions, detail=line.detail)


def _body(view: CardView, look: Look, card: ObjectCard) -> ft.Control:
    match view.tab:
        case CardTab.OVERVIEW:
            return _overview(view, look, card)
        case CardTab.PANELS:
            return _panels(view, look, card)
        case CardTab.DOCUMENTS:
            return _documents(view, look, card)
        case CardTab.SERVICE:
            return _services(view, look, card)
        case _:
            return _list(view, look, card)


def _overview(view: CardView, look: Look, card: ObjectCard) -> ft.Control:
    words = look.words
    copy = parts.icon_button(
        look, "copy-address", words("object.copy"), ft.Icons.CONTENT_COPY, lambda: card.copy(view.address), size=30
    )
    about = cards.box(
        look, "object-facts", words("object.about"), [parts.fact(look, one) for one in view.facts], actions=[copy]
    )
    edit = [parts.icon_button(look, "config-edit", words("config.title"), ft.Icons.EDIT, card.edit_config, size=30)]
    config: list[ft.Control] = [parts.fact(look, one) for one in view.config]
    usual = [parts.text(words("config.all_usual"), look.tokens.faint)]
    treated = cards.box(look, "object-config", words("config.title"), config or usual, actions=edit if view.can_edit else ())
    contacts, steps = plan_boxes(view.plan, look, card) if view.plan else ([], [])
    panels = cards.box(look, "object-panels", words("object.tab.panels"), _panel_rows(view, look, card))
    return cards.columns(look, [*contacts, about, treated], [*steps, panels])


def _panel_rows(view: CardView, look: Look, card: ObjectCard) -> list[ft.Control]:
    rows = [_panel(look, one, card) for one in view.panels]
    return rows or [parts.text(look.words("panel.none"), look.tokens.faint)]


def _panel(look: Look, line: PanelLine, card: ObjectCard) -> ft.Control:
    tokens = look.tokens
    names: list[ft.Control] = [parts.text(line.name, tokens.text, size=14, weight=parts.SEMI, one_line=True)]
    if line.detail:
        names.append(parts.text(line.detail, tokens.soft, size=12, one_line=True))
    head = ft.Row(
        [
            ft.Icon(ft.Icons.DEVELOPER_BOARD, size=20, color=look.mood(line.mood)),
            ft.Column(names, spacing=2, tight=True, expand=True),
            pill(look, line.link, look.mood(line.mood)),
        ],
        spacing=12,
    )
    states = [pill(look, text, look.mood(mood)) for text, mood in line.partitions]
    lines: list[ft.Control] = [head]
    if states:
        lines.append(ft.Row(states, spacing=6, run_spacing=6, wrap=True))
    face = ft.Container(
        ft.Column(lines, spacing=10, tight=True),
        bgcolor=tokens.surface,
        border=ft.Border.all(1, tokens.line),
        border_radius=9,
        padding=ft.Padding.symmetric(horizontal=14, vertical=11),
        ink=True,
        on_click=lambda _: card.open_panel(line.id),
    )
    return parts.named(f"panel-{line.id}", face, button=True)


def _panels(view: CardView, look: Look, card: ObjectCard) -> ft.Control:
    rows = _panel_rows(view, look, card)
    if view.can_add_panel:
        add = parts.button(look, "panel-add", look.words("panel.new"), card.add_panel, icon=ft.Icons.ADD)
        rows.append(ft.Row([add]))
    return cards.scrolled(look, ft.Column(rows, spacing=10, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH))


def _documents(view: CardView, look: Look, card: ObjectCard) -> ft.Control:
    words, chosen, buttons = look.words, card.chosen_document, list[ft.Control]()
    if view.can_edit:
        add = parts.button(look, "document-add", words("document.add"), card.upload, icon=ft.Icons.UPLOAD_FILE)
        buttons.append(add)
    if view.document:
        buttons += [
            ft.Container(parts.text(view.document, look.tokens.soft), padding=ft.Padding.symmetric(horizontal=6)),
            parts.button(
                look,
                "document-download",
                words("document.download"),
                lambda: card.download(chosen),
                icon=ft.Icons.DOWNLOAD,
                primary=True,
                busy=view.busy,
            ),
        ]
    if view.document and view.can_edit:
        for name, act in (
            ("renew", card.renew_document),
            ("change", card.change_document),
            ("delete", card.delete_document),
        ):
            buttons.append(parts.button(look, f"document-{name}", words(f"document.{name}"), partial(act, chosen)))
    shown = ft.Container(_list(view, look, card), expand=True)
    return ft.Column([strip(look, *buttons), shown], spacing=0, expand=True) if buttons else shown


def _services(view: CardView, look: Look, card: ObjectCard) -> ft.Control:
    if not view.can_begin_service:
        return _list(view, look, card)
    begin = parts.button(look, "service-begin", look.words("service.begin"), card.begin_service, icon=ft.Icons.BUILD)
    return ft.Column([strip(look, begin), ft.Container(_list(view, look, card), expand=True)], spacing=0, expand=True)


def _list(view: CardView, look: Look, card: ObjectCard) -> ft.Control:
    if view.table is None:
        return ft.Container()
    on_open = {CardTab.ALARMS: card.open_alarm, CardTab.DOCUMENTS: card.open_document}.get(view.tab)
    shown = table(look, view.table, on_open=on_open, on_more=card.more, on_again=card.load_tab)
    if view.tab is not CardTab.ALARMS:
        return shown
    words = look.words
    which = tabs(
        look,
        "closed" if view.closed_alarms else "open",
        [("open", words("object.alarm.open")), ("closed", words("object.alarm.closed"))],
        card.show_alarms,
    )
    return ft.Column([strip(look, which), ft.Container(shown, expand=True)], spacing=0, expand=True)
