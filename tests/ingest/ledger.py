"""A recorder in memory: the real decisions of `workflows.domain.recording`, rows in lists, leases and outages at will."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.db.recorder import PanelStateChange
from activities.db.session import DatabaseUnavailable
from ingest.satel.batcher import Entry
from workflows.domain.alarm import AlarmType, Outcome, Signal, SignalSource
from workflows.domain.recording import Bundle, Event, Facts, ObjectFacts, Recording


class Ledger:
    """What the database would hold. `away`: refuse everything for now."""

    def __init__(self, panels: Mapping[UUID, UUID]) -> None:
        self._facts = Facts(panels=panels, objects={each: ObjectFacts(object_id=each) for each in panels.values()})
        self._events: dict[UUID, Event] = {}
        self._bundles: dict[UUID, Bundle] = {}
        self.signals: list[tuple[Signal, Outcome]] = []
        self.states: list[PanelStateChange] = []
        self.cursors: dict[UUID, Mapping[str, object]] = {}
        self.leases: dict[UUID, int] = {}
        self.away = False

    async def record(self, entries: Sequence[Entry]) -> frozenset[UUID]:
        if self.away:
            raise DatabaseUnavailable("away")
        stale = frozenset(each.panel_id for each in entries if each.lease < self.leases.get(each.panel_id, 0))
        recording = Recording(
            self._facts,
            now=datetime.now(UTC),
            new_id=uuid4,
            events=self._events.values(),
            bundles=self._bundles.values(),
        )
        for entry in entries:
            if entry.panel_id not in stale:
                self._take(entry, recording)
        self._events |= {event.id: event for event in recording.events}
        self._bundles |= {bundle.id: bundle for bundle in recording.bundles}
        return stale

    def _take(self, entry: Entry, recording: Recording) -> None:
        self.signals += [(signal, recording.take(signal).outcome) for signal in entry.signals]
        self.states += entry.states
        if entry.cursor is not None:
            self.cursors[entry.panel_id] = entry.cursor

    # -- asking -----------------------------------------------------------------------------------------------------------

    @property
    def alarms(self) -> list[Event]:
        """Events that are alarms, in order of recording."""
        return [event for event in self._events.values() if event.alarm_type is not None and not event.restore]

    @property
    def lines(self) -> list[Event]:
        """The alarms among them for a lost line."""
        return [event for event in self.alarms if event.alarm_type is AlarmType.COMM_LOSS]

    def alarms_of(self, zone: int) -> list[Event]:
        return [event for event in self.alarms if event.source_kind == "ZONE" and event.source_number == zone]

    def alarm_types(self) -> list[AlarmType | None]:
        return [event.alarm_type for event in self.alarms]

    def told(self, source: SignalSource) -> list[Signal]:
        return [signal for signal, _ in self.signals if signal.source is source]

    def link_states(self) -> list[str]:
        return [str(change.state) for change in self.states if change.partition is None]

    def partition_states(self, partition: int) -> list[str]:
        return [str(change.state) for change in self.states if change.partition == partition]
