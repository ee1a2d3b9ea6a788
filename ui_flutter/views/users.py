"""The page of users: the list, the chosen one beside it, forms in dialogs, and the objects of one user on a page of its own."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import blocks, parts
from ui_flutter.components.inputs import select, text_input, toggle, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip
from ui_flutter.components.safe import safe_component
from ui_flutter.components.table import pill, table
from ui_flutter.sections.users import Users
from ui_flutter.state.present_users import AssigningView, Dialog, ObjectLine, Order, UsersView, UserView
from ui_flutter.state.views import Mood
from ui_flutter.views.account import session_line
from ui_flutter.views.people_tabs import people_tabs
from workflows.domain.permissions import Role

ICONS = {
    Order.EDIT: ft.Icons.EDIT,
    Order.UNLOCK: ft.Icons.LOCK_OPEN,
    Order.PASSWORD: ft.Icons.PASSWORD,
    Order.FACTOR: ft.Icons.PHONELINK_ERASE,
    Order.SESSIONS: ft.Icons.LOGOUT,
    Order.DEACTIVATE: ft.Icons.PERSON_OFF,
    Order.ACTIVATE: ft.Icons.PERSON_ADD,
}


def page(view: UsersView, look: Look, intents: Intents, section: Users) -> ft.Control:
    words = look.words
    dialog = _dialog(view, look, intents, section)
    if view.assigning is not None:
        return _assigning_page(view.assigning, look, intents, section)
    if look.narrow and view.chosen is not None:
        card = _chosen(look, view.chosen, section)
        return section_frame(look, view.chosen.name, card, back=lambda: intents.go("/users"), dialog=dialog)
    shown = table(look, view.table, on_open=section.open, on_more=section.more, on_again=section.refresh)
    listing = ft.Column(
        [
            strip(look, people_tabs(look, "users", intents)),
            _filters(view, look, intents, section),
            ft.Container(shown, expand=True),
        ],
        spacing=0,
        expand=True,
    )
    body: ft.Control = listing
    if view.chosen is not None:
        edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
        side = ft.Container(_chosen(look, view.chosen, section), width=400, border=edge)
        body = ft.Row([listing, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
    add = parts.button(
        look, "user-add", words("users.add"), lambda: section.ask(Order.CREATE), icon=ft.Icons.PERSON_ADD, primary=True
    )
    return section_frame(look, words("nav.users"), body, subtitle=words("users.explain"), actions=[add], dialog=dialog)


def _filters(view: UsersView, look: Look, intents: Intents, section: Users) -> ft.Control:
    words = look.words
    search = parts.named(
        "users-search",
        parts.field(
            look,
            intents,
            "",
            hint=words("users.search"),
            dense=True,
            width=230 if look.narrow else 280,
            value=section.query,
            prefix_icon=ft.Icons.SEARCH,
            on_change=lambda event: section.search(event.control.value),
        ),
    )
    roles = select(look, intents, "users-role", "", view.role, view.roles, section.choose_role, width=190)
    inactive = toggle(look, "users-inactive", words("users.inactive"), view.with_inactive, section.show_inactive)
    return strip(look, search, roles, inactive)


def _chosen(look: Look, view: UserView, section: Users) -> ft.Control:
    tokens = look.tokens
    lines: list[ft.Control] = []
    if not look.narrow:
        lines.append(parts.text(view.name, tokens.text, size=16, weight=parts.BOLD))
    lines.append(ft.Row([pill(look, label, look.mood(mood)) for label, mood in view.signs], spacing=6, wrap=True))
    lines += [parts.fact(look, fact) for fact in view.facts]
    lines.append(_orders(look, view, section))
    if view.sessions:
        lines += [
            ft.Divider(height=1, color=tokens.line),
            parts.text(look.words("users.sessions"), tokens.text, size=13.5, weight=parts.SEMI),
            *[session_line(look, one, section.end_session) for one in view.sessions],
        ]
    column = ft.Column(
        lines, spacing=12, scroll=ft.ScrollMode.AUTO, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, expand=True
    )
    return parts.named("user-card", ft.Container(column, padding=18))


def _orders(look: Look, view: UserView, section: Users) -> ft.Control:
    words = look.words

    def button(order: Order) -> ft.Control:
        return parts.button(look, f"user-{order}", words(f"users.order.{order}"), lambda: section.ask(order), icon=ICONS[order])

    buttons = [button(order) for order in view.orders]
    if view.sees_assigned:
        buttons.insert(
            1, parts.button(look, "user-objects", words("users.objects"), section.assign, icon=ft.Icons.HOME_WORK, primary=True)
        )
    return ft.Row(buttons, spacing=8, run_spacing=8, wrap=True)


# -- forms


def _dialog(view: UsersView, look: Look, intents: Intents, section: Users) -> ft.Control | None:
    dialog = view.dialog
    if dialog is None:
        return None
    if dialog.order is Order.TOLD:
        return modal(look, _told(look, intents, dialog, section), width=blocks.DIALOG)
    if dialog.order is Order.CREATE:
        return modal(look, _create(view, look, intents, section), width=blocks.DIALOG)
    if view.chosen is None:
        return None
    if dialog.order is Order.EDIT:
        return modal(look, _edit(view, view.chosen, look, intents, section), width=blocks.DIALOG)
    return modal(look, _confirm(view, view.chosen, dialog.order, look, section), width=blocks.DIALOG)


def _told(look: Look, intents: Intents, dialog: Dialog, section: Users) -> ft.Control:
    words = look.words
    return blocks.form(
        look,
        words("users.told"),
        [
            blocks.note(look, words("users.told.explain"), Mood.WARN),
            parts.text(words("users.told.for", username=dialog.username), look.tokens.soft, size=13),
            blocks.once(look, intents, "temporary-password", dialog.password or ""),
        ],
        confirm=("user-told", words("users.told.noted"), section.cancel),
        cancel=None,
    )


@safe_component
def _create(view: UsersView, look: Look, intents: Intents, section: Users) -> ft.Control:
    words, wrong = look.words, dict(view.fields)
    form = use_form({"role": Role.OPERATOR.value})

    def submit() -> None:
        section.create(form["username"], form["name"], form["role"])

    fields = [
        text_input(
            look,
            intents,
            "user-username",
            words("users.username"),
            form["username"],
            lambda value: form.put("username", value),
            error=wrong.get("username", ""),
            autofocus=True,
            autocorrect=False,
        ),
        _name(look, intents, form["name"], lambda value: form.put("name", value), wrong.get("display_name", "")),
        select(
            look,
            intents,
            "user-role",
            words("users.role"),
            form["role"],
            view.new_roles,
            lambda value: form.put("role", value),
            width=None if look.narrow else blocks.INNER,
        ),
        parts.text(words(f"role.{form['role']}.explain"), look.tokens.soft, size=12.5),
    ]
    return blocks.form(
        look,
        words("users.add"),
        fields,
        subtitle=words("users.add.explain"),
        confirm=("user-create", words("users.add.confirm"), submit),
        cancel=section.cancel,
        ready=bool(form["username"].strip() and form["name"].strip()),
        busy=view.busy,
        error=view.error,
        tall=True,
    )


@safe_component
def _edit(view: UsersView, chosen: UserView, look: Look, intents: Intents, section: Users) -> ft.Control:
    words, wrong = look.words, dict(view.fields)
    form = use_form({"name": chosen.name, "role": chosen.role.value}, chosen.id)
    fields = [
        _name(look, intents, form["name"], lambda value: form.put("name", value), wrong.get("display_name", "")),
        select(
            look,
            intents,
            "user-role",
            words("users.role"),
            form["role"],
            chosen.roles,
            lambda value: form.put("role", value),
            width=None if look.narrow else blocks.INNER,
        ),
        parts.text(words(f"role.{form['role']}.explain"), look.tokens.soft, size=12.5),
    ]
    if form["role"] != chosen.role:
        fields.append(blocks.note(look, words("users.role.ends"), Mood.WARN))
    return blocks.form(
        look,
        words("users.order.edit"),
        fields,
        subtitle=chosen.username,
        confirm=("user-change", words("users.save"), lambda: section.change(form["name"], form["role"])),
        cancel=section.cancel,
        ready=bool(form["name"].strip()),
        busy=view.busy,
        error=view.error,
        tall=True,
    )


def _name(look: Look, intents: Intents, value: str, put: Callable[[str], None], error: str) -> ft.Control:
    return text_input(look, intents, "user-name", look.words("users.name"), value, put, error=error)


def _confirm(view: UsersView, chosen: UserView, order: Order, look: Look, section: Users) -> ft.Control:
    words = look.words
    return blocks.form(
        look,
        words(f"users.order.{order}"),
        [parts.text(words(f"users.ask.{order}", name=chosen.name), look.tokens.text, size=13.5)],
        confirm=("user-confirm", words(f"users.confirm.{order}"), section.confirm),
        cancel=section.cancel,
        busy=view.busy,
        error=view.error,
    )


# -- objects of one user


def _assigning_page(view: AssigningView, look: Look, intents: Intents, section: Users) -> ft.Control:
    words = look.words
    save = parts.button(
        look, "objects-save", words("users.save"), section.save_objects, primary=True, enabled=view.changed, busy=view.busy
    )
    wrong = [blocks.note(look, view.error, Mood.BAD, identifier="objects-error")] if view.error else []
    had = blocks.block(
        look,
        words("users.objects.has", n=len(view.wanted)),
        [
            _object(look, one, "give-back", ft.Icons.REMOVE_CIRCLE_OUTLINE, words("users.objects.remove"), section.give_back)
            for one in view.wanted
        ]
        or [parts.text(words("users.objects.none") if view.loaded else "…", look.tokens.soft, size=13)],
        identifier="objects-had",
    )
    search = parts.field(
        look,
        intents,
        "",
        hint=words("users.objects.search"),
        dense=True,
        prefix_icon=ft.Icons.SEARCH,
        on_change=lambda event: section.find_objects(event.control.value),
    )
    found = blocks.block(
        look,
        words("users.objects.add"),
        [
            parts.named("objects-search", search),
            *[
                _object(look, one, "take", ft.Icons.ADD_CIRCLE_OUTLINE, words("users.objects.take"), section.take)
                for one in view.found
            ],
        ],
        identifier="objects-found",
    )
    body = blocks.blocks(look, [*wrong, had], [found])
    return section_frame(
        look,
        view.title,
        body,
        subtitle=words("users.objects.explain"),
        actions=[save],
        back=section.open_card,
    )


def _object(look: Look, one: ObjectLine, name: str, icon: ft.IconData, label: str, act: Callable[[str], None]) -> ft.Control:
    names: list[ft.Control] = [
        parts.text(one.name, look.tokens.text, size=13.5, weight=parts.MEDIUM, one_line=True),
        parts.text(one.detail, look.tokens.soft, size=12.5, one_line=True),
    ]
    button = parts.icon_button(look, f"{name}-{one.id}", label, icon, lambda: act(one.id))
    return ft.Row([ft.Column(names, spacing=1, tight=True, expand=True), button], spacing=8)
