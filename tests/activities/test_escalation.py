"""The activities of Escalation on a real PostgreSQL (R-ESCALATE)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update
from temporalio.exceptions import ApplicationError

from activities.db.models.escalation_policies import EscalationPolicyObject
from activities.db.models.notification_log import NotificationAttempt
from activities.db.models.outbox import OutboxRow
from activities.db.models.push_devices import PushDevice
from activities.db.models.users import User
from activities.db.session import Database
from activities.escalation import EscalationActivities
from activities.infra.crypto import FieldCipher, new_key
from activities.infra.settings import Settings
from activities.notify.deliver import Notifier
from activities.notify.message import Answer, Message, Place
from tests.support.bundles import Scene, seed_scene
from tests.support.escalation import (
    add_channel,
    add_device,
    add_policy,
    add_rota,
    stand_in,
    to_address,
    to_rota,
    to_user,
)
from tests.support.rows import all_rows
from workflows.contracts import names, policies
from workflows.contracts.bundle import BundleRef
from workflows.contracts.escalation import LadderRequest, LevelOutcome, LevelRequest, Notification, Target
from workflows.domain.alarm import Priority
from workflows.domain.escalation import Channel, Decline, DeliveryStatus, Ladder, Nobody
from workflows.domain.flags import ALL_OFF, Flag, Flags

CIPHER = FieldCipher.parse(new_key())
SENT, FAILED, REFUSED = DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.REFUSED


class Recorder:
    """A channel that remembers, and answers what it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[Place, Message]] = []
        self.answer = Answer(SENT, "250")

    async def send(self, place: Place, message: Message) -> Answer:
        self.sent.append((place, message))
        return self.answer


@pytest.fixture
def channel() -> Recorder:
    return Recorder()


@pytest.fixture
def escalation(db: Database, channel: Recorder) -> EscalationActivities:
    notifier = Notifier(db, CIPHER, dict.fromkeys(Channel, channel), 5.0)
    return EscalationActivities(db, notifier, Flags(frozenset({Flag.ESCALATION})))


def notification(scene: Scene, target: Target, **more: Any) -> Notification:
    fields: dict[str, Any] = {"key": "run/1/1/x", "attempt": 1, "round": 1, "level": 1, **more}
    return Notification(bundle_id=scene.bundle_id, target=target, **fields)


async def targets(escalation: EscalationActivities, scene: Scene, policy_id: UUID, level: int = 1) -> set[UUID]:
    found = await escalation.resolve_level(LevelRequest(bundle_id=scene.bundle_id, policy_id=policy_id, level=level))
    assert len({one.target_id for one in found.targets}) == len(found.targets)
    return {one.target_id for one in found.targets}


async def test_whether_to_escalate_hangs_on_the_flag_and_on_service_mode(
    db: Database, escalation: EscalationActivities
) -> None:
    scene = await seed_scene(db)
    ref = BundleRef(bundle_id=scene.bundle_id)
    assert (await escalation.may_escalate(ref)).declined is None
    assert (await replace(escalation, flags=ALL_OFF).may_escalate(ref)).declined is Decline.SWITCHED_OFF
    quiet = await seed_scene(db, suppressed=True)
    assert (await escalation.may_escalate(BundleRef(bundle_id=quiet.bundle_id))).declined is Decline.SUPPRESSED
    with pytest.raises(ApplicationError) as error:
        await escalation.may_escalate(BundleRef(bundle_id=uuid4()))
    assert error.value.type == policies.MISSING


async def test_an_object_has_its_own_policy_or_the_default_one_or_none(db: Database, escalation: EscalationActivities) -> None:
    scene, other = await seed_scene(db), await seed_scene(db)
    request = LadderRequest(object_id=scene.object_id, priority=Priority.CRITICAL)
    assert (await escalation.read_ladder(request)).policy_id is None
    default = await add_policy(db, to_user(scene.anna), to_user(scene.bartek), left_after_seconds=900)
    own = await add_policy(db, to_user(scene.bartek), default=False, attempts=2, retry_after_seconds=7)
    async with db.write() as session:
        session.add(EscalationPolicyObject(object_id=scene.object_id, priority=Priority.CRITICAL, policy_id=own))
    found = await escalation.read_ladder(request)
    assert (found.policy_id, found.ladder) == (
        own,
        Ladder(rungs=(timedelta(),), attempts=2, retry_after=timedelta(seconds=7)),
    )
    found = await escalation.read_ladder(replace(request, object_id=other.object_id))
    ladder = Ladder(rungs=(timedelta(), timedelta(minutes=10)), left_after=timedelta(minutes=15))
    assert (found.policy_id, found.ladder) == (default, ladder)
    assert (await escalation.read_ladder(replace(request, priority=Priority.HIGH))).policy_id is None


async def test_a_level_reaches_who_is_on_call_now_by_all_his_addresses_each_once(
    db: Database, escalation: EscalationActivities
) -> None:
    scene = await seed_scene(db)
    one = await add_channel(db, CIPHER, Channel.EMAIL, "anna@example.org", user_id=scene.anna)
    two = await add_channel(db, CIPHER, Channel.EMAIL, "a@example.org", user_id=scene.anna)
    await add_channel(db, CIPHER, Channel.SMS, "+48600", user_id=scene.anna)
    his = await add_channel(db, CIPHER, Channel.EMAIL, "bartek@example.org", user_id=scene.bartek)
    hook = await add_channel(db, CIPHER, Channel.WEBHOOK, "https://example.org", secret="s")
    rota = await add_rota(db, scene.anna)
    policy = await add_policy(
        db,
        to_rota(rota, level=1),
        to_user(scene.anna, level=1),
        to_address(hook, Channel.WEBHOOK, level=1),
        to_user(scene.bartek, level=2),
    )
    assert await targets(escalation, scene, policy) == {one, two, hook}
    await stand_in(db, rota, scene.bartek)
    assert await targets(escalation, scene, policy) == {one, two, hook, his}
    async with db.write() as session:
        await session.execute(update(User).where(User.id == scene.bartek).values(active=False))
    assert await targets(escalation, scene, policy, level=2) == set()
    assert await targets(escalation, scene, policy, level=3) == set()


async def test_only_apps_in_the_background_or_long_silent_are_woken(db: Database, escalation: EscalationActivities) -> None:
    scene = await seed_scene(db)
    asleep = await add_device(db, CIPHER, scene.anna, "t1")
    await add_device(db, CIPHER, scene.anna, "t2", in_background=False)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    dead = await add_device(db, CIPHER, scene.anna, "t3", in_background=False, last_seen_at=long_ago)
    policy = await add_policy(db, to_user(scene.anna, Channel.PUSH))
    assert await targets(escalation, scene, policy) == {asleep, dead}


async def test_a_try_is_sent_with_its_secret_and_logged_without_any_address(
    db: Database, escalation: EscalationActivities, channel: Recorder
) -> None:
    scene = await seed_scene(db, priority=Priority.CRITICAL)
    hook = await add_channel(db, CIPHER, Channel.WEBHOOK, "https://example.org/hook", secret="s1gn")
    target = Target(channel=Channel.WEBHOOK, target_id=hook)
    delivery = await escalation.send_notification(notification(scene, target))
    assert (delivery.status, delivery.code) == (SENT, "250")
    ((place, message),) = channel.sent
    assert (place.address, place.secret) == ("https://example.org/hook", "s1gn")
    assert (message.bundle_id, message.object_number) == (scene.bundle_id, str(scene.object_id))
    (row,) = await all_rows(db, NotificationAttempt)
    assert (row.bundle_id, row.object_id, row.channel, row.target_id) == (
        scene.bundle_id,
        scene.object_id,
        Channel.WEBHOOK,
        hook,
    )
    assert (row.status, row.code, row.attempt, row.round, row.level) == (SENT, "250", 1, 1, 1)
    assert row.latency_ms >= 0
    assert "example.org" not in str(vars(row))


async def test_a_logged_try_is_not_made_again_and_what_was_sent_is_not_sent_once_more(
    db: Database, escalation: EscalationActivities, channel: Recorder
) -> None:
    scene = await seed_scene(db)
    target = Target(
        channel=Channel.EMAIL,
        target_id=await add_channel(db, CIPHER, Channel.EMAIL, "a@b.pl", user_id=scene.anna),
        user_id=scene.anna,
    )
    channel.answer = Answer(FAILED, "451")
    for _ in "12":
        assert (await escalation.send_notification(notification(scene, target))).code == "451"
    channel.answer = Answer(SENT, "250")
    for attempt in (2, 2, 3):
        assert (await escalation.send_notification(notification(scene, target, attempt=attempt))).status is SENT
    assert len(channel.sent) == 2
    assert [row.attempt for row in await all_rows(db, NotificationAttempt)] == [1, 2]


async def test_an_app_that_is_no_longer_registered_is_forgotten(
    db: Database, escalation: EscalationActivities, channel: Recorder
) -> None:
    scene = await seed_scene(db)
    await add_channel(db, CIPHER, Channel.PUSH, "project", secret="the service account")
    device = await add_device(db, CIPHER, scene.anna, "t0ken")
    kept = await add_device(db, CIPHER, scene.anna, "other")
    target = Target(channel=Channel.PUSH, target_id=device, user_id=scene.anna)
    channel.answer = Answer(REFUSED, "UNREGISTERED", gone=True)
    assert (await escalation.send_notification(notification(scene, target))).status is REFUSED
    assert (channel.sent[0][0].address, channel.sent[0][0].secret) == ("t0ken", "the service account")
    assert [row.id for row in await all_rows(db, PushDevice)] == [kept]
    again = await escalation.send_notification(notification(scene, target, attempt=2))
    assert (again.status, again.code) == (REFUSED, "TARGET_GONE")


async def test_a_secret_that_cannot_be_read_and_a_provider_that_says_nothing_are_logged(
    db: Database, escalation: EscalationActivities
) -> None:
    scene = await seed_scene(db)
    other = FieldCipher.parse(new_key().replace(":", "x:", 1))
    hook = await add_channel(db, other, Channel.WEBHOOK, "https://example.org", secret="s")
    target = Target(channel=Channel.WEBHOOK, target_id=hook)
    assert (await escalation.send_notification(notification(scene, target))).code == "SECRET_UNREADABLE"

    class Mute:
        async def send(self, place: Place, message: Message) -> Answer:
            raise TimeoutError

    mute = replace(escalation, notifier=replace(escalation.notifier, senders={Channel.EMAIL: Mute()}))
    mail = await add_channel(db, CIPHER, Channel.EMAIL, "a@b.pl", user_id=scene.anna)
    target = Target(channel=Channel.EMAIL, target_id=mail, user_id=scene.anna)
    delivery = await mute.send_notification(notification(scene, target, key="another"))
    assert (delivery.status, delivery.code) == (FAILED, "TIMEOUT")


async def test_that_a_level_reached_nobody_is_logged_pushed_and_counted_once(
    db: Database, escalation: EscalationActivities
) -> None:
    scene = await seed_scene(db)
    outcome = LevelOutcome(
        bundle_id=scene.bundle_id,
        object_id=scene.object_id,
        key="run/1/1/outcome",
        round=1,
        level=1,
        tried=2,
        reached=0,
        nobody=Nobody.NOT_DELIVERED,
    )
    labels = {"reason": "NOT_DELIVERED"}
    before = REGISTRY.get_sample_value("escalation_nobody_reached_total", labels) or 0
    assert not (await escalation.tell_level(outcome)).again
    assert (await escalation.tell_level(outcome)).again
    assert REGISTRY.get_sample_value("escalation_nobody_reached_total", labels) == before + 1
    (row,) = await all_rows(db, NotificationAttempt)
    assert (row.status, row.code, row.channel, row.level) == (DeliveryStatus.NOBODY, "NOT_DELIVERED", None, 1)
    (push,) = await all_rows(db, OutboxRow)
    assert (push.type, push.push, push.orchestrate) == (names.ESCALATION_UPDATED, True, False)
    assert push.payload["nobody"] == "NOT_DELIVERED"
    reached = replace(outcome, nobody=None, reached=1, key="other")
    assert not (await escalation.tell_level(reached)).again
    assert len(await all_rows(db, NotificationAttempt)) == 1
    assert len(await all_rows(db, OutboxRow)) == 2


def test_every_channel_has_a_sender(db: Database) -> None:
    assert Notifier.make(db, CIPHER, Settings()).senders.keys() == set(Channel)
