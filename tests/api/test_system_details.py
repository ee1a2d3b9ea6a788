"""The inside of the system as an administrator sees it: queues, holders of lines, keys, flags and where they come from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.auth.keys import rotate_now
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_leases import PanelLease
from activities.db.session import Database
from activities.infra.flags import Environment
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.system import FlagOrigin, IngestHost
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People
from workflows.domain.flags import Flag

Login = Callable[..., Any]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def admin(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "admin")
    return client


async def test_what_the_outbox_holds_back_is_counted_by_kind(admin: StamClient, db: Database) -> None:
    assert (await admin.system.details()).outbox.oldest_at is None
    async with db.write() as session:
        session.add(OutboxRow(type="alarm.new", payload={}, push=True, orchestrate=True, created_at=LONG_AGO))
        session.add(OutboxRow(type="alarm.new", payload={}, push=True, sequence_id=7))
        session.add(OutboxRow(type="alarm.new", payload={}, orchestrate=True, parked_at=LONG_AGO, parked_reason="no"))
    found = await admin.system.details()
    assert (found.outbox.unpublished, found.outbox.unstarted, found.outbox.parked) == (1, 1, 1)
    assert found.outbox.oldest_at == LONG_AGO
    assert found.newest_sequence == 7


async def test_who_holds_lines_and_how_many_of_them_are_up(admin: StamClient, db: Database) -> None:
    object_id = await add_object(db)
    panels = [await admin.create_panel(object_id=object_id, name=f"P{n}", host=f"10.0.0.{n}", enabled=n != 3) for n in range(4)]
    now = datetime.now(UTC)
    heard = (now, now - timedelta(minutes=1), None, now)
    async with db.write() as session:
        for panel, host, heard_at in zip(panels, ("a", "a", "b", "b"), heard, strict=True):
            session.add(PanelLease(panel_id=panel.id, lease_number=1, holder=host, renewed_at=now, heard_at=heard_at))
    assert (await admin.system.details()).hosts == (
        IngestHost(host="a", panels=2, heard=1, last_seen_at=now),
        IngestHost(host="b", panels=1, heard=0, last_seen_at=now),
    )


async def test_signing_keys_tell_their_ages_and_which_one_signs(api: Api, admin: StamClient, db: Database) -> None:
    (first,) = (await admin.system.details()).keys
    assert (first.signs, first.not_after) == (True, None)
    new = await rotate_now(db, api.services.cipher, revoke_old=False)
    keys = (await admin.system.details()).keys
    assert [(key.kid, key.signs) for key in keys] == [(new, True), (first.kid, False)]
    assert keys[1].not_after is not None


async def test_of_each_flag_its_origin_and_its_state_in_every_environment(
    settings: Settings, people: People, login: Login, tmp_path: Path
) -> None:
    own = tmp_path / "flags.yaml"
    own.write_text("flags: {sms: true}\nenvironments:\n  dev: {sms: false}\n")
    changed = settings.model_copy(update={"feature_flags_file": own, "environment": Environment.PROD})
    async with serving(changed) as api:
        states = await (await login(api, "auditor")).system.flags()
    assert states.environment == "prod"
    by_flag = {state.flag: state for state in states.flags}
    assert by_flag.keys() == set(Flag)
    assert (by_flag[Flag.SMS].on, by_flag[Flag.SMS].origin) == (True, FlagOrigin.OWN)
    assert by_flag[Flag.SMS].by_environment == {"dev": False, "stage": True, "prod": True}
    assert by_flag[Flag.COMMANDS].origin is FlagOrigin.PACKED
