"""The page of roles: the matrix on a wide screen, the rights of one role on a phone."""

import flet as ft

from ui_flutter.components import blocks, parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.sections.roles import Roles
from ui_flutter.state.present_roles import Grant, ProgramView, RightView, RolesView
from ui_flutter.state.views import Mood
from ui_flutter.views.people_tabs import people_tabs
from workflows.domain.permissions import Scope

COLUMN, ROW = 104, 38


def page(view: RolesView, look: Look, intents: Intents, section: Roles) -> ft.Control:
    words = look.words
    lines: list[ft.Control] = [strip(look, people_tabs(look, "roles", intents))] if view.manages else []
    if look.narrow:
        lines.append(strip(look, tabs(look, view.chosen, view.roles, section.choose)))
    inner: list[ft.Control] = [_legend(look)]
    if look.narrow:
        inner.append(parts.text(view.explained, look.tokens.soft, size=13))
    if view.flag:
        inner.append(blocks.note(look, view.flag, Mood.QUIET, identifier="roles-flag"))
    inner += [_one_role(look, view)] if look.narrow else [_matrix(look, view)]
    inner.append(_programs(look, view.programs))
    lines.append(ft.Container(blocks.scrolled(look, inner), expand=True))
    body = ft.Column(lines, spacing=0, expand=True)
    back = None if view.manages else lambda: intents.go("/account")
    return section_frame(look, words("nav.roles"), body, subtitle=words("roles.explain"), back=back)


def _legend(look: Look) -> ft.Control:
    signs = [
        ft.Row(
            [mark(look, Grant(scope=scope, label="")), parts.text(look.words(f"roles.scope.{scope}"), look.tokens.soft)],
            spacing=6,
            tight=True,
        )
        for scope in (Scope.ALL, Scope.ASSIGNED, Scope.NONE)
    ]
    flagged = ft.Row(
        [ft.Icon(ft.Icons.FLAG, size=15, color=look.tokens.warn), parts.text(look.words("roles.flagged"), look.tokens.soft)],
        spacing=6,
        tight=True,
    )
    return ft.Row([*signs, flagged], spacing=18, wrap=True, run_spacing=6)


def mark(look: Look, grant: Grant) -> ft.Control:
    """A scope by shape and colour: a full dot, a half one, a dash."""
    tokens = look.tokens
    if grant.by_flag:
        return ft.Icon(ft.Icons.FLAG, size=16, color=tokens.warn if grant.scope is not Scope.NONE else tokens.faint)
    if grant.scope is Scope.ALL:
        return ft.Icon(ft.Icons.CHECK_CIRCLE, size=17, color=tokens.good)
    if grant.scope is Scope.ASSIGNED:
        return ft.Icon(ft.Icons.CONTRAST, size=17, color=tokens.accent_text)
    return ft.Icon(ft.Icons.REMOVE, size=15, color=tokens.line)


def _matrix(look: Look, view: RolesView) -> ft.Control:
    tokens = look.tokens
    head = ft.Row(
        [ft.Container(expand=True), *[_title(look, label, n == view.mine) for n, (_, label) in enumerate(view.roles)]],
        spacing=0,
    )
    lines: list[ft.Control] = [head]
    for group, rights in view.groups:
        lines.append(
            ft.Container(
                parts.text(group, tokens.accent_text, size=12.5, weight=parts.BOLD),
                padding=ft.Padding.only(top=12, bottom=4),
            )
        )
        lines += [_right(look, right, view.mine) for right in rights]
    face = ft.Container(
        ft.Column(lines, spacing=0, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        padding=ft.Padding.symmetric(horizontal=18, vertical=14),
        bgcolor=tokens.ground,
        border=ft.Border.all(1, tokens.line),
        border_radius=12,
    )
    return parts.named("roles-matrix", face)


def _title(look: Look, label: str, mine: bool) -> ft.Control:
    color = look.tokens.accent_text if mine else look.tokens.text
    text = parts.text(label, color, size=12.5, weight=parts.BOLD, text_align=ft.TextAlign.CENTER)
    return ft.Container(text, width=COLUMN, alignment=ft.Alignment.CENTER)


def _right(look: Look, right: RightView, mine: int) -> ft.Control:
    tokens = look.tokens

    def cell(n: int, grant: Grant) -> ft.Control:
        face = ft.Container(
            mark(look, grant),
            width=COLUMN,
            height=ROW,
            alignment=ft.Alignment.CENTER,
            bgcolor=tokens.selected if n == mine else None,
            tooltip=grant.label,
        )
        return parts.named(f"grant-{right.name}-{n}", face, label=grant.label)

    line = ft.Row(
        [
            ft.Container(parts.text(right.label, tokens.text, size=13, one_line=True), expand=True),
            *[cell(n, g) for n, g in enumerate(right.grants)],
        ],
        spacing=0,
    )
    return ft.Container(line, border=ft.Border.only(top=ft.BorderSide(1, tokens.line)))


def _one_role(look: Look, view: RolesView) -> ft.Control:
    groups = [
        blocks.block(
            look,
            group,
            [_line(look, right.label, right.grants[view.chosen_at]) for right in rights],
            identifier=f"roles-group-{n}",
        )
        for n, (group, rights) in enumerate(view.groups)
    ]
    return ft.Column(groups, spacing=12, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _line(look: Look, label: str, grant: Grant) -> ft.Control:
    return ft.Row(
        [
            mark(look, grant),
            parts.text(label, look.tokens.text, size=13.5, expand=True),
            parts.text(grant.label, look.tokens.soft, size=12.5),
        ],
        spacing=10,
    )


def _programs(look: Look, programs: tuple[ProgramView, ...]) -> ft.Control:
    lines = [
        ft.Column(
            [
                parts.text(one.label, look.tokens.text, size=13.5, weight=parts.SEMI),
                parts.text(one.explained, look.tokens.soft, size=12.5),
                parts.text(one.rights, look.tokens.text, size=13),
            ],
            spacing=2,
            tight=True,
        )
        for one in programs
    ]
    return blocks.block(
        look, look.words("roles.programs"), lines, identifier="roles-programs", subtitle=look.words("roles.programs.explain")
    )
