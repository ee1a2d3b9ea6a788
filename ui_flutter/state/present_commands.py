"""From the section of commands to what is drawn. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from api.client.commands import Command
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import FactView, Mood
from workflows.domain.command import PERMISSIONS, TARGETS, CommandKind, CommandStatus, Target


class Show(StrEnum):
    """Which commands are listed."""

    ALL = "all"
    WAITING = "waiting"
    FAILED = "failed"

    @property
    def statuses(self) -> tuple[CommandStatus, ...]:
        if self is Show.WAITING:
            return (CommandStatus.AWAITING_RELEASE, CommandStatus.PENDING)
        return (CommandStatus.NACK, CommandStatus.TIMEOUT) if self is Show.FAILED else ()


class State(Protocol):
    """What is asked of `sections.commands.Commands`."""

    listing: Listing[Command]
    show: Show
    releasing: Sending

    @property
    def chosen_command(self) -> Command | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """The chosen command."""

    title: str
    facts: tuple[FactView, ...]
    can_release: bool
    busy: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsView:
    show: Show
    table: TableView
    chosen: CommandView | None


def commands(state: State, store: Store, now: datetime) -> CommandsView:
    words, chosen = store.words, state.chosen_command
    columns = (
        Column(title=words("command.when"), width=120),
        Column(title=words("command.what")),
        Column(title=words("command.where")),
        Column(title=words("command.who"), width=170),
        Column(title=words("command.status"), width=210),
    )
    rows = tuple(_row(one, words, now, selected=one is chosen) for one in state.listing.items)
    shown = table(
        state.listing,
        columns,
        rows,
        empty=words(f"command.empty.{state.show}"),
        footer=words("page.shown", n=len(rows)),
    )
    return CommandsView(show=state.show, table=shown, chosen=_chosen(chosen, state, store, now) if chosen else None)


def what(command: Command, words: Words) -> str:
    """`Uzbrojenie pełne — strefy 1, 2`."""
    kind = words(f"command.kind.{command.kind}")
    if command.kind is CommandKind.ARM and command.arm_mode is not None:
        kind = words(f"command.arm.{command.arm_mode.name}")
    if command.forced:
        kind = f"{kind} ({words('command.forced')})"
    if not command.numbers:
        return kind
    numbers = ", ".join(map(str, command.numbers))
    if TARGETS[command.kind] is Target.PARTITIONS:  # the names of the other kinds say of what
        numbers = words("schedule.partitions", n=len(command.numbers), numbers=numbers)
    return f"{kind} — {numbers}"


def who(command: Command, words: Words) -> str:
    return command.requested_by_name or words(f"command.source.{command.source}")


def status(command: Command, words: Words) -> tuple[str, Mood]:
    """How it stands, in words and as a mood. ACK is done only once it was seen."""
    if command.status is CommandStatus.ACK:
        if command.confirmed_at is not None:
            return words("command.confirmed"), Mood.GOOD
        return (words("command.unseen"), Mood.WARN) if command.ended_at else (words("command.accepted"), Mood.WARN)
    text = words(f"command.status.{command.status}")
    return text, Mood.WARN if command.status in Show.WAITING.statuses else Mood.BAD


def why(command: Command, words: Words) -> str:
    """Why it did not come out; empty when it did."""
    if command.reason is None:
        return ""
    text = words.get(f"command.reason.{command.reason}", command.reason)
    zones = ", ".join(map(str, command.blocking))
    return f"{text} {words('command.blocking', zones=zones)}" if zones else text


def _row(command: Command, words: Words, now: datetime, *, selected: bool) -> TableRow:
    label, mood = status(command, words)
    return TableRow(
        id=str(command.id),
        selected=selected,
        cells=(
            TableCell(text=formats.moment(command.created_at, now), mono=True),
            TableCell(text=what(command, words), detail=why(command, words)),
            TableCell(text=command.object_name, detail=formats.panel_beside(command.object_name, command.panel_name)),
            TableCell(text=who(command, words)),
            TableCell(text=label, mood=mood),
        ),
    )


def _chosen(command: Command, state: State, store: Store, now: datetime) -> CommandView:
    words = store.words
    label, _ = status(command, words)
    at = [
        ("command.created", command.created_at),
        ("command.released", command.released_at),
        ("command.sent", command.sent_at),
        ("command.answered", command.answered_at),
        ("command.seen", command.confirmed_at),
    ]
    facts = [
        FactView(label=words("command.status"), value=label),
        FactView(label=words("command.where"), value=formats.place(command.object_name, command.panel_name)),
        FactView(label=words("command.who"), value=who(command, words)),
    ]
    if why(command, words):
        facts.append(FactView(label=words("command.why"), value=why(command, words)))
    if command.released_by_name:
        facts.append(FactView(label=words("command.second"), value=command.released_by_name))
    facts += [FactView(label=words(key), value=formats.moment(when, now), mono=True) for key, when in at if when is not None]
    if command.result_code is not None:
        facts.append(FactView(label=words("command.code"), value=f"0x{command.result_code:02X}", mono=True))
    facts.append(FactView(label=words("command.workflow"), value=command.workflow_id, mono=True))
    user = store.user
    can_release = (
        command.status is CommandStatus.AWAITING_RELEASE
        and user is not None
        and command.requested_by != user.id
        and user.may(PERMISSIONS[command.kind])
    )
    return CommandView(
        title=what(command, words),
        facts=tuple(facts),
        can_release=can_release,
        busy=state.releasing.busy,
        error=state.releasing.error,
    )
