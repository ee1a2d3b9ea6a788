"""KeyRotation: another signing key when the present one is due, and the old one gone when its overlap is over (R-AUTH).

A schedule starts it every day and leaves it alone while one runs, so it waits out the overlap by itself.
"""

from dataclasses import replace

from temporalio import workflow

from workflows.contracts import names, policies
from workflows.contracts.keys import KeyRotationInput, KeyRotationResult, remove_retired_keys, rotate_signing_key


@workflow.defn(name=names.KEY_ROTATION)
class KeyRotation:
    @workflow.run
    async def run(self, start: KeyRotationInput) -> KeyRotationResult:
        state = await workflow.execute_activity(rotate_signing_key, start, **policies.DATABASE)
        if state.removal_at is None:
            return KeyRotationResult(rotated=state.rotated)
        left = state.removal_at - workflow.now()
        if left.total_seconds() > 0:
            workflow.set_current_details(f"The key before is accepted until {state.removal_at:%Y-%m-%d %H:%M} UTC.")
            await workflow.sleep(left, summary="overlap of the old key and the new one")
        removed = await workflow.execute_activity(remove_retired_keys, start, **policies.DATABASE)
        return replace(removed, rotated=state.rotated)
