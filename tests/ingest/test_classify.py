"""What every event code and every trouble bit means to a dispatcher (R-EDGE); codes from the protocol reference §4.9."""

import pytest

from ingest.satel import classify
from ingest.satel.classify import Condition, condition_of, log_source, meaning_of, trouble_condition, zone_code
from ingest.satel.eventlog import Description, LogSource, SourceKind
from ingest.satel.troubles import Trouble, TroubleKind, TroubleSource
from workflows.domain.alarm import AlarmType, Family, Source
from workflows.domain.event_codes import CODES, CodeFamily, code_info

A = AlarmType
# Every code of the table that is an alarm; the others are information.
ALARMS: dict[AlarmType, set[int]] = {
    A.HOLDUP: {120, 121, 122, 123},
    A.FIRE: {110, 111, 112, 113, 114, 115, 116, 117, 200, 201, 202, 203, 204, 205, 206},
    A.MEDICAL: {100, 101},
    A.INTRUSION: {126, 130, 131, 132, 133, 134, 135, 136, 139, 423, 986},
    A.TAMPER: {84, 85, 92, 93, 94, 137, 143, 144, 145, 156, 220, 370, 373, 383, 461, 984},
    A.TECHNICAL: {150, 151, 152, 153, 154, 155, 157, 161, 162, 163},
    A.TEMPERATURE: {158, 159},
    A.POWER: {301, 302, 309, 312, 337, 384, 969, 1006},
    A.TROUBLE: {78, 88, 95, 96, 97, 98, 300, 303, 330, 333, 344, 350, 351, 380, 381, 388}
    | {966, 968, 971, 972, 979, 980, 990, 997, 1000, 1002, 1014, 1015, 1020, 1021},
}
TYPE_OF = {code: kind for kind, codes in ALARMS.items() for code in codes}
# Codes whose R bit is neither a beginning nor an end of an alarm, with what R = 1 is.
ARMING = {400, 401, 402, 403, 404, 407, 408, 409, 441, 442}
ADDRESS_BIT = {2, 27, 28, 38, 86, 421, 422, 462, 995, 996, 1019}
SEPARATE = {306, 405, 625}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_begins_what_the_table_says(code: int) -> None:
    meaning = meaning_of(CODES[code], bit_r=False, source=Source.SYSTEM)
    assert meaning.alarm_type is TYPE_OF.get(code)
    assert meaning.restore is (code in {412, 628, 1021})
    assert meaning.code == (1020 if code == 1021 else code)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_ends_what_the_table_says(code: int) -> None:
    meaning = meaning_of(CODES[code], bit_r=True, source=Source.SYSTEM)
    assert meaning.restore is (code not in ARMING | ADDRESS_BIT | SEPARATE)
    assert meaning.alarm_type is (A.TROUBLE if code == 625 else TYPE_OF.get(code))


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_family_of_every_code_about_a_zone(code: int) -> None:
    besides = {139, 423, 986}  # records that come besides the alarm bit
    zone_alarm = {
        c for c, kind in TYPE_OF.items() if kind in (A.HOLDUP, A.FIRE, A.MEDICAL, A.INTRUSION, A.TECHNICAL, A.TEMPERATURE)
    }
    expected = (
        Family.MAINS
        if code == 301
        else Family.BATTERY
        if code == 302
        else Family.ZONE_ALARM
        if code in (zone_alarm - besides) | {1000}
        else Family.ZONE_TAMPER
        if code in {137, 144, 156, 370, 373}
        else Family.TROUBLE
        if TYPE_OF.get(code) in (A.POWER, A.TROUBLE) or code in {92, 93, 94, 145}
        else Family.ARMED
        if code in ARMING
        else Family.OTHER
    )
    assert meaning_of(CODES[code], bit_r=False, source=Source.ZONE).family is expected


def test_a_panic_key_on_a_keypad_has_no_zone_bit() -> None:
    assert meaning_of(CODES[120], bit_r=False, source=Source.KEYPAD).family is Family.OTHER


@pytest.mark.parametrize(
    ("event_class", "expected"), [(0, A.INTRUSION), (1, A.INTRUSION), (2, None), (5, A.TROUBLE), (7, None)]
)
def test_a_code_nobody_knows_is_what_its_class_says(event_class: int, expected: AlarmType | None) -> None:
    unknown = code_info(700, event_class)
    assert not unknown.known
    assert meaning_of(unknown, bit_r=False, source=Source.ZONE).alarm_type is expected


def test_alarm_codes_are_those_the_reference_tags_as_such() -> None:
    alarming = {
        CodeFamily.ALARM,
        CodeFamily.FIRE,
        CodeFamily.PANIC,
        CodeFamily.MEDICAL,
        CodeFamily.TECHNICAL,
        CodeFamily.TAMPER,
    }
    tagged = {code for code, row in CODES.items() if row.family in alarming}
    told = {code for code, kind in TYPE_OF.items() if kind not in (A.POWER, A.TROUBLE)}
    assert tagged - told == {83}, "83 is three bad codes without an alarm"
    assert told <= tagged


SOURCES = [
    (LogSource(SourceKind.MAIN_BOARD), (Source.SYSTEM, 0)),
    (LogSource(SourceKind.ZONE, 200), (Source.ZONE, 200)),
    (LogSource(SourceKind.RADIO, 3), (Source.ZONE, 3)),
    (LogSource(SourceKind.EXPANDER, 0), (Source.EXPANDER, 1)),
    (LogSource(SourceKind.EXPANDER_SUPPLY, 63), (Source.EXPANDER, 64)),
    (LogSource(SourceKind.READER, 130), (Source.EXPANDER, 2)),
    (LogSource(SourceKind.KEYPAD_BUS, 0), (Source.KEYPAD, 1)),
    (LogSource(SourceKind.REMOTE_KEYPAD, 1), (Source.KEYPAD, 2)),
    (LogSource(SourceKind.OUTPUT, 7), (Source.OUTPUT, 7)),
    (LogSource(SourceKind.RELAY, 1), (Source.OUTPUT, 1)),
    (LogSource(SourceKind.TELEPHONE, 2), (Source.TELEPHONE, 2)),
    (LogSource(SourceKind.BUS, 2), (Source.SYSTEM, 2)),
    (LogSource(SourceKind.TIMER, 5), (Source.SYSTEM, 5)),
    (LogSource(SourceKind.UNKNOWN, 222), (Source.SYSTEM, 222)),
    (LogSource(SourceKind.DLOADX_RS), (Source.SYSTEM, 0)),
    (LogSource(SourceKind.DLOADX_TELEPHONE), (Source.SYSTEM, 0)),
]


def test_every_kind_of_source_is_named() -> None:
    assert {source.kind for source, _ in SOURCES} == set(SourceKind)
    assert [log_source(Description(source=source)) for source, _ in SOURCES] == [named for _, named in SOURCES]


def test_without_a_thing_the_user_and_then_the_partition_is_the_source() -> None:
    assert log_source(Description(user=4, partition=2)) == (Source.USER, 4)
    assert log_source(Description(partition=2)) == (Source.PARTITION, 2)
    assert log_source(Description()) == (Source.SYSTEM, 0)


@pytest.mark.parametrize("reaction", [None, *range(120)])
def test_every_zone_reaction_stands_for_a_code_of_the_table(reaction: int | None) -> None:
    assert zone_code(reaction) in CODES
    assert zone_code(reaction) in TYPE_OF


@pytest.mark.parametrize(
    ("reaction", "kind"),
    [
        (0, A.INTRUSION),
        (5, A.INTRUSION),
        (9, A.TAMPER),
        (12, A.HOLDUP),
        (13, A.HOLDUP),
        (14, A.MEDICAL),
        (32, A.FIRE),
        (37, A.FIRE),
        (46, A.FIRE),
        (49, A.TECHNICAL),
        (54, A.TECHNICAL),
        (55, A.TEMPERATURE),
        (63, A.TROUBLE),
        (96, A.FIRE),
        (47, A.INTRUSION),
    ],
)
def test_reactions_lead_to_the_right_alarm(reaction: int, kind: AlarmType) -> None:
    assert TYPE_OF[zone_code(reaction)] is kind


def test_what_a_zone_is_said_to_be_for_counts_where_its_reaction_is_not_known() -> None:
    assert TYPE_OF[zone_code(None, A.HOLDUP)] is A.HOLDUP
    assert zone_code(32, A.HOLDUP) == 110
    assert all(classify.ALARM_TYPES[zone_code(None, kind)] is kind for kind in (A.FIRE, A.MEDICAL, A.TAMPER, A.TECHNICAL))


def test_a_trouble_bit_and_its_log_record_are_one_condition() -> None:
    pairs = [
        (Trouble(kind=TroubleKind.AC_MAINS), 301, LogSource(SourceKind.MAIN_BOARD)),
        (Trouble(kind=TroubleKind.BATTERY), 302, LogSource(SourceKind.MAIN_BOARD)),
        (Trouble(kind=TroubleKind.BATTERY_MISSING), 1006, LogSource(SourceKind.MAIN_BOARD)),
        (Trouble(kind=TroubleKind.AC_MAINS, source=TroubleSource.EXPANDER, number=3), 301, LogSource(SourceKind.EXPANDER, 3)),
        (Trouble(kind=TroubleKind.TAMPER, source=TroubleSource.EXPANDER, number=0), 145, LogSource(SourceKind.EXPANDER, 0)),
        (
            Trouble(kind=TroubleKind.NO_CABLE, source=TroubleSource.KEYPAD_BUS, number=1),
            78,
            LogSource(SourceKind.KEYPAD_BUS, 1),
        ),
        (Trouble(kind=TroubleKind.OUTPUT_2), 95, LogSource(SourceKind.OUTPUT, 2)),
        (Trouble(kind=TroubleKind.BUS_DT2), 333, LogSource(SourceKind.BUS, 2)),
        (
            Trouble(kind=TroubleKind.LOW_BATTERY, source=TroubleSource.RADIO_DEVICE, number=9),
            384,
            LogSource(SourceKind.RADIO, 9),
        ),
        (Trouble(kind=TroubleKind.PHONE_NO_SIGNAL), 351, None),
        (Trouble(kind=TroubleKind.TECHNICAL_ZONE, source=TroubleSource.ZONE, number=8), 154, LogSource(SourceKind.ZONE, 8)),
        (Trouble(kind=TroubleKind.TECHNICAL_ZONE, source=TroubleSource.ZONE, number=8), 1000, LogSource(SourceKind.ZONE, 8)),
    ]
    for trouble, code, place in pairs:
        source, number = log_source(Description(source=place))
        for bit_r in (False, True):
            meaning = meaning_of(CODES[code], bit_r=bit_r, source=source)
            assert condition_of(meaning, source, number) == trouble_condition(trouble), (trouble, code)


@pytest.mark.parametrize("kind", list(TroubleKind))
@pytest.mark.parametrize("source", list(TroubleSource))
def test_every_trouble_bit_is_a_condition_with_a_known_code(kind: TroubleKind, source: TroubleSource) -> None:
    condition = trouble_condition(Trouble(kind=kind, source=source, number=1))
    if kind in (TroubleKind.PANEL_RESTART_MEMORY, TroubleKind.TECHNICAL_ZONE_MEMORY):
        assert condition is None
        return
    assert condition is not None
    assert condition.code == 0 or condition.code in TYPE_OF | {625: A.TROUBLE}
    assert Condition.parse(str(condition)) == condition
