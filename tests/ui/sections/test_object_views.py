"""What the pages of objects and panels say, without Flet and without a server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.client.commands import Command
from api.client.fleet import MapPlace
from api.client.models import LinkState, ObjectStatus, Panel, PanelState, ZoneLive
from api.client.service_modes import ServiceMode, ServiceSummary
from tests.ui import factories
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import forms, object_forms, panel_forms, plan_draft, present_board, present_map, present_object_lists
from ui_flutter.state.editing import Editing
from ui_flutter.state.plan_draft import Part, PlanDraft
from ui_flutter.state.present_board import Face
from ui_flutter.state.present_map import Sign
from ui_flutter.state.present_objects import Open
from ui_flutter.state.present_panel_words import link_words
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood
from workflows.domain.alarm import AlarmType
from workflows.domain.command import ArmMode, CommandKind, CommandSource, CommandStatus
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Role
from workflows.domain.service import ServiceState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = Words(Language.EN)


# -- numbers and choices in forms


@pytest.mark.parametrize(
    ("text", "found"),
    [("1, 3,5-8", (1, 3, 5, 6, 7, 8)), ("2;2", (2,)), ("", ()), ("8-5", None), ("a", None), ("1-", None), ("1-999", None)],
)
def test_lists_of_numbers(text: str, found: tuple[int, ...] | None) -> None:
    assert forms.numbers(text) == found


def test_choices_keep_the_order_of_the_options() -> None:
    assert forms.toggled("c", "a", ("a", "b", "c")) == "a,c"
    assert forms.toggled("a,c", "a", ("a", "b", "c")) == "c"


# -- editing against somebody else


def editing() -> Editing:
    return Editing(
        WORDS, {"name": "Name", "kind": "Kind"}, lambda json: {"name": json["name"], "kind": json["kind"]}, 3,
        {"name": "A", "kind": "shop"},
    )  # fmt: skip


def test_only_what_was_typed_over_is_sent_and_the_rest_is_as_it_is_now() -> None:
    one = editing()
    assert one.stale({"name": "A", "kind": "bank", "version": 5}) == ("Kind: was “shop”, is “bank”",)
    typed = {"name": "B", "kind": "shop"}
    assert (one.version, one.members(typed), one.merged(typed)) == (5, {"name": "B"}, {"name": "B", "kind": "bank"})


def test_a_second_stale_answer_tells_only_what_is_new_in_it() -> None:
    one = editing()
    one.stale({"name": "A", "kind": "bank", "version": 4})
    assert one.stale({"name": "Z", "kind": "bank", "version": 5}) == ("Name: was “A”, is “Z”",)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"lat": "50.1", "lon": "19,9"}, set()),
        ({"lat": "", "lon": ""}, set()),
        ({"lat": "91", "lon": "0"}, {"lat"}),
        ({"lat": "x", "lon": "0"}, {"lat"}),
        ({"lat": "", "lon": "19"}, {"lat"}),
        ({"name": " "}, {"name"}),
    ],
)
def test_what_is_wrong_with_an_object_is_said_by_field(values: dict[str, str], wrong: set[str]) -> None:
    typed = {"name": "A", "address": "B", "kind": "c", "external_number": "1", "lat": "", "lon": ""} | values
    assert object_forms.wrong_object(WORDS, typed).keys() == wrong


def test_an_alarm_configuration_survives_its_form() -> None:
    json: dict[str, Any] = {
        "join_window_seconds": 60,
        "service_max_minutes": None,
        "requires_note": {"FIRE": True, "POWER": False},
        "never_silenced": ["FIRE"],
        "two_person": True,
        "priorities": {"POWER": "HIGH"},
    }
    made = object_forms.config_members(object_forms.config_texts(json))
    assert made == json | {"requires_note": {"FIRE": True}}


def test_an_empty_code_of_a_panel_changes_nothing() -> None:
    assert object_forms.panel_members({"command_code": "", "port": "7094", "enabled": ""}) == {"port": 7094, "enabled": False}


def test_an_override_by_alarm_type_stays_unless_one_for_all_is_chosen() -> None:
    texts = panel_forms.zone_texts(
        {"name": "Door", "partition": None, "alarm_type": None, "priority_override": {"FIRE": "LOW"}}
    )
    assert texts["priority_override"] == "BY_TYPE"
    assert "priority_override" not in panel_forms.zone_members(texts)
    assert panel_forms.zone_members(texts | {"priority_override": "HIGH"})["priority_override"] == {"priority": "HIGH"}


@pytest.mark.parametrize(
    ("text", "names"), [("1: A\n\n2:B ", {1: "A", 2: "B"}), ("1 A", None), ("1: A\n1: B", None), ("x: A", None), ("", {})]
)
def test_names_of_partitions(text: str, names: dict[int, str] | None) -> None:
    assert panel_forms.partition_names(text) == names


# -- contacts and procedure


def draft() -> PlanDraft:
    contacts = ({"id": "a", "name": "A"}, {"id": "b", "name": "B"})
    return PlanDraft(version=1, contacts=contacts, steps=({"id": "s", "text": "Call", "contact_id": "a"},))


def test_the_order_of_calls_changes_by_one_place_and_ends_at_the_edge() -> None:
    assert [one["id"] for one in plan_draft.moved(draft(), Part.CONTACTS, 1, -1).contacts] == ["b", "a"]
    assert plan_draft.moved(draft(), Part.CONTACTS, 0, -1) == draft()


def test_a_step_that_called_who_is_gone_calls_whom_its_text_names() -> None:
    assert plan_draft.without(draft(), Part.CONTACTS, 0).steps[0]["contact_id"] is None
    assert plan_draft.without(draft(), Part.CONTACTS, 1).steps[0]["contact_id"] == "a"


# -- service mode


def test_service_mode_tells_what_it_silenced_and_what_stands_in_alarm() -> None:
    summary = ServiceSummary(events=3, bundles=2, active=1, by_type={AlarmType.INTRUSION: 2, AlarmType.TAMPER: 1})
    mode = ServiceMode(
        id=uuid4(),
        object_id=uuid4(),
        object_name="Bank",
        state=ServiceState.ENDED,
        in_force=False,
        version=2,
        reason="New detectors",
        requested_by=uuid4(),
        username="anna",
        begun_at=NOW,
        ends_at=NOW,
        ended_at=NOW,
        summary=summary,
    )
    silenced = present_object_lists.service_row(mode, WORDS, NOW).cells[3]
    assert (silenced.text, silenced.detail) == ("3 events", "1 stood in alarm, Intrusion 2, Tamper 1")
    assert present_object_lists.service_row(replace(mode, summary=None), WORDS, NOW).cells[3].text == "—"


# -- the map


def place(**more: Any) -> MapPlace:
    given = {"id": uuid4(), "name": "Bank", "address": "", "kind": "bank", "status": ObjectStatus.ACTIVE, "lat": 50.0}
    return MapPlace(**given | {"lon": 20.0, "panels": 2, "connected": 2} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "alarms", "sign"),
    [
        (place(), None, Sign.QUIET),
        (place(connected=0), Open(count=1, rank=2), Sign.HIGH),  # an alarm outranks everything
        (place(connected=1), None, Sign.LOST),
        (place(connected=None), None, Sign.UNKNOWN),  # nobody says so: not lost
        (place(connected=1, released=1), None, Sign.SERVICE),  # given up on purpose
        (place(status=ObjectStatus.SERVICE), None, Sign.SERVICE),
        (place(panels=0, connected=0), None, Sign.NO_PANEL),
        (place(status=ObjectStatus.CLOSED, connected=0), None, Sign.NO_PANEL),
    ],
)
def test_a_mark_says_the_worst(one: MapPlace, alarms: Open | None, sign: Sign) -> None:
    assert present_map.sign(one, alarms) is sign


# -- the board


def zone(**flags: bool | None) -> ZoneLive:
    names = ("violated", "tamper", "alarm", "alarm_memory", "bypassed", "isolated")
    given: dict[str, Any] = dict.fromkeys(names, False) | flags
    return ZoneLive(number=1, **given)


@pytest.mark.parametrize(
    ("one", "face"),
    [
        (zone(), Face.QUIET),
        (zone(violated=None), Face.UNKNOWN),
        (zone(violated=True), Face.VIOLATED),
        (zone(violated=True, bypassed=True), Face.BYPASSED),
        (zone(bypassed=True, isolated=True), Face.ISOLATED),
        (zone(alarm_memory=True), Face.MEMORY),
        (zone(alarm=True, bypassed=True, tamper=True), Face.ALARM),
    ],
)
def test_a_zone_shows_what_matters_most(one: ZoneLive, face: Face) -> None:
    assert present_board.zone_face(one) is face


def test_each_state_of_a_partition_has_a_face_and_unknown_is_unlike_disarmed() -> None:
    faces = {state: present_board.partition_face(state) for state in PartitionState}
    assert [state for state, face in faces.items() if face is Face.UNKNOWN] == [PartitionState.UNKNOWN]
    assert [state for state, face in faces.items() if face is Face.QUIET] == [PartitionState.DISARMED]
    assert faces[PartitionState.ARMING_FULL] is faces[PartitionState.DISARMING] is Face.WAITING


def panel(**more: Any) -> Panel:
    given: dict[str, Any] = {"id": UUID(int=1), "object_id": UUID(int=2), "name": "Main", "host": "h", "port": 1}
    given |= {"encrypted": True, "commandable": True, "enabled": True, "version": 1, "config_version": 1}
    return Panel(**given | {"description_version": 1, "created_at": NOW} | more)


def test_a_line_nobody_tells_of_is_unknown_and_not_lost() -> None:
    assert link_words(panel(), None, WORDS, NOW) == ("State unknown", Mood.QUIET)
    lost = PanelState(panel_id=UUID(int=1), link=LinkState(status=LinkStatus.NO_ANSWER), partitions=(), zones=(), stale=True)
    assert link_words(panel(), lost, WORDS, NOW) == ("Does not answer", Mood.BAD)
    assert link_words(panel(enabled=False), lost, WORDS, NOW) == ("Disabled", Mood.QUIET)


def command(**more: Any) -> Command:
    given: dict[str, Any] = {"id": uuid4(), "object_id": uuid4(), "object_name": "Bank", "panel_id": uuid4()}
    given |= {"panel_name": "Main", "kind": CommandKind.ARM, "source": CommandSource.OPERATOR, "numbers": (1,)}
    given |= {"status": CommandStatus.PENDING, "created_at": NOW, "workflow_id": "", "temporal_url": ""}
    return Command(**given | {"arm_mode": ArmMode.FULL} | more)


def test_a_command_shows_how_far_it_has_come() -> None:
    store = Store(language=Language.EN, user=factories.user(Role.ADMIN))
    sent = command(sent_at=NOW, two_person=True, released_at=NOW)
    steps = present_board.order(sent, store, NOW).steps
    assert [(step.done, step.waiting) for step in steps] == [
        (True, False),
        (True, False),
        (True, False),
        (False, True),
        (False, False),
    ]
    ended = present_board.order(replace(sent, status=CommandStatus.TIMEOUT, ended_at=NOW), store, NOW)
    assert not ended.under_way
    assert not any(step.waiting for step in ended.steps)


def test_who_asked_cannot_agree_to_it_himself() -> None:
    user = factories.user(Role.ADMIN)
    store = Store(language=Language.EN, user=user)
    waiting = command(status=CommandStatus.AWAITING_RELEASE, two_person=True)
    assert present_board.order(replace(waiting, requested_by=uuid4()), store, NOW).can_agree
    assert not present_board.order(replace(waiting, requested_by=user.id), store, NOW).can_agree
    operator = Store(language=Language.EN, user=factories.user(Role.OPERATOR))
    assert not present_board.order(replace(waiting, requested_by=uuid4()), operator, NOW).can_agree


def test_an_old_picture_is_not_trusted() -> None:
    assert timedelta(seconds=10) < present_board.OLD_AFTER < timedelta(seconds=30)
