"""How the system is inside (permission `ledger.view`): what waits, who holds the lines, which keys and flags are in force."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.client.session import Session
from workflows.domain.flags import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """`unpublished`: rows that no console was told of yet, `oldest_at` the first of them. `unstarted`: rows whose workflow was
    not told yet. `parked`: rows that Temporal refused for good. Each is counted up to `most`."""

    unpublished: int
    unstarted: int
    parked: int
    most: int
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestHost:
    """A process that holds panels' lines. `heard`: lines of those that were up when their holder last gave a sign of life."""

    host: str
    panels: int
    heard: int
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyAge:
    """`signs`: access tokens are signed with it now. `not_after`: until when its tokens are taken, None while it is in use."""

    kid: str
    signs_at: datetime
    signs: bool
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDetails:
    """`newest_sequence`: of what was published; `seen_sequence`: of what this API process has passed on. `key_from_setting`:
    tokens are signed with a key of the configuration, and none of `keys` signs."""

    environment: str
    server_time: datetime
    newest_sequence: int
    seen_sequence: int
    outbox: OutboxState
    temporal_url: str
    key_from_setting: bool
    hosts: tuple[IngestHost, ...] = ()
    keys: tuple[SigningKeyAge, ...] = ()


class FlagOrigin(StrEnum):
    """Which layer decided; a later one goes over an earlier."""

    PACKED = "PACKED"  # `flags` of the file that came with the software
    PACKED_ENVIRONMENT = "PACKED_ENVIRONMENT"  # its section of the environment
    OWN = "OWN"  # `flags` of the installation's own file
    OWN_ENVIRONMENT = "OWN_ENVIRONMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagState:
    """`on`: here. `by_environment`: what the same files say for each environment."""

    flag: Flag
    on: bool
    origin: FlagOrigin
    by_environment: dict[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagStates:
    """As they were when this API process started: a change of the files counts from the next start."""

    environment: str
    flags: tuple[FlagState, ...]


class System:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def details(self) -> SystemDetails:
        return await self._session.get("/api/system/details", SystemDetails)

    async def flags(self) -> FlagStates:
        return await self._session.get("/api/system/flags", FlagStates)
