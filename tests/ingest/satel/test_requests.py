"""Request builders against the vectors and the vendor's worked fields; their errors; secrecy of codes (R-CMD)."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.satel import requests
from ingest.satel.errors import LocalProtocolError
from ingest.satel.frames import Frame
from ingest.satel.messages import COMMANDS, Command, NameType
from ingest.satel.requests import FirstCodeAction, UserCode
from tests.ingest.satel.vectors import REQUESTS, Vector

CODE = UserCode("1234")
CLOCK = datetime(2026, 3, 14, 12, 34, 0)  # noqa: DTZ001 - the panel's wall clock
SUBSCRIBED = [0x00, 0x01, 0x02, 0x03, 0x04, 0x09, 0x0A, 0x0B, 0x0C, 0x0E, 0x0F, 0x10, 0x13, 0x14, 0x17, 0x1A, 0x1B, 0x2A]

BUILT: dict[str, Frame] = {
    "doc_partitions_armed_suppressed_req": requests.read(Command.PARTITIONS_ARMED_SHOWN),
    "integra_version_req": requests.read(Command.PANEL_VERSION),
    "partition1_name_req": requests.read_name(NameType.PARTITION, 1),
    "push_enable_09_only": requests.subscribe([0x09]),
    "outputs_req": requests.read(Command.OUTPUTS_ON),
    "ha_zone1_name_req": requests.read_name(NameType.ZONE, 1),
    "ha_push_enable": requests.subscribe({0x00, 0x09, 0x0A, 0x0B, 0x13, 0x2A}),
    "doc_arm_1_2_29": requests.arm(CODE, {1, 2, 29}),
    "doc_arm_prefix97": requests.arm(UserCode("1234", "97"), {1, 2, 29}),
    "doc_open_door_exp_4_63": requests.open_doors(CODE, expanders={4, 63}),
    "req_01": requests.read(Command.ZONES_TAMPERED),
    "req_03": requests.read(Command.ZONES_TAMPER_ALARM),
    "req_2a": requests.read(Command.PARTITIONS_ARMED_MODE_1),
    "req_00_ext": requests.read(Command.ZONES_VIOLATED, wide=True),
    "req_17_ext": requests.read(Command.OUTPUTS_ON, wide=True),
    "req_7f_1": requests.changed_blocks(6),
    "push_enable_14": requests.subscribe([*SUBSCRIBED, 0x30], extended=True),
    "push_enable_12": requests.subscribe(SUBSCRIBED),
    "push_disable_12": requests.subscribe([]),
    "req_7c": requests.read(Command.MODULE_VERSION),
    "req_7d_zone254": requests.read_temperature(254),
    "disarm_p1": requests.disarm(CODE, [1]),
    "disarm_p32": requests.disarm(CODE, [32]),
    "arm_mode1_p3": requests.arm(CODE, [3], mode=1),
    "arm_mode3_p3": requests.arm(CODE, [3], mode=3),
    "force_arm_mode0_p1": requests.arm(CODE, [1], forced=True),
    "force_arm_mode2_p1": requests.arm(CODE, [1], mode=2, forced=True),
    "arm_code_8digits_prefix_3": requests.arm(UserCode("12345678", "987"), [1]),
    "unbypass_zone5": requests.unbypass_zones(CODE, [5]),
    "isolate_zone5": requests.isolate_zones(CODE, [5]),
    "output128_on_16": requests.switch_outputs_on(CODE, [128]),
    "output256_on_32": requests.switch_outputs_on(CODE, [256], wide=True),
    "outputs_2to8_on_fe_in_mask": requests.switch_outputs_on(CODE, range(2, 9)),
    "crcfe_toggle_output4_16": requests.toggle_outputs(CODE, [4]),
    "crcfe_toggle_output71_32": requests.toggle_outputs(CODE, [71], wide=True),
    "crcfe_bypass_zone3_32": requests.bypass_zones(CODE, [3], wide=True),
    "crcfe_zone247_name": requests.read_name(NameType.ZONE, 247),
    "crcfe_zone255_name_part": requests.read_name(NameType.ZONE_WITH_PARTITION, 255),
    "crcfe_output253_name": requests.read_name(NameType.OUTPUT, 253),
    "outputs_switch_1_2": requests.toggle_outputs(CODE, [1, 2]),
    "clear_trouble_memory": requests.clear_trouble_memory(CODE),
    "first_code_for_arm": requests.give_first_code(CODE, [1], valid_for=60, action=FirstCodeAction.ARM),
    "set_rtc": requests.set_clock(CODE, CLOCK),
    "self_info_req_8": requests.read_own_user(CODE),
    "event_newest_req": requests.read_event(),
    "event_newest_req_grade": requests.read_event(requests.NEWEST_GRADE),
    "event_prev_req": requests.read_event(bytes.fromhex("012346")),
    "event_fe_index_req": requests.read_event(bytes.fromhex("0123FE")),
    "event_text_long_req": requests.read_event_text(130, restore=True),
    "event_text_short_req": requests.read_event_text(130, restore=False, long=False),
    "req_name_zone_part_256": requests.read_name(NameType.ZONE_WITH_PARTITION, 256),
    "req_name_expander0": requests.read_name(NameType.MODULE, 129),
    "req_name_keypad0": requests.read_name(NameType.MODULE, 193),
    "enc_padded_16": requests.read(Command.STATUS),
}


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector.name)
def test_builder_gives_the_frame_of_the_vector(vector: Vector) -> None:
    assert BUILT[vector.name] == vector.frame


@pytest.mark.parametrize(
    ("code", "prefix", "field"),
    [
        ("1234", "", "1234FFFFFFFFFFFF"),
        ("1234", "97", "971234FFFFFFFFFF"),
        ("1234", "987", "9871234FFFFFFFFF"),
        ("12345678", "12345678", "1234567812345678"),
    ],
)
def test_code_field(code: str, prefix: str, field: str) -> None:
    assert UserCode(code, prefix).field() == bytes.fromhex(field)


def test_vendor_zone_mask() -> None:
    assert requests.bypass_zones(CODE, {1, 3, 62, 120}).data[8:] == bytes.fromhex("05000000000000200000000000008000")


@pytest.mark.parametrize(
    ("frame", "command", "size"),
    [
        (requests.clear_alarm(CODE, [1]), 0x85, 12),
        (requests.arm(CODE, [1], mode=2), 0x82, 12),
        (requests.arm(CODE, [1], mode=1, forced=True), 0xA1, 12),
        (requests.arm(CODE, [1], mode=3, forced=True), 0xA3, 12),
        (requests.arm(CODE, [1], without_delay=False), 0x80, 13),
        (requests.switch_outputs_off(CODE, [1]), 0x89, 24),
        (requests.open_doors(CODE, outputs=[200], wide=True), 0x8A, 48),
        (requests.isolate_zones(CODE, [1], wide=True), 0x90, 40),
        (requests.changed_blocks(), 0x7F, 0),
        (requests.changed_blocks(7), 0x7F, 2),
        (requests.read_output_power(256), 0x7B, 1),
    ],
)
def test_command_and_size(frame: Frame, command: int, size: int) -> None:
    assert (frame.command, len(frame.data)) == (command, size)


def test_the_arming_option_is_the_last_byte() -> None:
    assert requests.arm(CODE, [1], without_delay=True).data[-1] == 0x80
    assert requests.arm(CODE, [1], without_delay=False).data[-1] == 0x00


def test_always_list_is_the_second_half() -> None:
    assert requests.subscribe([0x00], [0x31], extended=True).data == bytes.fromhex("01000000000000 00000000000002")


@given(st.integers(0, 0x31))
def test_every_state_block_can_be_read(command: int) -> None:
    assert requests.read(command) == Frame(command)
    if COMMANDS[command].wide:
        assert requests.read(command, wide=True) == Frame(command, b"\0")
    else:
        with pytest.raises(LocalProtocolError, match="256-object"):
            requests.read(command, wide=True)


WRONG: list[tuple[str, Callable[[], Frame]]] = [
    ("partitions: none", lambda: requests.arm(CODE, [])),
    (r"partitions \[33\]", lambda: requests.disarm(CODE, [1, 33])),
    (r"partitions \[0\]", lambda: requests.clear_alarm(CODE, [0])),
    ("arming mode 4", lambda: requests.arm(CODE, [1], mode=4)),
    ("forced", lambda: requests.arm(CODE, [1], forced=True, without_delay=True)),
    ("zones: none", lambda: requests.bypass_zones(CODE, [])),
    (r"zones \[129\]", lambda: requests.bypass_zones(CODE, [129])),
    (r"zones \[257\]", lambda: requests.unbypass_zones(CODE, [257], wide=True)),
    (r"outputs \[129\]", lambda: requests.switch_outputs_off(CODE, [129])),
    (r"outputs \[0\]", lambda: requests.toggle_outputs(CODE, [0], wide=True)),
    ("outputs and expanders", lambda: requests.open_doors(CODE)),
    (r"expanders \[64\]", lambda: requests.open_doors(CODE, expanders=[64])),
    ("valid_for 0", lambda: requests.give_first_code(CODE, [1], valid_for=0, action=FirstCodeAction.ARM)),
    ("valid_for 65536", lambda: requests.give_first_code(CODE, [1], valid_for=65536, action=FirstCodeAction.DISARM)),
    ("panel_local_time", lambda: requests.set_clock(CODE, CLOCK.replace(tzinfo=UTC))),
    ("event index", lambda: requests.read_event(b"\0\0")),
    ("event code 1024", lambda: requests.read_event_text(1024, restore=False)),
    ("PARTITION number 33", lambda: requests.read_name(NameType.PARTITION, 33)),
    ("MODULE number 128", lambda: requests.read_name(NameType.MODULE, 128)),
    ("zone 0", lambda: requests.read_temperature(0)),
    ("output 257", lambda: requests.read_output_power(257)),
    ("width 4", lambda: requests.changed_blocks(4)),
    (r"blocks \[48\]", lambda: requests.subscribe([0x30])),
    (r"blocks \[50\]", lambda: requests.subscribe([], [0x32], extended=True)),
    ("command 80", lambda: requests.read(0x80)),
    ("command 32", lambda: requests.read(0x32)),
]


@pytest.mark.parametrize(("message", "build"), WRONG, ids=[message for message, _ in WRONG])
def test_a_bad_argument_is_our_error_and_is_named(message: str, build: Callable[[], Frame]) -> None:
    with pytest.raises(LocalProtocolError, match=message):
        build()


@pytest.mark.parametrize(("code", "prefix"), [("123", ""), ("123456789", ""), ("12a4", ""), ("１２３４", ""), ("1234", "x")])
def test_an_impossible_code_is_our_error_and_is_not_repeated(code: str, prefix: str) -> None:
    with pytest.raises(LocalProtocolError) as raised:
        UserCode(code, prefix)
    assert code not in str(raised.value)


SECRET = UserCode("730518", "62")
WITH_CODE = [
    *(requests.arm(SECRET, [1], mode=mode, forced=forced) for mode in range(4) for forced in (False, True)),
    requests.disarm(SECRET, [1]),
    requests.clear_alarm(SECRET, [1]),
    requests.bypass_zones(SECRET, [1]),
    requests.unbypass_zones(SECRET, [1]),
    requests.isolate_zones(SECRET, [1]),
    requests.switch_outputs_on(SECRET, [1]),
    requests.switch_outputs_off(SECRET, [1]),
    requests.toggle_outputs(SECRET, [1]),
    requests.open_doors(SECRET, outputs=[1]),
    requests.clear_trouble_memory(SECRET),
    requests.give_first_code(SECRET, [1], valid_for=5, action=FirstCodeAction.CANCEL),
    requests.set_clock(SECRET, CLOCK),
    requests.read_own_user(SECRET),
]


@pytest.mark.parametrize("frame", WITH_CODE, ids=lambda frame: f"{frame.command:02X}")
def test_no_representation_shows_the_user_code(frame: Frame) -> None:
    assert SECRET.field() == frame.data[:8]
    for shown in (repr(frame), str(frame), f"{frame}", repr(SECRET), str(SECRET)):
        assert not any(digits in shown.replace(" ", "") for digits in ("730518", "62730518", "7305"))
