"""The page of one's own account."""

from collections.abc import Callable

import flet as ft

from api.client.models import PASSWORD_LEAST
from ui_flutter.components import blocks, parts
from ui_flutter.components.inputs import text_input, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import tabs
from ui_flutter.components.safe import safe_component
from ui_flutter.i18n.words import Language
from ui_flutter.sections.account import Account
from ui_flutter.state import format as formats
from ui_flutter.state.present_account import AccountView, Doing, SessionView, ToneView
from ui_flutter.state.views import ListPhase
from ui_flutter.theme import ThemeName
from ui_flutter.views.enrolment import steps


def page(view: AccountView, look: Look, intents: Intents, section: Account) -> ft.Control:
    words = look.words
    left = [_who(view, look, intents), _password(look, section), _factor(view, look, section)]
    right = [_choices(view, look, intents), _sound(view, look, intents), _sessions(view, look, section)]
    dialog = _dialog(view, look, intents, section)
    return section_frame(
        look, words("nav.account"), blocks.blocks(look, left, right), subtitle=words("account.explain"), dialog=dialog
    )


def _who(view: AccountView, look: Look, intents: Intents) -> ft.Control:
    tokens = look.tokens
    badge = ft.Container(
        parts.text(formats.initials(view.name), tokens.on_accent, size=17, weight=parts.BOLD),
        width=48,
        height=48,
        border_radius=24,
        bgcolor=tokens.accent,
        alignment=ft.Alignment.CENTER,
    )
    names: list[ft.Control] = [
        parts.named("account-name", parts.text(view.name, tokens.text, size=17, weight=parts.BOLD)),
        parts.named("account-role", parts.text(view.role, tokens.accent_text, size=13.5, weight=parts.SEMI)),
    ]
    rights = parts.button(look, "account-roles", look.words("account.roles"), lambda: intents.go("/roles"), icon=ft.Icons.RULE)
    leave = parts.button(look, "account-logout", look.words("frame.logout"), intents.log_out, icon=ft.Icons.LOGOUT)
    controls: list[ft.Control] = [
        ft.Row([badge, ft.Column(names, spacing=2, tight=True, expand=True)], spacing=14),
        parts.text(view.role_explained, tokens.soft, size=13),
        *[parts.fact(look, fact) for fact in view.facts],
        ft.Row([rights, leave], spacing=8, run_spacing=8, wrap=True),
    ]
    return blocks.block(look, look.words("account.who"), controls, identifier="account-who")


def _password(look: Look, section: Account) -> ft.Control:
    change = parts.button(
        look, "account-password", look.words("password.submit"), lambda: section.begin(Doing.PASSWORD), icon=ft.Icons.PASSWORD
    )
    return blocks.block(
        look,
        look.words("account.password"),
        [ft.Row([change])],
        identifier="account-password-block",
        subtitle=look.words("account.password.explain", n=PASSWORD_LEAST),
    )


def _factor(view: AccountView, look: Look, section: Account) -> ft.Control:
    words = look.words
    buttons: list[ft.Control] = []
    if view.can_enrol:
        buttons.append(
            parts.button(
                look, "factor-enrol", words("account.factor.enrol"), lambda: section.begin(Doing.ENROLMENT), primary=True
            )
        )
    if view.can_renew:
        buttons.append(parts.button(look, "factor-renew", words("account.factor.renew"), lambda: section.begin(Doing.RENEW)))
    if view.can_disable:
        buttons.append(
            parts.button(look, "factor-disable", words("account.factor.disable"), lambda: section.begin(Doing.DISABLE))
        )
    state = blocks.lamp(
        look, view.factor_mood, words("account.factor"), view.factor, detail=view.factor_hint, identifier="factor-state"
    )
    controls = [state, *([ft.Row(buttons, spacing=8, wrap=True, run_spacing=8)] if buttons else [])]
    return blocks.block(look, words("account.factor.title"), controls, identifier="account-factor")


def _choices(view: AccountView, look: Look, intents: Intents) -> ft.Control:
    words = look.words
    languages = [(one.value, words(f"account.language.{one}")) for one in Language]
    themes = [(one.value, words(f"look.theme.{one}")) for one in ThemeName]
    lines: list[ft.Control] = [
        _choice(
            look,
            words("account.language"),
            tabs(look, view.language, languages, lambda one: intents.choose_language(Language(one))),
        ),
        _choice(
            look, words("account.theme"), tabs(look, view.theme, themes, lambda one: intents.appearance.theme(ThemeName(one)))
        ),
    ]
    return blocks.block(look, words("account.look"), lines, identifier="account-look", subtitle=words("account.look.explain"))


def _sound(view: AccountView, look: Look, intents: Intents) -> ft.Control:
    """How loud each class is on this device, each to be heard; and whether anything is heard at all."""
    words = look.words
    state = blocks.lamp(
        look, view.sound_mood, words("account.sound"), view.sound, detail=view.sound_detail, identifier="sound-state"
    )
    lines: list[ft.Control] = [state, *[_tone(look, tone, intents) for tone in view.tones]]
    return blocks.block(
        look, words("account.sounds"), lines, identifier="account-sound", subtitle=words("account.sounds.explain")
    )


def _tone(look: Look, tone: ToneView, intents: Intents) -> ft.Control:
    tokens = look.tokens
    names = ft.Row(
        [
            parts.class_mark(look, tone.rank, size=13),
            ft.Column(
                [
                    parts.text(tone.label, tokens.text, size=13.5, weight=parts.MEDIUM),
                    parts.text(tone.rhythm, tokens.soft, size=12.5),
                ],
                spacing=1,
                tight=True,
                expand=True,
            ),
        ],
        spacing=8,
    )
    hear = parts.icon_button(look, f"tone-{tone.rank}", tone.spoken, ft.Icons.VOLUME_UP, lambda: intents.siren.check(tone.rank))
    choices = [
        parts.named(
            f"volume-{tone.rank}-{value}",
            _volume(look, label, value == tone.volume, lambda value=value: intents.siren.volume(tone.rank, float(value))),  # type: ignore[misc]
            button=True,
            checked=value == tone.volume,
            label=f"{tone.label}: {label}",
            exclude_semantics=True,
        )
        for value, label in tone.options
    ]
    bar = ft.Row([*choices, hear], spacing=4)
    if look.narrow:
        return ft.Column([names, bar], spacing=4, tight=True)
    return ft.Row([ft.Container(names, expand=True), bar], spacing=8)


def _volume(look: Look, label: str, chosen: bool, choose: Callable[[], None]) -> ft.Control:
    tokens = look.tokens
    return ft.Container(
        parts.text(label, tokens.text if chosen else tokens.soft, size=12.5, weight=parts.SEMI),
        bgcolor=tokens.selected if chosen else tokens.raised,
        border=ft.Border.all(1, tokens.accent_text if chosen else tokens.raised),
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=9),
        height=44 if look.narrow else 32,
        alignment=ft.Alignment.CENTER,
        ink=True,
        on_click=lambda _: choose(),
    )


def _choice(look: Look, label: str, options: ft.Control) -> ft.Control:
    name = ft.Container(parts.text(label, look.tokens.soft, size=13), width=90)
    return ft.Row([name, ft.Container(options, expand=True)], spacing=8)


def _sessions(view: AccountView, look: Look, section: Account) -> ft.Control:
    words, tokens = look.words, look.tokens
    lines: list[ft.Control] = [session_line(look, one, section.end_session) for one in view.sessions]
    if view.sessions_error:
        lines.insert(0, blocks.note(look, view.sessions_error))
    elif view.sessions_phase is ListPhase.LOADING:
        lines = [parts.text("…", tokens.faint)]
    actions = []
    if view.can_end_others:
        actions.append(parts.button(look, "sessions-end", words("account.sessions.end"), section.end_others))
    return blocks.block(
        look,
        words("account.sessions"),
        lines,
        identifier="account-sessions",
        subtitle=words("account.sessions.explain"),
        actions=actions,
    )


def session_line(look: Look, one: SessionView, end: Callable[[str], None]) -> ft.Control:
    """A login that goes on; this one cannot be ended here."""
    words, tokens = look.words, look.tokens
    names: list[ft.Control] = [
        parts.text(one.title, tokens.text, size=13.5, weight=parts.MEDIUM, one_line=True),
        parts.text(one.detail, tokens.soft, size=12.5, one_line=True),
    ]
    last: ft.Control = (
        parts.chip(look, words("account.session.this"))
        if one.current
        else parts.icon_button(
            look, f"session-end-{one.id}", words("account.session.end"), ft.Icons.LOGOUT, lambda: end(one.id)
        )
    )
    icon = ft.Icon(ft.Icons.DEVICES, size=19, color=tokens.soft)
    line = ft.Row([icon, ft.Column(names, spacing=1, tight=True, expand=True), last], spacing=12)
    return parts.named(f"session-{one.id}", line)


def _dialog(view: AccountView, look: Look, intents: Intents, section: Account) -> ft.Control | None:
    if view.doing is Doing.NOTHING:
        return None
    if view.doing is Doing.ENROLMENT:
        return modal(look, _enrolment(view, look, intents, section), width=blocks.DIALOG)
    return modal(look, _form(view, look, intents, section), width=blocks.DIALOG)


def _enrolment(view: AccountView, look: Look, intents: Intents, section: Account) -> ft.Control:
    inner = [steps(view.enrolment, look, intents, section.enroller)]
    if not view.enrolment.codes:
        inner.append(ft.Row([parts.button(look, "dialog-cancel", look.words("act.cancel"), section.cancel, expand=True)]))
    return ft.Column(
        inner,
        spacing=10,
        tight=True,
        scroll=ft.ScrollMode.AUTO if look.narrow else None,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


_FIELDS = {
    Doing.PASSWORD: ("current", "new", "again"),
    Doing.RENEW: ("password", "code"),
    Doing.DISABLE: ("password", "code"),
}


@safe_component
def _form(view: AccountView, look: Look, intents: Intents, section: Account) -> ft.Control:
    """The password and whatever else the form asks for."""
    words, form = look.words, use_form({}, view.doing)
    names = _FIELDS[view.doing]

    def submit() -> None:
        if view.doing is Doing.PASSWORD:
            section.change_password(form["current"], form["new"], form["again"])
        elif view.doing is Doing.RENEW:
            section.renew_codes(form["password"], form["code"])
        else:
            section.disable(form["password"], form["code"])

    def field(name: str) -> ft.Control:
        is_code = name == "code"
        return text_input(
            look,
            intents,
            f"account-{name}",
            words("login.code" if is_code else f"password.{name}" if view.doing is Doing.PASSWORD else "enrol.password"),
            form[name],
            lambda value: form.put(name, value),
            autofocus=name == names[0],
            on_submit=lambda _: submit(),
            password=not is_code,
            can_reveal_password=not is_code,
        )

    return blocks.form(
        look,
        words(f"account.form.{view.doing}"),
        [field(name) for name in names],
        subtitle=words(f"account.form.{view.doing}.explain"),
        confirm=("account-submit", words(f"account.form.{view.doing}.confirm"), submit),
        cancel=section.cancel,
        ready=all(form[name].strip() for name in names),
        busy=view.busy,
        error=view.error,
        tall=True,
    )
