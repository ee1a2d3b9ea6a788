"""The choices of the look: theme, size of texts, stillness; and whether the sound is heard."""

import flet as ft

from ui_flutter.appearance import SCALES
from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import DialogView
from ui_flutter.theme import ThemeName
from ui_flutter.views import forms


@safe_component
def look_choices(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """Every choice shows at once."""
    words, wanted = look.words, intents.appearance
    themes = [
        forms.choice(
            look,
            f"theme-{one}",
            words(f"look.theme.{one}"),
            one is look.tokens.name,
            lambda one=one: wanted.theme(one),  # type: ignore[misc]
            narrow=True,
        )
        for one in ThemeName
    ]
    scales = [
        forms.choice(
            look,
            f"scale-{one:.0%}",
            f"{one:.0%}",
            one == look.scale,
            lambda one=one: wanted.scale(one),  # type: ignore[misc]
            narrow=True,
        )
        for one in SCALES
    ]
    still = forms.choice(look, "still", words("look.still"), look.still, lambda: wanted.still(not look.still))
    sound = parts.button(look, "sound-check", words("look.sound_check"), intents.siren.check, icon=ft.Icons.VOLUME_UP)
    close = parts.button(look, "dialog-cancel", words("look.close"), intents.cancel_dialog, primary=True)
    return ft.Column(
        [
            forms.title(look, cell.value),
            _titled(look, "look.theme", themes),
            _titled(look, "look.scale", scales),
            still,
            ft.Row([sound, ft.Container(expand=True), close]),
        ],
        spacing=16,
        tight=True,
        scroll=ft.ScrollMode.AUTO if look.narrow else None,  # what scrolls takes the whole height
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _titled(look: Look, title: str, choices: list[ft.Control]) -> ft.Control:
    head = parts.text(look.words(title), look.tokens.soft, size=12.5)
    return ft.Column([head, ft.Row(choices, spacing=6, run_spacing=6, wrap=True)], spacing=6, tight=True)
