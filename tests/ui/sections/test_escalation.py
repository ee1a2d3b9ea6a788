"""The section of escalation: what is typed, what the view-models say, and the pages on the real API."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from activities.db.models.notification_log import NotificationAttempt
from activities.db.session import Database
from api.client.escalation import (
    EscalationLevel,
    EscalationPolicy,
    EscalationStep,
    NotificationChannel,
    OnCallNow,
    OnCallOverride,
    OnCallPerson,
    OnCallRota,
    OnCallShift,
)
from api.client.models import Page
from api.client.notification import Notification
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People
from tests.api.test_commands import Login
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import escalation_view, present_escalation
from ui_flutter.state.escalation_draft import (
    ChannelDraft,
    LevelDraft,
    PolicyDraft,
    RotaDraft,
    StepDraft,
    channel_draft,
    policy_draft,
    rota_draft,
)
from ui_flutter.state.listing import Listing
from ui_flutter.state.present_escalation import Show
from ui_flutter.state.views import Mood
from workflows.domain.alarm import Priority
from workflows.domain.escalation import Channel, DeliveryStatus, Nobody, Purpose, TargetKind

NOW = datetime(2026, 11, 25, 18, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WORDS = Words(Language.EN)
JAN, EWA, DUTY, HOOK = (UUID(int=n) for n in range(1, 5))


def listing(*items: Any) -> Listing[Any]:
    found: Listing[Any] = Listing()
    found.take(found.ask(), Page(items=items))
    return found


def policy(**more: Any) -> EscalationPolicy:
    on_duty = EscalationStep(channel=Channel.PUSH, target=TargetKind.ROTA, rota_id=DUTY, target_name="Duty")
    jan = EscalationStep(channel=Channel.SMS, target=TargetKind.USER, user_id=JAN, target_name="Jan")
    given: dict[str, Any] = {
        "id": uuid4(),
        "name": "Shops",
        "priority": Priority.CRITICAL,
        "is_default": True,
        "levels": (
            EscalationLevel(after_seconds=0, steps=(on_duty,)),
            EscalationLevel(after_seconds=600, steps=(jan, on_duty)),
            EscalationLevel(after_seconds=90, steps=(jan,)),
        ),
        "object_ids": (),
        "attempts": 4,
        "retry_after_seconds": 5,
        "version": 3,
        "left_after_seconds": 900,
    }
    return EscalationPolicy(**given | more)


def rota(**more: Any) -> OnCallRota:
    given: dict[str, Any] = {
        "id": DUTY,
        "name": "Duty",
        "time_zone": "Europe/Warsaw",
        "first_on": date(2026, 11, 2),
        "handover_at": time(8),
        "members": (JAN, EWA),
        "version": 2,
        "people": (OnCallPerson(user_id=JAN, user_name="Jan"), OnCallPerson(user_id=EWA, user_name="Ewa")),
    }
    return OnCallRota(**given | more)


def delivery(**more: Any) -> Notification:
    given: dict[str, Any] = {
        "id": uuid4(),
        "at": NOW,
        "status": DeliveryStatus.SENT,
        "code": "250",
        "purpose": Purpose.RING,
        "round": 1,
        "level": 2,
        "attempt": 1,
        "channel": Channel.EMAIL,
    }
    return Notification(**given | more)


# -- what is shown


def test_a_ladder_says_when_each_level_rings_and_whom() -> None:
    (shown,) = present_escalation.policies(listing(policy()), {}, WORDS).items
    assert [(one.name, one.when) for one in shown.rungs] == [
        ("L1", "at once"),
        ("L2", "after 10 min"),
        ("L3", "after 90 s"),
    ]
    assert shown.rungs[1].targets == ((Channel.SMS, "Jan"), (Channel.PUSH, "Duty"))
    assert shown.notes[:2] == ("Taken and left for 15 minutes, it rings again.", "After the last level nothing is repeated.")


def test_objects_of_a_policy_are_named_and_the_many_counted() -> None:
    ids = tuple(uuid4() for _ in range(6))
    names = {id_: f"Shop {n}" for n, id_ in enumerate(ids)}
    (shown,) = present_escalation.policies(listing(policy(is_default=False, object_ids=ids)), names, WORDS).items
    assert shown.scope.endswith("Shop 0, Shop 1, Shop 2, Shop 3 and 2 more")


def test_no_default_policy_is_said_only_when_that_is_known() -> None:
    assert present_escalation.policies(listing(), {}, WORDS).missing
    assert present_escalation.policies(listing(policy()), {}, WORDS).missing == ""
    assert present_escalation.policies(Listing(), {}, WORDS).missing == ""


def test_a_rota_has_its_weeks_by_minutes_and_who_is_on_call() -> None:
    handover = MONDAY + timedelta(hours=8)
    shifts = (
        OnCallShift(user_id=JAN, user_name="Jan", since=MONDAY - timedelta(days=7), until=handover),
        OnCallShift(user_id=EWA, user_name="Ewa", since=handover, until=MONDAY + timedelta(days=8), overridden=True),
    )
    told = OnCallNow(rota_id=DUTY, rota_name="Duty", user_id=EWA, user_name="Ewa")
    override = OnCallOverride(id=uuid4(), user_id=EWA, since=NOW, until=NOW + timedelta(days=1))
    view = present_escalation.rotas(listing(rota(overrides=(override,))), {DUTY: told}, {DUTY: shifts}, MONDAY, WORDS, NOW)
    (shown,) = view.items
    assert (shown.now, shown.nobody) == ("Ewa", False)
    first = shown.weeks[0][1]
    assert [(one.name, one.share, one.overridden, one.now) for one in first] == [
        ("Jan", 8 * 60, False, False),
        ("Ewa", 7 * 24 * 60 - 8 * 60, True, True),
    ]
    assert (len(shown.weeks), shown.stand_ins[0].text.startswith("Ewa stands in from")) == (4, True)


def test_nobody_on_call_stands_out() -> None:
    told = OnCallNow(rota_id=DUTY, rota_name="Duty")
    (shown,) = present_escalation.rotas(listing(rota()), {DUTY: told}, {}, MONDAY, WORDS, NOW).items
    assert (shown.now, shown.nobody) == ("nobody", True)


@pytest.mark.parametrize(
    ("one", "to", "answer", "label", "mood"),
    [
        (delivery(user_name="Jan", latency_ms=40), "Jan", "250", "Taken", Mood.GOOD),
        (delivery(target_label="Hook", status=DeliveryStatus.FAILED), "Hook", "250", "Failed, is tried again", Mood.WARN),
        (delivery(status=DeliveryStatus.REFUSED), "the installation's", "250", "Refused", Mood.BAD),
        (
            delivery(status=DeliveryStatus.NOBODY, code=Nobody.NO_POLICY, channel=None),
            "—",
            "There is no ladder.",
            "Nobody was notified",
            Mood.BAD,
        ),
    ],
)  # fmt: skip
def test_each_delivery_in_words(one: Notification, to: str, answer: str, label: str, mood: Mood) -> None:
    view = present_escalation.log(listing(one), Show.ALL, {}, WORDS, NOW)
    (row,) = view.table.rows
    assert (row.cells[2].text, row.cells[3].text, row.cells[4].text, row.cells[4].mood) == (to, answer, label, mood)
    assert row.cells[1].detail == "level L2, round 1"
    assert bool(view.nobody) == (one.status is DeliveryStatus.NOBODY)


# -- what is typed


def test_a_draft_of_a_policy_says_the_same_as_it() -> None:
    draft = policy_draft(policy())
    assert [level.minutes for level in draft.levels] == ["0", "10", "1"]
    assert draft.faults() == {"levels": "escalation.fault.order"}
    good = draft.without_level(2)
    assert good.faults() == {}
    members = good.members()
    assert members["levels"][1]["steps"][0] == {"channel": Channel.SMS, "target": "USER", "user_id": str(JAN)}
    assert (members["left_after_seconds"], members["repeat_after_seconds"]) == (900, None)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"levels": ()}, "levels"),
        ({"levels": (LevelDraft(minutes="soon"),)}, "levels"),
        ({"levels": (LevelDraft(),)}, "levels"),
        ({"left": "0"}, "left"),
        ({"repeat": "x"}, "repeat"),
        ({"attempts": "11"}, "attempts"),
        ({"retry": ""}, "retry"),
    ],
)
def test_what_is_wrong_with_a_policy_is_named(typed: dict[str, Any], field: str) -> None:
    good = PolicyDraft(name="x", levels=(LevelDraft(steps=(StepDraft(target=f"USER:{JAN}"),)),))
    assert good.faults() == {}
    assert replace(good, **typed).faults().keys() == {field}


def test_levels_steps_and_objects_come_and_go() -> None:
    draft = PolicyDraft().with_level().with_step(1)
    assert [(level.minutes, len(level.steps)) for level in draft.levels] == [("0", 1), ("10", 2)]
    draft = draft.without_step(1, 0).with_minutes(1, "30").change_step(0, 0, StepDraft(target=f"ROTA:{DUTY}"))
    assert (draft.levels[1].minutes, len(draft.levels[1].steps), draft.levels[0].steps[0].target) == ("30", 1, f"ROTA:{DUTY}")
    assert draft.with_object("a").with_object("b").with_object("a").object_ids == ("b",)


def test_a_draft_of_a_rota_keeps_turns_and_names_what_is_wrong() -> None:
    draft = rota_draft(rota())
    assert draft.faults() == {}
    assert draft.rota_members()["handover_at"] == "08:00"
    assert draft.sooner(1).members == (str(EWA), str(JAN))
    assert draft.sooner(0).without_member(1).members == (str(JAN),)
    assert RotaDraft(handover_at="x", time_zone="").faults().keys() == {
        "name",
        "time_zone",
        "first_on",
        "handover_at",
        "members",
    }


def test_an_address_asks_for_what_its_kind_has() -> None:
    assert ChannelDraft(kind=Channel.SMS).faults().keys() == {"label", "address"}
    assert ChannelDraft(kind=Channel.PAGERDUTY).faults().keys() == {"label", "secret"}
    hook = NotificationChannel(
        id=HOOK, kind=Channel.WEBHOOK, label="Hook", address="https://h", has_secret=True, enabled=True, version=1
    )
    draft = channel_draft(hook)
    assert draft.faults() == {}
    assert "secret" not in draft.changed()
    assert replace(draft, secret="new").changed()["secret"] == "new"
    assert ChannelDraft(kind=Channel.EMAIL, label="x", address="a@b", user_id=str(JAN)).created()["user_id"] == str(JAN)


def test_objects_are_found_by_a_part_of_their_name() -> None:
    names = {JAN: "Apteka Pod Lwem", EWA: "Hurtownia"}
    assert escalation_view.matches("apte", names, ()) == ((str(JAN), "Apteka Pod Lwem"),)
    assert escalation_view.matches("apte", names, (str(JAN),)) == ()
    assert escalation_view.matches(" ", names, ()) == ()


# -- the pages


async def test_a_rota_and_a_ladder_are_made(api: Api, at: At, people: People, login: Login, db: Database) -> None:
    admin = (await login(api, "admin")).escalation
    screen = await at(api, "admin", "/escalation")
    await eventually(lambda: "escalation-missing" in screen.identifiers())
    await screen.click("tab-rotas")
    await eventually(lambda: screen.browser.route == "/escalation/rotas")
    await screen.click("escalation-add")
    await eventually(lambda: "form-save" in screen.identifiers())
    await screen.click("form-save")
    await eventually(lambda: "fault-members" in screen.identifiers())
    await screen.type("form-name", "Dyżur")
    section = screen.controller.navigator.current
    form = section.form  # type: ignore[union-attr]
    form.draw(form.draft.with_member(str(people["operator"])))
    await screen.click("form-save")
    await eventually(lambda: "form-save" not in screen.identifiers())
    (made,) = (await admin.rotas()).items
    await eventually(lambda: f"on-call-{made.id}" in screen.identifiers())
    assert (made.name, made.members) == ("Dyżur", (people["operator"],))

    screen.controller.go("/escalation/policy/new")
    await eventually(lambda: "level-add" in screen.identifiers())
    await screen.type("form-name", "Wszystkie")
    form = section.form  # type: ignore[union-attr]
    form.put(is_default=True)
    form.draw(form.draft.change_step(0, 0, StepDraft(target=f"ROTA:{made.id}")))
    await screen.click("form-save")
    await eventually(lambda: "form-save" not in screen.identifiers())
    (ladder,) = (await admin.policies()).items
    assert ladder.levels[0].steps[0].target_name == "Dyżur"
    await screen.click("tab-policies")
    await eventually(lambda: f"policy-{ladder.id}" in screen.identifiers())
    await eventually(lambda: "escalation-missing" not in screen.identifiers())
    assert screen.browser.errors == []


async def test_a_conflict_keeps_what_was_typed(api: Api, at: At, people: People, login: Login) -> None:
    admin = (await login(api, "admin")).escalation
    turns: dict[str, Any] = {"time_zone": "Europe/Warsaw", "first_on": "2026-11-02", "handover_at": "08:00"}
    made = await admin.create_rota(name="Duty", members=[people["operator"]], **turns)
    screen = await at(api, "admin", f"/escalation/rota/{made.id}")
    await eventually(lambda: "form-name" in screen.identifiers() and screen.value("form-name") == "Duty")
    await admin.change_rota(made.id, version=1, name="Theirs", members=[people["master"]], **turns)
    await screen.type("form-name", "Mine")
    await screen.click("form-save")
    await eventually(lambda: "form-conflict" in screen.identifiers())
    assert screen.value("form-name") == "Mine"
    await screen.click("conflict-mine")
    await eventually(lambda: "form-save" not in screen.identifiers())
    assert (await admin.rota(made.id)).name == "Mine"
    assert screen.browser.errors == []


async def test_an_operator_reads_who_was_told_and_that_nobody_was(api: Api, at: At, db: Database, people: People) -> None:
    object_id = await add_object(db, "Apteka")
    async with db.write() as session:
        session.add_all(
            NotificationAttempt(
                id=uuid7(),
                object_id=object_id,
                purpose=Purpose.RING,
                round=1,
                level=1,
                channel=None if status is DeliveryStatus.NOBODY else Channel.SMS,
                user_id=people["operator"],
                attempt=1,
                status=status,
                code=code,
                key=str(uuid4()),
            )
            for status, code in ((DeliveryStatus.SENT, "202"), (DeliveryStatus.NOBODY, Nobody.NO_TARGET.value))
        )
    screen = await at(api, "operator", "/escalation/log", width=390)
    await eventually(lambda: "escalation-nobody" in screen.identifiers())
    (first, *_) = sorted(one for one in screen.identifiers() if one.startswith("row-"))
    await eventually(lambda: screen.texts(first)[0] == "Apteka", what="the object heads the card on a phone")
    assert "tab-channels" not in screen.identifiers()
    assert "escalation-add" not in screen.identifiers()
    await screen.click("tab-failed")
    await eventually(lambda: "table-empty" in screen.identifiers())
    assert screen.browser.errors == []
