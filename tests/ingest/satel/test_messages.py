"""The command table and the typed answers, against the vectors and the vendor's tables (R-SATEL)."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.satel import equipment, requests
from ingest.satel.equipment import PanelModel
from ingest.satel.errors import RemoteProtocolError
from ingest.satel.frames import Frame
from ingest.satel.messages import (
    COMMANDS,
    RESULT_MEANINGS,
    ChangedBlocks,
    Command,
    DoorMap,
    EventAnswer,
    EventText,
    Message,
    ModuleVersion,
    NameType,
    Needs,
    ObjectName,
    OutputMap,
    OutputPower,
    OwnUser,
    PanelStatus,
    PanelVersion,
    PartitionMap,
    Result,
    ResultCode,
    Temperature,
    TroubleReport,
    UserRight,
    ZoneMap,
    decode,
    is_answer,
)
from ingest.satel.troubles import LAYOUTS, Trouble, TroubleKind, TroubleSource
from tests.ingest.satel.vectors import RESPONSES, Vector


def _zones(*zones: int, capacity: int = 256) -> ZoneMap:
    return ZoneMap(command=Command.ZONES_VIOLATED, zones=frozenset(zones), capacity=capacity)


def _partitions(command: Command, *partitions: int) -> PartitionMap:
    return PartitionMap(command=command, partitions=frozenset(partitions))


def _event(record: str, index: str, called_with: str) -> EventAnswer:
    return EventAnswer(record=bytes.fromhex(record), index=bytes.fromhex(index), called_with=bytes.fromhex(called_with))


def _name(name_type: NameType, number: int, function: int, name: str, extra: str = "") -> ObjectName:
    return ObjectName(name_type=name_type, number=number, function=function, name=name, extra=bytes.fromhex(extra))


def _status(local_time: datetime, weekday: int, **flags: Any) -> PanelStatus:
    names = ("troubles", "service_mode", "grade", "trouble_memory", "int_rx", "acu_100")
    return PanelStatus(panel_local_time=local_time, weekday=weekday, **dict.fromkeys(names, False) | flags)


def _troubles(raw: bytes, *found: Trouble) -> TroubleReport:
    return TroubleReport(command=Command.TROUBLES_1, memory=False, troubles=found, jam_levels=(), raw=raw)


_BY_NAME = {vector.name: vector for vector in RESPONSES}

EXPECTED: dict[str, Message] = {
    "integra_version_resp_128_1_16": PanelVersion(
        model=PanelModel.INTEGRA_128,
        type_byte=3,
        firmware="1.16",
        released_on=date(2016, 7, 15),
        language=0,
        stored_in_flash=False,
    ),
    "rtc_status_resp_2017": _status(
        datetime(2017, 8, 7, 23, 59, 22),  # noqa: DTZ001
        0,
        base_type=3,
        trouble_memory=True,
        acu_100=True,
    ),
    "result_ok": Result(code=ResultCode.DONE, raw=0),
    "partition1_armed_resp": _partitions(Command.PARTITIONS_ARMED_SHOWN, 1),
    "no_partition_armed_resp": _partitions(Command.PARTITIONS_ARMED_SHOWN),
    "armed_really_resp_p1": _partitions(Command.PARTITIONS_ARMED, 1),
    "new_data_resp_5": ChangedBlocks(blocks=frozenset(range(0x28)) - {0x00, 0x0A, 0x17, 0x1A}, capacity=40),
    "doors_opened_resp_exp35": DoorMap(command=Command.DOORS_OPEN, addresses=frozenset({35})),
    "zones_violated_resp_32": _zones(22, 31, 36, 40, 46, 47, 48, 49, 51, 55, 58, 65),
    "ha_zones_violated_push_32": _zones(4, 100),
    "ha_event_unsolicited": _event("bfc554c287fb0301", "035896", "035096"),
    "ha_zone1_name_resp_cp1250_s": _name(NameType.ZONE, 1, 0, "Drzwi wejściowe"),
    "ha_zone1_name_resp_ascii": _name(NameType.ZONE, 1, 0, "Wejscie"),
    "enc_inner_new_data_resp_6": ChangedBlocks(blocks=frozenset(range(0x30)), capacity=48),
    "integrapy_event_newest": _event("7f9883135da60a02", "0668de", "ffffff"),
    "csoft_zone_info_type5": _name(NameType.ZONE_WITH_PARTITION, 1, 42, "Front Door", "03"),
    "csoft_partition_info_type16": _name(NameType.PARTITION_WITH_OBJECT, 1, 3, "Ground Floor", "02"),
    "csoft_output_info_type4": _name(NameType.OUTPUT, 1, 16, "Output 1"),
    "csoft_module_version": ModuleVersion(
        firmware="1.23",
        released_on=date(2012, 5, 27),
        wide_maps=True,
        extended=True,
        arming_option=True,
        capabilities=7,
    ),
    "resp_7d_min": Temperature(zone=5, celsius=-55.0),
    "resp_7d_zero": Temperature(zone=5, celsius=0.0),
    "resp_7d_21_5": Temperature(zone=5, celsius=21.5),
    "resp_7d_undetermined": Temperature(zone=5, celsius=None),
    "self_info_resp": OwnUser(
        number=7,
        partitions=frozenset({1, 2}),
        user_type=0,
        rights=frozenset({UserRight.ARM, UserRight.DISARM, UserRight.EDIT_USERS, UserRight.GUARDX, UserRight.OUTPUTS}),
        name="Sterownik",
        raw=_BY_NAME["self_info_resp"].frame.data,
    ),
    "event_tcp_part2": _event("bfee31ef00320125", "01231e", "012326"),
    "event_tcp_part1": _event("bfee31ef2036c0a8", "012316", "01231e"),
    "event_end_of_log": _event("0000000000000000", "000000", "012316"),
    "event_text_long_resp": EventText(code=130, restore=True, long=True, long_kind=1, short_kind=3, text="Zone restored"),
    "resp_name_polish": _name(NameType.ZONE_WITH_PARTITION, 12, 3, "Wejście główne", "02"),
    "resp_name_ethm": _name(NameType.MODULE, 197, 5, "ETHM-1 Plus"),
    "resp_name_user": _name(NameType.USER, 7, 0, "Jan Żółw", "83"),
    "result_01": Result(code=ResultCode.CODE_NOT_FOUND, raw=1),
    "result_02": Result(code=ResultCode.NO_ACCESS, raw=2),
    "result_11": Result(code=ResultCode.CANNOT_ARM_FORCE_POSSIBLE, raw=0x11),
    "result_12": Result(code=ResultCode.CANNOT_ARM, raw=0x12),
    "result_80": Result(code=ResultCode.OTHER_ERROR, raw=0x80),
    "resp_1b_ac_batt": _troubles(
        _BY_NAME["resp_1b_ac_batt"].frame.data,
        Trouble(kind=TroubleKind.BATTERY),
        Trouble(kind=TroubleKind.AC_MAINS),
        Trouble(kind=TroubleKind.BATTERY_MISSING),
    ),
    "resp_1b_exp_ac": _troubles(
        _BY_NAME["resp_1b_exp_ac"].frame.data,
        Trouble(kind=TroubleKind.AC_MAINS, source=TroubleSource.EXPANDER, number=2),
    ),
    "resp_7f_6": ChangedBlocks(blocks=frozenset({0x00, 0x17, 0x2A}), capacity=48),
    "resp_00_zone254_fe": _zones(*(zone for zone in range(1, 257) if zone % 8 != 1)),
    "oh_event_time_2011": _event("c01f74c700000000", "000000", "000000"),
    "oh_event_partition32": _event("00000000f8000000", "000000", "000000"),
    "oh_event_keypad48": _event("000000007c000000", "000000", "000000"),
    "oh_event_tcp_first_half": _event("300110001401c0a8", "000000", "000000"),
    "enc_padded_16_answer": _status(
        datetime(2026, 3, 14, 12, 34, 56),  # noqa: DTZ001
        5,
        base_type=8,
        troubles=True,
        trouble_memory=True,
    ),
    "enc_exact_blocks": _name(NameType.PARTITION, 1, 0, "Parter"),
}


@pytest.mark.parametrize("vector", RESPONSES, ids=lambda vector: vector.name)
def test_vector_decodes_to_its_message(vector: Vector) -> None:
    assert decode(vector.frame) == EXPECTED[vector.name]


# Data bytes of every state block, from the table V19 p. 3-4.
SIZES: dict[int, set[int]] = {
    **{block: {16, 32} for block in (*range(0x09), 0x17, 0x26, 0x28, 0x29)},
    **{block: {4} for block in (*range(0x09, 0x17), 0x25, 0x27, 0x2A, 0x2B)},
    0x18: {8},
    0x19: {8},
    0x1A: {9},
    0x1B: {47},
    0x1C: {26},
    0x1D: {60},
    0x1E: {30},
    0x1F: {31},
    0x20: {47},
    0x21: {39},
    0x22: {60},
    0x23: {30},
    0x24: {48},
    0x2C: {45},
    0x2D: {47},
    0x2E: {45},
    0x2F: {48},
    0x30: {64},
    0x31: {64},
}


@pytest.mark.parametrize("command", range(0x32))
def test_state_block_has_the_vendor_lengths_and_no_other(command: int) -> None:
    assert COMMANDS[command].answers == SIZES[command]
    for size in range(70):
        if size in SIZES[command]:
            decode(Frame(command, bytes(size)))
        else:
            with pytest.raises(RemoteProtocolError, match=f"{size} data bytes"):
                decode(Frame(command, bytes(size)))


def test_every_command_byte_is_in_the_table() -> None:
    assert set(COMMANDS) == set(Command)
    controls = [*range(0x80, 0x8C), 0x8D, 0x8E, 0x90, 0x91, *range(0xA0, 0xA4)]
    assert all(not COMMANDS[command].answers for command in controls)


def test_slow_answers_have_longer_timeouts() -> None:
    slow = {int(command): spec.answer_timeout for command, spec in COMMANDS.items() if spec.slow}
    assert slow == {0x28: 5.0, 0x29: 5.0, 0x2A: 5.0, 0x2B: 5.0, 0x7B: 8.0, 0x7D: 8.0}
    assert {spec.answer_timeout for spec in COMMANDS.values() if not spec.slow} == {3.0}


def test_what_modules_need_for_newer_blocks() -> None:
    needs = {command: spec.needs for command, spec in COMMANDS.items() if spec.needs is not Needs.ANY}
    assert needs == {
        **dict.fromkeys((0x2C, 0x2D, 0x2E, 0x2F), Needs.V2),
        **dict.fromkeys((0x30, 0x31), Needs.EXTENDED),
        0x7B: Needs.LATEST,
        0x7C: Needs.SINCE_2013_11,
    }


def test_vendor_example_zones_3_14_128() -> None:
    data = bytes.fromhex("04200000000000000000000000000080")
    assert decode(Frame(0x00, data)) == _zones(3, 14, 128, capacity=128)


def test_outputs_of_both_widths() -> None:
    narrow, wide = bytes(15) + b"\x80", bytes(31) + b"\x80"
    assert decode(Frame(0x17, narrow)) == OutputMap(command=Command.OUTPUTS_ON, outputs=frozenset({128}), capacity=128)
    assert decode(Frame(0x17, wide)) == OutputMap(command=Command.OUTPUTS_ON, outputs=frozenset({256}), capacity=256)


@pytest.mark.parametrize(
    ("type_byte", "model", "zones"),
    [
        (0, PanelModel.INTEGRA_24, 24),
        (1, PanelModel.INTEGRA_32, 32),
        (4, PanelModel.INTEGRA_128_WRL, 128),
        (66, PanelModel.INTEGRA_64_PLUS, 64),
        (67, PanelModel.INTEGRA_128_PLUS, 128),
        (72, PanelModel.INTEGRA_256_PLUS, 256),
        (132, PanelModel.INTEGRA_128_WRL, 128),
        (99, PanelModel.UNKNOWN, 256),
    ],
)
def test_panel_model_and_capacity(type_byte: int, model: PanelModel, zones: int) -> None:
    version = decode(Frame(0x7E, bytes((type_byte,)) + b"12320120527" + b"\x01\xff"))
    assert isinstance(version, PanelVersion)
    assert (version.model, version.capacity.zones, version.firmware) == (model, zones, "1.23")
    assert (version.code_page, version.stored_in_flash) == ("cp1252", True)


def test_every_code_page_exists() -> None:
    assert {b"\x41".decode(equipment.code_page_of(language)) for language in range(256)} == {"A"}


@pytest.mark.parametrize("text", [b"\xff" * 11, b"1.2 beta   ", b"12399999999"])
def test_a_strange_version_is_no_protocol_error(text: bytes) -> None:
    version = decode(Frame(0x7C, text + b"\0"))
    assert isinstance(version, ModuleVersion)
    assert version.released_on is None


@pytest.mark.parametrize("clock", ["00000000000000", "20261314123456", "2026031412345a", "20260230000000"])
def test_an_unset_panel_clock_is_no_protocol_error(clock: str) -> None:
    status = decode(Frame(0x1A, bytes.fromhex(clock) + b"\xc1\x14"))
    assert isinstance(status, PanelStatus)
    assert status.panel_local_time is None
    assert (status.troubles, status.service_mode, status.grade, status.base_type) == (True, True, True, 4)


def test_number_zero_means_256() -> None:
    assert decode(Frame(0x7D, bytes.fromhex("00006e"))) == Temperature(zone=256, celsius=0.0)
    assert decode(Frame(0x7B, bytes.fromhex("00007d"))) == OutputPower(output=256, watts=12.5)


@pytest.mark.parametrize(
    ("vector", "partition", "object_number", "generation"),
    [
        ("resp_name_polish", 2, None, None),
        ("csoft_partition_info_type16", None, 2, None),
        ("resp_name_user", None, None, 3),
        ("csoft_output_info_type4", None, None, None),
    ],
)
def test_name_extras_by_type(vector: str, partition: int | None, object_number: int | None, generation: int | None) -> None:
    name = EXPECTED[vector]
    assert isinstance(name, ObjectName)
    assert (name.partition, name.object_number, name.generation) == (partition, object_number, generation)


@pytest.mark.parametrize("data", [b"\x08\x01\x00" + bytes(16), b"\x00\x01\x00" + bytes(18), b"\x00\x01\x00" + bytes(15)])
def test_a_name_of_unknown_type_or_length_is_their_error(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode(Frame(0xEE, data))


@pytest.mark.parametrize("size", [24, 40])
def test_longer_names_of_newer_types_are_accepted(size: int) -> None:
    name = decode(Frame(0xEE, b"\x12\x01\x00" + b"Hala".ljust(16) + bytes(size - 19)))
    assert isinstance(name, ObjectName)
    assert (name.name, len(name.extra)) == ("Hala", size - 19)


@given(st.binary(min_size=16, max_size=16), st.sampled_from(["cp1250", "cp1251", "cp1252", "cp1253", "cp1257"]))
def test_name_bytes_never_fail_to_decode(text: bytes, code_page: str) -> None:
    name = decode(Frame(0xEE, b"\x01\x05\x00" + text), code_page=code_page)
    assert isinstance(name, ObjectName)
    assert len(name.name) <= 16


def test_names_of_people_are_not_in_representations() -> None:
    for vector in ("resp_name_user", "self_info_resp"):
        message = decode(_BY_NAME[vector].frame)
        assert isinstance(message, ObjectName | OwnUser)
        assert message.name not in repr(message)
        assert "Jan" not in repr(_BY_NAME[vector].frame)
        assert "4a 61 6e" not in repr(_BY_NAME[vector].frame)


@given(st.integers(0, 255))
def test_every_result_byte_has_a_meaning(raw: int) -> None:
    result = decode(Frame(0xEF, bytes((raw,))))
    assert isinstance(result, Result)
    assert result.raw == raw
    assert result.meaning == RESULT_MEANINGS[result.code]
    assert result.accepted is (raw in (0x00, 0xFF))


@given(st.integers(0, 255).filter(lambda command: command not in COMMANDS))
def test_an_unknown_command_is_their_error(command: int) -> None:
    with pytest.raises(RemoteProtocolError, match="no answer"):
        decode(Frame(command, b""))


def test_a_control_command_is_no_answer() -> None:
    with pytest.raises(RemoteProtocolError):
        decode(Frame(0x84, bytes(12)))


@given(st.integers(0, 255), st.binary(max_size=70))
def test_arbitrary_frames_raise_nothing_but_remote_protocol_error(command: int, data: bytes) -> None:
    frame = Frame(command, data)
    try:
        message = decode(frame)
    except RemoteProtocolError:
        assert not (command <= 0x31 and len(data) in SIZES[command])
    else:
        assert len(data) in COMMANDS[command].answers
        assert repr(message)


# --- troubles -----------------------------------------------------------------------------------------------------


def _one_bit(command: int, byte: int, bit: int) -> tuple[Trouble, ...]:
    data = bytearray(LAYOUTS[command].size)
    data[byte] = 1 << bit
    report = decode(Frame(command, bytes(data)))
    assert isinstance(report, TroubleReport)
    return report.troubles


@pytest.mark.parametrize(
    ("command", "byte", "bit", "kind", "source", "number"),
    [
        (0x1B, 0, 0, TroubleKind.TECHNICAL_ZONE, TroubleSource.ZONE, 1),
        (0x1B, 15, 7, TroubleKind.TECHNICAL_ZONE, TroubleSource.ZONE, 128),
        (0x1B, 24, 0, TroubleKind.BATTERY, TroubleSource.EXPANDER, 0),
        (0x1B, 39, 7, TroubleKind.BATTERY_MISSING, TroubleSource.EXPANDER, 63),
        (0x1B, 40, 0, TroubleKind.OUTPUT_1, TroubleSource.SYSTEM, 0),
        (0x1B, 40, 7, TroubleKind.AC_MAINS, TroubleSource.SYSTEM, 0),
        (0x1B, 41, 3, TroubleKind.CLOCK, TroubleSource.SYSTEM, 0),
        (0x1B, 42, 1, TroubleKind.PHONE_BAD_SIGNAL, TroubleSource.SYSTEM, 0),
        (0x1B, 42, 7, TroubleKind.PANEL_RESTART_MEMORY, TroubleSource.SYSTEM, 0),
        (0x1B, 43, 4, TroubleKind.MODULE_MAINS_OR_PING, TroubleSource.KEYPAD_BUS, 4),
        (0x1B, 46, 2, TroubleKind.ETHM_MONITORING, TroubleSource.SYSTEM, 2),
        (0x1C, 0, 0, TroubleKind.READER_HEAD_A, TroubleSource.EXPANDER, 0),
        (0x1C, 25, 7, TroubleKind.SHORT_CIRCUIT_OR_JAMMED, TroubleSource.ADDRESSABLE, 16),
        (0x1D, 15, 0, TroubleKind.LOW_BATTERY, TroubleSource.RADIO_DEVICE, 1),
        (0x1D, 44, 7, TroubleKind.NOT_HEARD, TroubleSource.RADIO_DEVICE, 120),
        (0x1D, 59, 7, TroubleKind.NOT_HEARD, TroubleSource.RADIO_OUTPUT, 120),
        (0x1E, 17, 3, TroubleKind.SUBSTITUTED, TroubleSource.KEYPAD_BUS, 3),
        (0x1E, 18, 1, TroubleKind.NO_CABLE, TroubleSource.KEYPAD_BUS, 1),
        (0x1E, 26, 7, TroubleKind.TAMPER, TroubleSource.EXPANDER, 63),
        (0x1F, 0, 7, TroubleKind.LOW_BATTERY, TroubleSource.USER, 248),
        (0x1F, 30, 7, TroubleKind.LOW_BATTERY, TroubleSource.USER, 240),
        (0x21, 26, 2, TroubleKind.RESTARTED, TroubleSource.KEYPAD_BUS, 2),
        (0x22, 1, 5, TroubleKind.SHORT_CIRCUIT_OR_JAMMED, TroubleSource.ADDRESSABLE, 30),
        (0x24, 16, 0, TroubleKind.ZONE_NO_VIOLATION, TroubleSource.ZONE, 1),
        (0x2C, 0, 0, TroubleKind.LOW_BATTERY, TroubleSource.RADIO_DEVICE, 121),
        (0x2D, 31, 7, TroubleKind.TECHNICAL_ZONE_MEMORY, TroubleSource.ZONE, 256),
        (0x2F, 32, 0, TroubleKind.ZONE_TAMPER, TroubleSource.ZONE, 129),
        (0x30, 0, 0, TroubleKind.ETHM_LINK_STATION_1, TroubleSource.GSM_MODULE, 0),
        (0x30, 1, 2, TroubleKind.WRONG_PIN_SIM1, TroubleSource.GSM_MODULE, 0),
        (0x30, 57, 7, TroubleKind.CREDIT_LOW_SIM2, TroubleSource.GSM_MODULE, 7),
        (0x31, 59, 0, TroubleKind.TIME_SERVER_VIA_GSM, TroubleSource.GSM_MODULE, 7),
    ],
)
def test_one_bit_is_one_trouble(
    command: int, byte: int, bit: int, kind: TroubleKind, source: TroubleSource, number: int
) -> None:
    assert _one_bit(command, byte, bit) == (Trouble(kind=kind, source=source, number=number),)


@pytest.mark.parametrize("command", sorted(LAYOUTS))
def test_no_two_bits_of_a_block_are_the_same_trouble(command: int) -> None:
    seen: set[Trouble] = set()
    for byte in range(LAYOUTS[command].size):
        for bit in range(8):
            found = _one_bit(command, byte, bit)
            assert len(found) <= 1
            assert seen.isdisjoint(found)
            seen.update(found)
    assert seen


@pytest.mark.parametrize(
    ("command", "unused"),
    [(0x1D, range(15)), (0x22, range(4, 15)), (0x2D, range(32, 47))],
)
def test_jam_levels_and_filling_are_no_troubles(command: int, unused: range) -> None:
    silent = {byte for byte in range(LAYOUTS[command].size) if not _one_bit(command, byte, 0)}
    assert silent == set(unused)


def test_jam_levels_are_kept() -> None:
    report = decode(Frame(0x1D, bytes(range(15)) + bytes(45)))
    assert isinstance(report, TroubleReport)
    assert report.jam_levels == tuple(range(15))


@pytest.mark.parametrize("command", sorted(LAYOUTS))
def test_memories_say_so_and_raw_is_kept(command: int) -> None:
    raw = bytes(range(LAYOUTS[command].size))
    report = decode(Frame(command, raw))
    assert isinstance(report, TroubleReport)
    assert report.memory is (command in (0x20, 0x21, 0x22, 0x23, 0x24, 0x2E, 0x2F, 0x31))
    assert report.raw == raw


def test_cme_errors_are_numbers_of_four_digits() -> None:
    report = decode(Frame(0x30, bytes(12) + bytes.fromhex("0515 0030") + bytes(48)))
    assert isinstance(report, TroubleReport)
    assert report.troubles == (
        Trouble(kind=TroubleKind.CME_ERROR_SIM1, source=TroubleSource.GSM_MODULE, number=1, value=515),
        Trouble(kind=TroubleKind.CME_ERROR_SIM2, source=TroubleSource.GSM_MODULE, number=1, value=30),
    )


# --- which frame answers which request ----------------------------------------------------------------------------

NAME = Frame(0xEE, b"\x01\x05\x00" + b" " * 16)


@pytest.mark.parametrize(
    ("request_frame", "frame", "answers"),
    [
        (requests.read(0x00), Frame(0x00, bytes(16)), True),
        (requests.read(0x00), Frame(0x00, bytes(32)), True),
        (requests.read(0x00), Frame(0x00, bytes(15)), False),
        (requests.read(0x00), Frame(0x17, bytes(16)), False),
        (requests.read_event(b"\1\2\3"), Frame(0x8C, bytes(11) + b"\1\2\3"), True),
        (requests.read_event(b"\1\2\3"), Frame(0x8C, bytes(8) + b"\1\2\3\3\2\1"), False),
        (requests.read_name(NameType.ZONE, 5), NAME, True),
        (requests.read_name(NameType.ZONE, 6), NAME, False),
        (requests.read_name(NameType.OUTPUT, 5), NAME, False),
        (requests.read_name(NameType.ZONE, 5), Frame(0xEF, b"\x08"), True),
        (requests.read_temperature(256), Frame(0x7D, b"\0\0\x6e"), True),
        (requests.read_temperature(2), Frame(0x7D, b"\1\0\x6e"), False),
        (requests.disarm(requests.UserCode("1234"), [1]), Frame(0xEF, b"\xff"), True),
        (requests.disarm(requests.UserCode("1234"), [1]), Frame(0x0A, bytes(4)), False),
        (requests.subscribe([1]), Frame(0xEF, b"\xff"), True),
        (requests.read_event_text(130, restore=True), Frame(0x8F, b"\x84\x82" + bytes(49)), True),
        (requests.read_event_text(130, restore=True), Frame(0x8F, b"\x80\x82" + bytes(49)), False),
        (Frame(0xE1, b""), Frame(0xE1, b""), False),
    ],
)
def test_is_answer(request_frame: Frame, frame: Frame, answers: bool) -> None:
    assert is_answer(request_frame, frame) is answers
