"""All that the page of auto-arm draws: one of its tabs, and what lies beside or above it."""

from dataclasses import dataclass

from ui_flutter.state.present_holidays import HolidaysView
from ui_flutter.state.present_report import ReportView
from ui_flutter.state.present_schedule import CardView, DecisionView, EditorView
from ui_flutter.state.present_schedules import Tab, TonightView, WeekView
from ui_flutter.state.tables import TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesView:
    """None: not on the screen."""

    tab: Tab
    can_edit: bool
    tonight: TonightView | None = None
    week: WeekView | None = None
    table: TableView | None = None
    report: ReportView | None = None
    holidays: HolidaysView | None = None
    card: CardView | None = None
    decision: DecisionView | None = None
    editor: EditorView | None = None
