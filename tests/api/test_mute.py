"""Who has the sound of his console quiet is known to a supervisor: the audit log says who, when, and for how long."""

from collections.abc import Callable
from typing import Any

import pytest

from api.client.errors import ApiError
from tests.api.conftest import Api
from tests.api.people import People
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]


async def test_the_quiet_and_its_end_are_audited(api: Api, login: Login, people: People) -> None:
    operator = await login(api, "operator")
    await operator.account.mute(120)
    await operator.account.mute(0)
    auditor = await login(api, "auditor")
    found = (await auditor.audit.entries(action="sound.")).items
    assert [(one.action, one.actor_id, one.subject_id) for one in found] == [
        ("sound.unmuted", people["operator"], people["operator"]),
        ("sound.muted", people["operator"], people["operator"]),
    ]
    assert found[1].detail == {"seconds": 120}


@pytest.mark.parametrize("seconds", [-1, 121, 86_400])
async def test_a_quiet_that_is_too_long_is_refused(api: Api, login: Login, seconds: int) -> None:
    operator = await login(api, "operator")
    with pytest.raises(ApiError) as refused:
        await operator.account.mute(seconds)
    assert (refused.value.code, refused.value.errors[0].field) == (ErrorCode.VALIDATION, "seconds")


async def test_who_hears_no_alarms_mutes_none(api: Api, login: Login) -> None:
    with pytest.raises(ApiError) as refused:
        await (await login(api, "field_worker")).account.mute(120)
    assert refused.value.code == ErrorCode.FORBIDDEN
