"""What clients send about commands, and what is wrong with it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from api.schemas.requests import Body
from workflows.domain.command import LARGEST, TARGETS, ArmMode, CommandKind, Target

Fault = dict[str, str]


class NewCommand(Body):
    """`numbers` are partitions, zones or outputs, whichever the kind is about; SET_CLOCK has none."""

    panel_id: UUID
    kind: CommandKind
    numbers: Annotated[list[Annotated[StrictInt, Field(ge=1, le=256)]], Field(max_length=256, examples=[[1]])] = Field(
        default_factory=list
    )
    arm_mode: ArmMode | None = Field(
        default=None, description="Only with ARM: 0 full, 1 full with bypasses, 2 without interior, 3 the same without delay."
    )
    forced: StrictBool = Field(default=False, description="Only with ARM: with open zones, too.")


def faults_of(body: NewCommand) -> list[Fault]:
    """What no panel could be ordered like this."""
    faults = []
    if body.kind is not CommandKind.ARM:
        if body.arm_mode is not None:
            faults.append(_fault("arm_mode", f"{body.kind} has no mode: it belongs to ARM"))
        if body.forced:
            faults.append(_fault("forced", f"{body.kind} cannot be forced: it belongs to ARM"))
    return faults + _faults_of_numbers(body)


def _faults_of_numbers(body: NewCommand) -> list[Fault]:
    target = TARGETS[body.kind]
    if target is Target.NONE:
        return [_fault("numbers", f"{body.kind} is about the whole panel: leave them out")] if body.numbers else []
    if not body.numbers:
        return [_fault("numbers", f"which {target.lower()}?")]
    largest = LARGEST[target]
    beyond = [
        _fault(f"numbers.{place}", f"{target.lower()} are numbered from 1 to {largest}")
        for place, number in enumerate(body.numbers)
        if number > largest
    ]
    repeated = [
        _fault(f"numbers.{place}", "given twice") for place, number in enumerate(body.numbers) if number in body.numbers[:place]
    ]
    return beyond + repeated


def faults_at(body: NewCommand, known: frozenset[int]) -> list[Fault]:
    """Numbers that the panel does not have, where its parts are ``known``."""
    what = TARGETS[body.kind].lower()
    if not known:
        return []
    return [
        _fault(f"numbers.{place}", f"the panel has no such number among its {what}")
        for place, number in enumerate(body.numbers)
        if number not in known
    ]


def _fault(field: str, reason: str) -> Fault:
    return {"field": field, "reason": reason}
