"""R-CMD over HTTP: who may order what, once, and how it is told; the line to the panel is a fake (see tests/ingest)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text, update
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from activities import worker
from activities.commands import CommandActivities
from activities.db.models.audit_log import AuditEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.satel_commands import SatelCommand
from activities.db.repositories import commands
from activities.db.session import Database
from activities.housekeeping import end_forgotten_commands
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.commands import Command
from api.client.errors import ApiError
from api.client.models import Panel
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.contracts.command import (
    CommandOutcome,
    CommandSettled,
    ConfirmEnd,
    ConfirmRequest,
    ConfirmResult,
    SendRequest,
    SendResult,
)
from workflows.domain.command import (
    BEGIN_WITHIN,
    FORGOTTEN_AFTER,
    ArmMode,
    CommandKind,
    CommandReason,
    CommandSource,
    CommandStatus,
    SendEnd,
)
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]
K = CommandKind


async def refused(call: Coroutine[Any, Any, Any]) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


@dataclass(slots=True)
class FakeLine:
    """An ingest process that holds panels: notes what it sends as the real one does, and is answered with `code`."""

    db: Database
    host: str = field(default_factory=lambda: f"host-{uuid4()}")
    code: int = 0xFF
    blocking: tuple[int, ...] = ()
    sent: list[SendRequest] = field(default_factory=list)

    @activity.defn(name="send_panel_command")
    async def send_panel_command(self, request: SendRequest) -> SendResult:
        self.sent.append(request)
        async with self.db.write() as session:
            assert await commands.take_to_send(session, request.order.command_id, request.attempt, repeat=False)
        return SendResult(end=SendEnd.ANSWERED, result_code=self.code, blocking=self.blocking)

    @activity.defn(name="confirm_panel_command")
    async def confirm_panel_command(self, request: ConfirmRequest) -> ConfirmResult:
        async with self.db.read() as session:
            return ConfirmResult(end=ConfirmEnd.CONFIRMED, confirmed_at=await commands.clock(session))

    async def hold(self, panel_id: UUID) -> None:
        lease = "INSERT INTO panel_leases (panel_id, lease_number, holder) VALUES (:panel_id, 1, :holder)"
        async with self.db.write() as session:
            await session.execute(text(lease), {"panel_id": panel_id, "holder": self.host})


@pytest.fixture
async def line(db: Database, temporal_client: Client) -> AsyncIterator[FakeLine]:
    fake = FakeLine(db)
    doing: list[Callable[..., Any]] = [fake.send_panel_command, fake.confirm_panel_command]
    async with Worker(temporal_client, task_queue=names.ingest_queue(fake.host), activities=doing):
        yield fake


async def a_panel(admin: StamClient, object_id: UUID, *, port: int = 7094, **more: Any) -> Panel:
    line = {"host": "10.0.0.7", "port": port, "command_code": "4815", **more}
    return await admin.create_panel(object_id=object_id, name="Main", **line)


@pytest.fixture
async def panel(whole_api: Api, login: Login, db: Database, line: FakeLine) -> Panel:
    made = await a_panel(await login(whole_api, "admin"), await add_object(db))
    await line.hold(made.id)
    return made


async def ended(client: StamClient, ordered: Command) -> Command:
    async def over() -> bool:
        return (await client.commands.one(ordered.id)).ended_at is not None

    await eventually(over, within=30)
    return await client.commands.one(ordered.id)


async def rows_of(db: Database, kind: str) -> list[dict[str, Any]]:
    query = select(OutboxRow.payload).where(OutboxRow.type == kind).order_by(OutboxRow.id)
    async with db.read() as session:
        return list((await session.scalars(query)).all())


# -- from the order to its end


async def test_an_order_is_taken_at_once_accepted_and_confirmed_later(
    whole_api: Api, login: Login, db: Database, panel: Panel, people: People
) -> None:
    admin = await login(whole_api, "admin")
    ordered = await admin.commands.order(panel.id, K.ARM, [2, 1], arm_mode=ArmMode.STAY, forced=True)
    assert (ordered.kind, ordered.numbers, ordered.arm_mode, ordered.forced) == (K.ARM, (1, 2), ArmMode.STAY, True)
    assert (ordered.source, ordered.requested_by_name, ordered.panel_name) == (CommandSource.OPERATOR, "admin", "Main")
    assert ordered.workflow_id in ordered.temporal_url.replace("%2F", "/")
    done = await ended(admin, ordered)
    assert (done.status, done.result_code, done.reason) == (CommandStatus.ACK, 0xFF, None)
    assert done.sent_at is not None
    assert done.answered_at is not None
    assert done.confirmed_at is not None
    for outcome in ("ack", "confirmed"):
        assert REGISTRY.get_sample_value("satel_command_seconds_count", {"kind": "arm", "outcome": outcome})
    told = await rows_of(db, names.COMMAND_UPDATED)
    assert [(one["status"], bool(one["sent_at"]), bool(one["confirmed_at"])) for one in told] == [
        ("PENDING", False, False),
        ("PENDING", True, False),
        ("ACK", True, False),
        ("ACK", True, True),
    ]
    assert {one["state"] for one in await rows_of(db, names.PANEL_STATE_CHANGED)} == {"ARMING_STAY"}
    async with db.read() as session:
        audited = (await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == done.id))).all()
    assert [(row.action, row.actor_id) for row in sorted(audited, key=lambda row: row.at)] == [
        ("command.ordered", people["admin"]),
        ("command.ack", None),
        ("command.confirmed", None),
    ]


async def test_a_refusal_brings_its_reason_and_takes_back_what_was_shown(
    whole_api: Api, login: Login, db: Database, panel: Panel, line: FakeLine
) -> None:
    line.code, line.blocking = 0x11, (3, 5)
    admin = await login(whole_api, "admin")
    done = await ended(admin, await admin.commands.order(panel.id, K.ARM, [1]))
    assert (done.status, done.reason, done.blocking) == (CommandStatus.NACK, CommandReason.ZONES_OPEN, (3, 5))
    states = [one["state"] for one in await rows_of(db, names.PANEL_STATE_CHANGED)]
    assert states == ["ARMING_FULL", "UNKNOWN"], "no history tells how the partition was"
    settled = CommandSettled(outcome=CommandOutcome(command_id=done.id, status=CommandStatus.NACK, result_code=0x11))
    told = len(await rows_of(db, names.COMMAND_UPDATED))
    outcome = await CommandActivities(db).settle_command(settled)
    assert (outcome.reason, outcome.blocking) == (CommandReason.ZONES_OPEN, (3, 5)), "the first end counts"
    assert len(await rows_of(db, names.PANEL_STATE_CHANGED)) == 2
    assert len(await rows_of(db, names.COMMAND_UPDATED)) == told


_IN_THE_WAY: Final = {
    "UPDATE panels SET command_code_sealed = NULL, command_code_key_id = NULL WHERE id = :panel_id": CommandReason.NO_CODE,
    "UPDATE panels SET enabled = false WHERE id = :panel_id": CommandReason.PANEL_DISABLED,
    "UPDATE objects SET status = 'CLOSED' WHERE id = (SELECT object_id FROM panels WHERE id = :panel_id)": (
        CommandReason.OBJECT_CLOSED
    ),
    "DELETE FROM panel_leases WHERE panel_id = :panel_id": CommandReason.NO_HOLDER,
    "UPDATE panel_leases SET renewed_at = now() - interval '1 hour' WHERE panel_id = :panel_id": CommandReason.NO_HOLDER,
    """INSERT INTO panel_releases (id, panel_id, requested_by, reason, until)
       SELECT gen_random_uuid(), CAST(:panel_id AS uuid), u.id, 'x', now() + interval '1 hour' FROM users u
       WHERE u.username = 'admin'""": CommandReason.PANEL_RELEASED,
}


async def test_what_cannot_reach_its_panel_ends_with_its_reason(
    whole_api: Api, login: Login, db: Database, line: FakeLine
) -> None:
    admin = await login(whole_api, "admin")
    for port, (statement, reason) in enumerate(_IN_THE_WAY.items(), 7094):
        panel = await a_panel(admin, await add_object(db), port=port)
        await line.hold(panel.id)
        async with db.write() as session:
            await session.execute(text(statement), {"panel_id": panel.id})
        done = await ended(admin, await admin.commands.order(panel.id, K.DISARM, [1]))
        assert (done.status, done.reason, done.sent_at, line.sent) == (CommandStatus.NACK, reason, None, []), statement


async def test_d11_the_other_address_answers_the_same_way(whole_api: Api, login: Login, panel: Panel) -> None:
    admin = await login(whole_api, "admin")
    body = {"panel_id": str(panel.id), "kind": "OUTPUTS_ON", "numbers": [2]}
    async with whole_api.http(admin.session.access_token) as http:
        first = await http.post("/api/satel/command", json=body, headers={"Idempotency-Key": "one and the same"})
        second = await http.post("/api/commands/satel", json=body, headers={"Idempotency-Key": "one and the same"})
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert first.json().keys() == second.json().keys()


# -- once


async def test_a_key_orders_once_however_often_it_is_sent(whole_api: Api, login: Login, panel: Panel, line: FakeLine) -> None:
    admin, master = await login(whole_api, "admin"), await login(whole_api, "master")
    both = await asyncio.gather(*(admin.commands.order(panel.id, K.OUTPUTS_TOGGLE, [2], key="a-key-of-mine") for _ in range(3)))
    assert len({one.id for one in both}) == 1
    await ended(admin, both[0])
    again = await admin.commands.order(panel.id, K.OUTPUTS_TOGGLE, [2], key="a-key-of-mine")
    assert (again.id, again.status) == (both[0].id, CommandStatus.ACK)
    assert len(line.sent) == 1
    other = await refused(admin.commands.order(panel.id, K.OUTPUTS_TOGGLE, [3], key="a-key-of-mine"))
    assert (other.status, other.code) == (409, ErrorCode.CONFLICT)
    assert (await master.commands.order(panel.id, K.OUTPUTS_TOGGLE, [3], key="a-key-of-mine")).id != both[0].id


async def test_an_order_without_a_key_is_refused(whole_api: Api, login: Login, panel: Panel) -> None:
    admin = await login(whole_api, "admin")
    async with whole_api.http(admin.session.access_token) as http:
        answer = await http.post("/api/commands/satel", json={"panel_id": str(panel.id), "kind": "SET_CLOCK"})
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION")
    assert "idempotency-key" in answer.text.lower()


# -- what cannot be ordered


_SENSELESS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"kind": "ARM"}, "numbers"),
    ({"kind": "ARM", "numbers": [1, 33]}, "numbers.1"),
    ({"kind": "BYPASS", "numbers": [257]}, "numbers.0"),
    ({"kind": "BYPASS", "numbers": [0]}, "numbers.0"),
    ({"kind": "DISARM", "numbers": [2, 2]}, "numbers.1"),
    ({"kind": "DISARM", "numbers": [1], "arm_mode": 1}, "arm_mode"),
    ({"kind": "ARM", "numbers": [1], "arm_mode": 4}, "arm_mode"),
    ({"kind": "BYPASS", "numbers": [1], "forced": True}, "forced"),
    ({"kind": "SET_CLOCK", "numbers": [1]}, "numbers"),
    ({"kind": "EXPLODE", "numbers": [1]}, "kind"),
    ({"kind": "ARM", "numbers": ["1"]}, "numbers.0"),
    ({"kind": "ARM", "numbers": [1], "code": "1234"}, "code"),
)


async def test_a_senseless_order_names_its_field(api: Api, login: Login) -> None:
    admin = await login(api, "admin")
    async with api.http(admin.session.access_token) as http:
        for body, field in _SENSELESS:
            order = {"panel_id": str(uuid4()), **body}
            answer = await http.post("/api/commands/satel", json=order, headers={"Idempotency-Key": str(uuid4())})
            assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION"), answer.text
            assert field in [error["field"] for error in answer.json()["errors"]], body


async def test_an_address_with_a_word_is_none_of_a_command(api: Api) -> None:
    async with api.http() as http:
        for method in ("OPTIONS", "GET"):
            answer = await http.request(method, "/api/commands/satel")
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), method


async def test_numbers_must_be_the_panels_own_where_they_are_known(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await a_panel(admin, await add_object(db))
    await admin.create_zone(panel_id=panel.id, number=3, name="Door")
    wrong = await refused(admin.commands.order(panel.id, K.BYPASS, [3, 4]))
    assert [error.field for error in wrong.errors] == ["numbers.1"]
    nobody = await refused(admin.commands.order(uuid4(), K.BYPASS, [3]))
    assert nobody.status == 404


async def test_each_kind_needs_its_permission_and_operators_arm_by_a_flag_only(
    settings: Settings, login: Login, db: Database, people: People, tmp_path: Path
) -> None:
    """D5."""
    object_id = await add_object(db)
    await assign(db, people["technician"], object_id)
    own = tmp_path / "flags.yaml"
    own.write_text("flags: {operator_arm: true}\n")
    async with serving(settings) as api:
        panel = await a_panel(await login(api, "admin"), object_id)
        for who in ("operator", "technician", "auditor", "field_worker"):
            client = await login(api, who)
            for kind in (K.ARM, K.DISARM, K.BYPASS):
                assert (await refused(client.commands.order(panel.id, kind, [1]))).code == ErrorCode.FORBIDDEN, (who, kind)
    async with serving(settings.model_copy(update={"feature_flags_file": own})) as api:
        operator = await login(api, "operator")
        for kind in (K.DISARM, K.BYPASS, K.OUTPUTS_ON, K.CLEAR_ALARM):
            assert (await refused(operator.commands.order(panel.id, kind, [1]))).code == ErrorCode.FORBIDDEN
        away = await refused(operator.commands.order(panel.id, K.ARM, [1]))
        assert away.code == ErrorCode.TEMPORAL_UNAVAILABLE, "allowed, and there is no Temporal here"


# -- without Temporal


async def test_without_temporal_an_order_ends_honestly_and_never_comes_to_life(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin = await login(api, "admin")
    panel = await a_panel(admin, await add_object(db))
    away = await refused(admin.commands.order(panel.id, K.DISARM, [1], key="the first try"))
    assert (away.status, away.code) == (503, ErrorCode.TEMPORAL_UNAVAILABLE)
    (row,) = (await admin.commands.find()).items
    assert (row.status, row.reason, row.sent_at) == (CommandStatus.TIMEOUT, CommandReason.NOT_STARTED, None)
    assert row.ended_at is not None
    async with db.write() as session:
        late = await commands.begin(session, commands.order_of(await session.get_one(SatelCommand, row.id)))
        assert (late.status, late.begun_at) == (CommandStatus.TIMEOUT, None), "a start that Temporal had taken all the same"
    again = await admin.commands.order(panel.id, K.DISARM, [1], key="the first try")
    assert (again.id, again.status) == (row.id, CommandStatus.TIMEOUT)


async def test_an_order_whose_process_died_before_its_start_is_shown_as_over(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin = await login(api, "admin")
    panel = await a_panel(admin, await add_object(db))
    await refused(admin.commands.order(panel.id, K.DISARM, [1]))
    aged = {"status": CommandStatus.PENDING, "reason": None, "ended_at": None}
    async with db.write() as session:
        created_at = SatelCommand.created_at - BEGIN_WITHIN - timedelta(seconds=1)
        await session.execute(update(SatelCommand).values(**aged, created_at=created_at))
    (row,) = (await admin.commands.find(status=[CommandStatus.TIMEOUT])).items
    assert (row.status, row.reason) == (CommandStatus.TIMEOUT, CommandReason.NOT_STARTED)
    assert (await admin.commands.find(status=[CommandStatus.PENDING])).items == ()
    assert (await admin.commands.one(row.id)).ended_at is not None
    await end_forgotten_commands(db)
    told = (await rows_of(db, names.COMMAND_UPDATED))[-1]
    assert (told["id"], told["status"], told["reason"]) == (str(row.id), "TIMEOUT", "NOT_STARTED")
    before = len(await rows_of(db, names.COMMAND_UPDATED))
    await end_forgotten_commands(db)
    assert len(await rows_of(db, names.COMMAND_UPDATED)) == before, "once"


async def test_a_command_whose_workflow_was_ended_from_outside_does_not_hang_for_ever(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin = await login(api, "admin")
    panel = await a_panel(admin, await add_object(db))
    stories = (
        (CommandStatus.PENDING, False, CommandReason.TOO_LATE),
        (CommandStatus.PENDING, True, CommandReason.UNKNOWN_OUTCOME),
        (CommandStatus.ACK, True, None),
    )
    for status, sent, reason in stories:
        await refused(admin.commands.order(panel.id, K.DISARM, [1]))
        (row,) = (await admin.commands.find(limit=1)).items
        async with db.write() as session:
            aged = await session.get_one(SatelCommand, row.id)
            aged.status, aged.reason, aged.ended_at = status, None, None
            aged.created_at = aged.begun_at = row.created_at - FORGOTTEN_AFTER
            aged.sent_at = row.created_at if sent else None
        await end_forgotten_commands(db)
        over = await admin.commands.one(row.id)
        expected = CommandStatus.ACK if status is CommandStatus.ACK else CommandStatus.TIMEOUT
        assert (over.status, over.reason, over.ended_at is not None) == (expected, reason, True)


# -- two persons


@pytest.fixture
async def two_person_api(
    settings: Settings, people: People, temporal_address: str, temporal_client: Client, db: Database, tmp_path: Path
) -> AsyncIterator[Api]:
    own = tmp_path / "flags.yaml"
    own.write_text("flags: {two_person: true}\n")
    changed = settings.model_copy(update={"temporal_address": temporal_address, "feature_flags_file": own})
    async with worker.build(temporal_client, db, changed), serving(changed) as running:
        yield running


async def test_where_an_object_wants_it_a_second_person_releases_a_disarming(
    two_person_api: Api, login: Login, db: Database, line: FakeLine, people: People
) -> None:
    admin, master, operator = [await login(two_person_api, name) for name in ("admin", "master", "operator")]
    panel = await a_panel(admin, await add_object(db))
    await line.hold(panel.id)
    config = await admin.object_admin.put_alarm_config(panel.object_id, version=1, two_person=True)
    assert config.two_person
    arming = await ended(admin, await admin.commands.order(panel.id, K.ARM, [1]))
    assert (arming.two_person, arming.status) == (False, CommandStatus.ACK), "arming needs nobody else"

    ordered = await admin.commands.order(panel.id, K.DISARM, [1])
    assert (ordered.status, ordered.two_person) == (CommandStatus.AWAITING_RELEASE, True)
    assert (await refused(admin.commands.release(ordered.id))).code == ErrorCode.SAME_PERSON
    assert (await refused(operator.commands.release(ordered.id))).code == ErrorCode.FORBIDDEN
    assert len(line.sent) == 1
    await master.commands.release(ordered.id)
    done = await ended(admin, ordered)
    assert (done.status, done.released_by_name) == (CommandStatus.ACK, "master")
    late = await refused(master.commands.release(ordered.id))
    assert (late.status, late.code) == (409, ErrorCode.NOT_WAITING)
    async with db.read() as session:
        released = select(AuditEntry.actor_id).where(AuditEntry.action == "command.released")
        assert (await session.scalars(released)).all() == [people["master"]]


# -- lists


async def test_commands_are_listed_newest_first_in_pages_and_by_what_they_are(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin = await login(api, "admin")
    mine, other = await add_object(db, "Mine"), await add_object(db, "Other")
    await assign(db, people["technician"], mine)
    one, two = await a_panel(admin, mine), await a_panel(admin, other, port=7095)
    for panel, kind in ((one, K.ARM), (two, K.DISARM), (one, K.BYPASS)):
        await refused(admin.commands.order(panel.id, kind, [1]))
    everything = await admin.commands.find(limit=2)
    assert [row.kind for row in everything.items] == [K.BYPASS, K.DISARM]
    rest = await admin.commands.find(limit=2, cursor=everything.next_cursor)
    assert ([row.kind for row in rest.items], rest.next_cursor) == ([K.ARM], None)
    find = admin.commands.find
    for page, kinds in (
        (await find(panel_id=two.id), [K.DISARM]),
        (await find(object_id=mine), [K.BYPASS, K.ARM]),
        (await find(kind=[K.ARM, K.DISARM]), [K.DISARM, K.ARM]),
        (await find(source=[CommandSource.AUTO_ARM]), []),
        (await find(requested_by=people["master"]), []),
        (await find(since=rest.items[0].created_at, until=everything.items[0].created_at), [K.DISARM, K.ARM]),
    ):
        assert [row.kind for row in page.items] == kinds
    technician = await login(api, "technician")
    assert [row.kind for row in (await technician.commands.find()).items] == [K.BYPASS, K.ARM]
    assert (await refused(technician.commands.one(everything.items[1].id))).status == 404


# -- the code


async def test_a_command_code_is_kept_sealed_and_told_to_nobody(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await a_panel(admin, await add_object(db), command_code="97-48151623")
    assert panel.commandable
    changed = await admin.change_panel(panel.id, version=panel.version, command_code="23426666")
    assert (changed.config_version, changed.commandable) == (panel.config_version, True), "the line does not depend on it"
    gone = await admin.change_panel(panel.id, version=changed.version, command_code=None)
    assert not gone.commandable
    for bad in ("12", "123456789", "12a4", "97-", "1234 "):
        wrong = await refused(admin.change_panel(panel.id, version=gone.version, command_code=bad))
        assert [error.field for error in wrong.errors] == ["command_code"]
    async with db.read() as session:
        kept = str((await session.execute(text("SELECT detail FROM audit_log UNION ALL SELECT payload FROM outbox"))).all())
    assert "48151623" not in kept
    assert "23426666" not in kept
