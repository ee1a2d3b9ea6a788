"""Single keys as commands. No single key closes, resolves or takes anything away: those ask first. No Flet in it."""

from typing import TYPE_CHECKING, Final
from uuid import UUID

from ui_flutter.state.store import Login
from ui_flutter.state.views import DialogKind
from workflows.domain.bundle import Action

if TYPE_CHECKING:
    from ui_flutter.controller import Controller

ACTIONS: Final = {"C": Action.CLAIM, "A": Action.ACK, "R": Action.RESOLVE, "T": Action.TAKE_OVER}
STEPS: Final = {"J": 1, "ARROW DOWN": 1, "K": -1, "ARROW UP": -1}
FIELDS: Final = {"/": "search", "N": "note"}  # which field a key leads into


class Keyboard:
    def __init__(self, controller: "Controller") -> None:
        self._controller, self._store = controller, controller.store
        self.is_typing = False  # a text field has the focus: single keys are letters

    @property
    def takes_keys(self) -> bool:
        """Whether single keys are commands now."""
        return not (self.is_typing or self._in_dialog) and self._store.login is Login.IN

    @property
    def _in_dialog(self) -> bool:
        return self._store.dialog.kind is not DialogKind.NONE

    def field_of(self, key: str) -> str:
        """The field of the alarm desk that a key leads into; empty: none now."""
        return FIELDS.get(key.upper(), "") if self.takes_keys and self._controller.at_desk else ""

    def press(self, key: str, *, modified: bool, visible: tuple[UUID, ...]) -> None:
        """``visible``: the rows on the screen."""
        if key == "Escape":
            self._escape()
        elif self.takes_keys and not modified:
            if key == "?":
                self._controller.show_keys()
            elif self._controller.at_desk:
                self._command(key.upper(), visible)
            else:
                self._controller.navigator.key(key.upper())

    def _command(self, key: str, visible: tuple[UUID, ...]) -> None:
        controller = self._controller
        if key in ACTIONS:
            controller.case.act(ACTIONS[key])
        elif key in STEPS:
            self._move(STEPS[key], visible)
        elif key in {"1", "2", "3", "4"}:
            controller.alarms.toggle_class(int(key))
        elif key == "ENTER" and self._store.card is None and visible:
            controller.case.open(visible[0])
        elif key == "D":
            controller.desk.do_next()
        elif key == "H":
            controller.desk.ask_callback()
        elif key == "P":
            controller.desk.ask_patrol()
        elif key == "M":
            controller.siren.toggle_mute()

    def _escape(self) -> None:
        if self._in_dialog:
            self._controller.cancel_dialog()
        elif not self._controller.at_desk:
            self._controller.navigator.key("Escape")
        elif self._store.card is not None and not self.is_typing:
            self._controller.case.leave()

    def _move(self, step: int, visible: tuple[UUID, ...]) -> None:
        if not visible:
            return
        current = self._store.card.id if self._store.card else None
        place = visible.index(current) + step if current in visible else 0
        self._controller.case.open(visible[max(0, min(place, len(visible) - 1))])
