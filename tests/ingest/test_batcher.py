"""Group commit: order per panel, nothing lost, nothing of a former holder (R-RECORD, R-RECOVER)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from activities.db.session import DatabaseUnavailable
from ingest.satel import batcher as module
from ingest.satel.batcher import PARK_AFTER, Batcher, Entry
from tests.support.eventually import eventually
from workflows.domain.alarm import AlarmType, Family, Signal, SignalSource

AT = datetime(2026, 3, 1, tzinfo=UTC)
PANEL, OTHER = uuid4(), uuid4()


def entry(code: int, *, panel: UUID = PANEL, lease: int = 1, signals: int = 1) -> Entry:
    signal = Signal(
        source=SignalSource.EDGE,
        family=Family.ZONE_ALARM,
        code=code,
        received_at=AT,
        panel_id=panel,
        alarm_type=AlarmType.INTRUSION,
    )
    return Entry(panel_id=panel, lease=lease, signals=(signal,) * signals, cursor={"code": code})


class Recorder:
    """Keeps what was committed; commits only while open, and refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.transactions: list[list[Entry]] = []
        self.committed: list[Entry] = []
        self.running: list[set[UUID]] = []
        self.most_at_once = 0
        self.open = asyncio.Event()
        self.open.set()
        self.away = False
        self.refused: set[int] = set()
        self.error: Exception = ValueError("refused")
        self.stale: dict[UUID, int] = {}

    async def __call__(self, entries: Sequence[Entry]) -> frozenset[UUID]:
        panels = {each.panel_id for each in entries}
        assert all(panels.isdisjoint(others) for others in self.running), "two transactions hold one panel"
        self.running.append(panels)
        self.most_at_once = max(self.most_at_once, len(self.running))
        try:
            self.transactions.append(list(entries))
            await asyncio.sleep(0)
            await self.open.wait()
            return self._commit(entries)
        finally:
            self.running.remove(panels)

    def _commit(self, entries: Sequence[Entry]) -> frozenset[UUID]:
        if self.away:
            raise DatabaseUnavailable("gone")
        if any(signal.code in self.refused and signal.panel_id for each in entries for signal in each.signals):
            raise self.error
        stale = frozenset(each.panel_id for each in entries if each.lease < self.stale.get(each.panel_id, 0))
        self.committed += [each for each in entries if each.panel_id not in stale]
        return stale

    def codes(self, panel: UUID) -> list[int]:
        return [signal.code for each in self.committed if each.panel_id == panel for signal in each.signals]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_FIRST", 0.005)
    monkeypatch.setattr(module, "RETRY_LAST", 0.02)


@pytest.fixture
async def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def batcher(recorder: Recorder) -> Batcher:
    return Batcher(recorder)


async def test_what_arrives_during_a_transaction_shares_the_next_one(recorder: Recorder, batcher: Batcher) -> None:
    recorder.open.clear()
    batcher.put(entry(1))
    await eventually(lambda: recorder.transactions)
    for code in range(2, 12):
        batcher.put(entry(code))
    recorder.open.set()
    await batcher.drained()
    assert recorder.codes(PANEL) == list(range(1, 12))
    assert [len(each) for each in recorder.transactions] == [1, 10]


async def test_a_panel_keeps_its_order_while_panels_run_side_by_side(recorder: Recorder, batcher: Batcher) -> None:
    panels = [uuid4() for _ in range(20)]
    for code in range(300):
        batcher.put(entry(code, panel=panels[code * 7 % 20]))
        if code % 11 == 0:
            await asyncio.sleep(0)
    await batcher.drained()
    assert all(recorder.codes(panel) == sorted(recorder.codes(panel)) for panel in panels)
    assert len(recorder.committed) == 300
    assert batcher.held == 0


async def test_two_transactions_run_side_by_side_and_never_a_third(recorder: Recorder, batcher: Batcher) -> None:
    recorder.open.clear()
    batcher.put(entry(1, panel=uuid4()))
    await eventually(lambda: len(recorder.running) == 1)
    batcher.put(entry(2, panel=uuid4()))
    await eventually(lambda: len(recorder.running) == 2)
    batcher.put(entry(3, panel=uuid4()))
    recorder.open.set()
    await batcher.drained()
    assert (recorder.most_at_once, len(recorder.committed)) == (2, 3)


async def test_a_transaction_takes_at_most_a_hundred_signals(recorder: Recorder, batcher: Batcher) -> None:
    for code in range(30):
        batcher.put(entry(code, panel=uuid4(), signals=20))
    await batcher.drained()
    assert max(sum(each.weight for each in entries) for entries in recorder.transactions) == 100


async def test_without_a_database_everything_waits_and_then_comes_in_order(recorder: Recorder, batcher: Batcher) -> None:
    recorder.away = True
    for code in range(10):
        batcher.put(entry(code))
        batcher.put(entry(code, panel=OTHER))
    await eventually(lambda: len(recorder.transactions) > 3)
    assert (recorder.committed, batcher.held, batcher.out) == ([], 20, True)
    recorder.away = False
    await batcher.drained()
    assert recorder.codes(PANEL) == recorder.codes(OTHER) == list(range(10))
    assert not batcher.out


async def test_full_is_told_at_the_limit(recorder: Recorder) -> None:
    batcher = Batcher(recorder, limit=5)
    recorder.open.clear()
    for code in range(4):
        batcher.put(entry(code))
    assert not batcher.full
    batcher.put(entry(4))
    assert batcher.full
    recorder.open.set()
    await batcher.drained()
    assert not batcher.full


@pytest.mark.parametrize(
    "error",
    [ValueError("a bug"), asyncpg.NumericValueOutOfRangeError("too large"), asyncpg.CheckViolationError("no such word")],
)
async def test_one_bad_entry_stops_only_its_own_panel_and_is_parked_in_the_end(
    recorder: Recorder, batcher: Batcher, error: Exception
) -> None:
    recorder.refused, recorder.error = {666}, error
    for code in (1, 666, 2):
        batcher.put(entry(code))
        batcher.put(entry(code + 1000, panel=OTHER))
    await batcher.drained()
    assert recorder.codes(OTHER) == [1001, 1666, 1002]
    assert recorder.codes(PANEL) == [1, 666, 2]
    parked = next(signal for each in recorder.committed for signal in each.signals if signal.code == 666)
    assert parked.panel_id is None
    assert parked.detail is not None
    assert parked.detail["panel_id"] == str(PANEL)
    refusals = [each for each in recorder.transactions if [s.code for e in each for s in e.signals] == [666]]
    assert len(refusals) > PARK_AFTER


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UndefinedTableError("migrations are under way"),
        asyncpg.InsufficientPrivilegeError("somebody took a right away"),
        DBAPIError("connect", None, Exception("password authentication failed")),
    ],
)
async def test_trouble_of_the_server_turns_no_alarm_into_quarantine(
    recorder: Recorder, batcher: Batcher, error: Exception
) -> None:
    recorder.refused, recorder.error = {666}, error
    batcher.put(entry(666))
    await eventually(lambda: len(recorder.transactions) > PARK_AFTER + 1)
    recorder.refused = set()
    await batcher.drained()
    assert [signal.panel_id for each in recorder.committed for signal in each.signals] == [PANEL]


async def test_nothing_of_a_former_lease_is_recorded_or_kept(recorder: Recorder, batcher: Batcher) -> None:
    told: list[tuple[UUID, int]] = []
    batcher.on_stale = lambda panel, lease: told.append((panel, lease))
    recorder.stale = {PANEL: 2}
    batcher.put(entry(1, lease=1))
    batcher.put(entry(2, lease=1))
    batcher.put(entry(3, lease=2))
    batcher.put(entry(4, panel=OTHER))
    await batcher.drained()
    assert (recorder.codes(PANEL), recorder.codes(OTHER), told, batcher.held) == ([3], [4], [(PANEL, 1)], 0)


async def test_an_adopted_panel_keeps_what_waited_even_if_it_was_under_way(recorder: Recorder, batcher: Batcher) -> None:
    recorder.open.clear()
    batcher.put(entry(1, lease=1))
    await eventually(lambda: recorder.transactions)
    batcher.put(entry(2, lease=1))
    recorder.stale = {PANEL: 2}
    batcher.relabel(PANEL, 2)
    recorder.open.set()
    await batcher.drained()
    assert recorder.codes(PANEL) == [1, 2]
    assert {each.lease for each in recorder.committed} == {2}


async def test_closing_commits_what_it_can_and_says_what_is_left(recorder: Recorder, batcher: Batcher) -> None:
    batcher.put(entry(1))
    assert await batcher.close(1.0) == 0
    recorder.away = True
    batcher.put(entry(2))
    assert await batcher.close(0.05) == 1
