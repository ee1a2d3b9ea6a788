from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.folder import scratch_folder
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.server import Server
from deploy.local.temporal import Temporal
from deploy.local.valkey import Valkey


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder; no setting of the developer's own environment reaches the test."""
    for name in ("STAM_DATABASE_URL", "STAM_REDIS_URL", "STAM_TEMPORAL_ADDRESS", "STAM_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    with scratch_folder() as folder:
        yield folder


def make_server(kind: type[Server], root: Path) -> Server:
    if kind is Temporal:
        return Temporal(root, port=free_port(), http_port=free_port())
    return kind(root, port=free_port())


@pytest.fixture(params=[Postgres, Valkey, Temporal], ids=lambda kind: kind.name)
async def server(request: pytest.FixtureRequest, root: Path) -> AsyncIterator[Server]:
    """Each of the three, durable, not started."""
    made = make_server(request.param, root)
    yield made
    await made.kill()
