"""What `stam up` starts, and what it leaves to others (R-UP, design §7)."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from deploy.local import probes
from deploy.local.composition import Composition
from deploy.local.config import StackSettings
from deploy.local.errors import StartupError
from deploy.local.supervisor import Service
from tests.support.eventually import eventually


@activity.defn
async def _nothing() -> None:
    """A worker has to have something to offer."""


def services(root: Path, **settings: object) -> dict[str, Service]:
    composition = Composition(StackSettings(data_dir=root, **settings))  # type: ignore[arg-type]
    return {service.name: service for service in composition.services()}


PROCESSES = {"relay-1", "relay-2", "worker", "api", "ingest-local-1", "ingest-local-2", "panels"}


def test_everything_is_started_from_nothing(root: Path) -> None:
    assert services(root).keys() == PROCESSES | {"postgres", "valkey", "temporal", "console", "compression", "migrate", "seed"}


@pytest.mark.parametrize(
    ("setting", "value", "server"),
    [
        ("database_url", "postgresql+asyncpg://stam:word@db.example:5432/stam", "postgres"),
        ("redis_url", "redis://redis.example:6379/0", "valkey"),
        ("temporal_address", "temporal.example:7233", "temporal"),
    ],
)
def test_a_server_given_by_a_setting_is_not_started_and_its_address_reaches_every_process(
    root: Path, setting: str, value: str, server: str
) -> None:
    found = services(root, **{setting: value})
    assert server not in found
    assert all(server not in service.depends_on for service in found.values())
    assert found["worker"].command().env[f"STAM_{setting.upper()}"] == value


def test_no_process_starts_before_the_schema_and_the_demo_data(root: Path) -> None:
    found = services(root)
    assert found["seed"].depends_on == ("migrate",)
    assert found["migrate"].depends_on == ("postgres",)
    for name in PROCESSES - {"panels"}:
        assert "seed" in found[name].depends_on


async def test_the_demo_data_is_made_once_and_again_for_other_panels(root: Path) -> None:
    await services(root)["seed"].settle()
    assert "seed" not in services(root)
    assert "migrate" in services(root)["worker"].depends_on
    assert "seed" in services(root, simulated_panels=20)


def test_each_ingest_process_has_a_name_of_its_own(root: Path) -> None:
    found = services(root)
    names = {found[f"ingest-{host}"].command().env["STAM_HOST_ID"] for host in ("local-1", "local-2")}
    assert len(names) == 2


def test_each_process_has_a_metrics_port_of_its_own_whatever_the_terminal_says(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAM_METRICS_PORT", "9999")
    found = services(root, metrics_base_port=9_500)
    asked = {name: int(found[name].command().env["STAM_METRICS_PORT"]) for name in PROCESSES - {"panels"}}
    assert asked.pop("api") == 0, "it has /metrics on its own port"
    assert sorted(asked.values()) == list(range(9_500, 9_505))


async def test_a_process_whose_metrics_port_is_taken_says_so_before_it_starts(root: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        relay = services(root, metrics_base_port=port)["relay-1"]
        with pytest.raises(StartupError, match=rf"Port {port}, wanted for the metrics.*STAM_METRICS_BASE_PORT"):
            await relay.prepare()


def test_without_simulator_no_panels_are_started(root: Path) -> None:
    assert "panels" not in services(root, simulated_panels=0)


def test_no_password_is_in_an_argument_or_on_the_terminal(root: Path) -> None:
    (root / "postgres").mkdir()
    found = services(root)
    secrets = [path.read_text() for path in (root / "secrets").glob("*.password")]
    shown = " ".join(" ".join((*service.command().argv, service.note)) for service in found.values())
    assert len(secrets) == 3
    assert not [secret for secret in secrets if secret in shown]


def test_only_what_changes_the_schema_gets_the_owners_password(root: Path) -> None:
    (root / "postgres").mkdir()
    found = services(root)
    owner = found["migrate"].command().env["STAM_MIGRATION_DATABASE_URL"]
    assert "//stam:" in owner
    for name in (PROCESSES | {"seed"}) - {"panels"}:
        environment = found[name].command().env
        assert "//stam_app:" in environment["STAM_DATABASE_URL"]
        assert owner not in environment.values()


async def test_a_relay_is_ready_once_it_has_its_session(database_url: str) -> None:
    url, before = database_url.replace("+asyncpg", ""), datetime.now(UTC)
    assert not await probes.connected_to_database(database_url, "stam-relay", since=before)
    relay = await asyncpg.connect(url, server_settings={"application_name": "stam-relay"})
    assert await probes.connected_to_database(database_url, "stam-relay", since=before)
    assert not await probes.connected_to_database(database_url, "stam-relay", since=datetime.now(UTC) + timedelta(seconds=5))
    await relay.close()


async def test_a_worker_is_ready_once_it_asks_for_work(temporal_client: Client, temporal_address: str) -> None:
    before = datetime.now(UTC)

    async def polls(*, since: datetime = before, pid: int = os.getpid()) -> bool:
        return await probes.polls_queue(temporal_address, "default", "probe-me", since=since, pid=pid)

    assert not await polls()
    async with Worker(temporal_client, task_queue="probe-me", activities=[_nothing]):
        await eventually(polls, what="a poll")
        assert not await polls(since=datetime.now(UTC) + timedelta(hours=1))
        assert not await polls(pid=os.getpid() + 1)


async def test_a_process_that_does_not_answer_is_not_ready() -> None:
    now = datetime.now(UTC)
    assert not await probes.answers_http("http://127.0.0.1:1/readyz")
    assert not await probes.accepts_tcp("127.0.0.1", 1)
    assert not await probes.polls_queue("127.0.0.1:1", "default", "core", since=now, pid=1)
    assert not await probes.connected_to_database("postgresql+asyncpg://a:b@127.0.0.1:1/c", "stam-relay", since=now)
