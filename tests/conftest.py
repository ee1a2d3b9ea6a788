"""Fixtures of all tests. The servers start at first use, once per session, and die with the session."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from temporalio.client import Client

from activities.db.session import Database
from activities.infra.crypto import new_key
from activities.infra.temporal import DATA_CONVERTER
from deploy.local.folder import scratch_folder
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.system import System
from deploy.local.temporal import NAMESPACE, Temporal
from deploy.local.valkey import Valkey
from tests.support.console import packed_once
from tests.support.log import plain_log
from tests.support.providers import MailServer, mail_server
from tests.support.scheduling import OneSystem, long_ones_first
from tests.support.stack import Databases, Stack, flush, folder_in_memory, run_apart
from tests.support.system import SystemThread, everything_is_followed

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # a test never asserts milliseconds
os.environ["STAM_SECRET_KEYS"] = new_key()  # of every process that a test makes, in this one or as a child
plain_log()
SIMULATED_PANELS = 80  # more than there are scenarios, and some for the browser


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneSystem:
    config.option.loadscopereorder = False
    return OneSystem(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # of a worker of xdist; whoever runs alone keeps the order of the files
        long_ones_first(items)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[Postgres]:
    """One PostgreSQL for the session; ``postgres.url_of(database)``. Most tests want ``database_url``."""
    server = Postgres(server_folder, port=free_port(), durable=False)
    run_apart(server.start())
    yield server
    run_apart(server.kill())


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    return Databases(postgres)


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The name of a migrated, empty database of this test's own."""
    with databases.fresh() as name:
        yield name


@pytest.fixture
def database_url(postgres: Postgres, database: str) -> str:
    """Its SQLAlchemy URL (driver asyncpg), with the rights that processes have in production."""
    return postgres.url_of(database)


@pytest.fixture
def owner_url(postgres: Postgres, database: str) -> str:
    """The same for the owner, who may change the schema."""
    return postgres.owner_url_of(database)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.connect(database_url)
    yield database
    await database.dispose()


@pytest.fixture(scope="session")
def valkey(server_folder: Path) -> Iterator[Valkey]:
    server = Valkey(server_folder, port=free_port(), durable=False)
    run_apart(server.start())
    yield server
    run_apart(server.kill())


@pytest.fixture
def valkey_url(valkey: Valkey) -> str:
    """The URL of a Valkey that holds nothing."""
    flush(valkey.url)
    return valkey.url


@pytest.fixture(scope="session")
def temporal_server(server_folder: Path) -> Iterator[Temporal]:
    server = Temporal(server_folder, port=free_port(), http_port=free_port(), durable=False)
    run_apart(server.start())
    yield server
    run_apart(server.kill())


@pytest.fixture(scope="session")
def temporal_address(temporal_server: Temporal) -> str:
    """``host:port``. Workflows of other tests are still there: use task queues and ids of your own."""
    return temporal_server.url


@pytest.fixture
async def temporal_client(temporal_address: str) -> Client:
    return await Client.connect(temporal_address, namespace=NAMESPACE, data_converter=DATA_CONVERTER)


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    """A durable stack of this test's own, to be killed and restarted (chaos)."""
    with scratch_folder() as folder:
        async with Stack(folder) as servers:
            yield servers


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServer]:
    """Where the system's e-mails go."""
    with mail_server() as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("STAM_SMTP_HOST", "127.0.0.1")
        environment.setenv("STAM_SMTP_PORT", str(server.port))
        environment.setenv("STAM_SMTP_SECURITY", "none")
        yield server


@pytest.fixture(scope="session")
def console_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The packed console."""
    own = tmp_path_factory.getbasetemp()
    assert pytestconfig.cache is not None
    kept = pytestconfig.cache.mkdir("console")
    return packed_once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own, kept)


@pytest.fixture(scope="session")
def system(mail: MailServer, console_folder: Path) -> Iterator[System]:
    """One whole system as `stam up` runs it, with quiet simulated panels, every one connected. Shared by scenarios and the
    browser: whoever needs a panel to himself takes one that nobody else uses."""
    with folder_in_memory() as folder:
        thread = SystemThread(folder, console_folder, panels=SIMULATED_PANELS)
        try:
            run_apart(everything_is_followed(thread.system))
            yield thread.system
        finally:
            thread.close()
