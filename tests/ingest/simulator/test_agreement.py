"""The simulator and the protocol library were written apart from the same reference; here they must agree."""

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.satel import equipment, eventlog, messages, requests
from ingest.satel.frames import Frame
from ingest.satel.simulator.blocks import Block
from ingest.satel.simulator.installation import PanelModel, ZoneConfig, ZoneReaction
from ingest.satel.simulator.module import Module
from ingest.satel.simulator.texts import TEXTS
from ingest.satel.simulator.troubles import Trouble
from ingest.satel.troubles import TroubleKind, TroubleSource
from workflows.domain import event_codes

from .support import FLOOD, INSTANT, LIGHT, TEMPERATURE, Bench

CODE = requests.UserCode("1234")
ONE = [1]
BUILT = [
    *(requests.arm(CODE, ONE, mode=mode) for mode in range(4)),
    requests.arm(CODE, ONE, without_delay=True),
    requests.arm(CODE, ONE, forced=True),
    requests.disarm(CODE, ONE),
    requests.clear_alarm(CODE, ONE),
    requests.bypass_zones(CODE, ONE, wide=True),
    requests.unbypass_zones(CODE, ONE),
    requests.isolate_zones(CODE, ONE),
    requests.switch_outputs_on(CODE, [LIGHT]),
    requests.switch_outputs_off(CODE, [LIGHT], wide=True),
    requests.toggle_outputs(CODE, [LIGHT]),
    requests.open_doors(CODE, outputs=[4], expanders=[3]),
    requests.clear_trouble_memory(CODE),
    requests.give_first_code(CODE, ONE, valid_for=15, action=requests.FirstCodeAction.ARM),
    requests.set_clock(CODE, datetime.fromisoformat("2026-03-14T12:34:56")),
]


def answer(bench: Bench, request: Frame) -> messages.Message:
    """What the library makes of the simulated answer."""
    answered = Module(bench.panel).handle(request)
    assert answered is not None, f"the module stays silent on {request}"
    return messages.decode(answered.frames[0])


@pytest.mark.parametrize("code", TEXTS)
def test_event_descriptions_have_the_kinds_of_the_table(code: int) -> None:
    ours, theirs = TEXTS[code], event_codes.CODES[code]
    assert ours.kind == theirs.kind(False)
    assert ours.short == (theirs.short_kind or 0)
    # a text where the table has none would be a record the panel cannot write
    assert bool(ours.begin) <= bool(theirs.english[0])
    assert bool(ours.end) <= bool(theirs.english[1])


@pytest.mark.parametrize("frame", BUILT, ids=repr)
def test_every_control_command_is_understood_and_accepted(frame: Frame) -> None:
    result = answer(Bench(), frame)
    assert isinstance(result, messages.Result)
    assert result.accepted


def test_every_block_is_decoded() -> None:
    for block in range(0x32):
        decoded = answer(Bench(), requests.read(block))
        assert getattr(decoded, "command", block) == block


@pytest.mark.parametrize(
    ("trouble", "number", "kind", "source", "their_number"),
    [
        (Trouble.MAINS, None, TroubleKind.AC_MAINS, TroubleSource.SYSTEM, 0),
        (Trouble.BATTERY, None, TroubleKind.BATTERY, TroubleSource.SYSTEM, 0),
        (Trouble.NO_BATTERY, None, TroubleKind.BATTERY_MISSING, TroubleSource.SYSTEM, 0),
        (Trouble.OUTPUT_OVERLOAD, 3, TroubleKind.OUTPUT_3, TroubleSource.SYSTEM, 0),
        (Trouble.DATA_BUS, 2, TroubleKind.BUS_DT2, TroubleSource.SYSTEM, 0),
        (Trouble.PHONE_LINE, None, TroubleKind.PHONE_NO_SIGNAL, TroubleSource.SYSTEM, 0),
        (Trouble.STATION, None, TroubleKind.MONITORING_STATION_1, TroubleSource.SYSTEM, 0),
        (Trouble.LAN_CABLE, None, TroubleKind.NO_CABLE, TroubleSource.KEYPAD_BUS, 1),
        (Trouble.EXPANDER_MAINS, 63, TroubleKind.AC_MAINS, TroubleSource.EXPANDER, 63),
        (Trouble.EXPANDER_BATTERY, 5, TroubleKind.BATTERY, TroubleSource.EXPANDER, 5),
        (Trouble.EXPANDER_LOST, 0, TroubleKind.NO_COMMUNICATION, TroubleSource.EXPANDER, 0),
        (Trouble.EXPANDER_TAMPER, 9, TroubleKind.TAMPER, TroubleSource.EXPANDER, 9),
        (Trouble.RADIO_BATTERY, 17, TroubleKind.LOW_BATTERY, TroubleSource.RADIO_DEVICE, 17),
        (Trouble.RADIO_LOST, 120, TroubleKind.NOT_HEARD, TroubleSource.RADIO_DEVICE, 120),
    ],
)
def test_troubles_are_found_where_they_were_put(
    trouble: Trouble, number: int | None, kind: TroubleKind, source: TroubleSource, their_number: int
) -> None:
    bench = Bench()
    bench.panel.trouble(trouble, True, number)
    for blocks in ((0x1B, 0x1C, 0x1D, 0x1E, 0x1F), (0x20, 0x21, 0x22, 0x23)):
        reports = [answer(bench, requests.read(block)) for block in blocks]
        found = [one for report in reports if isinstance(report, messages.TroubleReport) for one in report.troubles]
        assert [(one.kind, one.source, one.number) for one in found] == [(kind, source, their_number)]


def test_records_are_described_as_they_happened() -> None:
    zones = (ZoneConfig(number=200, name="Sejf", partition=2, reaction=ZoneReaction.BURGLARY_24H),)
    bench = Bench(model=PanelModel.INTEGRA_256_PLUS, zones=zones)
    panel = bench.panel
    panel.violate(200)
    panel.arm(1, user=2, delay=0)
    panel.trouble(Trouble.EXPANDER_MAINS, True, 4)
    panel.set_service_mode(True)
    panel.command_set_clock(panel.users[8], panel.wall() + timedelta(minutes=1))
    records = [eventlog.LogRecord.from_bytes(entry.pack(reported=False)) for entry in panel.log.entries()]
    described = [eventlog.describe(record, equipment.PanelModel.INTEGRA_256_PLUS) for record in records]
    kinds = eventlog.SourceKind
    assert [(record.code, record.restore, record.event_class) for record in records] == [
        (133, False, 0),
        (401, True, 2),
        (301, False, 5),
        (627, False, 7),
        (625, False, 6),
    ]
    assert described == [
        eventlog.Description(partition=2, source=eventlog.LogSource(kinds.ZONE, 200)),
        eventlog.Description(partition=1, user=2),
        eventlog.Description(source=eventlog.LogSource(kinds.EXPANDER, 4)),
        eventlog.Description(source=eventlog.LogSource(kinds.KEYPAD_BUS, 0)),
        eventlog.Description(user=8, source=eventlog.LogSource(kinds.KEYPAD_BUS, 1)),
    ]
    for record, entry in zip(records, panel.log.entries(), strict=True):
        local = entry.at.replace(tzinfo=None, second=0, microsecond=0)
        assert eventlog.local_time(record, panel.wall().replace(tzinfo=None)) == local


def test_versions_status_names_and_the_own_user() -> None:
    bench = Bench(clock_skew=60.0)
    version = answer(bench, requests.read(messages.Command.PANEL_VERSION))
    assert isinstance(version, messages.PanelVersion)
    assert (version.model, version.firmware, version.code_page) == ("INTEGRA 128 Plus", "1.23", "cp1250")
    module = answer(bench, requests.read(messages.Command.MODULE_VERSION))
    assert isinstance(module, messages.ModuleVersion)
    assert (module.wide_maps, module.extended, module.arming_option) == (True, True, True)
    status = answer(bench, requests.read(Block.STATUS))
    assert isinstance(status, messages.PanelStatus)
    assert status.panel_local_time == bench.panel.wall().replace(tzinfo=None)
    assert status.weekday == 0
    zone = answer(bench, requests.read_name(messages.NameType.ZONE_WITH_PARTITION, 11))
    assert isinstance(zone, messages.ObjectName)
    assert (zone.number, zone.name, zone.function, zone.partition) == (11, "Zaplecze", ZoneReaction.INSTANT, 2)
    user = answer(bench, requests.read_own_user(CODE))
    assert isinstance(user, messages.OwnUser)
    assert (user.number, user.partitions) == (8, frozenset({1, 2}))
    temperature = answer(bench, requests.read_temperature(TEMPERATURE))
    assert isinstance(temperature, messages.Temperature)
    assert (temperature.zone, temperature.celsius) == (TEMPERATURE, 24.0)
    text = answer(bench, requests.read_event_text(154, restore=False))
    assert isinstance(text, messages.EventText)
    assert (text.text, text.long_kind, text.short_kind) == ("Alarm: zalanie", 1, 0x0003)


@given(
    command=st.integers(0, 0xFF).filter(lambda command: command != 0xFE),
    code=st.sampled_from([b"", CODE.field(), b"\xff" * 8]),
    tail=st.binary(max_size=42),
)
@example(0x8E, CODE.field(), b"00010101000000")
@example(0x8E, CODE.field(), "ąć".encode().ljust(14, b"0"))
def test_no_request_breaks_the_module_and_every_answer_is_a_message(command: int, code: bytes, tail: bytes) -> None:
    answered = _SHARED.handle(Frame(command, code + tail))
    for frame in answered.frames if answered else ():
        if frame.command not in (0xE1, 0xE2):  # other people's users: the library never asks
            messages.decode(frame)


_SHARED = Module(Bench().panel)


def test_the_subscription_starts_automatic_sending_of_exactly_its_blocks() -> None:
    bench = Bench()
    module = Module(bench.panel)
    asked = [Block.ZONES_VIOLATED, Block.ALARM, Block.TROUBLES_8]
    answered = module.handle(requests.subscribe(asked, [Block.STATUS], extended=True))
    assert answered is not None
    assert [frame.command for frame in answered.frames] == [0xEF, *asked]
    bench.panel.observer = lambda changed: pushed.extend(module.panel_changed(changed))
    pushed: list[Frame] = []
    bench.panel.violate(FLOOD)
    assert [frame.command for frame in pushed] == [0x00, 0x13, 0x1A]
    bench.panel.violate(INSTANT)
    assert [frame.command for frame in pushed[3:]] == [0x00, 0x1A]
