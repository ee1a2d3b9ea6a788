"""How the console looks to one person: theme, size of texts, stillness. Kept over restarts; no Flet in it."""

from collections.abc import Callable
from typing import Final

from ui_flutter.state.store import Dialog, Store
from ui_flutter.state.views import DialogKind
from ui_flutter.theme import ThemeName

SCALES: Final = (1.0, 1.25, 1.5, 2.0)


class Appearance:
    """A part of the controller: intents return at once. ``remember`` keeps a choice."""

    def __init__(self, store: Store, remember: Callable[[str, str], None], changed: Callable[[], None]) -> None:
        self._store, self._remember, self._changed = store, remember, changed

    def show(self) -> None:
        """The choices."""
        self._store.dialog = Dialog(kind=DialogKind.LOOK)
        self._changed()

    def next_theme(self) -> None:
        self.theme(self._store.theme.other)

    def theme(self, theme: ThemeName) -> None:
        self._store.theme = theme
        self._kept("theme", theme)

    def scale(self, scale: float) -> None:
        """Of every text, up to twice."""
        self._store.scale = scale
        self._kept("scale", str(scale))

    def still(self, still: bool) -> None:
        """Nothing blinks or shimmers."""
        self._store.still = still
        self._kept("still", "yes" if still else "no")

    def _kept(self, key: str, value: str) -> None:
        self._remember(key, value)
        self._changed()

    def recall(self, theme: str | None, scale: str | None, still: str | None) -> None:
        """Take up the choices of an earlier start; what is not known any more is not taken."""
        store = self._store
        if theme in list(ThemeName):
            store.theme = ThemeName(str(theme))
        if scale in {str(one) for one in SCALES}:
            store.scale = float(str(scale))
        if still is not None:
            store.still = still == "yes"
        self._changed()
