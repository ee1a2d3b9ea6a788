"""`stam doctor`: is this installation sound? Every check says what it saw and, where it is not well, what to do."""

import asyncio
import contextlib
import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import asyncpg
import redis.asyncio as redis
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.db.roles import APP_ROLE, could_tamper
from activities.db.session import Database, DatabaseUnavailable
from activities.infra.crypto import BadKeys
from activities.infra.settings import Settings
from activities.rotation import status
from deploy.local import ports, postgres, temporal, valkey
from deploy.local.composition import Composition
from deploy.local.config import StackSettings
from deploy.local.errors import StartupError, unusable_settings
from deploy.local.folder import is_claimed
from workflows.contracts.names import SEARCH_ATTRIBUTES

_PROJECT = "stam-replacer"
_EXTRAS_WANTED = ("stack", "console")
_MIN_PYTHON = (3, 11)
_MIN_DISK = 1024**3  # bytes
_MAX_SKEW = 2.0  # s; claims last 30 s, and panel times are matched within 90 s
_TIMEOUT = 3.0  # s


class Verdict(StrEnum):
    GOOD = "✓"
    BAD = "✗"
    SKIPPED = "·"


_COLOURS = {Verdict.GOOD: typer.colors.GREEN, Verdict.BAD: typer.colors.RED, Verdict.SKIPPED: typer.colors.BRIGHT_BLACK}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: ``text`` is what was seen when good, and what to do when not."""

    verdict: Verdict
    subject: str
    text: str


def good(subject: str, text: str) -> Finding:
    return Finding(Verdict.GOOD, subject, text)


def bad(subject: str, text: str) -> Finding:
    return Finding(Verdict.BAD, subject, text)


def skipped(subject: str, text: str) -> Finding:
    return Finding(Verdict.SKIPPED, subject, text)


def examine(settings: StackSettings) -> bool:
    """Print the table; whether nothing is wrong."""
    findings = asyncio.run(_collect(settings))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        sign = typer.style(finding.verdict.value, fg=_COLOURS[finding.verdict])
        typer.echo(f"  {sign} {finding.subject:<{width}}  {finding.text}")
    wrong = sum(finding.verdict is Verdict.BAD for finding in findings)
    typer.echo(f"\n{wrong} of {len(findings)} checks failed." if wrong else "\nAll is well.")
    return wrong == 0


async def _collect(settings: StackSettings) -> list[Finding]:
    return [
        python_version(),
        *packages(),
        *server_programs(settings),
        data_folder(settings),
        disk_space(settings),
        *port_findings(settings),
        clock(datetime.now(UTC)),
        *[finding async for finding in _servers()],
    ]


# -- the machine


def python_version(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    text = ".".join(map(str, version))
    if version[:2] >= _MIN_PYTHON:
        return good("Python", text)
    return bad("Python", f"{text} is too old: install Python {'.'.join(map(str, _MIN_PYTHON))} or newer.")


def packages() -> Iterator[Finding]:
    """Every package the project declares is there, in the version it pins."""
    lacking = [name for name, pin in _requirements() if not _installed(name, pin)]
    if lacking:
        yield bad(
            "Packages",
            f"missing or of another version: {', '.join(lacking)}. Run: make up, or pip install -r requirements.lock",
        )
    else:
        yield good("Packages", f"{sum(1 for _ in _requirements())} declared, all installed")


def _requirements() -> Iterator[tuple[str, str | None]]:
    """(name, pinned version) of the run-time requirements and of the extras that `stam up` needs."""
    for line in importlib.metadata.requires(_PROJECT) or ():
        requirement, _, marker = line.partition(";")
        extra = re.search(r"extra == ['\"](\w+)", marker)
        if extra is None or extra[1] in _EXTRAS_WANTED:
            name = re.match(r"[\w.-]+", requirement)
            pin = re.search(r"==([\w.]+)", requirement)
            assert name is not None
            yield name[0], pin[1] if pin else None


def _installed(name: str, pin: str | None) -> bool:
    try:
        return importlib.metadata.version(name) == (pin or importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def server_programs(settings: StackSettings) -> Iterator[Finding]:
    """The embedded servers' programs, those that are wanted."""
    wanted: dict[str, tuple[object | None, Callable[[], object]]] = {
        "PostgreSQL": (settings.database_url, postgres.major_version),
        "Valkey": (settings.redis_url, valkey.binary),
        "Temporal server": (settings.temporal_address, temporal.binary),
    }
    for subject, (given, find) in wanted.items():
        if given is None:
            yield _attempt(subject, find, "is here")


def _attempt(subject: str, find: Callable[[], object], seen: str) -> Finding:
    try:
        find()
    except StartupError as error:
        return bad(subject, str(error))
    return good(subject, seen)


def data_folder(settings: StackSettings) -> Finding:
    root = settings.root
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return good("Data folder", f"{root}{'' if nearest == root else ' (made at the first start)'}")
    return bad("Data folder", f"{nearest} cannot be written: chown it to this user, or set STAM_DATA_DIR.")


def disk_space(settings: StackSettings) -> Finding:
    nearest = next(folder for folder in (settings.root, *settings.root.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free
    text = f"{free / 1024**3:.1f} GB free"
    if free >= _MIN_DISK:
        return good("Disk", text)
    return bad("Disk", f"only {text} at {nearest}: free some space, or set STAM_DATA_DIR.")


def port_findings(settings: StackSettings) -> Iterator[Finding]:
    """The ports `stam up` would open are free; while it runs they are its own."""
    if is_claimed(settings.root):
        yield skipped("Ports", "in use by the running stack")
        return
    composition = Composition(settings)
    for server in composition.embedded:
        for port, setting in {server.port: server.setting, **server.extra_ports()}.items():
            yield _ports(ports.Stretch(purpose=server.title, setting=setting, first=port))
    for stretch in (composition.api_port(), composition.metrics_ports(), *composition.simulator_ports()):
        yield _ports(stretch)


def _ports(stretch: ports.Stretch) -> Finding:
    subject = f"Port {stretch}" if stretch.count == 1 else f"Ports {stretch}"
    return _attempt(subject, stretch.require_free, f"free, for {stretch.purpose} ({stretch.setting})")


def clock(now: datetime, released: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> Finding:
    if now < released:
        return bad("Clock", f"shows {now:%Y-%m-%d}, which is long ago: set it, and run an NTP client (chrony).")
    return good("Clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


# -- the servers


async def _servers() -> AsyncIterator[Finding]:
    try:
        settings = Settings()
    except ValidationError as error:
        yield bad("Settings", str(unusable_settings(error)))
        return
    if not {"STAM_DATABASE_URL", "STAM_REDIS_URL", "STAM_TEMPORAL_ADDRESS"} & os.environ.keys():
        if settings.secret_keys is not None:
            yield secret_keys(settings)
        yield skipped("Servers", "not started; stam up starts them")
        return
    yield secret_keys(settings)
    answers = False
    async for finding in database(settings.database_url.get_secret_value()):
        yield finding
        answers = finding.verdict is not Verdict.BAD
    if settings.secret_keys is not None and answers:
        yield await encrypted_fields(settings)
    yield await redis_server(settings.redis_url.get_secret_value())
    async for finding in temporal_server(settings.temporal_address, settings.temporal_namespace):
        yield finding


async def database(url: str) -> AsyncIterator[Finding]:
    """Reachable, clock in step, schema the newest, and a role that cannot rewrite the audit log."""
    try:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=_TIMEOUT)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        yield bad("Database", f"does not answer ({_brief(error)}): start it, or correct STAM_DATABASE_URL.")
        return
    try:
        yield good("Database", f"PostgreSQL {await connection.fetchval('show server_version')}")
        yield _skew(await connection.fetchval("select clock_timestamp()"), datetime.now(UTC))
    finally:
        await connection.close()
    found = await asyncio.to_thread(schema, url)
    yield found
    if found.verdict is Verdict.GOOD:
        yield await database_role(url)


def _skew(theirs: datetime, ours: datetime) -> Finding:
    apart = abs((theirs - ours).total_seconds())
    if apart <= _MAX_SKEW:
        return good("Clock of the database", "in step with this machine's")
    return bad("Clock of the database", f"{apart:.0f} s apart from this machine's: run an NTP client on both.")


def schema(url: str) -> Finding:
    from migrations.run import current_is_head

    if current_is_head(url):
        return good("Schema", "is the newest")
    return bad("Schema", "is older than this version (or newer): run stam migrate.")


async def database_role(url: str) -> Finding:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=_TIMEOUT)
    try:
        role = await connection.fetchval("select current_user")
        if not await could_tamper(connection):
            return good("Database role", f"{role} cannot rewrite the audit log")
    finally:
        await connection.close()
    return bad(
        "Database role",
        f"{role} owns the schema or is a superuser, and could rewrite the audit log: connect as {APP_ROLE} in "
        "STAM_DATABASE_URL, and give the owner's URL to stam migrate alone, in STAM_MIGRATION_DATABASE_URL (ADR-021).",
    )


def secret_keys(settings: Settings) -> Finding:
    """STAM_SECRET_KEYS is set; that it parses the settings have seen to."""
    try:
        cipher = settings.cipher()
    except BadKeys as error:
        return bad("Secret keys", str(error))
    return good("Secret keys", f"{len(cipher.keys)}, {cipher.key_id} encrypts")


async def encrypted_fields(settings: Settings) -> Finding:
    """No field is under a key that is not there."""
    db = Database.connect(settings.database_url.get_secret_value(), pool=1)
    try:
        uses = await status(db, settings.cipher())
    except (DatabaseUnavailable, DBAPIError) as error:
        return bad("Encrypted fields", f"cannot be counted ({_brief(error)}): run stam migrate.")
    finally:
        await db.dispose()
    lost = {use.key_id: use.count for use in uses if not use.known}
    if lost:
        return bad("Encrypted fields", f"{sum(lost.values())} are under {', '.join(lost)}: add the key to STAM_SECRET_KEYS.")
    return good("Encrypted fields", f"{sum(use.count for use in uses)}, the keys of all are here")


async def redis_server(url: str) -> Finding:
    client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
    try:
        about = await client.info("server")
    except (redis.RedisError, OSError) as error:
        return bad("Redis", f"does not answer ({_brief(error)}): start it, or correct STAM_REDIS_URL.")
    finally:
        await client.aclose()
    name, version = ("Valkey", about["valkey_version"]) if "valkey_version" in about else ("Redis", about["redis_version"])
    return good("Redis", f"{name} {version}")


async def temporal_server(address: str, namespace: str) -> AsyncIterator[Finding]:
    """Reachable, the namespace is there, the search attributes are registered."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            await _knock(address)
            client = await Client.connect(address, namespace=namespace)
            registered = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    except (RPCError, RuntimeError, OSError, ValueError) as error:
        yield bad(
            "Temporal",
            f"does not answer for namespace {namespace} ({_brief(error)}): start it, or correct "
            "STAM_TEMPORAL_ADDRESS and STAM_TEMPORAL_NAMESPACE.",
        )
        return
    yield good("Temporal", f"namespace {namespace}")
    yield search_attributes({name: IndexedValueType.Name(kind) for name, kind in registered.custom_attributes.items()})


async def _knock(address: str) -> None:
    """Whether anybody listens. The Temporal SDK's threads go on trying for a while after it gave up, and a process that
    ends meanwhile aborts. Raises OSError, ValueError."""
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()


def search_attributes(registered: dict[str, str]) -> Finding:
    """``registered``: name -> type as Temporal's API spells it, INDEXED_VALUE_TYPE_KEYWORD."""
    wanted = {name: f"INDEXED_VALUE_TYPE_{kind.upper()}" for name, kind in SEARCH_ATTRIBUTES.items()}
    lacking = [name for name, kind in wanted.items() if registered.get(name) != kind]
    if not lacking:
        return good("Search attributes", ", ".join(wanted))
    commands = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in lacking)
    return bad("Search attributes", f"missing: temporal operator search-attribute create {commands}")


def _brief(error: BaseException) -> str:
    with contextlib.suppress(IndexError):
        return str(error).splitlines()[0][:120]
    return type(error).__name__
