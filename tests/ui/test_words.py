import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from api.client.audit import AuditFault
from api.client.models import ObjectStatus, SystemMode
from api.client.system import FlagOrigin
from ui_flutter.i18n import en, pl
from ui_flutter.i18n.words import CATALOGUES, PARTS, Language, Words, plural_form
from ui_flutter.sections.registry import ENTRIES
from ui_flutter.state.object_tabs import CardTab
from ui_flutter.state.panel_tabs import PanelTab, ZoneShow
from ui_flutter.state.present_board import Face
from ui_flutter.state.present_map import Sign
from ui_flutter.state.present_users import ACTS, Order
from ui_flutter.state.spans import Preset
from ui_flutter.theme import ThemeName
from workflows.domain.alarm import AlarmType, Outcome, Priority, SignalSource, Source
from workflows.domain.auto_arm import OpenZones, RunOutcome, RunStatus
from workflows.domain.auto_arm_sweep import NotArmed
from workflows.domain.bundle import TIMER_ACTIONS, Action, BundleStatus
from workflows.domain.command import ArmMode, CommandKind, CommandReason, CommandSource, CommandStatus
from workflows.domain.dispatch import CallOutcome, EntryKind, Oddity
from workflows.domain.document import DocumentKind
from workflows.domain.errors import ErrorCode
from workflows.domain.escalation import Channel, DeliveryStatus, Nobody, Purpose
from workflows.domain.flags import Flag
from workflows.domain.object_import import ImportOutcome, ImportStatus
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Permission, Role, Scope, ServiceRole
from workflows.domain.response import StepKind
from workflows.domain.schedule import ClockChange, HolidayPolicy, Skipped
from workflows.domain.service import ServiceState
from workflows.domain.supervision import SourceKind, SupervisionClass

SOURCES = Path(__file__).parents[2] / "ui_flutter"
POLISH, ENGLISH = CATALOGUES[Language.PL], CATALOGUES[Language.EN]


def forms(value: str | dict[str, str]) -> dict[str, str]:
    return value if isinstance(value, dict) else {"": value}


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert POLISH.keys() == ENGLISH.keys()


def test_no_key_stands_in_two_catalogues() -> None:
    counted = Counter(key for words in (pl.WORDS, *(part.PL for part in PARTS)) for key in words)
    counted += Counter(key for words in (en.WORDS, *(part.EN for part in PARTS)) for key in words)
    assert [key for key, times in counted.items() if times != 2] == []


@pytest.mark.parametrize("key", sorted(POLISH))
def test_translations_have_the_same_blanks(key: str) -> None:
    polish, english = forms(POLISH[key]), forms(ENGLISH[key])
    assert {frozenset(blanks(text)) for text in (*polish.values(), *english.values())} == {
        frozenset(blanks(next(iter(polish.values()))))
    }


def test_counted_texts_have_all_forms_of_their_language() -> None:
    for key, value in POLISH.items():
        if isinstance(value, dict):
            assert value.keys() == {"one", "few", "many"}, key
            assert forms(ENGLISH[key]).keys() == {"one", "many"}, key


@pytest.mark.parametrize(
    ("n", "text"),
    [(1, "1 sygnał"), (2, "2 sygnały"), (4, "4 sygnały"), (5, "5 sygnałów"), (12, "12 sygnałów"), (22, "22 sygnały"),
     (112, "112 sygnałów"), (0, "0 sygnałów"), (21, "21 sygnałów"), (101, "101 sygnałów")],
)  # fmt: skip
def test_polish_counts_take_three_forms(n: int, text: str) -> None:
    assert Words(Language.PL)("row.signals", n=n) == text


def test_english_counts_take_two_forms() -> None:
    assert [plural_form(Language.EN, n) for n in (0, 1, 2, 22)] == ["many", "one", "many", "many"]


def test_every_value_of_the_domain_has_words() -> None:
    wanted = [
        *(f"type.{one}" for one in AlarmType),
        *(f"class.{one}" for one in Priority),
        *(f"source.{one}" for one in Source),
        *(f"status.{one}" for one in BundleStatus),
        *(f"line.{one}" for one in Action),
        *(f"line.due.{one}" for one in TIMER_ACTIONS),
        *(f"entry.{one}" for one in EntryKind),
        *(f"outcome.{one}" for one in CallOutcome),
        *(f"oddity.{one}" for one in Oddity),
        *(f"step.kind.{one}" for one in StepKind),
        *(f"line.notification.{one}" for one in DeliveryStatus),
        *(f"done.{one}" for one in set(Action) - TIMER_ACTIONS),
        *(f"nav.{one.name}" for one in ENTRIES),
        *(f"command.kind.{one}" for one in CommandKind),
        *(f"command.arm.{one.name}" for one in ArmMode),
        *(f"command.status.{one}" for one in set(CommandStatus) - {CommandStatus.ACK}),
        *(f"command.reason.{one}" for one in CommandReason),
        *(f"command.source.{one}" for one in CommandSource),
        *(f"object.status.{one}" for one in ObjectStatus),
        *(f"object.tab.{one}" for one in CardTab),
        *(f"document.kind.{one}" for one in DocumentKind),
        *(f"service.state.{one}" for one in ServiceState),
        *(f"map.sign.{one.name}" for one in Sign),
        *(f"panel.link.{one}" for one in LinkStatus),
        *(f"panel.state.{one}" for one in PartitionState),
        *(f"panel.class.{one}" for one in SupervisionClass),
        *(f"panel.tab.{one}" for one in PanelTab),
        *(f"board.zone.{one}" for one in set(Face) - {Face.ARMED, Face.WAITING}),
        *(f"board.show.{one}" for one in ZoneShow),
        *(f"board.explain.{one}" for one in CommandKind),
        *(f"schedule.run.{one}" for one in RunStatus),
        *(f"schedule.outcome.{one}" for one in RunOutcome),
        *(f"schedule.why.{one}" for one in NotArmed),
        *(f"schedule.rule.open.{one}" for one in OpenZones),
        *(f"schedule.holidays.{one}" for one in HolidayPolicy),
        *(f"schedule.skipped.{one}" for one in Skipped),
        *(f"schedule.clocks.{one}" for one in ClockChange),
        *(f"escalation.status.{one}" for one in DeliveryStatus),
        *(f"escalation.nobody.{one}" for one in Nobody),
        *(f"escalation.purpose.{one}" for one in Purpose),
        *(f"channel.{one}" for one in Channel),
        *(f"import.status.{one}" for one in ImportStatus),
        *(f"import.outcome.{one}" for one in ImportOutcome),
        *(f"role.{one}" for one in Role),
        *(f"role.{one}.explain" for one in Role),
        *(f"service.{one}" for one in ServiceRole),
        *(f"service.{one}.explain" for one in ServiceRole),
        *(f"permission.{one}" for one in Permission),
        *(f"roles.scope.{one}" for one in Scope),
        *(f"audit.fault.{one}" for one in AuditFault),
        *(f"audit.verb.{one}" for one in Action),
        *(f"look.theme.{one}" for one in ThemeName),
        *(f"account.language.{one}" for one in Language),
        *(f"flag.{one}" for one in Flag),
        *(f"flag.origin.{one}" for one in FlagOrigin),
        *(f"ledger.outcome.{one}" for one in Outcome),
        *(f"ledger.source.{one}" for one in SignalSource),
        *(f"system.source.{one}" for one in SourceKind),
        *(f"system.mode.{one}" for one in SystemMode),
        *(f"system.mode.{one}.explain" for one in SystemMode),
        *(f"users.order.{one}" for one in set(Order) - {Order.CREATE, Order.TOLD}),
        *(f"users.ask.{one}" for one in set(ACTS) - {Order.EDIT}),
        *(f"span.{one}" for one in Preset),
    ]
    assert [key for key in wanted if key not in POLISH] == []


def test_every_error_an_operator_can_meet_has_words() -> None:
    never_met = {ErrorCode.METHOD_NOT_ALLOWED}
    assert [code for code in set(ErrorCode) - never_met if f"error.{code}" not in POLISH] == []


def test_no_word_is_left_over() -> None:
    source = "\n".join(path.read_text() for path in SOURCES.rglob("*.py") if "i18n" not in path.parts).replace("'", '"')
    built = tuple(re.findall(r'f"([a-z_.]+\.)\{', source))
    unused = [key for key in POLISH if f'"{key}"' not in source and not key.startswith(built)]
    assert unused == []


def test_a_key_of_a_newer_server_falls_back() -> None:
    assert Words(Language.PL).get("mode.LUNAR", "LUNAR") == "LUNAR"
