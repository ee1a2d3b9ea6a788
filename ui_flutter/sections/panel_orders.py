"""Commands given from a panel's board, and how those given lately come out. No Flet."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from api.client.commands import Command
from api.client.errors import ApiError
from ui_flutter.sections.forms import Values
from ui_flutter.state import panel_forms as forms
from ui_flutter.state.forms import YES, numbers
from ui_flutter.state.listing import Sending
from workflows.domain.command import TARGETS, ArmMode, CommandKind, CommandStatus, Target
from workflows.domain.flags import Flag

if TYPE_CHECKING:
    from ui_flutter.sections.panels import Panels

SHOWN = 6  # the newest
PAUSE = 0.2  # s between two loads for the same burst of changes


class PanelOrders:
    """Every order is confirmed in a form first. One form has one key: sent again after a lost answer it orders once."""

    def __init__(self, section: "Panels") -> None:
        self._section = section
        self.recent: tuple[Command, ...] = ()
        self.agreeing = Sending()
        self._due = False

    # -- intents

    def arm(self) -> None:
        self._ask(CommandKind.ARM, self._section.partitions)

    def disarm(self) -> None:
        self._ask(CommandKind.DISARM, self._section.partitions)

    def clear_alarm(self) -> None:
        self._ask(CommandKind.CLEAR_ALARM, self._section.partitions)

    def bypass(self) -> None:
        self._ask(CommandKind.BYPASS, self._section.zones)

    def unbypass(self) -> None:
        self._ask(CommandKind.UNBYPASS, self._section.zones)

    def isolate(self) -> None:
        self._ask(CommandKind.ISOLATE, self._section.zones)

    def outputs(self, kind: CommandKind) -> None:
        self._ask(kind, ())

    def set_clock(self) -> None:
        self._ask(CommandKind.SET_CLOCK, ())

    def force(self, command_id: str) -> None:
        """Order the same arming once more, with open zones."""
        command = self._known(command_id)
        if command is not None:
            self._ask(command.kind, command.numbers, arm_mode=command.arm_mode, forced=True)

    def agree(self, command_id: str) -> None:
        """As the second person."""
        command, section = self._known(command_id), self._section

        async def send() -> None:
            assert command is not None
            await section.tools.client.commands.release(command.id)
            section.said(section.words("command.agreed"))
            self.load()

        if command is not None and command.status is CommandStatus.AWAITING_RELEASE:
            section.send(self.agreeing, send)

    def open(self, command_id: str) -> None:
        self._section.tools.go(f"/commands/{command_id}")

    # -- loading

    def load(self) -> None:
        if self._section.flags.get(Flag.COMMANDS, True):
            self._section.tools.spawn(self._load())

    def told(self) -> None:
        if not self._due:
            self._due = True
            self._section.tools.spawn(self._soon())

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        await self._load()

    async def _load(self) -> None:
        panel_id = self._section.id
        page = await self._section.tools.client.commands.find(panel_id=panel_id, limit=SHOWN)
        self.recent = page.items
        self._section.tools.changed()

    def _ask(self, kind: CommandKind, chosen: Iterable[int], *, arm_mode: ArmMode | None = None, forced: bool = False) -> None:
        section, panel = self._section, self._section.panel
        given, key = tuple(sorted(chosen)), [str(uuid4())]
        if panel is None or (not given and TARGETS[kind] in {Target.PARTITIONS, Target.ZONES}):
            return

        async def send(values: Values) -> None:
            try:
                command = await self._order(panel.id, kind, given, values, key[0])
            except ApiError:
                key[0] = str(uuid4())  # it was not taken: another try is another order
                self.load()
                raise
            self.recent = (command, *(one for one in self.recent if one.id != command.id))[:SHOWN]
            section.clear_choice()

        form = forms.order(section.words, kind, given, panel, section.state, arm_mode=arm_mode, forced=forced)
        section.forms.open(form, send, check=lambda values: forms.wrong_order(section.words, kind, values))

    async def _order(self, panel_id: UUID, kind: CommandKind, given: tuple[int, ...], values: Values, key: str) -> Command:
        if TARGETS[kind] is Target.OUTPUTS:
            given = numbers(values["numbers"]) or ()
        mode = ArmMode(int(values["arm_mode"])) if kind is CommandKind.ARM else None
        forced = values.get("forced") == YES
        order = self._section.tools.client.commands.order
        return await order(panel_id, kind, given, arm_mode=mode, forced=forced, key=key)

    def _known(self, command_id: str) -> Command | None:
        return next((one for one in self.recent if str(one.id) == command_id), None)
