"""A QR code, drawn: one path of dark modules on white paper, whatever the theme, for that is what cameras read best."""

import flet as ft

from ui_flutter.components import parts

QUIET = 4  # modules of white around the code (ISO/IEC 18004)
PAPER, INK = "#ffffff", "#000000"


def qr_code(text: str, label: str, *, size: float = 212) -> ft.Control:
    """``label``: what a screen reader says of it; the text itself is shown beside it in another way."""
    import flet.canvas as cv  # only who sets up a second factor pays for it

    rows = modules(text)
    unit = size / (len(rows) + 2 * QUIET)
    runs: list[cv.Path.PathElement] = [
        cv.Path.Rect(x=(start + QUIET) * unit, y=(y + QUIET) * unit, width=length * unit, height=unit)
        for y, row in enumerate(rows)
        for start, length in _runs(row)
    ]
    ink = cv.Path(runs, paint=ft.Paint(color=INK, style=ft.PaintingStyle.FILL, anti_alias=False))
    canvas = cv.Canvas([ink], width=size, height=size)
    paper = ft.Container(
        canvas, width=size, height=size, bgcolor=PAPER, border_radius=8, clip_behavior=ft.ClipBehavior.HARD_EDGE
    )
    return parts.named("qr-code", paper, image=True, label=label)


def modules(text: str) -> list[bytearray]:
    """The rows of the code, 1 for dark."""
    import segno

    return [bytearray(row) for row in segno.make_qr(text, error="m").matrix]


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """(start, length) of the dark modules side by side."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found
