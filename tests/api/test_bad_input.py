"""Whatever stands in a request's body: a refusal that names the member, never a fault of ours (docs/security.md, "Input")."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import api.schemas
from api.schemas import text
from api.schemas.requests import Act, AddNote, Body, Line, Login, NewPanel, PasswordChange, Refresh

HUGE: Final = "ż" * 100_000
REFUSED: Final = ["\0", "\x01", "\x0b", "\x1b", "\x7f", "\x85", "\ud800", "\udfff", "\u202e", "\u2066"]
NUMBERS: Final = [2**31, 2**53, -(2**63), 2**64, 10**400, 1e308, float("inf"), float("nan")]


def _models() -> Iterator[type[Body]]:
    for module in pkgutil.iter_modules(api.schemas.__path__):
        importlib.import_module(f"api.schemas.{module.name}")
    waiting = list(Body.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        yield model


MODELS: Final = sorted(set(_models()), key=lambda model: model.__qualname__)


def _members(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _faults(model: type[BaseModel], body: Any) -> dict[str, str]:
    """The paths that are complained of; fails for any other error than the one that becomes 422."""
    try:
        model.model_validate(body)
    except ValidationError as refused:
        return {".".join(map(str, one["loc"])): one["msg"] for one in refused.errors()}
    return {}


def test_there_are_bodies_to_try() -> None:
    assert {Login, Act, AddNote, PasswordChange, Refresh} <= set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_character_that_no_text_may_have_is_refused_by_the_members_name(model: type[Body]) -> None:
    for member in _members(model):
        for bad in REFUSED:
            assert member in _faults(model, {member: f"a{bad}b"}), f"{member}: {bad!a}"
            deep = _faults(model, {member: {"deep": [bad]}})
            assert f"{member}.deep.0" in deep, f"{member}: {bad!a} at any depth"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_is_too_large_is_refused_by_the_members_name(model: type[Body]) -> None:
    for member in _members(model):
        for value in (HUGE, *NUMBERS):
            found = _faults(model, {member: value})
            assert [path for path in found if path.split(".")[0] == member], f"{member}: {str(value)[:12]}: {found}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_any_json_at_all_is_judged_and_breaks_nothing(model: type[Body], data: st.DataObject) -> None:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
    names = st.sampled_from([*model.model_fields]) | st.text(st.characters(), max_size=8)
    json = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
    )
    _faults(model, data.draw(st.dictionaries(names, json, max_size=6) | json))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_whole_number_has_both_bounds(model: type[Body]) -> None:
    """Without them a number may be larger than its column, which PostgreSQL refuses too late."""
    unbounded = [
        name
        for name, schema in model.model_json_schema().get("properties", {}).items()
        for one in (schema, *schema.get("anyOf", ()))
        if one.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & one.keys() and "enum" not in one
    ]
    assert unbounded == []


def test_equal_texts_become_equal_bytes_but_a_password_stays_as_it_is() -> None:
    apart, together = "Z\u0307o\u0301\u0142w", "\u017b\u00f3\u0142w"
    assert AddNote(version=1, text=f"{apart}\r\nb\tc").text == f"{together}\nb\tc"
    login = Login(username=apart, password=f"{apart} \r\n")
    assert (login.username, login.password) == (together, f"{apart} \r\n")
    changed = PasswordChange(current_password=apart, new_password=f"{apart} and nine more")
    assert (changed.current_password, changed.new_password) == (apart, f"{apart} and nine more")


def test_every_password_stays_as_it_is() -> None:
    passwords = [(model, name) for model in MODELS for name in _members(model) if "password" in name]
    assert passwords
    assert [(model, name) for model, name in passwords if name not in text.verbatim_fields(model)] == []


@pytest.mark.parametrize(
    ("model", "member", "value"),
    [
        (Act, "version", "1"),
        (Act, "version", True),
        (NewPanel, "enabled", 0),
        (NewPanel, "enabled", "true"),
        (NewPanel, "port", "7094"),
    ],
)
def test_a_value_of_another_type_is_refused_even_where_it_could_be_read(model: type[Body], member: str, value: Any) -> None:
    assert member in _faults(model, {member: value})


@pytest.mark.parametrize("breaking", ["\n", "\t", "\r\n", "\u2028"])
def test_a_line_is_one_line_and_a_note_may_have_several(breaking: str) -> None:
    assert "username" in _faults(Login, {"username": f"a{breaking}b", "password": "x"})
    assert _faults(AddNote, {"version": 1, "text": f"a{breaking}b"}) == {}


def test_a_name_that_is_a_trap_is_refused_as_a_name_too() -> None:
    assert "a\0" in _faults(AddNote, {"version": 1, "text": "x", "a\0": 1})


def test_a_body_as_deep_as_a_well_is_refused() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    assert "text" in _faults(AddNote, {"version": 1, "text": deep})


def test_a_line_is_the_type_of_every_short_text() -> None:
    """`Line` and not `str`: so that the rule of one line holds."""
    assert get_origin(Line) is not None
    assert text.one_line in [getattr(mark, "func", None) for mark in get_args(Line)]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1", "1.5", "2026-11-25T10:00:00", "x"]
)
def test_a_time_is_rfc_3339_with_a_zone_in_the_years_we_know(moment: str) -> None:
    class Timed(BaseModel):
        at: text.Moment

    assert "at" in _faults(Timed, {"at": moment})
    assert _faults(Timed, {"at": "2026-11-25T18:59:04.5+01:00"}) == {}
