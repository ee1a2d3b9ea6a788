"""All cells of the screen. `present` writes them, the views read them."""

from dataclasses import dataclass, field
from uuid import UUID

import flet as ft

from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Look
from ui_flutter.state.views import (
    AgeView,
    BannerView,
    DetailView,
    DialogView,
    FilterView,
    FrameView,
    LinkView,
    ListView,
    LoginView,
    RowView,
    ToastView,
    TopView,
)


@dataclass(slots=True, kw_only=True)
class Screen:
    """One cell per independently changing part."""

    look: Cell[Look]
    frame: Cell[FrameView] = field(default_factory=lambda: Cell(FrameView()))
    login: Cell[LoginView] = field(default_factory=lambda: Cell(LoginView()))
    top: Cell[TopView] = field(default_factory=lambda: Cell(TopView()))
    clock: Cell[str] = field(default_factory=lambda: Cell(""))
    link: Cell[LinkView] = field(default_factory=lambda: Cell(LinkView()))
    banner: Cell[BannerView] = field(default_factory=lambda: Cell(BannerView()))
    filters: Cell[FilterView] = field(default_factory=lambda: Cell(FilterView()))
    listing: Cell[ListView] = field(default_factory=lambda: Cell(ListView()))
    rows: dict[UUID, Cell[RowView]] = field(default_factory=dict)
    ages: dict[UUID, Cell[AgeView]] = field(default_factory=dict)
    detail: Cell[DetailView] = field(default_factory=lambda: Cell(DetailView()))
    detail_age: Cell[AgeView] = field(default_factory=lambda: Cell(AgeView()))
    detail_hint: Cell[str] = field(default_factory=lambda: Cell(""))
    dialog: Cell[DialogView] = field(default_factory=lambda: Cell(DialogView()))
    search: ft.Ref[ft.TextField] = field(default_factory=ft.Ref)
    toasts: Cell[tuple[ToastView, ...]] = field(default_factory=lambda: Cell(()))
