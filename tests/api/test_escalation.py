"""Policies, rotas, addresses, apps, and the log of what was delivered, over HTTP (R-ESCALATE)."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from activities.db.encrypted import CHANNEL_SECRET, DEVICE_TOKEN
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.notification_log import NotificationAttempt
from activities.db.models.push_devices import PushDevice
from activities.db.session import Database
from activities.infra.settings import Settings, SmtpSecurity
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.escalation import EscalationStep
from api.client.models import TimelineKind
from tests.api.alarm_data import add_alarms, add_object
from tests.api.conftest import Api, serving
from tests.api.people import People
from tests.support.providers import (
    SEND_PATH,
    TOKEN_PATH,
    fcm_error,
    mail_server,
    service_account,
    web_server,
)
from tests.support.rows import all_rows
from workflows.domain.alarm import Priority
from workflows.domain.errors import ErrorCode
from workflows.domain.escalation import Channel, DeliveryStatus, Nobody, Purpose, TargetKind

Login = Callable[..., Any]
HOOK = "https://hooks.example.org/alarm"
TURNS: dict[str, Any] = {"name": "Duty", "time_zone": "Europe/Warsaw", "first_on": "2026-11-02", "handover_at": "08:00"}


async def refused(call: Coroutine[Any, Any, Any]) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


def level(after: int, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"after_seconds": after, "steps": list(steps)}


def mail_to(user_id: UUID) -> dict[str, Any]:
    return {"channel": Channel.EMAIL, "target": TargetKind.USER, "user_id": user_id}


# -- policies


async def test_a_policy_is_made_changed_as_a_whole_and_deleted(api: Api, login: Login, people: People, db: Database) -> None:
    escalation = (await login(api, "admin")).escalation
    shop = await add_object(db)
    rota = await escalation.create_rota(**TURNS, members=[people["operator"]])
    hook = await escalation.create_channel(Channel.WEBHOOK, label="Hook", address=HOOK, secret="s1gn")
    on_duty = {"channel": Channel.PUSH, "target": TargetKind.ROTA, "rota_id": rota.id}
    to_hook = {"channel": Channel.WEBHOOK, "target": TargetKind.ADDRESS, "address_id": hook.id}
    levels = [level(0, on_duty, to_hook), level(600, mail_to(people["master"]))]
    made = await escalation.create_policy(name="Shops", levels=levels, object_ids=[shop])
    assert [(one.after_seconds, len(one.steps)) for one in made.levels] == [(0, 2), (600, 1)]
    assert made.levels[0].steps[1] == EscalationStep(
        channel=Channel.WEBHOOK, target=TargetKind.ADDRESS, address_id=hook.id, target_name="Hook"
    )
    assert made.levels[0].steps[0].target_name == "Duty"
    assert [one.user_id for one in rota.people] == [people["operator"]]
    assert (made.priority, made.is_default, made.object_ids, made.version) == (Priority.CRITICAL, False, (shop,), 1)
    changed = await escalation.change_policy(
        made.id, version=1, name="All", is_default=True, levels=levels[1:], left_after_seconds=None
    )
    assert (changed.name, changed.is_default, changed.object_ids, changed.left_after_seconds, changed.version) == (
        "All",
        True,
        (),
        None,
        2,
    )
    assert (await escalation.policies()).items == (changed,)
    assert await escalation.policy(made.id) == changed
    stale = await refused(escalation.change_policy(made.id, version=1, name="Late", levels=levels))
    assert (stale.code, stale.current and stale.current["name"]) == (ErrorCode.STALE_VERSION, "All")
    await escalation.delete_policy(made.id, version=2)
    assert (await refused(escalation.policy(made.id))).code is ErrorCode.NOT_FOUND


async def test_what_a_policy_names_must_be_there(api: Api, login: Login, people: People) -> None:
    escalation = (await login(api, "admin")).escalation
    mail = await escalation.create_channel(Channel.EMAIL, label="Mail", address="a@example.org")
    steps = [
        mail_to(uuid7()),
        {"channel": Channel.SMS, "target": TargetKind.ROTA, "rota_id": uuid7()},
        {"channel": Channel.WEBHOOK, "target": TargetKind.ADDRESS, "address_id": mail.id},
    ]
    error = await refused(escalation.create_policy(name="x", levels=[level(0, *steps)], object_ids=[uuid7()]))
    assert [(one.field, one.reason) for one in error.errors] == [
        ("levels.0.steps.0.user_id", "no such active user"),
        ("levels.0.steps.1.rota_id", "no such rota"),
        ("levels.0.steps.2.address_id", "no such WEBHOOK address"),
        ("object_ids.0", "no such object"),
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"priority": "HIGH"}, "only CRITICAL alarms"),
        ({"levels": []}, "at least one level"),
        ({"levels": [level(600, mail_to(uuid7())), level(0, mail_to(uuid7()))]}, "no earlier"),
        ({"levels": [level(0, {"channel": "PAGERDUTY", "target": "USER", "user_id": str(uuid7())})]}, "not a person"),
        ({"levels": [level(0, {"channel": "EMAIL", "target": "USER"})]}, "exactly its own id"),
        ({"levels": [level(0, {"channel": "PUSH", "target": "ADDRESS", "address_id": str(uuid7())})]}, "their apps"),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused_with_the_reason(
    api: Api, login: Login, more: dict[str, Any], reason: str
) -> None:
    escalation = (await login(api, "admin")).escalation
    error = await refused(escalation.create_policy(**({"name": "x", "levels": [level(0, mail_to(uuid7()))]} | more)))
    assert error.code is ErrorCode.VALIDATION
    assert reason in str(error.errors)


async def test_there_is_one_default_policy_and_one_of_an_object(api: Api, login: Login, people: People, db: Database) -> None:
    escalation = (await login(api, "admin")).escalation
    shop, levels = await add_object(db), [level(0, mail_to(people["master"]))]
    await escalation.create_policy(name="one", levels=levels, is_default=True)
    assert (await refused(escalation.create_policy(name="two", levels=levels, is_default=True))).code is ErrorCode.CONFLICT
    await escalation.create_policy(name="own", levels=levels, object_ids=[shop])
    assert (await refused(escalation.create_policy(name="other", levels=levels, object_ids=[shop]))).code is ErrorCode.CONFLICT
    assert (await refused(escalation.create_policy(name="own", levels=levels))).code is ErrorCode.CONFLICT


# -- rotas


async def test_a_rota_tells_who_is_on_call_now_and_later(api: Api, login: Login, people: People) -> None:
    escalation = (await login(api, "admin")).escalation
    today = datetime.now(UTC).date()
    turns = {**TURNS, "time_zone": "UTC", "first_on": today - timedelta(days=1), "handover_at": "00:00"}
    rota = await escalation.create_rota(**turns, members=[people["operator"], people["operator2"]])
    (now,) = await escalation.on_call()
    assert (now.rota_name, now.user_id, now.user_name) == ("Duty", people["operator"], "Operator")
    begin = datetime.now(UTC) - timedelta(minutes=5)
    changed = await escalation.stand_in(rota.id, user_id=people["master"], since=begin, until=begin + timedelta(hours=1))
    (override,) = changed.overrides
    assert (await escalation.on_call())[0].user_id == people["master"]
    since, until = begin, begin + timedelta(days=9)
    shifts = await escalation.shifts(rota.id, since=since, until=until)
    assert [(one.user_id, one.overridden) for one in shifts] == [
        (people["master"], True),
        (people["operator"], False),
        (people["operator2"], False),
    ]
    assert (shifts[0].since, shifts[-1].until) == (since, until)
    await escalation.end_stand_in(rota.id, override.id)
    assert (await escalation.on_call())[0].user_id == people["operator"]
    assert (await refused(escalation.end_stand_in(rota.id, override.id))).code is ErrorCode.NOT_FOUND
    assert (await refused(escalation.shifts(rota.id, since=until, until=since))).code is ErrorCode.VALIDATION


async def test_a_rota_is_changed_by_version_and_not_deleted_while_it_is_rung(api: Api, login: Login, people: People) -> None:
    escalation = (await login(api, "admin")).escalation
    rota = await escalation.create_rota(**TURNS, members=[people["operator"]])
    members = [people["operator2"], people["operator"], people["operator2"]]
    changed = await escalation.change_rota(rota.id, version=1, **TURNS, members=members)
    assert (changed.members, changed.version) == (tuple(members), 2)
    assert await escalation.rota(rota.id) == changed
    assert (await escalation.rotas()).items == (changed,)
    on_duty = {"channel": Channel.EMAIL, "target": TargetKind.ROTA, "rota_id": rota.id}
    policy = await escalation.create_policy(name="x", levels=[level(0, on_duty)])
    assert (await refused(escalation.delete_rota(rota.id, version=1))).code is ErrorCode.STALE_VERSION
    assert (await refused(escalation.delete_rota(rota.id, version=2))).code is ErrorCode.CONFLICT
    await escalation.delete_policy(policy.id, version=1)
    await escalation.delete_rota(rota.id, version=2)
    assert (await escalation.rotas()).items == ()


async def test_a_rota_of_strangers_or_of_no_place_is_refused(api: Api, login: Login, people: People) -> None:
    escalation = (await login(api, "admin")).escalation
    error = await refused(escalation.create_rota(**TURNS, members=[people["operator"], uuid7()]))
    assert [(one.field, one.reason) for one in error.errors] == [("members.1", "no such active user")]
    nowhere = {**TURNS, "time_zone": "Mars/Olympus"}
    assert (await refused(escalation.create_rota(**nowhere, members=[people["operator"]]))).code is ErrorCode.VALIDATION
    await escalation.create_rota(**TURNS, members=[people["operator"]])
    assert (await refused(escalation.create_rota(**TURNS, members=[people["operator"]]))).code is ErrorCode.CONFLICT


# -- addresses


async def test_an_address_keeps_its_secret_sealed_and_to_itself(api: Api, login: Login, db: Database) -> None:
    admin: StamClient = await login(api, "admin")
    escalation = admin.escalation
    made = await escalation.create_channel(Channel.WEBHOOK, label="Hook", address=HOOK, secret="s1gn")
    assert (made.has_secret, made.enabled, made.version) == (True, True, 1)
    (row,) = await all_rows(db, NotificationChannel)
    assert CHANNEL_SECRET.get(row, api.services.cipher) == "s1gn"
    changed = await escalation.change_channel(made.id, version=1, secret="an0ther", enabled=False)
    assert (changed.enabled, changed.version) == (False, 2)
    (row,) = await all_rows(db, NotificationChannel)
    assert CHANNEL_SECRET.get(row, api.services.cipher) == "an0ther"
    async with api.http(admin.session.access_token) as http:
        told = (await http.get("/api/notification-channels")).text
    assert "an0ther" not in told
    assert "sealed" not in told
    error = await refused(escalation.change_channel(made.id, version=2, address="ftp://example.org"))
    assert error.errors[0].field == "address"
    await escalation.delete_channel(made.id, version=2)
    assert (await escalation.channels()).items == ()


@pytest.mark.parametrize(
    ("kind", "members", "reason"),
    [
        (Channel.EMAIL, {"address": "nobody"}, "not an e-mail address"),
        (Channel.EMAIL, {"address": "a@b.pl\r\nBcc: c@d.pl"}, ""),
        (Channel.EMAIL, {"address": "a@b.pl", "secret": "s"}, "has none"),
        (Channel.SMS, {"address": "600 100 200"}, "not a phone number"),
        (Channel.WEBHOOK, {"address": "https://user:pw@example.org/", "secret": "s"}, "not a URL"),
        (Channel.WEBHOOK, {"address": HOOK}, "needs one"),
        (Channel.PAGERDUTY, {}, "needs one"),
        (Channel.PUSH, {"secret": "{}"}, "service account"),
    ],
)
async def test_an_address_that_cannot_work_is_refused(
    api: Api, login: Login, kind: Channel, members: dict[str, Any], reason: str
) -> None:
    error = await refused((await login(api, "admin")).escalation.create_channel(kind, label="x", **members))
    assert error.code is ErrorCode.VALIDATION
    assert reason in str(error.errors)


async def test_there_is_one_service_account_for_push(api: Api, login: Login) -> None:
    escalation = (await login(api, "admin")).escalation
    account, _ = service_account()
    made = await escalation.create_channel(Channel.PUSH, label="Firebase", secret=account)
    assert (await refused(escalation.create_channel(Channel.PUSH, label="x", secret=account))).code is ErrorCode.CONFLICT
    assert (await refused(escalation.test_channel(made.id))).code is ErrorCode.VALIDATION


async def test_an_address_is_tested_and_what_came_of_it_is_told_and_logged(
    settings: Settings, people: People, login: Login, db: Database
) -> None:
    with mail_server() as server:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": SmtpSecurity.NONE}
        async with serving(settings.model_copy(update=mail)) as api:
            escalation = (await login(api, "admin")).escalation
            made = await escalation.create_channel(
                Channel.EMAIL, label="Master", address="master@example.org", user_id=people["master"]
            )
            told = await escalation.test_channel(made.id)
            assert (told.status, told.code, told.purpose) == (DeliveryStatus.SENT, "250", Purpose.TEST)
            sms = await escalation.create_channel(Channel.SMS, label="Phone", address="+48600100200")
            assert (await escalation.test_channel(sms.id)).code == "NO_MODEM"
            log = (await escalation.notifications()).items
    assert [(one.channel, one.status) for one in log] == [
        (Channel.SMS, DeliveryStatus.REFUSED),
        (Channel.EMAIL, DeliveryStatus.SENT),
    ]
    assert (log[1].user_name, log[1].target_id) == ("Master", made.id)
    assert server.recipients == ["master@example.org"]
    assert "example.org" not in str([vars(row) for row in await all_rows(db, NotificationAttempt)])


# -- the log, and the story of an alarm


async def _attempt(db: Database, alarm_id: UUID, object_id: UUID, minute: int, **more: Any) -> UUID:
    fields: dict[str, Any] = {
        "purpose": Purpose.RING,
        "round": 1,
        "level": 1,
        "channel": Channel.EMAIL,
        "attempt": 1,
        "at": datetime(2026, 11, 25, 12, minute, tzinfo=UTC),
        "status": DeliveryStatus.SENT,
        "code": "250",
        "key": str(uuid7()),
        **more,
    }
    row = NotificationAttempt(id=uuid7(), bundle_id=alarm_id, object_id=object_id, **fields)
    async with db.write() as session:
        session.add(row)
    return row.id


async def test_notifications_are_found_by_each_filter_newest_first_and_in_the_alarms_story(
    api: Api, login: Login, db: Database, people: People
) -> None:
    object_id = await add_object(db)
    alarm, other = await add_alarms(db, object_id, Priority.CRITICAL, Priority.CRITICAL)
    nobody = {"status": DeliveryStatus.NOBODY, "channel": None, "code": Nobody.NO_TARGET}
    first = await _attempt(db, alarm, object_id, 1, user_id=people["master"])
    second = await _attempt(db, alarm, object_id, 2, **nobody)
    third = await _attempt(db, other, await add_object(db), 3, channel=Channel.SMS, status=DeliveryStatus.REFUSED)
    operator = await login(api, "operator")

    async def found(**wanted: Any) -> list[UUID]:
        return [one.id for one in (await operator.escalation.notifications(**wanted)).items]

    assert await found() == [third, second, first]
    assert await found(bundle_id=alarm) == [second, first]
    assert await found(object_id=object_id) == [second, first]
    assert await found(user_id=people["master"]) == [first]
    assert await found(channel=Channel.SMS) == [third]
    assert await found(status=[DeliveryStatus.NOBODY, DeliveryStatus.REFUSED]) == [third, second]
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert await found(since=noon + timedelta(minutes=2), until=noon + timedelta(minutes=3)) == [second]
    page = await operator.escalation.notifications(limit=2)
    assert [one.id for one in (await operator.escalation.notifications(limit=2, cursor=page.next_cursor)).items] == [first]
    story = [one for one in (await operator.timeline(alarm)).items if one.kind is TimelineKind.NOTIFICATION]
    assert [one.notification.status for one in story if one.notification] == [DeliveryStatus.SENT, DeliveryStatus.NOBODY]
    assert story[0].notification is not None
    assert story[0].notification.user_name == "Master"


# -- apps


async def test_an_app_is_registered_by_its_user_says_that_it_is_there_and_changes_hands(
    api: Api, login: Login, db: Database, people: People
) -> None:
    operator, other = (await login(api, "operator")).escalation, (await login(api, "operator2")).escalation
    made = await operator.register_device("t0ken-of-the-first-app", label="Pixel")
    again = await operator.register_device("t0ken-of-the-first-app", label="Pixel 9", in_background=False)
    assert (again.id, again.label, again.in_background) == (made.id, "Pixel 9", False)
    assert again.last_seen_at > made.last_seen_at
    (row,) = await all_rows(db, PushDevice)
    assert DEVICE_TOKEN.get(row, api.services.cipher) == "t0ken-of-the-first-app"
    assert (await refused(other.forget_device(made.id))).code is ErrorCode.NOT_FOUND
    await other.register_device("t0ken-of-the-first-app", label="Pixel")
    assert await operator.devices() == ()
    (device,) = await other.devices()
    assert device.id == made.id
    await other.forget_device(made.id)
    assert await all_rows(db, PushDevice) == []


async def test_an_app_is_woken_as_a_test_and_forgotten_when_nobody_knows_it(
    settings: Settings, people: People, login: Login
) -> None:
    async with web_server() as web:
        web.answers[TOKEN_PATH] = [(200, {"access_token": "t", "expires_in": 3600})]
        web.answers[SEND_PATH] = [(200, {}), fcm_error(404, "UNREGISTERED")]
        urls = {"fcm_url": web.url, "fcm_token_url": f"{web.url}{TOKEN_PATH}"}
        async with serving(settings.model_copy(update=urls)) as api:
            await (await login(api, "admin")).escalation.create_channel(
                Channel.PUSH, label="Firebase", secret=service_account()[0]
            )
            operator = (await login(api, "operator")).escalation
            device = await operator.register_device("t0ken-of-the-first-app", label="Pixel")
            assert (await operator.test_device(device.id)).status is DeliveryStatus.SENT
            gone = await operator.test_device(device.id)
            assert (gone.status, gone.code) == (DeliveryStatus.REFUSED, "UNREGISTERED")
            assert await operator.devices() == ()
    data = web.of(SEND_PATH)[0].json["message"]["data"]
    assert data["purpose"] == "TEST"
    assert "Operator" not in str(data)


async def test_without_the_flag_there_is_no_such_thing(settings: Settings, people: People, login: Login, tmp_path: Any) -> None:
    off = tmp_path / "flags.yaml"
    off.write_text("flags:\n  escalation: false\n")
    async with serving(settings.model_copy(update={"feature_flags_file": off})) as api:
        admin = await login(api, "admin")
        for call in (admin.escalation.policies(), admin.escalation.notifications(), admin.escalation.devices()):
            assert (await refused(call)).code is ErrorCode.NOT_FOUND
