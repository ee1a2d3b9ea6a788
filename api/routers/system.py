"""How the system is: the ledger's balance, the status, and what monitors ask."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from activities.db.ledger import balance
from activities.db.repositories.objects import expected_panels
from api.client import models
from api.deps import Access, LoggedIn, Served, open_to_all, require
from api.health import is_ready
from api.problems import Problem, problems
from api.schemas.parameters import Since, Until
from api.services import Services
from workflows.domain.alarm import Outcome, SignalSource
from workflows.domain.errors import ErrorCode
from workflows.domain.flags import Flag
from workflows.domain.panel import LinkStatus
from workflows.domain.permissions import Permission

router = APIRouter(tags=["System"])

Auditor = Annotated[Access, Depends(require(Permission.LEDGER_VIEW))]
Anybody = Annotated[Access, Depends(require(Permission.SYSTEM_VIEW))]

_DAY = timedelta(days=1)


@router.get("/api/ledger/balance", responses=problems(), summary="Is everything that was received accounted for?")
async def ledger_balance(access: Auditor, served: Served, since: Since = None, until: Until = None) -> models.LedgerBalance:
    """Every signal received must have ended as exactly one outcome (R-LEDGER). Without times: the last 24 hours."""
    to = until or datetime.now(UTC)
    start = since or to - _DAY
    if start >= to:
        raise Problem(ErrorCode.VALIDATION, errors=[{"field": "from", "reason": "must be before `to`"}])
    async with served.db.read() as session:
        found = await balance(session, start, to)
    return models.LedgerBalance(
        since=start,
        until=to,
        received=found.received,
        accounted=found.accounted,
        balanced=found.balanced,
        by_outcome={Outcome(name): count for name, count in found.by_outcome.items()},
        by_source={SignalSource(name): count for name, count in found.by_source.items()},
    )


@router.get("/api/system/status", responses=problems(), summary="How the system is")
async def system_status(access: Anybody, served: Served) -> models.SystemStatus:
    """DEGRADED: alarms still arrive, but something beside the database is away. `panels.connected` is null while Redis is."""
    picture = served.health.picture
    return models.SystemStatus(
        mode=picture.mode,
        database=picture.database,
        redis=picture.redis,
        temporal=picture.temporal,
        relay=picture.relay,
        panels=await _panels(served),
        sequence_id=served.hub.seq,
        server_time=datetime.now(UTC),
        version=_version(),
    )


@router.get("/api/flags", responses=problems(), summary="Which parts of the system are on?")
async def feature_flags(_: LoggedIn, served: Served) -> dict[Flag, bool]:
    """What is off answers 404; the console does not offer it."""
    return {flag: flag in served.flags for flag in Flag}


async def _panels(served: Services) -> models.PanelCounts:
    async with served.db.read() as session:
        panels = await expected_panels(session)
    live = await served.live_state.read_many(panels)
    if not all(panel.available for panel in live.values()):
        return models.PanelCounts(total=len(panels))
    connected = sum(1 for panel in live.values() if panel.link and panel.link["status"] == LinkStatus.CONNECTED)
    return models.PanelCounts(total=len(panels), connected=connected)


@cache
def _version() -> str:
    return version("stam-replacer")


@router.get("/livez", dependencies=[Depends(open_to_all)], summary="Is this process alive?")
async def livez() -> dict[str, str]:
    return {"status": "alive"}


@router.get(
    "/readyz",
    dependencies=[Depends(open_to_all)],
    summary="Can this process serve?",
    responses={503: {"description": "Not now; the body says why."}},
)
async def readyz(served: Served, response: Response) -> dict[str, bool]:
    """It needs the database. Redis and Temporal may be away: alarms are shown all the same (R-MODES)."""
    database = await is_ready(served.db)
    ready = database and served.hub.started.is_set()
    response.status_code = 200 if ready else 503
    picture = served.health.picture
    return {
        "ready": ready,
        "database": database,
        "push": served.hub.started.is_set(),
        "redis": picture.redis,
        "temporal": picture.temporal,
        "relay": picture.relay,
    }


@router.get(
    "/metrics",
    dependencies=[Depends(open_to_all)],
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
)
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
