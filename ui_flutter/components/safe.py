"""Keep one broken part from freezing the whole screen.

An exception in a component's render silently stops every later update of Flet's session, so each component of the
console is made by `safe_component`: its failure draws an error card in its place and is reported once per text.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import flet as ft

P = ParamSpec("P")
logger = logging.getLogger("stam.console")
_reported: set[str] = set()


def safe_component(draw: Callable[P, ft.Control]) -> Callable[P, ft.Control]:
    """Like `ft.component`; the function may fail without harm to its siblings."""

    @ft.component
    @wraps(draw)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ft.Control:
        try:
            return draw(*args, **kwargs)
        except Exception as error:
            report(f"{draw.__name__} cannot be drawn", error)
            return _error_card(draw.__name__)

    return guarded


def memoized(component: Callable[P, ft.Control]) -> Callable[..., ft.Control]:
    """The component, drawn again only when its arguments are others (by identity or equality) or one of its cells changed.

    Takes a `key` beside them.
    """
    remembered: Callable[..., ft.Control] = ft.memo(component)  # type: ignore[no-untyped-call]
    return remembered


def report(text: str, error: BaseException) -> None:
    """Log an error of the console itself, once per text: a broken row must not fill the log every second."""
    if text not in _reported:
        _reported.add(text)
        logger.error("%s: %r", text, error, exc_info=error)


def _error_card(name: str) -> ft.Control:
    return ft.Container(
        content=ft.Text(f"⚠ {name}", size=12, color="#ff8391"),
        padding=8,
        border=ft.Border.all(1, "#a61b2b"),
        border_radius=6,
    )
