"""A text field that takes no keystroke back."""

from collections.abc import Callable
from typing import Any

import flet as ft

Typed = Callable[[Any], Any]
"""Takes Flet's event of the field."""


class Field(ft.TextField):
    """What is typed reaches us in two steps: the control has the text at once, whoever is told of it a moment later. A drawing
    between the two would write the older text over the newer one. So whatever was `told` is never written: only a text that is
    another, such as none after it was sent."""

    told: str = ""

    def _migrate_state(self, other: ft.BaseControl) -> None:
        super()._migrate_state(other)
        drawn = self.value
        if isinstance(other, Field) and drawn == other.told:
            self.value = other.value
        self.told = drawn


def field(on_change: Typed | None, **more: Any) -> Field:
    """``more``: of a `flet.TextField`."""

    def typed(event: Any) -> None:
        event.control.told = event.control.value
        if on_change is not None:
            on_change(event)

    made = Field(on_change=typed, **more)
    made.told = made.value
    return made
