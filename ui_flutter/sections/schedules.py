"""Auto-arm: what happens tonight, the week, the schedules themselves, and what became of a day."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from api.client.auto_arm import AutoArmReport, AutoArmRun, Holiday, NotArmedPartition, Preview, TimetableFiring, TimetableRow
from api.client.codec import decode
from api.client.errors import ClientError
from api.client.models import Page
from api.client.stream import Event
from ui_flutter.sections.schedule_editor import Editor
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_holidays, present_report, present_schedule, present_schedules
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_schedules import AFTER, BEFORE, RunKey, Tab
from ui_flutter.state.schedule_draft import day_of
from ui_flutter.state.schedules_view import SchedulesView
from workflows.domain.permissions import Permission

PAUSE = 3.0  # s between two loads while firings go on: at eight in the evening there are hundreds
AHEAD = timedelta(days=9)  # how far the list knows the next firing
NOON = 12  # before it the report is about the evening before
RUNS_MOST = 10  # pages of one night's runs
_NEW, _EDIT = "new", "edit"


def make(tools: Tools) -> "Schedules":
    return Schedules(tools)


class Schedules(Section):
    """`/schedules`, `/schedules/<tab>`, `/schedules/new`, `/schedules/<id>`, `/schedules/<id>/edit`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.tab = Tab.TONIGHT
        self.rows: Listing[TimetableRow] = Listing()  # tonight, and the days ahead
        self.week: Listing[TimetableRow] = Listing()
        self.runs: dict[RunKey, AutoArmRun] = {}
        self._told = 0
        self._told_at: dict[RunKey, int] = {}  # which news of all that was
        self.unarmed: Listing[NotArmedPartition] = Listing()
        self.report: Listing[AutoArmReport] = Listing()
        self.holidays: Listing[Holiday] = Listing()
        today = tools.clock().astimezone().date()
        self.monday = today - timedelta(days=today.weekday())
        self.week_day = today.weekday()
        is_morning = tools.clock().astimezone().hour < NOON
        self.report_day = today - timedelta(days=1) if is_morning else today
        self.year = today.year
        self.chosen: UUID | None = None
        self.preview: Preview | None = None
        self.preview_error = ""
        self.editor: Editor | None = None
        self.firing = ""  # `<schedule>:<day>` of the firing that is being decided about
        self.minutes, self.reason = "30", ""
        self.deciding = Sending()
        self.keeping = Sending()  # of holidays
        self._due = False
        self._shown = False

    # -- the section

    def enter(self, path: tuple[str, ...]) -> None:
        self._shown = True
        head, is_edit = path[0] if path else "", path[-1:] == (_EDIT,)
        if head in set(Tab):
            self.tab = Tab(head)
        self.chosen = _id(head)
        wants_editor = head == _NEW or (self.chosen is not None and is_edit)
        if not (wants_editor and self._may(Permission.SCHEDULE_EDIT)):
            self.editor = None
        elif self.editor is None or self.editor.schedule_id != self.chosen:
            self.editor = Editor(self, self.chosen, self._saved)
        if self.chosen is not None and self.editor is None:
            self.tab = Tab.LIST
            self.preview, self.preview_error = None, ""
            self.tools.spawn(self._show(self.chosen))
        self.refresh()

    def view(self, now: datetime) -> SchedulesView:
        words, tab, editor = self.words, self.tab, self.editor
        return SchedulesView(
            tab=tab,
            can_edit=self._may(Permission.SCHEDULE_EDIT),
            tonight=present_schedules.tonight(self.rows, self.runs, self.unarmed, words, now, self.firing)
            if tab is Tab.TONIGHT
            else None,
            week=present_schedules.week(self.week, self.monday, self.week_day, words, now) if tab is Tab.WEEK else None,
            table=present_schedules.schedules(self.rows, words, now, self.chosen) if tab is Tab.LIST else None,
            report=present_report.report(self.report, self._named(), self.report_day, words) if tab is Tab.REPORT else None,
            holidays=present_holidays.holidays(self.holidays, self.year, self.keeping, words) if tab is Tab.HOLIDAYS else None,
            card=self._card(),
            decision=self._decision(now),
            editor=present_schedule.editor(editor, words, is_new=editor.draft.version is None) if editor else None,
        )

    def told(self, message: Event) -> None:
        """A firing is shown as it is told; all of it is loaded a little later, for what follows from it."""
        if message.event == "schedule.firing":
            self._now_is(pushed(message.data))
            if self._shown and not self._due:
                self._due = True
                self.tools.spawn(self._soon())

    def leave(self) -> None:
        self._shown, self.firing = False, ""

    def refresh(self) -> None:
        """Load what the open tab shows."""
        self.fill(self.rows, self._ask_rows)
        match self.tab:
            case Tab.TONIGHT:
                self.fill(self.unarmed, self._ask_sweep)
                self.tools.spawn(self._learn_runs())
            case Tab.WEEK:
                self.fill(self.week, self._ask_week)
            case Tab.REPORT:
                self.fill(self.report, self._ask_report)
            case Tab.HOLIDAYS:
                self.fill(self.holidays, self._ask_holidays)
            case Tab.LIST:
                pass

    def key(self, key: str) -> bool:
        if key != "Escape" or not (self.firing or self.chosen or self.editor):
            return False
        if self.firing:
            self.close_firing()
        else:
            self.tools.go(f"/schedules/{self.chosen}" if self.editor and self.chosen else "/schedules/list")
        return True

    # -- intents

    def choose(self, tab: str) -> None:
        self.tools.go(f"/schedules/{tab}")

    def open(self, schedule: str) -> None:
        self.tools.go("/schedules/list" if schedule == str(self.chosen) else f"/schedules/{schedule}")

    def close(self) -> None:
        self.tools.go("/schedules/list")

    def add(self) -> None:
        self.tools.go(f"/schedules/{_NEW}")

    def edit(self) -> None:
        self.tools.go(f"/schedules/{self.chosen}/{_EDIT}")

    def move_week(self, weeks: int) -> None:
        self.monday += timedelta(weeks=weeks)
        self.week.clear()
        self.refresh()

    def choose_day(self, day: str) -> None:
        self.week_day = int(day)
        self.tools.changed()

    def move_report(self, days: int) -> None:
        self.report_day += timedelta(days=days)
        self.report.clear()
        self.refresh()

    def move_year(self, years: int) -> None:
        self.year += years
        self.holidays.clear()
        self.refresh()

    def add_holiday(self, day: str, name: str) -> None:
        found = day_of(day)

        async def put() -> None:
            assert found is not None
            await self.tools.client.auto_arm.put_holiday(found, name.strip())
            self.said(self.words("schedule.holiday_added"))
            self.fill(self.holidays, self._ask_holidays)

        if found is None or not name.strip():
            self.keeping.refused(self.words("schedule.fault.holiday"), {})
            self.tools.changed()
        else:
            self.send(self.keeping, put)

    def drop_holiday(self, day: date) -> None:
        async def drop() -> None:
            await self.tools.client.auto_arm.delete_holiday(day)
            self.fill(self.holidays, self._ask_holidays)

        self.send(self.keeping, drop)

    def open_firing(self, key: str) -> None:
        self.firing, self.minutes, self.reason, self.deciding = key, "30", "", Sending()
        self.tools.changed()

    def close_firing(self) -> None:
        self.firing = ""
        self.tools.changed()

    def typed(self, minutes: str | None = None, reason: str | None = None) -> None:
        self.minutes = self.minutes if minutes is None else minutes
        self.reason = self.reason if reason is None else reason
        self.tools.changed()

    def postpone(self) -> None:
        if self.minutes.strip().isdecimal() and int(self.minutes) > 0:
            minutes, reason = int(self.minutes), self.reason.strip()
            self._decide(lambda run: self.tools.client.auto_arm.postpone(run, minutes, reason=reason), "schedule.put_off")
        else:
            self.deciding.refused("", {"minutes": "schedule.fault.minutes"})
            self.tools.changed()

    def cancel(self) -> None:
        reason = self.reason.strip()
        self._decide(lambda run: self.tools.client.auto_arm.cancel(run, reason=reason), "schedule.cancelled")

    def _decide(self, ask: Callable[[UUID], Awaitable[AutoArmRun]], said: str) -> None:
        found = self._found()
        known = self.runs.get((found[0].schedule.id, found[1].fire_at)) if found else None

        async def decide() -> None:
            assert known is not None
            run = await ask(known.id)
            self._now_is(run)
            self.firing = ""
            self.said(self.words(said))
            self.refresh()

        if not self.reason.strip():
            self.deciding.refused("", {"reason": "schedule.fault.reason"})
            self.tools.changed()
        elif known is not None:
            self.send(self.deciding, decide)

    # -- helpers

    def _may(self, permission: Permission) -> bool:
        user = self.tools.store.user
        return user is not None and user.may(permission)

    def _named(self) -> dict[UUID, TimetableRow]:
        return {row.schedule.id: row for row in self.rows.items}

    def _found(self) -> tuple[TimetableRow, TimetableFiring] | None:
        """The firing that is being decided about."""
        schedule, _, day = self.firing.partition(":")
        row = next((one for one in self.rows.items if str(one.schedule.id) == schedule), None)
        firing = next((one for one in row.firings if one.day.isoformat() == day), None) if row else None
        return (row, firing) if row and firing else None

    def _card(self) -> present_schedule.CardView | None:
        row = self._named().get(self.chosen) if self.chosen else None
        if row is None:
            return None
        may = self._may(Permission.SCHEDULE_EDIT)
        return present_schedule.card(row, self.preview, self.preview_error, self.words, can_edit=may)

    def _decision(self, now: datetime) -> present_schedule.DecisionView | None:
        found = self._found()
        if found is None:
            return None
        row, firing = found
        run = self.runs.get((row.schedule.id, firing.fire_at))
        may, typed = self._may(Permission.SCHEDULE_POSTPONE), (self.minutes, self.reason)
        return present_schedule.decision(row, firing, run, typed, self.deciding, self.words, now, may=may)

    def _saved(self, schedule_id: UUID | None) -> None:
        self.editor = None
        self.tools.go(f"/schedules/{schedule_id}" if schedule_id else "/schedules/list")

    # -- what it needs to know

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        self.refresh()

    async def _ask_rows(self, _: str | None) -> Page[TimetableRow]:
        now = self.tools.clock()
        told = await self.tools.client.auto_arm.timetable(since=now - BEFORE - timedelta(days=1), until=now + AHEAD)
        return Page(items=told.rows)

    async def _ask_week(self, _: str | None) -> Page[TimetableRow]:
        since = datetime(self.monday.year, self.monday.month, self.monday.day).astimezone()
        told = await self.tools.client.auto_arm.timetable(since=since, until=since + timedelta(days=7, hours=2))
        return Page(items=told.rows)

    async def _ask_sweep(self, _: str | None) -> Page[NotArmedPartition]:
        return Page(items=(await self.tools.client.auto_arm.sweep()).not_armed)

    async def _ask_report(self, _: str | None) -> Page[AutoArmReport]:
        return Page(items=(await self.tools.client.auto_arm.report(self.report_day),))

    async def _ask_holidays(self, _: str | None) -> Page[Holiday]:
        return Page(items=(await self.tools.client.auto_arm.holidays(year=self.year, region="PL")).days)

    def _now_is(self, run: AutoArmRun) -> None:
        key = run.schedule_id, run.fire_at
        self._told += 1
        self.runs[key], self._told_at[key] = run, self._told

    async def _learn_runs(self) -> None:
        now, cursor = self.tools.clock(), None
        for _ in range(RUNS_MOST):
            asked = self._told
            page = await self.tools.client.auto_arm.runs(
                since=now - BEFORE - timedelta(days=1), until=now + AFTER, limit=200, cursor=cursor
            )
            answered = {(run.schedule_id, run.fire_at): run for run in page.items}
            # What was told meanwhile is newer than the answer.
            self.runs |= {key: run for key, run in answered.items() if self._told_at.get(key, 0) <= asked}
            cursor = page.next_cursor
            if cursor is None:
                break
        self.tools.changed()

    async def _show(self, schedule_id: UUID) -> None:
        try:
            shown = await self.tools.client.auto_arm.preview(schedule_id)
        except ClientError as error:
            self.preview_error = self.tools.told(error)
        else:
            if schedule_id == self.chosen:
                self.preview = shown
        self.tools.changed()


def pushed(data: Mapping[str, Any]) -> AutoArmRun:
    """A run out of `schedule.firing`, which leaves out who and when it begun."""
    at = data["fire_at"]
    return decode({**data, "local_date": at[:10], "begun_at": at}, AutoArmRun)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
