"""KeyRotation: the old key is accepted for its overlap, and then gone (R-AUTH)."""

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from tests.support.fakes import FakeKeys
from tests.workflows.support import replay, serving
from workflows.contracts import names
from workflows.contracts.keys import KeyRotationInput, KeyRotationResult
from workflows.domain.keys import ACCEPTED_FOR
from workflows.key_rotation import KeyRotation


async def _rotate(env: WorkflowEnvironment, keys: FakeKeys) -> KeyRotationResult:
    async with serving(env.client, keys.rotate_signing_key, keys.remove_retired_keys):
        result = await env.client.execute_workflow(
            KeyRotation.run, KeyRotationInput(), id=names.KEY_ROTATION_ID, task_queue=names.CORE_QUEUE
        )
        await replay(env.client, names.KEY_ROTATION_ID)
        return result


async def test_the_old_key_goes_when_its_overlap_is_over_and_not_before(env: WorkflowEnvironment) -> None:
    removal_at = await env.get_current_time() + ACCEPTED_FOR
    keys = FakeKeys(rotated="new", removal_at=removal_at)
    assert await _rotate(env, keys) == KeyRotationResult(rotated="new", removed=1)
    assert timedelta(0) <= keys.removed_at[0] - removal_at < timedelta(minutes=1)


async def test_where_no_key_is_due_nothing_waits_and_nothing_goes(env: WorkflowEnvironment) -> None:
    keys = FakeKeys()
    assert await _rotate(env, keys) == KeyRotationResult()
    assert keys.removed_at == []


async def test_a_key_left_over_from_an_emergency_goes_too(env: WorkflowEnvironment) -> None:
    keys = FakeKeys(removal_at=await env.get_current_time() - timedelta(days=1))
    assert await _rotate(env, keys) == KeyRotationResult(removed=1)


async def test_a_database_that_is_away_delays_the_rotation_and_does_not_end_it(env: WorkflowEnvironment) -> None:
    keys = FakeKeys(rotated="new", removal_at=await env.get_current_time() + ACCEPTED_FOR, away=3)
    assert (await _rotate(env, keys)).rotated == "new"
    assert keys.asked == 4
