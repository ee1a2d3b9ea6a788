"""The bar at the top: how many of each class, the connection, the clock, who is logged in."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.screen import Screen
from ui_flutter.state.views import LinkView, Mood, SoundView, TopView, TrustView, UserView
from ui_flutter.theme import ThemeName

THEME_ICONS = {
    ThemeName.DARK: ft.Icons.DARK_MODE,
    ThemeName.LIGHT: ft.Icons.LIGHT_MODE,
    ThemeName.CONTRAST: ft.Icons.CONTRAST,
}


@safe_component
def top_bar(screen: Screen, look: Look, intents: Intents) -> ft.Control:
    """Fixed frame; the parts inside subscribe one by one. On a phone the name gives way, and then the counters scroll."""
    tokens, words = look.tokens, look.words
    name: list[ft.Control] = []
    if not look.narrow:
        name = [
            parts.logo(30),
            parts.text(words("app.name"), tokens.text, size=16, weight=parts.BOLD),
            parts.text(words("app.title"), tokens.soft, size=13),
            ft.Container(width=6),
        ]
    right: list[ft.Control] = [link_sign(screen.link, look), sound_button(screen.sound, look, intents)]
    if not look.narrow:
        right.insert(0, trust_signs(screen.trust, look))
        right += [
            clock_text(screen.clock, look),
            _language(look, intents),
            _theme(look, intents),
            _help(look, intents),
        ]
    right.append(_choices(look, intents))
    right.append(user_menu(screen.user, look, intents))
    return ft.Container(
        content=ft.Row(
            [*name, ft.Container(counters(screen.top, look), expand=True), *right],
            spacing=4 if look.narrow else 12,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        height=look.px(54),
        padding=ft.Padding.symmetric(horizontal=10 if look.narrow else 16),
        bgcolor=tokens.surface,
        border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
    )


@safe_component
def counters(cell: Cell[TopView], look: Look) -> ft.Control:
    """Open alarms per class; a class with none is quiet."""
    counter = memoized(_counter)
    signs = [counter(look, rank, count, key=rank) for rank, count in enumerate(cell.value.counts, 1)]
    if cell.value.mode and not look.narrow:  # there is no room, and a banner says it on any screen
        signs.append(_mode(look, cell.value.mode))
    return ft.Row(signs, spacing=6, scroll=ft.ScrollMode.HIDDEN)


@safe_component
def _counter(look: Look, rank: int, count: int) -> ft.Control:
    tokens = look.tokens
    color = tokens.tone(rank).text if count else tokens.faint
    mark = parts.class_mark(look, rank, size=11, color=None if count else tokens.faint, hollow=not count)
    face = ft.Container(
        content=ft.Row([mark, parts.text(str(count), color, size=13, weight=parts.BOLD, mono=True)], spacing=4, tight=True),
        bgcolor=tokens.tone(rank).soft if count else tokens.raised,
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=7 if look.narrow else 9, vertical=5),
        tooltip=f"P{rank} {look.words(parts.CLASS_KEYS[rank])}",
    )
    return parts.named(f"count-{rank}", face, label=f"P{rank} {look.words(parts.CLASS_KEYS[rank])}")


def _mode(look: Look, mode: str) -> ft.Control:
    tokens = look.tokens
    face = ft.Container(
        content=parts.text(mode, tokens.on_warn, size=12, weight=parts.SEMI),
        bgcolor=tokens.warn_ground,
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=9, vertical=5),
        tooltip=mode,
    )
    return parts.named("system-degraded", face, label=mode)


@safe_component
def link_sign(cell: Cell[LinkView], look: Look) -> ft.Control:
    """The connection in words, with a dot in its mood."""
    link, tokens = cell.value, look.tokens
    signs: list[ft.Control] = [
        ft.Container(width=9, height=9, border_radius=5, bgcolor=look.mood(link.mood)),
    ]
    if not look.narrow or link.mood is not Mood.GOOD:  # on a phone the good state is a green dot
        signs.append(parts.text(link.label, tokens.text, size=13, weight=parts.SEMI, one_line=True))
    if link.detail and not look.narrow:
        signs.append(parts.text(link.detail, tokens.soft, size=12.5))
    face = ft.Container(
        content=ft.Row(signs, spacing=8, tight=True),
        bgcolor=tokens.raised,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=11, vertical=6),
    )
    return parts.named("conn-state", face, label=link.label, exclude_semantics=True)


@safe_component
def trust_signs(cell: Cell[TrustView], look: Look) -> ft.Control:
    """Panels on the line, and the way of text messages."""
    view = cell.value
    if not view.panels:
        return ft.Container(width=0)
    signs = (
        ("trust-panels", ft.Icons.ROUTER, view.panels, view.panels_label, view.panels_mood),
        ("trust-sms", ft.Icons.SMS, view.sms, view.sms_label, view.sms_mood),
    )
    return ft.Row([_sign(look, *sign) for sign in signs], spacing=12, tight=True)


def _sign(look: Look, name: str, icon: ft.IconData, value: str, label: str, mood: Mood) -> ft.Control:
    """Quiet while all is well."""
    tokens, is_well = look.tokens, mood in {Mood.GOOD, Mood.QUIET}
    face = ft.Row(
        [
            ft.Icon(icon, size=16, color=tokens.faint if is_well else look.mood(mood)),
            parts.text(
                value, tokens.soft if is_well else look.mood(mood), size=12.5, weight=parts.SEMI, mono=name == "trust-panels"
            ),
        ],
        spacing=5,
        tight=True,
    )
    return parts.named(name, ft.Container(face, tooltip=label), label=label, exclude_semantics=True)


@safe_component
def sound_button(cell: Cell[SoundView], look: Look, intents: Intents) -> ft.Control:
    """Two minutes of quiet, or no longer; while it is quiet, how long still."""
    view, tokens = cell.value, look.tokens
    if view.muted:
        icon, color = ft.Icons.NOTIFICATIONS_OFF, tokens.warn
    else:
        icon, color = (ft.Icons.VOLUME_UP, tokens.soft) if view.works else (ft.Icons.VOLUME_OFF, tokens.bad)
    signs: list[ft.Control] = [ft.Icon(icon, size=19, color=color)]
    if view.left:
        signs.append(parts.text(view.left, tokens.warn, size=12.5, weight=parts.BOLD, mono=True))
    face = ft.Container(
        content=ft.Row(signs, spacing=5, tight=True, alignment=ft.MainAxisAlignment.CENTER),
        height=44 if look.narrow else 34,
        padding=ft.Padding.symmetric(horizontal=12 if look.narrow else 8),
        border_radius=7,
        alignment=ft.Alignment.CENTER if look.narrow else None,
        ink=True,
        tooltip=view.label,
        on_click=lambda _: intents.siren.toggle_mute(),
    )
    return parts.named("sound-mute", face, button=True, label=view.label, toggled=view.muted)


@safe_component
def clock_text(cell: Cell[str], look: Look) -> ft.Control:
    """Local time."""
    return parts.text(cell.value, look.tokens.text, size=14, weight=parts.BOLD, mono=True)


def _language(look: Look, intents: Intents) -> ft.Control:
    code = parts.text(look.words.language.upper(), look.tokens.soft, size=12, weight=parts.BOLD)
    face = ft.Container(
        content=code,
        width=36,
        height=34,
        border_radius=7,
        alignment=ft.Alignment.CENTER,
        ink=True,
        tooltip=look.words("frame.language"),
        on_click=lambda _: intents.switch_language(),
    )
    return parts.named("lang-switch", face, button=True, label=look.words("frame.language"))


def _theme(look: Look, intents: Intents) -> ft.Control:
    following = look.tokens.name.other
    label = look.words("frame.theme", name=look.words(f"look.theme.{following}"))
    return parts.icon_button(look, "theme-switch", label, THEME_ICONS[following], intents.appearance.next_theme)


def _choices(look: Look, intents: Intents) -> ft.Control:
    return parts.icon_button(look, "look-choices", look.words("look.title"), ft.Icons.TEXT_FIELDS, intents.appearance.show)


def _help(look: Look, intents: Intents) -> ft.Control:
    return parts.icon_button(look, "keys-help", look.words("frame.help"), ft.Icons.KEYBOARD, intents.show_keys)


@safe_component
def user_menu(cell: Cell[UserView], look: Look, intents: Intents) -> ft.Control:
    """Initials, which lead to one's own account, and the way out; a phone has it on the account's page."""
    disc = ft.Container(
        content=parts.text(cell.value.initials, "#ffffff", size=12, weight=parts.BOLD),
        width=32,
        height=32,
        border_radius=16,
        bgcolor="#4f46e5",
        alignment=ft.Alignment.CENTER,
    )
    badge = ft.Container(
        content=disc,
        width=44 if look.narrow else 32,
        height=44 if look.narrow else 32,
        border_radius=22 if look.narrow else 16,
        alignment=ft.Alignment.CENTER,
        tooltip=cell.value.name,
        ink=True,
        on_click=lambda _: intents.go("/account"),
    )
    account = parts.named("nav-account", badge, button=True, label=f"{look.words('nav.account')}: {cell.value.name}")
    if look.narrow:
        return account
    way_out = parts.icon_button(look, "logout", look.words("frame.logout"), ft.Icons.LOGOUT, intents.log_out)
    return ft.Row([account, way_out], spacing=4, tight=True)
