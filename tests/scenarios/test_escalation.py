"""R-ESCALATE on the whole system: who is written to when nobody claims a critical alarm."""

from typing import Any
from uuid import UUID

from temporalio.client import Client

from activities.infra.temporal import DATA_CONVERTER
from api.client.models import TimelineKind
from deploy.local.temporal import NAMESPACE
from tests.scenarios.people import Person
from tests.scenarios.site import SILENT_PANIC, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from tests.support.providers import MailServer
from workflows.contracts import names
from workflows.contracts.escalation import EscalationSnapshot
from workflows.domain.alarm import Priority
from workflows.domain.bundle import Action
from workflows.domain.escalation import Channel, DeliveryStatus, Nobody, Stance, TargetKind


def _to(user_id: UUID, channel: Channel = Channel.EMAIL) -> dict[str, Any]:
    return {"channel": channel, "target": TargetKind.USER, "user_id": user_id}


async def _policy(story: Story, site: Site, *levels: tuple[int, dict[str, Any]]) -> Person:
    admin = await story.person("admin")
    told = [{"after_seconds": after, "steps": [step]} for after, step in levels]
    await admin.client.escalation.create_policy(
        name=f"of {site.name}", levels=told, object_ids=[site.object_id], repeat_after_seconds=None
    )
    return admin


def _letters(mail: MailServer, alarm_id: UUID) -> list[str]:
    """Whom letters about the alarm went to."""
    return [str(letter["To"]) for letter in mail.letters if str(alarm_id) in letter.as_string()]


async def test_a_hold_up_that_nobody_claims_is_written_to_who_is_first_and_a_claim_stops_it(
    story: Story, mail: MailServer
) -> None:
    site, olga, master = await story.site(), await story.olga(), await story.person("master")
    admin = await _policy(story, site, (0, _to(olga.id)), (60, _to(master.id)))
    await site.violate(SILENT_PANIC)
    alarm = await olga.sees(site, priority=Priority.CRITICAL)
    await eventually(lambda: _letters(mail, alarm.id) == ["operator@example.org"], within=30, what="the first letter")

    async def told() -> bool:
        timeline = await olga.client.timeline(alarm.id)
        delivered = [one.notification for one in timeline.items if one.kind is TimelineKind.NOTIFICATION]
        return [(one.status, one.user_name) for one in delivered if one] == [(DeliveryStatus.SENT, olga.display_name)]

    await eventually(told, every=0.2, what="the letter is in the story")
    claimed = await olga.claims(await olga.sees_it(alarm))
    started = await olga.client.act(claimed.id, Action.START, version=claimed.version)
    await olga.client.act(claimed.id, Action.ACK, version=started.version)
    address = story.system.composition.addresses().temporal_address
    client = await Client.connect(address, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
    handle = client.get_workflow_handle(names.escalation_workflow_id(alarm.id), result_type=EscalationSnapshot)
    ended: EscalationSnapshot = await handle.result()
    assert (ended.watch.stance, ended.watch.rung, ended.levels) == (Stance.OVER, 1, 2)
    assert _letters(mail, alarm.id) == ["operator@example.org"]
    history = await story.history_of(handle.id)
    assert str(alarm.id).encode() in history
    for secret in ("example.org", olga.display_name, admin.display_name):
        assert secret.encode() not in history


async def test_when_nobody_can_be_reached_everybody_who_looks_learns_it(story: Story, mail: MailServer) -> None:
    """A phone without a modem to call it, then nobody's app."""
    site, olga = await story.site(), await story.olga()
    admin = await _policy(story, site, (0, _to(olga.id, Channel.SMS)), (3_600, _to(olga.id, Channel.PUSH)))
    await admin.client.escalation.create_channel(Channel.SMS, label="Olga", address="+48600100200", user_id=olga.id)
    await site.violate(SILENT_PANIC)
    alarm = await olga.sees(site, priority=Priority.CRITICAL)

    async def told() -> bool:
        log = (await admin.client.escalation.notifications(bundle_id=alarm.id)).items
        assert [(one.status, one.level, one.code) for one in reversed(log)] == [
            (DeliveryStatus.REFUSED, 1, "NO_MODEM"),
            (DeliveryStatus.NOBODY, 1, Nobody.NOT_DELIVERED),
            (DeliveryStatus.NOBODY, 2, Nobody.NO_TARGET),
        ]
        return True

    await eventually(told, within=30, every=0.2)
    pushed = [one.data for one in olga.screen.told if one.event == names.ESCALATION_UPDATED]
    assert [one["nobody"] for one in pushed if one["bundle_id"] == str(alarm.id)] == [Nobody.NOT_DELIVERED, Nobody.NO_TARGET]
    assert _letters(mail, alarm.id) == []
