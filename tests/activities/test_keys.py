"""Signing keys at rest, their rotation, and how processes learn of it (R-AUTH)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import func, select, update
from temporalio.client import Client

from activities.auth import keys
from activities.auth.tokens import AccessClaims, KeyRing, TokenError, kid_of
from activities.db.models.audit_log import AuditEntry
from activities.db.models.signing_keys import SigningKey
from activities.db.session import Database
from activities.infra.crypto import FieldCipher, Unreadable, new_key
from activities.infra.settings import Settings
from activities.keys import KeyActivities
from activities.schedules import ensure_schedules
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.contracts.keys import KeyRotationInput, KeyState
from workflows.domain.keys import ACCEPTED_FOR, PUBLISHED_BEFORE, ROTATED_AFTER
from workflows.domain.permissions import Role

START = KeyRotationInput()


@pytest.fixture
def cipher() -> FieldCipher:
    return Settings().cipher()


def _ring(db: Database, cipher: FieldCipher, **settings: object) -> KeyRing:
    return KeyRing(db, Settings(**settings), cipher)  # type: ignore[arg-type]


async def _token(ring: KeyRing) -> str:
    ends = datetime.now(UTC) + timedelta(minutes=15)
    return await ring.issue(
        AccessClaims(user_id=uuid4(), role=Role.OPERATOR, family_id=uuid4(), issued_at=datetime.now(UTC), expires_at=ends)
    )


async def _age(db: Database, by: timedelta) -> None:
    """Everything about the keys happened ``by`` earlier."""
    async with db.write() as session:
        await session.execute(update(SigningKey).values(signs_at=SigningKey.signs_at - by, not_after=SigningKey.not_after - by))


def _looks_again(*rings: KeyRing) -> None:
    """What a minute does."""
    for ring in rings:
        ring._read_at = -1e9


async def test_a_private_key_is_sealed_and_opens_under_its_own_kid_only(db: Database, cipher: FieldCipher) -> None:
    await _token(_ring(db, cipher))
    async with db.read() as session:
        row = (await session.scalars(select(SigningKey))).one()
    assert b"PRIVATE" not in row.private_sealed
    assert "PRIVATE" in keys.opened(row, cipher).private_pem
    row.kid = "another"
    with pytest.raises(Unreadable):
        keys.opened(row, cipher)


async def test_two_processes_at_their_first_start_make_one_key(db: Database, cipher: FieldCipher) -> None:
    one, two = _ring(db, cipher), _ring(db, cipher)
    assert kid_of(await _token(one)) == kid_of(await _token(two))


async def test_a_key_is_rotated_when_it_is_due_and_only_once(db: Database, cipher: FieldCipher) -> None:
    await _token(_ring(db, cipher))
    rotation = KeyActivities(db, cipher, given=False)
    assert await rotation.rotate_signing_key(START) == KeyState()
    await _age(db, ROTATED_AFTER)
    first, again = await rotation.rotate_signing_key(START), await rotation.rotate_signing_key(START)
    assert first.rotated is not None
    assert again == KeyState(removal_at=first.removal_at)  # the answer that got lost still leads to the removal
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(SigningKey)) == 2
        audited = await session.scalar(select(func.count()).where(AuditEntry.action == "signing_key.rotated"))
    assert audited == 1


async def test_the_life_of_a_rotation_as_two_processes_see_it(db: Database, cipher: FieldCipher) -> None:
    one, two = _ring(db, cipher), _ring(db, cipher)
    old_token = await _token(one)
    await two.verify(old_token)
    await _age(db, ROTATED_AFTER)
    state = await KeyActivities(db, cipher, given=False).rotate_signing_key(START)

    _looks_again(one, two)
    assert kid_of(await _token(one)) == kid_of(old_token)  # the new one is only published
    assert state.rotated in (await one.known()).public_pems

    await _age(db, PUBLISHED_BEFORE)
    _looks_again(one)
    new_token = await _token(one)
    assert kid_of(new_token) == state.rotated
    await two.verify(new_token)  # which has not looked since
    await one.verify(old_token)

    await _age(db, ACCEPTED_FOR)
    _looks_again(one, two)
    with pytest.raises(TokenError):
        await one.verify(old_token)
    assert (await KeyActivities(db, cipher, given=False).remove_retired_keys(START)).removed == 1
    await two.verify(new_token)


async def test_a_key_never_signs_beyond_its_end_however_rarely_a_process_looks(db: Database, cipher: FieldCipher) -> None:
    ring = _ring(db, cipher)
    old = kid_of(await _token(ring))
    await keys.rotate_now(db, cipher, revoke_old=False)
    _looks_again(ring)
    known = await ring.known()
    assert known.good_until <= datetime.now(UTC) + ACCEPTED_FOR
    assert known.signing.kid != old


async def test_a_leaked_key_is_revoked_at_once(db: Database, cipher: FieldCipher) -> None:
    ring = _ring(db, cipher)
    old_token = await _token(ring)
    new = await keys.rotate_now(db, cipher, revoke_old=True)
    _looks_again(ring)
    with pytest.raises(TokenError):
        await ring.verify(old_token)
    assert kid_of(await _token(ring)) == new


async def test_a_key_of_the_setting_is_never_rotated_by_us(db: Database, cipher: FieldCipher) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    one, two = _ring(db, cipher, jwt_private_key=pem), _ring(db, cipher, jwt_private_key=pem)
    token = await _token(one)
    await two.verify(token)
    assert jwt.get_unverified_header(token)["kid"] == keys.pair_of(made).kid
    await _age(db, ROTATED_AFTER)
    assert await KeyActivities(db, cipher, given=True).rotate_signing_key(START) == KeyState()
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(SigningKey)) == 0


async def test_a_process_with_another_encryption_key_says_so_instead_of_making_a_key(db: Database, cipher: FieldCipher) -> None:
    await _token(_ring(db, cipher))
    with pytest.raises(Unreadable):
        await _token(_ring(db, FieldCipher.parse(new_key())))


async def test_the_schedule_is_made_once_and_keeps_being_paused(temporal_client: Client) -> None:
    for _ in range(2):
        await ensure_schedules(temporal_client, task_queue="nobody-serves-this")
    handle = temporal_client.get_schedule_handle(names.KEY_ROTATION_ID)

    async def paused() -> bool:
        return (await handle.describe()).schedule.state.paused

    async def pauses() -> bool:  # the server may still be taking in the update, with its state of before
        await handle.pause()
        return await paused()

    await eventually(pauses, what="the schedule is paused")
    await ensure_schedules(temporal_client, task_queue="nobody-serves-this")
    assert await paused()
    await handle.delete()
