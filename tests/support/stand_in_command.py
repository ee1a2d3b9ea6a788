"""A workflow in the place of SatelCommand: what it answers an activity says, `play_command`."""

from datetime import timedelta

from temporalio import activity, workflow

from workflows.contracts import names
from workflows.contracts.command import CommandOrder, CommandOutcome


@activity.defn(name="play_command")
async def play_command(order: CommandOrder) -> CommandOutcome:
    """What the panel does with the order."""
    raise NotImplementedError


@workflow.defn(name=names.SATEL_COMMAND)
class StandInCommand:
    @workflow.run
    async def run(self, order: CommandOrder) -> CommandOutcome:
        return await workflow.execute_activity(play_command, order, start_to_close_timeout=timedelta(seconds=10))
