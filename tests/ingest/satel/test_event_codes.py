"""The table of event codes: complete, consistent, and right about what the R bit means (reference §4.8, §4.9)."""

import pytest

from workflows.domain.event_codes import CODES, Change, CodeFamily, EventCode, LongKind, RestoreMeaning, code_info


def test_the_table_has_every_code_of_the_vendor_lists() -> None:
    assert len(CODES) == 268
    assert set(CODES) <= set(range(1024))
    assert {family: sum(row.family is family for row in CODES.values()) for family in CodeFamily} == {
        CodeFamily.ALARM: 11,
        CodeFamily.ZONE: 1,
        CodeFamily.TAMPER: 17,
        CodeFamily.FIRE: 15,
        CodeFamily.PANIC: 4,
        CodeFamily.MEDICAL: 2,
        CodeFamily.TECHNICAL: 12,
        CodeFamily.ARMING: 22,
        CodeFamily.BYPASS: 8,
        CodeFamily.ACCESS: 17,
        CodeFamily.TROUBLE: 18,
        CodeFamily.POWER: 10,
        CodeFamily.COMMUNICATION: 38,
        CodeFamily.USER: 39,
        CodeFamily.SYSTEM: 31,
        CodeFamily.TEST: 23,
    }


@pytest.mark.parametrize("row", CODES.values(), ids=lambda row: str(row.code))
def test_row_is_told_in_both_languages_on_the_same_sides(row: EventCode) -> None:
    assert [bool(text) for text in row.english] == [bool(text) for text in row.polish]
    assert any(row.english)
    for restore in (False, True):
        assert row.text(restore, "en")
        assert row.text(restore, "pl")
        assert row.text(restore, "pl")[0].isupper()


@pytest.mark.parametrize("row", CODES.values(), ids=lambda row: str(row.code))
def test_texts_of_both_sides_differ_unless_r_is_an_address_bit(row: EventCode) -> None:
    same = row.english[0] == row.english[1], row.polish[0] == row.polish[1]
    assert same == (row.restore_meaning is RestoreMeaning.ADDRESS,) * 2


def test_codes_of_kind_3_carry_an_address_bit() -> None:
    kind_3 = {code for code, row in CODES.items() if row.kind(False) is LongKind.EXPANDER_USER}
    assert kind_3 == {2, 27, 28, 38, 86, 421, 422, 462, 995, 996, 1019}
    assert all(CODES[code].restore_meaning is RestoreMeaning.ADDRESS for code in kind_3)


def test_only_three_codes_have_two_kinds() -> None:
    assert {code: row.kinds for code, row in CODES.items() if row.kinds[0] is not row.kinds[1]} == {
        604: (LongKind.PARTITION_USER, LongKind.PARTITION),
        607: (LongKind.PARTITION_USER, LongKind.PARTITION),
        625: (LongKind.KEYPAD_USER, LongKind.NOTHING),
    }


@pytest.mark.parametrize(
    ("code", "restore", "change"),
    [
        (130, False, Change.BEGAN),
        (130, True, Change.ENDED),
        (401, False, Change.DISARMED),
        (401, True, Change.ARMED),
        (408, True, Change.ARMED),
        (441, True, Change.ARMED),
        (405, True, Change.HAPPENED),
        (406, False, Change.HAPPENED),
        (625, False, Change.HAPPENED),
        (625, True, Change.HAPPENED),
        (306, True, Change.HAPPENED),
        (570, False, Change.BEGAN),
        (570, True, Change.ENDED),
        (991, True, Change.ENDED),
        (301, True, Change.ENDED),
        (121, False, Change.HAPPENED),
        (120, True, Change.ENDED),
        (422, True, Change.HAPPENED),
        (1019, False, Change.HAPPENED),
        (1020, False, Change.BEGAN),
        (1021, False, Change.ENDED),
        (627, False, Change.BEGAN),
        (628, False, Change.ENDED),
        (604, True, Change.ENDED),
    ],
)
def test_what_a_record_does(code: int, restore: bool, change: Change) -> None:
    assert CODES[code].change(restore) is change


def test_short_kinds_follow_the_usual_pairing() -> None:
    assert CODES[97].short_kind == 0x0002
    assert CODES[84].short_kind == 0x0081
    assert CODES[1022].short_kind == 0x0800
    assert CODES[161].short_kind is None


def test_an_unknown_code_falls_back_to_its_class() -> None:
    row = code_info(700, 0)
    assert (row.known, row.family, row.change(False), row.change(True)) == (
        False,
        CodeFamily.ALARM,
        Change.BEGAN,
        Change.ENDED,
    )
    assert code_info(700, 5).family is CodeFamily.TROUBLE
    assert "700" in row.text(False, "pl")
    assert code_info(130, 7) is CODES[130]


@pytest.mark.parametrize(
    ("code", "restore", "polish"),
    [
        (121, False, "Użyto hasła pod przymusem"),
        (301, False, "Brak zasilania sieciowego AC"),
        (301, True, "Powrót zasilania sieciowego AC"),
        (401, True, "Załączenie czuwania przez użytkownika"),
        (406, True, "Skasowanie alarmu przez użytkownika"),
    ],
)
def test_polish_texts(code: int, restore: bool, polish: str) -> None:
    assert CODES[code].text(restore, "pl") == polish
