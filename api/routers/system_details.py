"""The inside of the system, for whoever administers it: queues, holders of lines, keys, flags."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from activities.auth import keys
from activities.db.repositories import inner_state
from activities.db.repositories.pushed import newest_sequence, oldest_waiting
from api.client.system import FlagOrigin, FlagState, FlagStates, IngestHost, OutboxState, SigningKeyAge, SystemDetails
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas.answers import same_named
from api.services import Services
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/system", tags=["System"])

Administrator = Annotated[Access, Depends(require(Permission.LEDGER_VIEW))]


@router.get("/details", responses=problems(), summary="The inside of the system")
async def system_details(access: Administrator, served: Served) -> SystemDetails:
    """What waits in the outbox, who holds the lines of panels, how old the signing keys are. Whether each part works at all
    says `GET /api/system/status`, what each has promised `GET /api/supervision`."""
    settings = served.settings
    from_setting = settings.jwt_private_key is not None
    async with served.db.read() as session:
        return SystemDetails(
            environment=settings.environment,
            server_time=datetime.now(UTC),
            newest_sequence=await newest_sequence(session),
            seen_sequence=served.hub.seq,
            outbox=await _outbox(session),
            temporal_url=f"{settings.temporal_ui_url.rstrip('/')}/namespaces/{settings.temporal_namespace}",
            key_from_setting=from_setting,
            hosts=tuple(same_named(IngestHost, row) for row in await inner_state.holders(session)),
            keys=await _keys(session, from_setting=from_setting),
        )


async def _outbox(session: AsyncSession) -> OutboxState:
    waiting = await inner_state.outbox_waiting(session)
    return OutboxState(**waiting, most=inner_state.COUNTED, oldest_at=await oldest_waiting(session))


async def _keys(session: AsyncSession, *, from_setting: bool) -> tuple[SigningKeyAge, ...]:
    now = datetime.now(UTC)
    rows = await keys.accepted(session, now)
    signing = None if from_setting else next((row.kid for row in rows if row.signs_at <= now), None)
    return tuple(
        SigningKeyAge(kid=row.kid, signs_at=row.signs_at, signs=row.kid == signing, not_after=row.not_after) for row in rows
    )


@router.get("/flags", responses=problems(), summary="Which parts are on, and where that was decided")
async def flag_states(access: Administrator, served: Served) -> FlagStates:
    """As `GET /api/flags`, with the layer of `feature_flags.yaml` or of the installation's own file that decided."""
    return FlagStates(environment=served.settings.environment, flags=_flags(served))


def _flags(served: Services) -> tuple[FlagState, ...]:
    here = served.decided[served.settings.environment]
    return tuple(
        FlagState(
            flag=flag,
            on=decided.on,
            origin=FlagOrigin(decided.layer),
            by_environment={environment: each[flag].on for environment, each in served.decided.items()},
        )
        for flag, decided in here.items()
    )
