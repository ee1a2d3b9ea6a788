"""What forms say about what was typed, before the server is asked: by field, and nothing about what is right."""

from collections.abc import Callable, Mapping

import pytest

from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import document_forms, panel_forms, plan_forms, service_forms
from ui_flutter.state.forms import FormView
from workflows.domain.alarm import AlarmType
from workflows.domain.command import CommandKind
from workflows.domain.document import DocumentKind
from workflows.domain.panel_release import MAX_MINUTES
from workflows.domain.response import StepKind

WORDS = Words(Language.EN)
Check = Callable[[Words, Mapping[str, str]], dict[str, str]]
SERVICE = {"minutes": "60", "reason": "Detectors are replaced", "panel": "", "zones": "", "alarm_types": ""}
RELEASE = {"minutes": "30", "reason": "New users"}
ZONE = {"name": "Door", "number": "7", "partition": "1"}


@pytest.mark.parametrize(
    ("check", "right", "typed", "wrong"),
    [
        (service_forms.wrong, SERVICE, {}, set()),
        (service_forms.wrong, SERVICE, {"minutes": " "}, {"minutes"}),
        (service_forms.wrong, SERVICE, {"minutes": "an hour"}, {"minutes"}),
        (service_forms.wrong, SERVICE, {"reason": "  x  "}, {"reason"}),
        (service_forms.wrong, SERVICE, {"panel": "a"}, {"zones"}),
        (service_forms.wrong, SERVICE, {"panel": "a", "zones": "1, 3, 5-8"}, set()),
        (service_forms.wrong, SERVICE, {"zones": "1"}, {"panel"}),
        (panel_forms.wrong_release, RELEASE, {}, set()),
        (panel_forms.wrong_release, RELEASE, {"minutes": "0"}, {"minutes"}),
        (panel_forms.wrong_release, RELEASE, {"minutes": str(MAX_MINUTES)}, set()),
        (panel_forms.wrong_release, RELEASE, {"minutes": str(MAX_MINUTES + 1)}, {"minutes"}),
        (panel_forms.wrong_release, RELEASE, {"minutes": "½", "reason": ""}, {"minutes", "reason"}),
        (panel_forms.wrong_zone, ZONE, {}, set()),
        (panel_forms.wrong_zone, ZONE, {"name": " ", "partition": "one"}, {"name", "partition"}),
        (panel_forms.wrong_zone, ZONE, {"number": ""}, {"number"}),
        (panel_forms.wrong_partitions, {"names": "1: Shop"}, {}, set()),
        (panel_forms.wrong_partitions, {"names": "1 Shop"}, {}, {"names"}),
        (document_forms.wrong, {"title": "Plan"}, {}, set()),
        (document_forms.wrong, {"title": "Plan"}, {"title": " "}, {"title"}),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    check: Check, right: Mapping[str, str], typed: Mapping[str, str], wrong: set[str]
) -> None:
    found = check(WORDS, {**right, **typed})
    assert found.keys() == wrong
    assert all(found.values())


@pytest.mark.parametrize(
    ("kind", "typed", "wrong"),
    [
        (CommandKind.OUTPUTS_ON, "", {"numbers"}),
        (CommandKind.OUTPUTS_ON, "second", {"numbers"}),
        (CommandKind.OUTPUTS_ON, "2-4", set()),
        (CommandKind.ARM, "", set()),  # its partitions were chosen on the board
    ],
)
def test_only_a_command_to_outputs_asks_for_numbers(kind: CommandKind, typed: str, wrong: set[str]) -> None:
    assert panel_forms.wrong_order(WORDS, kind, {"numbers": typed}).keys() == wrong


@pytest.mark.parametrize(
    ("file_name", "title", "kind"),
    [
        ("Plan of the ground floor.pdf", "Plan of the ground floor", DocumentKind.FILE),
        ("façade.JPG", "façade", DocumentKind.PHOTO),
        ("README", "README", DocumentKind.FILE),
    ],
)
def test_a_new_document_is_called_as_its_file_and_a_picture_is_a_photo(file_name: str, title: str, kind: DocumentKind) -> None:
    assert document_forms.new(WORDS, file_name).start == {"title": title, "kind": kind.value}


def test_a_new_step_is_a_call_of_nobody_yet_and_an_old_one_begins_as_it_is() -> None:
    contacts = ({"id": "a", "name": "Anna"}, {"id": "b", "name": "Bartek"})
    nothing = {"kind": StepKind.CALL.value, "text": "", "contact_id": "", "alarm_type": ""}
    assert plan_forms.step_form(WORDS, None, contacts).start == nothing
    step = {"kind": StepKind.DISPATCH.value, "text": "Send the patrol", "contact_id": "b", "alarm_type": AlarmType.FIRE.value}
    form = plan_forms.step_form(WORDS, step, contacts)
    assert form.start == step
    assert [name for _, name in _options(form, "contact_id")][1:] == ["Anna", "Bartek"]


def test_a_contact_may_be_called_at_any_hour_that_is_none() -> None:
    assert plan_forms.contact_form(WORDS, {"name": "Anna", "call_from": None}).start["call_from"] == ""
    assert [plan_forms.clock(text) for text in ("8:00", " 22.05 ", "24:00", "noon")] == ["08:00", "22:05", None, None]


def _options(form: FormView, name: str) -> tuple[tuple[str, str], ...]:
    return next(field.options for field in form.fields if field.name == name)
