"""How the system is: its parts, the panels, the queues; whether everything received is accounted for; what is switched on."""

import asyncio
from dataclasses import replace
from datetime import datetime

from api.client.errors import ClientError
from api.client.models import LedgerBalance, SystemStatus
from api.client.supervision import Supervision
from api.client.system import FlagStates, SystemDetails
from ui_flutter.sections.section import Section, Tools, ends_session
from ui_flutter.state import present_system, spans
from ui_flutter.state.present_system import SystemView, Tab
from ui_flutter.state.spans import Preset, Span
from workflows.domain.flags import Flag
from workflows.domain.permissions import Permission

LOOK_EVERY = 5.0  # s, while it is on the screen
SILENT_MOST = 20  # panels told by name
PAUSE = 0.5  # s after the last keystroke


def make(tools: Tools) -> "System":
    return System(tools)


class System(Section):
    """`/system`, `/system/ledger` and `/system/flags`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.tab = Tab.STATE
        self.status: SystemStatus | None = None
        self.supervision: Supervision | None = None
        self.details: SystemDetails | None = None
        self.looked_at: datetime | None = None
        self.error = ""
        self.span = Span(preset=Preset.DAY)
        self.ledger: LedgerBalance | None = None
        self.ledger_busy = False
        self.ledger_error = ""
        self.flags: FlagStates | None = None
        self.flags_on: dict[Flag, bool] | None = None
        self._visit = 0  # to the page of the state: a loop of an earlier one ends
        self._asked = 0  # times for the ledger

    def enter(self, path: tuple[str, ...]) -> None:
        wanted = path[0] if path else Tab.STATE
        self.tab = Tab(wanted) if wanted in self.tabs else Tab.STATE
        self._visit += 1
        if self.tab is Tab.STATE:
            self.tools.spawn(self._watch(self._visit))
        else:
            self.refresh()

    def leave(self) -> None:
        self._visit += 1

    def refresh(self) -> None:
        if self.tab is Tab.LEDGER:
            self.tools.spawn(self._balance())
        elif self.tab is Tab.FLAGS:
            self.tools.spawn(self._load_flags())
        else:
            self.tools.spawn(self._look())

    def view(self, now: datetime) -> SystemView:
        return present_system.system(self, self.tools.store, now)

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The ledger is for whoever may see it; the state and the flags are for all."""
        return (Tab.STATE, Tab.LEDGER, Tab.FLAGS) if self.sees_inside else (Tab.STATE, Tab.FLAGS)

    @property
    def sees_inside(self) -> bool:
        return self._may(Permission.LEDGER_VIEW)

    # -- intents

    def choose(self, tab: str) -> None:
        self.tools.go("/system" if tab == Tab.STATE else f"/system/{tab}")

    def choose_span(self, preset: str) -> None:
        chosen = Preset(preset)
        now = self.tools.clock()
        self.span = spans.custom(self.span, now) if chosen is Preset.CUSTOM else replace(self.span, preset=chosen)
        self.tools.spawn(self._balance())

    def type_span(self, since: str, until: str) -> None:
        self.span = replace(self.span, since=since, until=until)
        self.tools.spawn(self._balance(after=PAUSE))
        self.tools.changed()

    # -- loading

    async def _watch(self, visit: int) -> None:
        while visit == self._visit:
            await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        """What cannot be asked keeps its last answer, and the page says how old that is."""
        client = self.tools.client
        try:
            self.status = await client.system_status()
            if self._may(Permission.PANEL_VIEW):
                self.supervision = await client.supervision.look(silent=True, limit=SILENT_MOST)
            if self.sees_inside:
                self.details = await client.system.details()
        except ClientError as error:
            self.error = self.tools.told(error)
            if ends_session(error):
                raise
        else:
            self.error, self.looked_at = "", self.tools.clock()
        self.tools.changed()

    async def _balance(self, *, after: float = 0.0) -> None:
        self._asked += 1
        number = self._asked
        await asyncio.sleep(after)
        now = self.tools.clock()
        if number != self._asked or not self.span.is_good(now):
            return
        since, until = self.span.bounds(now)
        self.ledger_busy = True
        self.tools.changed()
        ledger, said = self.ledger, ""
        try:
            ledger = await self.tools.client.ledger_balance(from_=since or now - spans.LONG[Preset.MONTH], to=until or now)
        except ClientError as error:
            said = self.tools.told(error)
            if ends_session(error):
                raise
        if number == self._asked:
            self.ledger, self.ledger_error, self.ledger_busy = ledger, said, False
            self.tools.changed()

    async def _load_flags(self) -> None:
        if self.sees_inside:
            self.flags = await self.tools.client.system.flags()
        else:
            self.flags_on = await self.tools.client.flags()
        self.tools.changed()

    def _may(self, permission: Permission) -> bool:
        user = self.tools.store.user
        return user is not None and user.may(permission)
