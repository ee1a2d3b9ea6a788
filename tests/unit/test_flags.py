"""R-FLAGS: what is on is read from files, in layers, and a mistake in one is named with its line."""

from pathlib import Path

import pytest

from activities.infra.flags import BadFlags, Decided, Environment, Layer, decide, load, packed
from activities.infra.settings import Settings
from workflows.domain.flags import Flag, Flags


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own.yaml"


def test_the_packed_file_names_every_flag_once() -> None:
    lines = [line.strip() for line in packed().read_text().splitlines() if not line.startswith("#")]
    assert [sum(line.startswith(f"{flag}:") for line in lines) for flag in Flag] == [1] * len(Flag)


BUILT = frozenset(set(Flag) - {Flag.OPERATOR_ARM, Flag.SMS, Flag.REPORTS})


def test_what_is_there_is_on_and_what_is_not_there_yet_is_off_everywhere() -> None:
    assert [load(environment, None) for environment in Environment] == [Flags(BUILT)] * 3


def test_the_installations_own_file_goes_first_and_its_environment_before_that(own: Path) -> None:
    own.write_text("flags: {sms: true, reports: true}\nenvironments:\n  prod: {sms: false}\n  dev: {import: no}\n")
    assert load(Environment.PROD, own).on == BUILT | {Flag.REPORTS}
    assert load(Environment.STAGE, own).on == BUILT | {Flag.REPORTS, Flag.SMS}
    assert load(Environment.DEV, own).on == (BUILT | {Flag.REPORTS, Flag.SMS}) - {Flag.IMPORT}


def test_of_each_flag_it_is_known_which_layer_decided(own: Path) -> None:
    own.write_text("flags: {sms: true, reports: true}\nenvironments:\n  prod: {sms: false}\n")
    decided = decide(Environment.PROD, own)
    assert decided.keys() == set(Flag)
    assert decided[Flag.SMS] == Decided(False, Layer.OWN_ENVIRONMENT)
    assert decided[Flag.REPORTS] == Decided(True, Layer.OWN)
    assert decided[Flag.COMMANDS] == Decided(True, Layer.PACKED)
    assert decide(Environment.DEV, own)[Flag.SMS] == Decided(True, Layer.OWN)


@pytest.mark.parametrize("content", ["", "# nothing\n", "flags:\nenvironments:\n  prod:\n"])
def test_an_empty_file_changes_nothing(own: Path, content: str) -> None:
    own.write_text(content)
    assert load(Environment.PROD, own) == Flags(BUILT)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("flags:\n  documnts: true\n", r"own\.yaml, line 2: flags\.documnts is no flag; there are documents, "),
        ("flags:\n  sms: 1\n", r"own\.yaml, line 2: flags\.sms must be true or false"),
        ("flags:\n  sms: 'true'\n", "line 2: flags.sms must be true or false"),
        ("flags:\n  sms:\n", "line 2: flags.sms must be true or false"),
        ("flags:\n  sms: {on: true}\n", "line 2: flags.sms must be true or false"),
        ("flags:\n  sms: true\n  sms: false\n", "line 3: flags.sms is there twice"),
        ("environments:\n  dev: {smss: true}\n", r"line 2: environments\.dev\.smss is no flag"),
        ("environments:\n  test: {}\n", r"environments\.test is no environment; there are dev, stage, prod"),
        ("sms: true\n", "sms is no section; there are flags and environments"),
        ("flags: [sms]\n", "line 1: flags must be keys with values"),
        ("flags: {sms: true\n", "is no YAML: .*line"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_place_whatever_the_environment(own: Path, content: str, told: str) -> None:
    own.write_text(content)
    for environment in Environment:
        with pytest.raises(BadFlags, match=told):
            load(environment, own)


def test_a_file_that_is_not_there_is_named(own: Path) -> None:
    with pytest.raises(BadFlags, match=r"own\.yaml cannot be read"):
        load(Environment.PROD, own)


def test_settings_say_which_environment_and_which_file(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.write_text("environments: {stage: {sms: true}}\n")
    monkeypatch.setenv("STAM_FEATURE_FLAGS_FILE", str(own))
    assert Flag.SMS not in Settings().flags()
    monkeypatch.setenv("STAM_ENVIRONMENT", "stage")
    assert Flag.SMS in Settings().flags()
