"""Draws a `FormView` as a dialog. What is typed belongs to the drawing: a refusal, a redraw or a new hint never loses it."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import inputs, parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.safe import safe_component
from ui_flutter.state.forms import YES, FieldKind, FieldView, FormView, many, toggled

WIDTH = 520
FIT = 5  # so many fields fit on any screen; with more the buttons stay below what is scrolled


def form_dialog(
    look: Look, intents: Intents, view: FormView, submit: Callable[[dict[str, str]], None], dismiss: Callable[[], None]
) -> ft.Control:
    """To be the last of a `ft.Stack`."""
    return modal(look, _form(view, look, intents, submit, dismiss, key=f"form-{view.key}"), width=WIDTH)  # type: ignore[call-arg]


@safe_component
def _form(
    view: FormView, look: Look, intents: Intents, submit: Callable[[dict[str, str]], None], dismiss: Callable[[], None]
) -> ft.Control:
    tokens, words = look.tokens, look.words
    form = inputs.use_form(view.start, view.key)
    lines: list[ft.Control] = [parts.text(view.title, tokens.text, size=17, weight=parts.BOLD)]
    if view.subject:
        lines.append(parts.text(view.subject, tokens.soft, size=13))
    lines += [parts.text(line, tokens.soft, size=13) for line in view.explain]
    if view.changed:
        lines.append(_changed(look, view.changed))
    lines += [_field(look, intents, field, form, view.error_of(field.name)) for field in view.fields]
    if view.error:
        lines.append(_error(look, view.error))
    feet = ft.Row(
        [
            parts.button(look, "form-cancel", words("act.cancel"), dismiss, enabled=not view.busy),
            _confirm(look, view, lambda: submit(dict(form.values))),
        ],
        spacing=10,
        alignment=ft.MainAxisAlignment.END,
    )
    stretch = ft.CrossAxisAlignment.STRETCH
    if len(view.fields) <= FIT:
        return ft.Column([*lines, feet], spacing=14, tight=True, scroll=ft.ScrollMode.AUTO, horizontal_alignment=stretch)
    body = ft.Column(lines, spacing=14, scroll=ft.ScrollMode.AUTO, expand=True, horizontal_alignment=stretch)
    return ft.Column([body, feet], spacing=18, horizontal_alignment=stretch)


def _confirm(look: Look, view: FormView, submit: Callable[[], None]) -> ft.Control:
    if not view.danger:
        return parts.button(look, "form-confirm", view.confirm, submit, primary=True, busy=view.busy)
    return parts.danger_button(look, "form-confirm", view.confirm, submit, busy=view.busy)


def _error(look: Look, words: str) -> ft.Control:
    box = ft.Container(
        content=parts.text(words, look.tokens.on_bad, size=13),
        bgcolor=look.tokens.bad_ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
    )
    return parts.named("form-error", box, live_region=True)


def _changed(look: Look, changed: tuple[str, ...]) -> ft.Control:
    """What somebody else did meanwhile."""
    tokens = look.tokens
    lines: list[ft.Control] = [parts.text(look.words("form.changed"), tokens.on_warn, size=13, weight=parts.SEMI)]
    lines += [parts.text(line, tokens.on_warn, size=12.5) for line in changed]
    box = ft.Container(
        content=ft.Column(lines, spacing=3, tight=True),
        bgcolor=tokens.warn_ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
    )
    return parts.named("form-changed", box, live_region=True)


def _field(look: Look, intents: Intents, field: FieldView, form: inputs.Form, error: str) -> ft.Control:
    identifier, value = f"field-{field.name}", form[field.name]

    def put(new: str) -> None:
        form.put(field.name, new)

    if field.kind is FieldKind.CHOICE:
        width = None if look.narrow else WIDTH - 50
        return inputs.select(look, intents, identifier, field.label, value, field.options, put, error=error, width=width)
    if field.kind is FieldKind.SWITCH:
        return inputs.toggle(look, identifier, field.label, value == YES, lambda on: put(YES if on else ""))
    if field.kind is FieldKind.MANY:
        return _many(look, field, value, put, error)
    more: dict[str, object] = {}
    if field.kind is FieldKind.LONG:
        more = {"multiline": True, "min_lines": 2, "max_lines": 6}
    elif field.kind is FieldKind.SECRET:
        more = {"password": True, "can_reveal_password": True}
    return inputs.text_input(look, intents, identifier, field.label, value, put, error=error, hint=field.hint, **more)


def _many(look: Look, field: FieldView, value: str, put: Callable[[str], None], error: str) -> ft.Control:
    tokens, chosen = look.tokens, many(value)
    order = tuple(key for key, _ in field.options)
    chips: list[ft.Control] = []
    for key, label in field.options:
        is_on = key in chosen
        face = ft.Container(
            content=parts.text(label, tokens.text if is_on else tokens.soft, size=13, weight=parts.MEDIUM),
            padding=ft.Padding.symmetric(horizontal=11, vertical=10 if look.narrow else 6),
            border_radius=7,
            bgcolor=tokens.selected if is_on else tokens.raised,
            border=ft.Border.all(1, tokens.accent_text if is_on else tokens.raised),
            ink=True,
            on_click=lambda _, key=key: put(toggled(value, key, order)),
        )
        chips.append(parts.named(f"choice-{field.name}-{key}", face, button=True, checked=is_on))
    lines: list[ft.Control] = [
        parts.text(field.label, tokens.soft, size=12.5),
        ft.Row(chips, spacing=6, run_spacing=6, wrap=True),
    ]
    if error:
        lines.append(parts.text(error, tokens.bad, size=12.5))
    return parts.named(f"field-{field.name}", ft.Column(lines, spacing=6, tight=True))
