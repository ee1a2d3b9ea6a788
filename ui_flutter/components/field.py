"""A text field that takes no keystroke back."""

from collections.abc import Callable
from typing import Any

import flet as ft

Typed = Callable[[Any], Any]
"""Takes Flet's event of the field."""


class Field(ft.TextField):
    """What is typed reaches us in two steps: the control has the text at once, whoever is told of it a moment later, and it may
    be drawn later still. A drawing between two of these would write an older text over the newer. So no text that was `told`
    since the last one drawn is written: only another, such as none after it was sent; and none where the text is not `ours`."""

    told: tuple[str, ...] = ()
    ours: bool = True

    def _migrate_state(self, other: ft.BaseControl) -> None:
        super()._migrate_state(other)
        drawn, self.told = self.value, (self.value,)
        if not isinstance(other, Field):
            return
        if drawn in other.told:
            self.told = other.told[other.told.index(drawn) :]
        if drawn in other.told or not self.ours:
            self.value = other.value


def field(on_change: Typed | None, **more: Any) -> Field:
    """``more``: of a `flet.TextField`."""

    def typed(event: Any) -> None:
        event.control.told = (*event.control.told, event.control.value)
        if on_change is not None:
            on_change(event)

    made = Field(on_change=typed, **more)
    made.told, made.ours = (made.value,), "value" in more
    return made
