"""All cells of the screen. `present` writes them, the views read them."""

from dataclasses import dataclass, field, fields
from uuid import UUID

import flet as ft

from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Look
from ui_flutter.state.views import (
    BannerView,
    CallbackView,
    CountdownView,
    DetailView,
    DialogView,
    FilterView,
    FrameView,
    LinkView,
    ListView,
    LoginView,
    MeterView,
    NavView,
    QueueView,
    RowView,
    SectionView,
    SiteView,
    SoundView,
    TargetView,
    ToastView,
    TopView,
    TrustView,
    UserView,
)


@dataclass(slots=True, eq=False)
class RowCells:
    """A row and, apart from it, what changes with time: counting up costs one text and not a row."""

    row: Cell[RowView]
    age: Cell[str]
    meter: Cell[MeterView]

    def put(self, row: RowView, age: str, meter: MeterView) -> None:
        self.row.value, self.age.value, self.meter.value = row, age, meter


@dataclass(slots=True, kw_only=True)
class Screen:
    """One cell per independently changing part."""

    look: Cell[Look]
    frame: Cell[FrameView] = field(default_factory=lambda: Cell(FrameView()))
    login: Cell[LoginView] = field(default_factory=lambda: Cell(LoginView()))
    nav: Cell[NavView] = field(default_factory=lambda: Cell(NavView()))
    section: Cell[SectionView] = field(default_factory=lambda: Cell(SectionView()))
    top: Cell[TopView] = field(default_factory=lambda: Cell(TopView()))
    user: Cell[UserView] = field(default_factory=lambda: Cell(UserView()))
    clock: Cell[str] = field(default_factory=lambda: Cell(""))
    link: Cell[LinkView] = field(default_factory=lambda: Cell(LinkView()))
    banners: Cell[tuple[BannerView, ...]] = field(default_factory=lambda: Cell(()))
    trust: Cell[TrustView] = field(default_factory=lambda: Cell(TrustView()))
    sound: Cell[SoundView] = field(default_factory=lambda: Cell(SoundView()))
    filters: Cell[FilterView] = field(default_factory=lambda: Cell(FilterView()))
    listing: Cell[ListView] = field(default_factory=lambda: Cell(ListView()))
    rows: dict[UUID, RowCells] = field(default_factory=dict)
    detail: Cell[DetailView] = field(default_factory=lambda: Cell(DetailView()))
    target: Cell[TargetView] = field(default_factory=lambda: Cell(TargetView()))
    detail_hint: Cell[str] = field(default_factory=lambda: Cell(""))
    dialog: Cell[DialogView] = field(default_factory=lambda: Cell(DialogView()))
    countdown: Cell[CountdownView] = field(default_factory=lambda: Cell(CountdownView()))
    site: Cell[SiteView] = field(default_factory=lambda: Cell(SiteView()))
    search: ft.Ref[ft.TextField] = field(default_factory=ft.Ref)
    note: ft.Ref[ft.TextField] = field(default_factory=ft.Ref)
    due: Cell[tuple[CallbackView, ...]] = field(default_factory=lambda: Cell(()))
    queue: Cell[QueueView] = field(default_factory=lambda: Cell(QueueView()))
    toasts: Cell[tuple[ToastView, ...]] = field(default_factory=lambda: Cell(()))

    def redraw(self) -> None:
        """Have every component drawn again, for after a drawing that was lost."""
        mine = (getattr(self, f.name) for f in fields(self))
        rows = (cell for cells in self.rows.values() for cell in (cells.row, cells.age, cells.meter))
        for cell in (*mine, *rows):
            if isinstance(cell, Cell):
                cell.notify()  # type: ignore[no-untyped-call]
