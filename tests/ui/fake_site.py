"""The places of the station in memory: panels, documents, secrets and how the system is."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.client.documents import Document, DocumentVersion
from api.client.models import LinkState, Object, Panel, PanelState, PartitionLive, ZoneLive
from api.client.secrets import Secret
from api.client.supervision import SupervisedPart
from workflows.domain.document import DocumentKind
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Role
from workflows.domain.reveal import SecretKind

if TYPE_CHECKING:
    from tests.ui.fake_station import Person, Station


@dataclass(slots=True)
class Sites:
    """What a test puts where, and what was asked. `visible_for`: seconds of a reveal; `limit`: no more reveals."""

    panels: dict[UUID, Panel] = field(default_factory=dict)
    states: dict[UUID, PanelState] = field(default_factory=dict)
    documents: dict[UUID, tuple[Document, bytes]] = field(default_factory=dict)
    secrets: dict[UUID, tuple[Secret, str]] = field(default_factory=dict)
    reveals: dict[UUID, tuple[UUID, str, str]] = field(default_factory=dict)  # secret, who, why
    hidden: list[UUID] = field(default_factory=list)
    visible_for: float = 60.0
    limit: bool = False
    connected: int | None = 1
    mode: str = "NORMAL"
    temporal: bool = True
    parts: list[SupervisedPart] = field(default_factory=list)

    def panel(self, place: Object, *states: PartitionState, link: LinkStatus = LinkStatus.CONNECTED) -> Panel:
        now = datetime.now(UTC)
        made = Panel(
            id=uuid4(), object_id=place.id, name="INTEGRA 64", host="10.0.0.1", port=7094, encrypted=True, commandable=True,
            enabled=True, version=1, config_version=1, description_version=1, created_at=now,
        )  # fmt: skip
        self.panels[made.id] = made
        named = tuple(PartitionLive(number=n, state=state, name=f"Hala {n}") for n, state in enumerate(states, 1))
        zones = (ZoneLive(number=3, name="Korytarz", violated=True), ZoneLive(number=4, name="Biuro", violated=False))
        self.states[made.id] = PanelState(
            panel_id=made.id, link=LinkState(status=link), partitions=named, zones=zones, stale=link is LinkStatus.UNKNOWN
        )
        return made

    def document(self, place: Object, title: str, content: bytes = b"%PDF-1.7") -> Document:
        now = datetime.now(UTC)
        file = DocumentVersion(
            number=1, file_name=f"{title}.pdf", media_type="application/pdf", size=len(content), sha256="0" * 64,
            uploaded_by=uuid4(), uploaded_at=now,
        )  # fmt: skip
        made = Document(
            id=uuid4(),
            object_id=place.id,
            title=title,
            kind=DocumentKind.PLAN,
            version=1,
            latest=file,
            created_at=now,
            updated_at=now,
        )
        self.documents[made.id] = (made, content)
        return made

    def secret(self, place: Object, label: str, value: str) -> Secret:
        now = datetime.now(UTC)
        made = Secret(
            id=uuid4(), object_id=place.id, kind=SecretKind.CODE_WORD, label=label, version=1, created_at=now, updated_at=now,
            revealable_by=(Role.OPERATOR,),
        )  # fmt: skip
        self.secrets[made.id] = (made, value)
        return made


def site_routes(station: "Station", guarded: Callable[..., Any], problem: Callable[..., Response]) -> list[Route]:
    """The HTTP face of `station.sites`."""
    sites = station.sites

    def page(items: Any) -> Response:
        return JSONResponse({"items": [_plain(one) for one in items], "next_cursor": None})

    async def panels(request: Request, person: "Person") -> Response:
        wanted = UUID(request.query_params["object_id"])
        return page(one for one in sites.panels.values() if one.object_id == wanted)

    async def state(request: Request, person: "Person") -> Response:
        return JSONResponse(_plain(sites.states[UUID(request.path_params["id"])]))

    async def documents(request: Request, person: "Person") -> Response:
        return page(one for one, _ in sites.documents.values() if one.object_id == UUID(request.path_params["id"]))

    async def content(request: Request, person: "Person") -> Response:
        return Response(sites.documents[UUID(request.path_params["id"])][1], media_type="application/pdf")

    async def secrets(request: Request, person: "Person") -> Response:
        return page(one for one, _ in sites.secrets.values() if one.object_id == UUID(request.path_params["id"]))

    async def reveal(request: Request, person: "Person") -> Response:
        body = await request.json()
        if sites.limit:
            return problem(ErrorCode.RATE_LIMITED)
        id_, secret = uuid4(), sites.secrets[UUID(body["secret_id"])][0]
        sites.reveals[id_] = (secret.id, person.username, body["reason"])
        told = {
            "id": id_, "secret_id": secret.id, "kind": secret.kind, "label": secret.label, "object_id": secret.object_id,
            "object_name": "", "user_id": person.id, "username": person.username, "reason": body["reason"], "state": "VISIBLE",
            "asked_at": datetime.now(UTC),
        }  # fmt: skip
        return JSONResponse(_plain(told), status_code=201)

    async def value(request: Request, person: "Person") -> Response:
        id_ = UUID(request.path_params["id"])
        until = datetime.now(UTC) + timedelta(seconds=sites.visible_for)
        return JSONResponse(_plain({"reveal_id": id_, "expires_at": until, "value": sites.secrets[sites.reveals[id_][0]][1]}))

    async def hide(request: Request, person: "Person") -> Response:
        sites.hidden.append(UUID(request.path_params["id"]))
        return JSONResponse(None)

    async def status(request: Request, person: "Person") -> Response:
        works = {"database": True, "redis": True, "relay": True, "temporal": sites.temporal}
        counted = {"total": len(sites.panels), "connected": sites.connected}
        now = datetime.now(UTC)
        told = {"mode": sites.mode, **works, "panels": counted, "sequence_id": 1, "server_time": now, "version": "1"}
        return JSONResponse(_plain(told))

    async def supervision(request: Request, person: "Person") -> Response:
        told = {"server_time": datetime.now(UTC), "parts": sites.parts, "panels": {"items": [], "next_cursor": None}}
        return JSONResponse(_plain(told))

    return [
        Route("/api/panels", guarded(panels)),
        Route("/api/panels/{id}/state", guarded(state)),
        Route("/api/objects/{id}/documents", guarded(documents)),
        Route("/api/documents/{id}/content", guarded(content)),
        Route("/api/objects/{id}/secrets", guarded(secrets)),
        Route("/api/reveals", guarded(reveal), methods=["POST"]),
        Route("/api/reveals/{id}/secret", guarded(value)),
        Route("/api/reveals/{id}/hide", guarded(hide), methods=["POST"]),
        Route("/api/system/status", guarded(status)),
        Route("/api/supervision", guarded(supervision)),
    ]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
