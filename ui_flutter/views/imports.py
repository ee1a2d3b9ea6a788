"""The page of imports: a wizard of four steps, and the past ones below it."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import message, pill, table
from ui_flutter.components.tiles import progress, scrolled, tiles, warning
from ui_flutter.sections.imports import Importing
from ui_flutter.state.present_imports import ImportsView, ImportView, StartView, StepView

ROWS_HIGH = 420  # px of a table inside a page that is longer than the screen
TEMPLATE = "stam-import.xlsx"


def page(view: ImportsView, look: Look, intents: Intents, section: Importing) -> ft.Control:
    words = look.words
    if view.start is not None:
        return section_frame(look, words("nav.imports"), _start(view.start, look, section), subtitle=words("import.explain"))
    if view.one is None:
        waits = message(
            look, ft.Icons.HOURGLASS_EMPTY, view.lost or words("import.loading"), words("list.retry"), section.refresh
        )
        return section_frame(look, words("nav.imports"), waits, back=section.close)
    dialog = _ask(view.one, look, section) if view.one.asks else None
    return section_frame(look, view.one.title, _one(view.one, look, section), back=section.close, dialog=dialog)


def _start(view: StartView, look: Look, section: Importing) -> ft.Control:
    words = look.words
    upload = parts.button(
        look,
        "import-choose",
        words("import.choose"),
        _then(_choose, section),
        icon=ft.Icons.UPLOAD_FILE,
        primary=True,
        busy=view.uploading,
        enabled=not view.open,
    )
    fetch = parts.button(look, "import-template", words("import.template"), _then(_template, section), icon=ft.Icons.DOWNLOAD)
    told = words("import.sending", name=view.file_name) if view.uploading else words("import.start")
    lines: list[ft.Control] = [
        _steps(look, view.steps),
        parts.text(told, look.tokens.soft, size=13.5),
        ft.Row([fetch, upload], spacing=10, wrap=True, run_spacing=8),
    ]
    if view.open:
        go_on = parts.button(look, "import-open", words("import.go_on"), lambda: section.open(view.open))
        lines.append(warning(look, "import-is-open", words("import.one_is_open"), go_on))
    if view.error:
        lines.append(warning(look, "import-error", view.error))
    top = ft.Container(
        ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        padding=12 if look.narrow else 18,
    )
    past = table(look, view.past, on_open=section.open, on_more=section.more, on_again=section.refresh)
    head = ft.Container(
        parts.text(words("import.past"), look.tokens.text, size=14, weight=parts.SEMI),
        padding=ft.Padding.symmetric(horizontal=18, vertical=6),
        border=ft.Border.only(top=ft.BorderSide(1, look.tokens.line)),
    )
    return ft.Column(
        [top, head, ft.Container(past, expand=True)],
        spacing=0,
        expand=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _steps(look: Look, found: tuple[StepView, ...]) -> ft.Control:
    """`① Plik — ② Sprawdzenie — ③ Decyzja — ④ Zapis`."""
    tokens = look.tokens
    line: list[ft.Control] = []
    for place, one in enumerate(found):
        lit = one.done or one.current
        inside: ft.Control = parts.text(str(place + 1), tokens.on_accent if lit else tokens.soft, size=12.5, weight=parts.BOLD)
        if one.done:
            inside = ft.Icon(ft.Icons.CHECK, size=16, color=tokens.on_accent)
        ring = ft.Container(
            inside,
            width=28,
            height=28,
            border_radius=14,
            bgcolor=tokens.accent if lit else tokens.raised,
            alignment=ft.Alignment.CENTER,
        )
        weight = parts.BOLD if one.current else parts.MEDIUM
        step: list[ft.Control] = [ring]
        if one.current or not look.narrow:
            step.append(parts.text(one.name, tokens.text if lit else tokens.soft, size=13, weight=weight))
        line.append(ft.Row(step, spacing=8, tight=True))
        if place < len(found) - 1:
            line.append(ft.Container(height=2, bgcolor=tokens.accent if one.done else tokens.line, expand=True))
    spoken = next((one.name for one in found if one.current), "")
    return parts.named("import-steps", ft.Row(line, spacing=12), label=spoken)


def _one(view: ImportView, look: Look, section: Importing) -> ft.Control:
    words, tokens = look.words, look.tokens
    lines: list[ft.Control] = [_steps(look, view.steps)]
    state = parts.named("import-status", pill(look, view.status, look.mood(view.mood)))
    explain = parts.text(view.explain, tokens.soft, size=13.5, expand=not look.narrow or None)
    lines += [ft.Row([state]), explain] if look.narrow else [ft.Row([state, explain], spacing=12)]
    if view.running:
        lines.append(progress(look, "import-progress", view.progress, view.progress_text))
    if view.error:
        lines.append(warning(look, "import-error", view.error))
    buttons = _buttons(view, look, section)
    if buttons:
        lines.append(ft.Row(buttons, spacing=10, wrap=True, run_spacing=8))
    if view.tiles:
        lines.append(tiles(look, view.tiles, inset=False))
    if view.findings is not None:
        lines.append(parts.text(words("import.findings"), tokens.text, size=14, weight=parts.SEMI))
        shown = table(look, view.findings, on_more=section.more, on_again=section.refresh)
        lines.append(parts.named("import-findings", _framed(look, shown)))
    if view.objects is not None:
        chosen = tabs(look, view.outcome, view.outcomes, section.choose_outcome)
        shown = table(look, view.objects, on_more=section.more, on_again=section.refresh)
        listed = ft.Column([strip(look, chosen), ft.Container(shown, expand=True)], spacing=0, expand=True)
        lines.append(parts.named("import-objects", _framed(look, listed)))
    lines += [parts.fact(look, fact) for fact in view.facts]
    return scrolled(look, lines)


def _framed(look: Look, content: ft.Control) -> ft.Control:
    edge = ft.Border.all(1, look.tokens.line)
    return ft.Container(content, height=ROWS_HIGH, border=edge, border_radius=10, clip_behavior=ft.ClipBehavior.HARD_EDGE)


def _buttons(view: ImportView, look: Look, section: Importing) -> list[ft.Control]:
    words, found = look.words, []
    if view.can_apply:
        ask = lambda: section.ask_apply(asks=True)  # noqa: E731
        found.append(
            parts.button(look, "import-apply", words("import.apply"), ask, icon=ft.Icons.CHECK, primary=True, busy=view.busy)
        )
    if view.can_cancel:
        found.append(parts.button(look, "import-cancel", words("import.cancel"), section.cancel, busy=view.busy))
    if view.can_save:
        found.append(parts.button(look, "import-save", words("import.save"), _then(_save, section), icon=ft.Icons.DOWNLOAD))
        found.append(parts.button(look, "import-copy", words("import.copy"), section.copy_errors, icon=ft.Icons.CONTENT_COPY))
    return found


def _ask(view: ImportView, look: Look, section: Importing) -> ft.Control:
    words, no = look.words, lambda: section.ask_apply(asks=False)
    return modal(
        look,
        ft.Column(
            [
                parts.text(words("import.apply_title"), look.tokens.text, size=16, weight=parts.BOLD),
                parts.named("import-asks", parts.text(view.asks, look.tokens.soft, size=13.5)),
                ft.Row(
                    [
                        parts.button(look, "import-yes", words("import.apply"), section.apply, primary=True),
                        parts.button(look, "import-no", words("act.cancel"), no),
                    ],
                    spacing=8,
                ),
            ],
            spacing=14,
            tight=True,
        ),
    )


# -- files: the one thing of a section that only Flet can do


def _then(work: Callable[[Importing], Coroutine[Any, Any, None]], section: Importing) -> Callable[[], None]:
    """Waits for the person before the file chooser, in the background."""
    return lambda: section.tools.spawn(work(section))


async def _choose(section: Importing) -> None:
    files = await ft.FilePicker().pick_files(
        file_type=ft.FilePickerFileType.CUSTOM, allowed_extensions=["xlsx"], with_data=True
    )
    if files:
        section.upload(files[0].name, await _content(files[0]))


async def _content(file: ft.FilePickerFile) -> bytes:
    """The browser gives the bytes, a desktop a path."""
    if file.bytes is not None or file.path is None:
        return file.bytes or b""
    return await asyncio.to_thread(Path(file.path).read_bytes)


async def _template(section: Importing) -> None:
    content = await section.template()
    if content is not None:
        await ft.FilePicker().save_file(file_name=TEMPLATE, src_bytes=content)


async def _save(section: Importing) -> None:
    content = await section.errors_csv()
    if content is not None:
        await ft.FilePicker().save_file(file_name=f"import-{section.chosen}.csv", src_bytes=content)
