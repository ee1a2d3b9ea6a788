"""The alarms this console knows: fed by REST pages and by pushed changes, never going back in version.

A pushed change carries ids and codes only. Names are remembered from whatever REST told, and `incomplete` says which
alarms REST has to be asked about again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from uuid import UUID

from api.client.models import AlarmSummary, Headline, PushedAlarm
from workflows.domain.alarm import Source
from workflows.domain.bundle import AUTO_CLOSE_AFTER, CLAIM_TTL, BundleStatus

CLOSED_KEPT = 200  # closed alarms kept for the "closed" tab and for links
_STATE_FIELDS = tuple(f.name for f in fields(PushedAlarm))
SourceKey = tuple[UUID, Source, int]


@dataclass(slots=True)
class AlarmBook:
    """All mutable; one writer. `revision` counts changes, so that a reader knows whether anything happened."""

    alarms: dict[UUID, AlarmSummary] = field(default_factory=dict)
    object_names: dict[UUID, str] = field(default_factory=dict)
    user_names: dict[UUID, str] = field(default_factory=dict)
    source_names: dict[SourceKey, str] = field(default_factory=dict)
    kept: frozenset[UUID] = frozenset()  # closed ones that are never forgotten: they are on the screen
    revision: int = 0
    _renamed: set[UUID] = field(default_factory=set)  # alarms whose sources have other names by now
    _pushed_at: dict[UUID, int] = field(default_factory=dict)

    def mark(self) -> int:
        """Take this before asking REST for the open alarms, and give it to `load` with the answer."""
        return self.revision

    def load(self, open_alarms: Iterable[AlarmSummary], mark: int) -> None:
        """The complete list of open alarms. What was open here and is not in it is gone, unless pushed meanwhile."""
        loaded = {alarm.id: alarm for alarm in open_alarms}
        for id_, alarm in list(self.alarms.items()):
            is_open = alarm.status is not BundleStatus.CLOSED
            if is_open and id_ not in loaded and self._pushed_at.get(id_, -1) <= mark:
                del self.alarms[id_]
        for alarm in loaded.values():
            self.learn(alarm)
        self.revision += 1
        self._pushed_at.clear()
        self._renamed &= self.alarms.keys()

    def learn(self, alarm: AlarmSummary) -> None:
        """One alarm from REST: of the same version it is the better one, for it has names; of an older one its names are."""
        self._remember(alarm)
        self._renamed.discard(alarm.id)
        known = self.alarms.get(alarm.id)
        if known is None or alarm.version >= known.version:
            self.alarms[alarm.id] = _summary(alarm)
        else:
            self.alarms[alarm.id] = self._named(known, known)
        self.revision += 1

    def push(self, state: PushedAlarm) -> bool:
        """A pushed change; False: we knew that or better already."""
        known = self.alarms.get(state.id)
        if known is not None and state.version <= known.version:
            return False
        self.revision += 1
        self._pushed_at[state.id] = self.revision
        self.alarms[state.id] = self._named(state, known)
        self._forget_old()
        return True

    def incomplete(self) -> list[UUID]:
        """Alarms that lack a name REST could tell, the most urgent first."""
        lacking = (alarm for alarm in self.alarms.values() if self._lacks_names(alarm))
        return [alarm.id for alarm in sorted(lacking, key=lambda alarm: (alarm.priority.rank, alarm.opened_at))]

    def described(self, panel_id: UUID) -> list[UUID]:
        """The parts of this panel have other names: which open alarms REST has to be asked about. They keep the old ones till
        then."""
        self.source_names = {key: name for key, name in self.source_names.items() if key[0] != panel_id}
        is_open = (one for one in self.alarms.values() if one.status is not BundleStatus.CLOSED)
        concerned = [one.id for one in is_open if one.headline.panel_id == panel_id]
        self._renamed.update(concerned)
        return concerned

    def remember_object(self, object_id: UUID, name: str) -> None:
        self.object_names[object_id] = name

    def _lacks_names(self, alarm: AlarmSummary) -> bool:
        key = _source_key(alarm.headline)
        is_nameless_source = key is not None and not alarm.headline.source_name and self.source_names.get(key) != ""
        is_nameless_owner = alarm.claimed_by is not None and alarm.claimed_by_name is None
        return not alarm.object_name or is_nameless_owner or is_nameless_source or alarm.id in self._renamed

    def _remember(self, alarm: AlarmSummary) -> None:
        if alarm.object_name:
            self.object_names[alarm.object_id] = alarm.object_name
        if alarm.claimed_by is not None and alarm.claimed_by_name:
            self.user_names[alarm.claimed_by] = alarm.claimed_by_name
        key = _source_key(alarm.headline)
        if key is not None:  # an empty name is knowledge, too: it has none
            self.source_names[key] = alarm.headline.source_name or ""

    def _named(self, state: PushedAlarm | AlarmSummary, known: AlarmSummary | None) -> AlarmSummary:
        values = {name: getattr(state, name) for name in _STATE_FIELDS}
        key = _source_key(state.headline)
        name = (self.source_names.get(key) if key else None) or state.headline.source_name
        if not name and known is not None and key == _source_key(known.headline):
            name = known.headline.source_name
        values["headline"] = replace(state.headline, source_name=name)
        return AlarmSummary(
            **values,
            object_name=self.object_names.get(state.object_id) or (known.object_name if known else ""),
            claimed_by_name=self.user_names.get(state.claimed_by) if state.claimed_by else None,
            claim_expires_at=state.status_changed_at + CLAIM_TTL if state.status is BundleStatus.CLAIMING else None,
            auto_close_at=state.last_activity_at + AUTO_CLOSE_AFTER if state.status is BundleStatus.RESOLVED else None,
        )

    def _forget_old(self) -> None:
        closed = [one for one in self.alarms.values() if one.status is BundleStatus.CLOSED and one.id not in self.kept]
        for alarm in sorted(closed, key=lambda alarm: alarm.status_changed_at)[: max(0, len(closed) - CLOSED_KEPT)]:
            del self.alarms[alarm.id]


def _summary(alarm: AlarmSummary) -> AlarmSummary:
    """An `AlarmDetail` (which is a summary with lists) reduced to the summary, so that views compare cheaply."""
    if type(alarm) is AlarmSummary:
        return alarm
    return AlarmSummary(**{f.name: getattr(alarm, f.name) for f in fields(AlarmSummary)})


def _source_key(headline: Headline) -> SourceKey | None:
    if headline.panel_id is None or headline.source_kind is None or not headline.source_number:
        return None
    return (headline.panel_id, headline.source_kind, headline.source_number)
