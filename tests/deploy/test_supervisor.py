"""The supervisor: order, restarts, a clean end (R-UP)."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio as redis

from deploy.local import folder
from deploy.local.errors import StartupError
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.process import Command
from deploy.local.supervisor import Service, Supervisor
from deploy.local.valkey import Valkey
from tests.support.eventually import eventually


@dataclass
class Diary:
    """Writes down what it is told."""

    entries: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def ready(self, service: Service, seconds: float) -> None:
        self.entries.append(f"ready {service.name}")

    def failed(self, service: Service, error: StartupError) -> None:
        self.entries.append(f"failed {service.name}")
        self.errors[service.name] = str(error)

    def died(self, service: Service, code: int, again_in: float) -> None:
        self.entries.append(f"died {service.name} {code}")

    def back(self, service: Service, seconds: float) -> None:
        self.entries.append(f"back {service.name}")

    def stopped(self, service: Service) -> None:
        self.entries.append(f"stopped {service.name}")


SLEEP = "import time; time.sleep(600)"


def python(code: str) -> Command:
    return Command(argv=(sys.executable, "-c", code))


@pytest.fixture
def service(root: Path) -> Callable[..., Service]:
    def make(name: str, code: str = SLEEP, **more: object) -> Service:
        command = python(code)
        return Service(name=name, command=lambda: command, log=root / "log" / f"{name}.log", **more)  # type: ignore[arg-type]

    return make


async def test_services_start_after_what_they_depend_on_and_stop_before_it(service: Callable[..., Service]) -> None:
    diary = Diary()
    chain = [service("c", depends_on=("b",)), service("b", depends_on=("a",)), service("a")]
    async with Supervisor(chain, diary):
        assert diary.entries == ["ready a", "ready b", "ready c"]
    assert diary.entries[3:] == ["stopped c", "stopped b", "stopped a"]


async def test_a_job_must_end_well_before_what_depends_on_it_starts(service: Callable[..., Service], root: Path) -> None:
    diary, mark = Diary(), root / "done"
    job = service("job", f"open({str(mark)!r}, 'w')", once=True)
    after = service("after", f"open({str(mark)!r}); {SLEEP}", depends_on=("job",))
    async with Supervisor([after, job], diary):
        assert mark.exists()
        assert diary.entries == ["ready job", "ready after"]


async def test_an_essential_failure_stops_what_had_started_and_shows_the_log(service: Callable[..., Service]) -> None:
    diary = Diary()
    bad = service("bad", "raise SystemExit('no such panel')", once=True, depends_on=("good",))
    supervisor = Supervisor([service("good"), bad], diary)
    with pytest.raises(StartupError, match="no such panel"):
        async with supervisor:
            pytest.fail("started")
    assert diary.entries == ["ready good", "stopped good"]
    good_pid = supervisor.pid("good")
    assert good_pid is not None
    assert not psutil.pid_exists(good_pid)


async def test_the_stack_does_without_a_service_that_is_not_essential(service: Callable[..., Service]) -> None:
    diary = Diary()
    extra = service("extra", "raise SystemExit('not today')", once=True, essential=False)
    async with Supervisor([extra, service("main", depends_on=("extra",))], diary):
        assert diary.entries == ["failed extra", "ready main"]
        assert "not today" in diary.errors["extra"]


async def test_what_comes_afterwards_begins_when_all_else_is_ready_and_nobody_waits_for_it(
    service: Callable[..., Service], root: Path
) -> None:
    diary, door = Diary(), root / "door"
    os.mkfifo(door)
    late = service("late", f"open({str(door)!r}).read()", once=True, essential=False, afterwards=True)
    async with Supervisor([late, service("main")], diary):
        assert diary.entries == ["ready main"]
        await asyncio.to_thread(door.write_text, "open")
        await eventually(lambda: "ready late" in diary.entries)


async def test_what_comes_afterwards_ends_with_the_stack(service: Callable[..., Service]) -> None:
    diary = Diary()
    supervisor = Supervisor([service("late", once=True, essential=False, afterwards=True), service("main")], diary)
    async with supervisor:
        pid = await eventually(lambda: supervisor.pid("late"))
    assert pid is not None
    assert diary.entries == ["ready main", "stopped main"]
    assert not psutil.pid_exists(pid)


async def test_a_service_that_never_gets_ready_fails_when_its_time_is_over(service: Callable[..., Service]) -> None:
    async def never(_: object) -> bool:
        return False

    slow = service("slow", ready=never, start_within=0.3, probe_every=0.02)
    with pytest.raises(StartupError, match="slow was not ready"):
        async with Supervisor([slow], Diary()):
            pytest.fail("started")


async def test_a_killed_server_is_started_again_with_its_data(root: Path) -> None:
    diary, valkey = Diary(), Valkey(root, port=free_port())
    async with Supervisor([Service.of(valkey)], diary) as supervisor:
        pid = supervisor.pid("valkey")
        assert pid is not None
        async with redis.Redis.from_url(valkey.url) as client:
            await client.set("kept", "7")
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: "back valkey" in diary.entries, what="valkey back")
        assert f"died valkey {-signal.SIGKILL}" in diary.entries
        async with redis.Redis.from_url(valkey.url) as client:
            assert await client.get("kept") == b"7"


async def test_a_killed_postgres_comes_back_although_a_busy_backend_outlived_it(root: Path) -> None:
    diary, postgres = Diary(), Postgres(root, port=free_port())
    async with Supervisor([Service.of(postgres)], diary) as supervisor:
        pid = supervisor.pid("postgres")
        assert pid is not None
        busy = await asyncpg.connect(postgres.url.replace("+asyncpg", ""))
        backend = psutil.Process(await busy.fetchval("select pg_backend_pid()"))
        query = asyncio.create_task(busy.execute("select count(*) from generate_series(1, 1000000000)"))
        await eventually(lambda: backend.status() == psutil.STATUS_RUNNING, what="the backend computing")
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: "back postgres" in diary.entries, within=30, what="PostgreSQL back")
        assert "failed postgres" not in diary.entries
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await query


async def test_a_service_that_keeps_dying_is_started_again_and_again(
    service: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.supervisor._BACK_OFF", (0.01, 0.05))
    diary = Diary()
    async with Supervisor([service("weak", "import time; time.sleep(0.1); raise SystemExit(3)")], diary):
        await eventually(lambda: diary.entries.count("died weak 3") >= 3, what="three deaths")


async def test_a_restart_that_fails_for_whatever_reason_is_told_and_tried_again(
    service: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.supervisor._BACK_OFF", (0.01, 0.05))
    diary, moods = Diary(), iter((None, ConnectionResetError("the server went away"), RuntimeError("no namespace"), None))

    async def settle() -> None:
        if (mood := next(moods)) is not None:
            raise mood

    async with Supervisor([service("frail", settle=settle)], diary) as supervisor:
        pid = supervisor.pid("frail")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: "back frail" in diary.entries, what="the service is back")
    assert diary.entries.count("failed frail") == 2
    assert "RuntimeError: no namespace" in diary.errors["frail"]
    assert str(service("frail").log) in diary.errors["frail"]


async def test_an_essential_service_that_fails_in_an_unforeseen_way_ends_the_start_with_one_paragraph(
    service: Callable[..., Service],
) -> None:
    async def settle() -> None:
        raise ConnectionResetError("the server went away")

    with pytest.raises(StartupError, match="frail could not be started: ConnectionResetError: the server went away"):
        async with Supervisor([service("frail", settle=settle)], Diary()):
            pytest.fail("started")


async def test_who_ignores_sigterm_is_killed_when_its_time_is_over(service: Callable[..., Service]) -> None:
    stubborn = service(
        "stubborn",
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}",
        ready=_says_up,
        stop_within=0.2,
    )
    _says_up.log = stubborn.log
    async with Supervisor([stubborn], Diary()) as supervisor:
        pid = supervisor.pid("stubborn")
    assert pid is not None
    assert not psutil.pid_exists(pid)


class _SaysUp:
    log: Path

    async def __call__(self, _: object) -> bool:
        return self.log.exists() and "up" in self.log.read_text()


_says_up = _SaysUp()


async def test_a_second_signal_does_not_wait_for_the_stubborn(service: Callable[..., Service]) -> None:
    stubborn = service(
        "stubborn",
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}",
        ready=_says_up,
        stop_within=600.0,
    )
    _says_up.log = stubborn.log
    supervisor = Supervisor([stubborn], Diary())
    async with asyncio.timeout(30):
        async with supervisor:
            supervisor.hurry()


def test_logs_are_rotated_by_size_while_they_are_written(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("ab", buffering=0) as writer:
        for turn in range(1, 5):
            writer.write(f"turn {turn} ".encode() * 10)
            folder.rotate_logs(tmp_path, size=50, kept=2)
        writer.write(b"after")
    assert log.read_text() == "after"
    assert "turn 4" in (tmp_path / "api.log.1").read_text()
    assert "turn 3" in (tmp_path / "api.log.2").read_text()
    assert not (tmp_path / "api.log.3").exists()


Stopper = Callable[[psutil.Process], Awaitable[None]]


async def _end_of_stack(root: Path, number: signal.Signals) -> list[psutil.Process]:
    """Start the three servers in a process of its own, send it ``number``, and return who is still there afterwards."""
    stack = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.deploy.small_stack", str(root), stdout=asyncio.subprocess.PIPE
    )
    assert stack.stdout is not None
    async for line in stack.stdout:
        if b"ALL READY" in line:
            break
    else:
        pytest.fail("the stack did not start")
    children = psutil.Process(stack.pid).children(recursive=True)
    assert len(children) > 3
    stack.send_signal(number)
    await stack.wait()
    return children


def _all_gone(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_stop_signal_leaves_no_process_behind(root: Path, number: signal.Signals) -> None:
    children = await _end_of_stack(root, number)
    assert _all_gone(children)
    assert not (root / "env").exists()


async def test_kill_9_of_the_supervisor_takes_its_children_along_and_the_next_start_works(root: Path) -> None:
    children = await _end_of_stack(root, signal.SIGKILL)
    await eventually(lambda: _all_gone(children), what="children gone")
    children = await _end_of_stack(root, signal.SIGTERM)
    assert _all_gone(children)
