"""People at their screens: the SDK, a live stream, and what was told on it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from api.client.errors import ApiError, Unreachable
from api.client.models import AlarmSummary, Event, PanelState, PushedAlarm, TimelineItem, TimelineKind
from api.client.native import NativeTransport
from api.client.stream import Event as Told
from api.client.stream import Live, Message, Ping, Welcome
from api.client.transport import Response, Socket
from tests.scenarios.site import Site
from tests.support.eventually import eventually
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.recording import LOG_RESOLUTION


class Alarm(Protocol):
    """Anything that names an alarm in one version: from the stream, or an answer."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


class Cable:
    """A transport that can be pulled out: open sockets break without a word, new ones find nobody."""

    keeps_cookies = False

    def __init__(self) -> None:
        self._wire = NativeTransport()
        self._sockets: list[Any] = []
        self.is_out = False

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 10.0
    ) -> Response:
        self._require()
        return await self._wire.request(method, url, headers=headers, body=body, timeout=timeout)

    async def connect(self, url: str, *, timeout: float = 10.0) -> Socket:
        self._require()
        socket = await self._wire.connect(url, timeout=timeout)
        self._sockets.append(socket)
        return socket

    async def close(self) -> None:
        await self._wire.close()

    def pull_out(self) -> None:
        self.is_out = True
        for socket in self._sockets:
            socket._connection.transport.abort()
        self._sockets.clear()

    def plug_in(self) -> None:
        self.is_out = False

    def _require(self) -> None:
        if self.is_out:
            raise Unreachable("the cable is out")


@dataclass(slots=True)
class Screen:
    """What one person was told, in the order of being told."""

    told: list[Told] = field(default_factory=list)
    alarms: dict[UUID, PushedAlarm] = field(default_factory=dict)
    events: Counter[UUID] = field(default_factory=Counter)
    welcomes: list[Welcome] = field(default_factory=list)
    live: int = 0  # how often the stream was live
    seq: int = 0  # everything up to here was told

    def take(self, message: Message) -> None:
        match message:
            case Told():
                self._take_event(message)
            case Welcome():
                self.welcomes.append(message)
            case Live(seq=seq):
                self.live += 1
                self.seq = max(self.seq, seq)
            case Ping(seq=seq):
                self.seq = max(self.seq, seq)
            case _:
                pass

    def _take_event(self, message: Told) -> None:
        self.told.append(message)
        self.seq = max(self.seq, message.seq)
        if (change := message.alarm_change()) is not None:
            self.alarms[change.alarm.id] = change.alarm
            self.events.update(event.id for event in change.events)

    def of(self, site: Site) -> list[PushedAlarm]:
        return [alarm for alarm in self.alarms.values() if alarm.object_id == site.object_id]

    def statuses_of(self, alarm: Alarm) -> list[BundleStatus]:
        """What the alarm went through, repetitions left out."""
        changes = [told.alarm_change() for told in self.told]
        seen = [change.alarm.status for change in changes if change is not None and change.alarm.id == alarm.id]
        return [status for place, status in enumerate(seen) if place == 0 or seen[place - 1] is not status]

    def sequence_after(self, seq: int) -> list[tuple[int, str]]:
        return [(told.seq, told.event) for told in self.told if told.seq > seq]


@dataclass(slots=True)
class Refusal:
    error: ApiError | None = None

    @property
    def current(self) -> AlarmSummary:
        """The alarm as it is now, out of the refusal."""
        assert self.error is not None
        current = StamClient.current_of(self.error)
        assert current is not None, f"the refusal {self.error} does not tell the alarm as it is now"
        return current


@dataclass(slots=True)
class Person:
    """Somebody logged in, with a live stream; an operator if his role allows it."""

    username: str
    client: StamClient
    cable: Cable
    screen: Screen = field(default_factory=Screen)

    @property
    def id(self) -> UUID:
        assert self.client.user is not None
        return self.client.user.id

    @property
    def display_name(self) -> str:
        assert self.client.user is not None
        return self.client.user.display_name

    # -- seeing

    async def sees(self, site: Site, *, within: float = 15.0, **looks: Any) -> PushedAlarm:
        """Wait until the stream has shown an alarm of the site that ``looks`` like this (attributes by name)."""
        return await self._sees(lambda: self.screen.of(site), f"an alarm of {site.name} with {looks}", within, looks)

    async def sees_it(self, alarm: Alarm, *, within: float = 15.0, **looks: Any) -> PushedAlarm:
        """Wait until the stream has shown this alarm to look like this."""
        found = lambda: [one for one in self.screen.alarms.values() if one.id == alarm.id]  # noqa: E731
        return await self._sees(found, f"alarm {alarm.id} with {looks}", within, looks)

    async def _sees(
        self, shown: Callable[[], list[PushedAlarm]], what: str, within: float, looks: Mapping[str, Any]
    ) -> PushedAlarm:
        def found() -> list[PushedAlarm]:
            return [one for one in shown() if all(getattr(one, name) == value for name, value in looks.items())]

        try:
            return (await eventually(found, within=within))[0]
        except AssertionError:
            picture = "\n  ".join(map(_in_words, shown())) or "nothing"
            raise AssertionError(f"{self.username} did not see {what} within {within:g} s, but:\n  {picture}") from None

    def sees_only(self, site: Site, *alarms: Alarm) -> None:
        """These are all the alarms of the site the stream ever showed."""
        shown = {one.id for one in self.screen.of(site)}
        assert shown == {alarm.id for alarm in alarms}, f"{self.username} sees other alarms of {site.name}:\n  " + "\n  ".join(
            map(_in_words, self.screen.of(site))
        )

    async def sees_panel_change(self, site: Site, state: PartitionState) -> None:
        """Wait until the stream has told that a partition of the site is in that state."""

        def told() -> bool:
            changes = (told.panel_change() for told in self.screen.told)
            return any(one is not None and (one.panel_id, one.state) == (site.panel_id, state) for one in changes)

        await eventually(told, within=15, what=f"{self.username} is told that {site.name} is {state}")

    async def is_told_up_to(self, seq: int) -> None:
        """Wait until the server has said that everything up to ``seq`` was told (what is not ours to see is left out)."""
        await eventually(lambda: self.screen.seq >= seq, within=15, what=f"{self.username} is told up to {seq}")

    async def events_of(self, site: Site, **looks: Any) -> list[Event]:
        """Recorded events of the site, oldest first; those that look like this."""
        since = site.since - LOG_RESOLUTION  # a record of the panel's log is as old as its minute
        page = await self.client.events(object_id=site.object_id, from_=since, limit=200)
        found = [event for event in reversed(page.items) if all(getattr(event, key) == value for key, value in looks.items())]
        return sorted(found, key=lambda event: event.recorded_at)

    async def reads_timeline(self, alarm: Alarm) -> list[str]:
        """The story of the alarm in words: "event 130", "claim by …", "note", oldest first; scheduled things left out."""
        timeline = await self.client.timeline(alarm.id)
        return [_told_as(item) for item in timeline.items if item.kind is not TimelineKind.SCHEDULED]

    # -- panels

    async def sees_link(self, site: Site, status: LinkStatus, *, within: float = 30.0) -> PanelState:
        """Wait until the panel's live picture shows its line like this."""

        async def shown() -> PanelState:
            state = await self.client.panel_state(site.panel_id)
            assert state.link.status is status, f"the line of {site.name} is shown as {state.link.status}"
            return state

        return await eventually(shown, within=within, every=0.1, what=f"{site.name} is shown as {status}")

    async def sees_partition(self, site: Site, number: int, state: PartitionState) -> None:
        async def shown() -> bool:
            partitions = (await self.client.panel_state(site.panel_id)).partitions
            return any(one.number == number and one.state is state for one in partitions)

        await eventually(shown, every=0.1, what=f"partition {number} of {site.name} is shown as {state}")

    # -- acting

    async def claims(self, alarm: Alarm, *, version: int | None = None) -> AlarmSummary:
        return await self._acts(Action.CLAIM, alarm, version=version)

    async def starts(self, alarm: Alarm) -> AlarmSummary:
        return await self._acts(Action.START, alarm)

    async def releases(self, alarm: Alarm) -> AlarmSummary:
        return await self._acts(Action.RELEASE, alarm)

    async def acks(self, alarm: Alarm, *, note: str | None = None) -> AlarmSummary:
        return await self._acts(Action.ACK, alarm, note=note)

    async def resolves(self, alarm: Alarm, *, result_code: ResultCode | None = None) -> AlarmSummary:
        return await self._acts(Action.RESOLVE, alarm, result_code=result_code)

    async def closes(self, alarm: Alarm) -> AlarmSummary:
        return await self._acts(Action.CLOSE, alarm)

    async def works(self, alarm: Alarm, *, up_to: BundleStatus) -> AlarmSummary:
        """Everything from claim on until the alarm has that status."""
        steps = (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE, Action.CLOSE)
        for action in steps:
            answer = await self._acts(action, alarm)
            if answer.status is up_to:
                return answer
        raise AssertionError(f"{up_to} is not on the way of an alarm")

    async def _acts(self, action: Action, alarm: Alarm, *, version: int | None = None, **details: Any) -> AlarmSummary:
        """On the alarm as the screen shows it, unless told otherwise."""
        newest = max(alarm.version, self.screen.alarms[alarm.id].version if alarm.id in self.screen.alarms else 0)
        answer = await self._presses(action, alarm, version=newest if version is None else version, **details)
        await eventually(
            lambda: self.screen.alarms[alarm.id].version >= answer.version,
            what=f"{self.username}'s stream shows what came of {action}",
        )
        return answer

    async def _presses(self, action: Action, alarm: Alarm, **details: Any) -> AlarmSummary:
        """And once more when told to try again: the first alarm of a cold system on a busy machine may be slow."""
        key = str(uuid4())
        try:
            return await self.client.act(alarm.id, action, idempotency_key=key, **details)
        except ApiError as error:
            if error.code is not ErrorCode.TEMPORAL_UNAVAILABLE:
                raise
        return await self.client.act(alarm.id, action, idempotency_key=key, **details)

    @contextmanager
    def refused_with(self, code: ErrorCode) -> Iterator[Refusal]:
        """What is tried in the block must be refused for this reason."""
        refusal = Refusal()
        with pytest.raises(ApiError) as caught:
            yield refusal
        refusal.error = caught.value
        told = f"{self.username} was refused with {refusal.error.code}, not with {code}: {refusal.error.detail}"
        assert refusal.error.code == code, told

    # -- the way to the server

    def loses_the_network(self) -> None:
        self.cable.pull_out()

    async def has_the_network_back(self) -> None:
        """Returns when the stream is live again."""
        before = self.screen.live
        self.cable.plug_in()
        await eventually(lambda: self.screen.live > before, within=30, what=f"{self.username}'s stream is live again")

    async def _watch(self) -> None:
        async with aclosing(self.client.stream()) as messages:
            async for message in messages:
                self.screen.take(message)


@asynccontextmanager
async def at_work(api_url: str, username: str) -> AsyncIterator[Person]:
    """Logged in, and the stream live."""
    cable = Cable()
    person = Person(username, StamClient(api_url, transport=cable), cable)
    try:
        await person.client.login(username, DEMO_LOGINS[username])
        watching = asyncio.create_task(person._watch(), name=f"screen of {username}")
        try:
            await eventually(lambda: watching.done() or person.screen.live, within=30, what=f"{username}'s stream is live")
            yield person
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            if not watching.cancelled():
                watching.result()
    finally:
        await person.client.aclose()


def _in_words(alarm: PushedAlarm) -> str:
    return (
        f"{alarm.alarm_type} {alarm.priority} {alarm.status} v{alarm.version}, {alarm.event_count} events, "
        f"{alarm.active_count} active, headline {alarm.headline.code}{', recovered' if alarm.headline.recovered else ''}"
    )


def _told_as(item: TimelineItem) -> str:
    match item.kind:
        case TimelineKind.EVENT:
            assert item.event is not None
            return f"{'restore' if item.event.restore else 'event'} {item.event.code}"
        case TimelineKind.ACTION:
            return f"{item.action} by {item.actor_name}"
        case TimelineKind.NOTE:
            assert item.note is not None
            return f"note by {item.note.author_name}"
        case _:
            return f"{item.kind} {item.action}"
