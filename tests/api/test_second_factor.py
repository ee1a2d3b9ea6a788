"""The second factor over HTTP (R-AUTH): set up, asked for, lost, required."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from activities.auth import totp
from activities.auth.attempts import TRIES
from activities.db.models.users import User
from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.conftest import Api, serving
from tests.api.people import PASSWORD, People
from tests.support.stack import flush
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

Login = Callable[..., Any]


async def _refused(call: Any) -> ErrorCode | str:
    with pytest.raises(ApiError) as refused:
        await call
    return refused.value.code


def _code(secret: str, steps: int = 0) -> str:
    return totp.code_at(secret, totp.step_at(datetime.now(UTC)) + steps)


async def _enrolled(client: StamClient) -> tuple[str, tuple[str, ...]]:
    """The secret and the recovery codes; the code of the step before is used up by it."""
    offer = await client.account.offer_second_factor(PASSWORD)
    return offer.secret, (await client.account.confirm_second_factor(_code(offer.secret, -1))).codes


async def test_a_login_then_needs_a_code_which_counts_once(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    secret, codes = await _enrolled(client)
    assert len(set(codes)) == 10
    assert (await client.me()).second_factor
    await client.logout()
    assert await _refused(client.login("operator", PASSWORD)) is ErrorCode.SECOND_FACTOR_REQUIRED
    assert await _refused(client.login("operator", "wrong", code=_code(secret))) is ErrorCode.INVALID_CREDENTIALS
    code = _code(secret)
    assert (await client.login("operator", PASSWORD, code=code)).second_factor
    assert await _refused(client.login("operator", PASSWORD, code=code)) is ErrorCode.SECOND_FACTOR_WRONG


async def test_an_offer_that_was_not_confirmed_asks_for_nothing(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    await client.account.offer_second_factor(PASSWORD)
    assert await _refused(client.account.confirm_second_factor("000000")) is ErrorCode.SECOND_FACTOR_WRONG
    await client.login("operator", PASSWORD)


async def test_the_secret_is_sealed_at_rest(api: Api, login: Login, db: Database, people: People) -> None:
    secret, _ = await _enrolled(await login(api, "operator"))
    async with db.read() as session:
        stored = await session.scalar(select(User.totp_sealed).where(User.id == people["operator"]))
    assert stored is not None
    assert secret.encode() not in stored


async def test_a_recovery_code_stands_in_once(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    _, codes = await _enrolled(client)
    await client.login("operator", PASSWORD, code=codes[3].lower())
    assert (await client.account.second_factor()).recovery_codes_left == 9
    assert await _refused(client.login("operator", PASSWORD, code=codes[3])) is ErrorCode.SECOND_FACTOR_WRONG


async def test_new_recovery_codes_make_the_old_ones_worthless(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    secret, old = await _enrolled(client)
    new = (await client.account.renew_recovery_codes(PASSWORD, _code(secret))).codes
    assert not set(new) & set(old)
    assert await _refused(client.login("operator", PASSWORD, code=old[0])) is ErrorCode.SECOND_FACTOR_WRONG
    await client.login("operator", PASSWORD, code=new[0])


async def test_giving_it_up_needs_password_and_code(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    secret, codes = await _enrolled(client)
    account = client.account
    assert await _refused(account.disable_second_factor("wrong", codes[0])) is ErrorCode.INVALID_CREDENTIALS
    assert await _refused(account.disable_second_factor(PASSWORD, "000000")) is ErrorCode.SECOND_FACTOR_WRONG
    await account.disable_second_factor(PASSWORD, _code(secret))
    await client.login("operator", PASSWORD)
    assert (await account.second_factor()).recovery_codes_left == 0


async def test_one_in_force_is_not_replaced_by_a_new_offer(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    await _enrolled(client)
    assert await _refused(client.account.offer_second_factor(PASSWORD)) is ErrorCode.CONFLICT


async def test_wrong_codes_count_as_failures_and_a_missing_one_does_not(
    api: Api, login: Login, db: Database, people: People, valkey_url: str
) -> None:
    client = await login(api, "operator")
    await _enrolled(client)
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(failed_logins=8))
    for _ in range(TRIES + 1):  # the address is not blocked by it either, nor the count taken back
        assert await _refused(client.login("operator", PASSWORD)) is ErrorCode.SECOND_FACTOR_REQUIRED
    for _ in range(2):
        assert await _refused(client.login("operator", PASSWORD, code="000000")) is ErrorCode.SECOND_FACTOR_WRONG
    assert await _refused(client.login("operator", PASSWORD, code="000000")) is ErrorCode.ACCOUNT_LOCKED
    flush(valkey_url)
    for _ in range(TRIES):
        assert await _refused(client.login("operator", PASSWORD, code="000000")) is ErrorCode.ACCOUNT_LOCKED
    assert await _refused(client.login("operator", PASSWORD, code="000000")) is ErrorCode.RATE_LIMITED


async def test_an_administrator_takes_a_lost_one_away(api: Api, login: Login, people: People) -> None:
    admin, client = await login(api, "admin"), await login(api, "operator")
    await _enrolled(client)
    version = (await admin.users.one(people["operator"])).version
    assert not (await admin.users.reset_second_factor(people["operator"], version=version)).second_factor
    assert await _refused(client.system_status()) is ErrorCode.TOKEN_EXPIRED
    await client.login("operator", PASSWORD)


@pytest.fixture
async def strict_api(settings: Settings, people: People) -> AsyncIterator[Api]:
    async with serving(settings.model_copy(update={"totp_roles": frozenset({Role.ADMIN})})) as running:
        yield running


async def test_a_role_that_requires_one_can_do_nothing_before(strict_api: Api, login: Login) -> None:
    admin, operator = await login(strict_api, "admin"), await login(strict_api, "operator")
    assert admin.user.must_set_up_second_factor
    assert not operator.user.must_set_up_second_factor
    assert await _refused(admin.users.list()) is ErrorCode.SECOND_FACTOR_SETUP_REQUIRED
    assert (await admin.account.second_factor()).required
    await _enrolled(admin)
    await admin.users.list()
    assert not (await admin.me()).must_set_up_second_factor
