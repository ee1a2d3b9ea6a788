"""Escalation: whom a critical alarm calls, who is on call, by what they are reached, and what was delivered."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.client.escalation import EscalationPolicy, NotificationChannel, OnCallNow, OnCallRota, OnCallShift
from api.client.models import Page
from api.client.notification import Notification
from api.client.stream import Event
from ui_flutter.sections.escalation_forms import Form
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import escalation_view, present_escalation
from ui_flutter.state.escalation_draft import (
    ChannelDraft,
    PolicyDraft,
    RotaDraft,
    channel_draft,
    policy_draft,
    rota_draft,
)
from ui_flutter.state.escalation_view import EscalationView, StandIn
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_escalation import WEEKS, Show, Tab
from ui_flutter.state.schedule_draft import clock_of, day_of
from ui_flutter.state.views import Mood
from workflows.domain.escalation import DeliveryStatus
from workflows.domain.permissions import Permission

PAGE_SIZE = 50
PAUSE = 0.5  # s between two loads for the same burst of changes
PEOPLE_MOST = 5  # pages
_NEW = "new"
_POLICY, _ROTA, _CHANNEL = "policy", "rota", "channel"


def make(tools: Tools) -> "Escalating":
    return Escalating(tools)


class Escalating(Section):
    """`/escalation`, `/escalation/<tab>`, and `/escalation/<policy|rota|channel>/<id or new>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.tab = Tab.POLICIES
        self.policies: Listing[EscalationPolicy] = Listing()
        self.rotas: Listing[OnCallRota] = Listing()
        self.channels: Listing[NotificationChannel] = Listing()
        self.log: Listing[Notification] = Listing()
        self.show = Show.ALL
        self.on_call: dict[UUID, OnCallNow] = {}
        self.shifts: dict[UUID, tuple[OnCallShift, ...]] = {}
        today = tools.clock().astimezone().date()
        monday = today - timedelta(days=today.weekday())
        self.since = datetime(monday.year, monday.month, monday.day).astimezone()
        self.people: dict[UUID, str] = {}
        self.form: Form[Any] | None = None
        self._at: tuple[str, ...] = ()  # what the form is of
        self.stand_in: StandIn | None = None
        self.standing = Sending()
        self.testing: UUID | None = None
        self._due = False

    # -- the section

    def enter(self, path: tuple[str, ...]) -> None:
        if path and path[0] in set(Tab) and (path[0] != Tab.CHANNELS or self.may_edit):
            self.tab = Tab(path[0])
        if len(path) == 2 and path[0] in {_POLICY, _ROTA, _CHANNEL} and self.may_edit:
            if path != self._at:
                self.form, self._at = None, path
                self.tools.spawn(self._open(*path))
        else:
            self.form, self._at = None, ()
        self.refresh()

    def view(self, now: datetime) -> EscalationView:
        words, objects = self.words, self.tools.store.book.object_names
        form = escalation_view.form(self.form, self, objects, words) if self.form is not None else None
        tab = self.tab
        return EscalationView(
            tab=tab,
            can_edit=self.may_edit,
            policies=present_escalation.policies(self.policies, objects, words) if tab is Tab.POLICIES else None,
            rotas=present_escalation.rotas(self.rotas, self.on_call, self.shifts, self.since, words, now)
            if tab is Tab.ROTAS
            else None,
            channels=present_escalation.channels(self.channels, self.people, words) if tab is Tab.CHANNELS else None,
            log=present_escalation.log(self.log, self.show, objects, words, now) if tab is Tab.LOG else None,
            form=form,
            stand_in=escalation_view.stand_in(self.stand_in, self.people, self.standing) if self.stand_in else None,
        )

    def told(self, message: Event) -> None:
        if message.event == "escalation.updated" and self.tab is Tab.LOG and not self._due:
            self._due = True
            self.tools.spawn(self._soon())

    def refresh(self) -> None:
        match self.tab:
            case Tab.POLICIES:
                self.fill(self.policies, self._ask_policies)
            case Tab.ROTAS:
                self.fill(self.rotas, self._ask_rotas)
            case Tab.CHANNELS:
                self.fill(self.channels, self._ask_channels)
            case Tab.LOG:
                self.fill(self.log, self._ask_log)

    def key(self, key: str) -> bool:
        if key != "Escape" or (self.form is None and self.stand_in is None):
            return False
        if self.stand_in is not None:
            self.close_stand_in()
        else:
            self.close()
        return True

    @property
    def may_edit(self) -> bool:
        user = self.tools.store.user
        return user is not None and user.may(Permission.ESCALATION_EDIT)

    # -- intents

    def choose(self, tab: str) -> None:
        self.tools.go(f"/escalation/{tab}")

    def choose_log(self, show: str) -> None:
        self.show = Show(show)
        self.log.clear()
        self.refresh()

    def more(self) -> None:
        if self.tab is Tab.LOG:
            self.fill(self.log, self._ask_log, more=True)
        else:
            self.fill(self.channels, self._ask_channels, more=True)

    def add(self) -> None:
        kind = {Tab.ROTAS: _ROTA, Tab.CHANNELS: _CHANNEL}.get(self.tab, _POLICY)
        self.tools.go(f"/escalation/{kind}/{_NEW}")

    def open_policy(self, policy: str) -> None:
        self.tools.go(f"/escalation/{_POLICY}/{policy}")

    def open_rota(self, rota: str) -> None:
        self.tools.go(f"/escalation/{_ROTA}/{rota}")

    def open_channel(self, channel: str) -> None:
        self.tools.go(f"/escalation/{_CHANNEL}/{channel}")

    def close(self) -> None:
        self.tools.go(f"/escalation/{self.tab}")

    def move_weeks(self, weeks: int) -> None:
        self.since = (self.since.replace(tzinfo=None) + timedelta(weeks=weeks)).astimezone()
        self.refresh()

    def ask_stand_in(self, rota: str) -> None:
        today = self.tools.clock().astimezone()
        since, until = f"{today:%d.%m.%Y %H:%M}", f"{today + timedelta(days=1):%d.%m.%Y %H:%M}"
        self.stand_in, self.standing = StandIn(rota=rota, since=since, until=until), Sending()
        self.tools.spawn(self._learn_people())
        self.tools.changed()

    def draw_stand_in(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.tools.changed()

    def close_stand_in(self) -> None:
        self.stand_in = None
        self.tools.changed()

    def put_stand_in(self) -> None:
        wanted = self.stand_in
        if wanted is None:
            return
        since, until = _moment(wanted.since), _moment(wanted.until)
        if not wanted.user or since is None or until is None:
            self.standing.refused(self.words("escalation.fault.stand_in"), {})
            self.tools.changed()
            return
        begins, ends = since, until

        async def put() -> None:
            await self.tools.client.escalation.stand_in(UUID(wanted.rota), user_id=UUID(wanted.user), since=begins, until=ends)
            self.stand_in = None
            self.said(self.words("escalation.stands_in"))
            self.refresh()

        self.send(self.standing, put)

    def end_stand_in(self, rota: str, override: str) -> None:
        async def end() -> None:
            await self.tools.client.escalation.end_stand_in(UUID(rota), UUID(override))
            self.refresh()

        self.tools.spawn(end())

    def test_channel(self) -> None:
        """Send something to the address of the open form; what came of it is told."""
        form = self.form
        if form is not None and form.id is not None and self.testing is None:
            self.testing = form.id
            self.tools.spawn(self._test(form.id))
            self.tools.changed()

    async def _test(self, channel_id: UUID) -> None:
        try:
            told = await self.tools.client.escalation.test_channel(channel_id)
        finally:
            self.testing = None
        good = told.status is DeliveryStatus.SENT
        text = self.words(f"escalation.status.{told.status}")
        self.said(self.words("escalation.tested", how=text), Mood.GOOD if good else Mood.BAD, detail=told.code)

    # -- forms

    async def _open(self, kind: str, id_: str) -> None:
        """The form of what the address names; a new one knows nothing of it yet."""
        found = _uuid(id_)
        api = self.tools.client.escalation
        await self._learn_people()
        if kind == _POLICY:
            await asyncio.gather(self._learn_rotas(), self._learn_channels())
            policy = policy_draft(await api.policy(found)) if found else PolicyDraft()
            self._show(kind, id_, self._policy_form(found, policy))
        elif kind == _ROTA:
            first = self.tools.clock().astimezone().date()
            rota = rota_draft(await api.rota(found)) if found else RotaDraft(first_on=first.isoformat())
            self._show(kind, id_, self._rota_form(found, rota))
        else:
            await self._learn_channels()
            known = next((channel_draft(one) for one in self.channels.items if one.id == found), ChannelDraft())
            self._show(kind, id_, self._channel_form(found, known))

    def _show(self, kind: str, id_: str, form: Form[Any]) -> None:
        if self._at == (kind, id_):
            self.form = form
            self.tools.changed()

    def _policy_form(self, id_: UUID | None, draft: PolicyDraft) -> Form[PolicyDraft]:
        api = self.tools.client.escalation

        async def save(typed: PolicyDraft) -> None:
            if id_ is None:
                await api.create_policy(**typed.members())
            else:
                await api.change_policy(id_, version=typed.version or 0, **typed.members())

        async def delete(version: int) -> None:
            assert id_ is not None
            await api.delete_policy(id_, version=version)

        return Form(self, id_, draft, save, delete, self.close)

    def _rota_form(self, id_: UUID | None, draft: RotaDraft) -> Form[RotaDraft]:
        api = self.tools.client.escalation

        async def save(typed: RotaDraft) -> None:
            if id_ is None:
                await api.create_rota(**typed.rota_members())
            else:
                await api.change_rota(id_, version=typed.version or 0, **typed.rota_members())

        async def delete(version: int) -> None:
            assert id_ is not None
            await api.delete_rota(id_, version=version)

        return Form(self, id_, draft, save, delete, self.close)

    def _channel_form(self, id_: UUID | None, draft: ChannelDraft) -> Form[ChannelDraft]:
        api = self.tools.client.escalation

        async def save(typed: ChannelDraft) -> None:
            if id_ is None:
                await api.create_channel(typed.kind, **typed.created())
            else:
                await api.change_channel(id_, version=typed.version or 0, **typed.changed())

        async def delete(version: int) -> None:
            assert id_ is not None
            await api.delete_channel(id_, version=version)

        return Form(self, id_, draft, save, delete, self.close)

    # -- what it needs to know

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        self.refresh()

    async def _ask_policies(self, cursor: str | None) -> Page[EscalationPolicy]:
        return await self.tools.client.escalation.policies(cursor=cursor, limit=200)

    async def _ask_rotas(self, cursor: str | None) -> Page[OnCallRota]:
        api = self.tools.client.escalation
        found = await api.rotas(cursor=cursor, limit=200)
        self.on_call = {one.rota_id: one for one in await api.on_call()}
        until = self.since + timedelta(weeks=WEEKS, hours=2)
        asked = [api.shifts(one.id, since=self.since, until=until) for one in found.items]
        self.shifts = dict(zip((one.id for one in found.items), await asyncio.gather(*asked), strict=True))
        return found

    async def _ask_channels(self, cursor: str | None) -> Page[NotificationChannel]:
        await self._learn_people()
        return await self.tools.client.escalation.channels(cursor=cursor, limit=200)

    async def _ask_log(self, cursor: str | None) -> Page[Notification]:
        return await self.tools.client.escalation.notifications(status=self.show.statuses, cursor=cursor, limit=PAGE_SIZE)

    async def _learn_rotas(self) -> None:
        self.rotas.take(self.rotas.ask(), await self.tools.client.escalation.rotas(limit=200))

    async def _learn_channels(self) -> None:
        self.channels.take(self.channels.ask(), await self.tools.client.escalation.channels(limit=200))

    async def _learn_people(self) -> None:
        """Whom one can choose: who may change escalation may see users, too."""
        user, cursor = self.tools.store.user, None
        if self.people or user is None or not user.may(Permission.USER_MANAGE):
            return
        for _ in range(PEOPLE_MOST):
            page = await self.tools.client.users.list(active=True, limit=200, cursor=cursor)
            self.people |= {one.id: one.display_name for one in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """`24.12.2026 08:00`, local."""
    day, _, at = text.strip().partition(" ")
    found, clock = day_of(day), clock_of(at)
    return datetime.combine(found, clock).astimezone() if found and clock else None
