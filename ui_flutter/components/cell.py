"""The bridge from values to drawing: a cell holds one immutable view; a component given a cell redraws when it changes.

A cell notifies only when its value differs, so presenting the same state twice costs nothing. A component subscribes to
every cell among its arguments: what it only hands on to a child travels in a plain object (`Screen`, `RowCells`).
"""

from typing import Generic, TypeVar

import flet as ft

T = TypeVar("T")


class Cell(ft.Observable, Generic[T]):
    """One observable value."""

    def __init__(self, value: T) -> None:
        self.value = value
