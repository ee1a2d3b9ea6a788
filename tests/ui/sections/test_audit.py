"""The audit log in the console: what the view-models say, and the page with its check on the real API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from activities.db.audit import record
from activities.db.session import Database
from api.client.audit import AuditBreak, AuditCheck, AuditEntry, AuditFault
from api.client.errors import Unreachable
from tests.api.conftest import Api
from tests.api.people import People
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import present_audit
from ui_flutter.state.present_audit import ChangeView, Filters
from ui_flutter.state.spans import Preset, Span, custom
from ui_flutter.state.verification import Phase, Verification
from ui_flutter.state.views import Mood

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = Words(Language.EN)


def entry(**more: Any) -> AuditEntry:
    given: dict[str, Any] = {"id": uuid4(), "at": NOW, "action": "panel.changed", "subject_kind": "panel", "seq": 7}
    return AuditEntry(**given | more)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("panel.changed", "Panel: changed"),
        ("alarm.claim", "Alarm: claimed"),
        ("login", "Login"),
        ("auto_arm_schedule.deleted", "Arming schedule: deleted"),
        ("panel.painted_blue", "Panel: painted blue"),
        ("weather.changed", "weather.changed"),
    ],
)
def test_an_action_in_words_and_one_of_a_newer_server_as_it_is(action: str, told: str) -> None:
    assert present_audit.what(action, WORDS) == told


def test_before_and_after_stand_side_by_side() -> None:
    detail = {"before": {"name": "Old", "port": None}, "after": {"name": "New", "port": 7094}, "object_id": "x"}
    assert present_audit.changes(detail) == (
        ChangeView(name="name", before="Old", after="New"),
        ChangeView(name="port", before="", after="7094"),
    )
    assert present_audit.changes({"after": {"zones": [1, 2]}}) == (ChangeView(name="zones", before="", after="[1, 2]"),)


def test_the_system_itself_is_named() -> None:
    assert present_audit.who(entry(), WORDS) == "System"
    assert present_audit.who(entry(actor_id=uuid4(), actor_name="Anna"), WORDS) == "Anna"


def test_a_span_is_asked_for_as_it_was_chosen() -> None:
    filters = Filters(actor="  ann ", kind="panel", span=Span(preset=Preset.DAY))
    assert filters.query(NOW) == {"actor": "ann", "subject_kind": "panel", "from_": NOW - timedelta(days=1)}
    since, until = custom(Span(preset=Preset.WEEK), NOW).bounds(NOW)
    assert (since, until) == (NOW - timedelta(days=7), NOW)
    assert Span(preset=Preset.ALL).bounds(NOW) == (None, None)


@pytest.mark.parametrize(("since", "until"), [("2026-02-30", ""), ("yesterday", ""), ("2026-03-02", "2026-03-01")])
def test_a_span_that_is_none_is_told(since: str, until: str) -> None:
    assert not Span(preset=Preset.CUSTOM, since=since, until=until).is_good(NOW)


def test_a_check_goes_on_until_the_end_or_a_break() -> None:
    run = Verification()
    run.take(AuditCheck(checked=50, next="50", head="100:ab"))
    assert (run.phase, run.share) == (Phase.RUNNING, 0.25)
    run.take(AuditCheck(checked=150, head="120:cd"))
    assert (run.phase, run.checked, run.head, run.share) == (Phase.INTACT, 200, "100:ab", 1.0)
    told = present_audit.check(run, WORDS)
    assert (told.mood, told.head) == (Mood.GOOD, "100:ab")
    assert "link 100" in told.detail
    broken = Verification()
    broken.take(AuditCheck(checked=1, broken=AuditBreak(fault=AuditFault.HASH_WRONG, seq=9), next="10"))
    told = present_audit.check(broken, WORDS)
    assert (broken.phase, told.mood, told.head) == (Phase.BROKEN, Mood.BAD, "")
    assert told.detail == "A link does not follow from the one before. Link 9."


async def _fill(db: Database, people: People, count: int = 3) -> UUID:
    """So many changes of one subject by the admin, and one by nobody."""
    subject = uuid4()
    async with db.write() as session:
        for n in range(count):
            record(
                session,
                "panel.changed",
                "panel",
                subject,
                actor_id=people["admin"],
                request_id=f"request-{n}",
                before={"name": "Old", "integration_key": "s3cret"},
                after={"name": "New", "integration_key": "other"},
            )
        record(session, "signing_key.rotated", "signing_key", None, actor_id=None)
    return subject


async def test_an_auditor_finds_opens_and_narrows(api: Api, at: At, db: Database, people: People) -> None:
    subject = await _fill(db, people)
    screen = await at(api, "auditor", "/audit")
    section: Any = screen.controller.navigator.current
    await eventually(lambda: len(section.listing.items) >= 4)
    await screen.type("audit-person", "admin")
    await eventually(lambda: {one.actor_username for one in section.listing.items} == {"admin"})
    await screen.click(f"row-{section.listing.items[0].id}")
    await eventually(lambda: {"Old", "New", "***"} <= set(screen.texts("audit-changes")))
    assert "s3cret" not in " ".join(screen.texts())
    await screen.click("audit-of-request")
    await eventually(lambda: len(section.listing.items) == 1 and "audit-chips" in screen.identifiers())
    await screen.click("audit-of-subject")
    await eventually(lambda: section.filters.subject_id == subject)
    await screen.click("audit-clear")
    await eventually(lambda: len(section.listing.items) >= 4)
    assert screen.browser.errors == []


async def test_what_is_filtered_is_saved_as_a_file(api: Api, at: At, db: Database, people: People) -> None:
    await _fill(db, people)
    screen = await at(api, "auditor", "/audit")
    section: Any = screen.controller.navigator.current
    await screen.choose("audit-action", "signing_key.")
    await eventually(lambda: len(section.listing.items) == 1)
    await screen.click("audit-export")
    await eventually(lambda: screen.browser.saved)
    ((name, content),) = screen.browser.saved.items()
    assert (name[:6], name[-4:]) == ("audit-", ".csv")
    heading, *rows = content.decode("utf-8-sig").splitlines()
    assert heading.startswith("seq,at,actor_username")
    assert [row.split(",")[5] for row in rows] == ["signing_key.rotated"]
    screen.browser.saved.clear()
    await screen.choose("audit-action", "panel.")
    await screen.choose("audit-kind", "secret")
    await screen.click("audit-export")
    await eventually(lambda: any("nie ma czego zapisać" in toast.text for toast in screen.controller.store.toasts))
    assert screen.browser.saved == {}
    assert screen.browser.errors == []


async def test_an_export_that_fails_says_so_and_can_be_tried_again(
    api: Api, at: At, db: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(db, people)
    screen = await at(api, "auditor", "/audit")
    client = screen.controller.navigator.current.tools.client  # type: ignore[union-attr]
    real = client.audit.export

    async def away(**_: Any) -> bytes:
        raise Unreachable("the line is cut")

    monkeypatch.setattr(client.audit, "export", away)
    await screen.click("audit-export")
    await eventually(lambda: "audit-export-error" in screen.identifiers())
    monkeypatch.setattr(client.audit, "export", real)
    await screen.click("audit-export")
    await eventually(lambda: screen.browser.saved)
    assert "audit-export-error" not in screen.identifiers()


async def test_the_chain_is_verified_and_its_anchor_told(api: Api, at: At, db: Database, people: People) -> None:
    await _fill(db, people)
    screen = await at(api, "auditor", "/audit")
    await screen.click("audit-verify")
    await screen.click("audit-verify-start")
    await eventually(lambda: "audit-head" in screen.identifiers())
    assert "Dziennik jest nienaruszony" in screen.texts("audit-check")
    await screen.click("audit-dismiss")
    await eventually(lambda: "audit-check" not in screen.identifiers())
    assert screen.browser.errors == []


async def test_a_changed_entry_is_found(api: Api, at: At, db: Database, people: People, owner_url: str) -> None:
    await _fill(db, people)
    owner = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    await owner.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
    await owner.execute("UPDATE audit_log SET action = 'panel.created' WHERE request_id = 'request-1'")
    await owner.close()
    screen = await at(api, "auditor", "/audit")
    await screen.click("audit-verify")
    await screen.click("audit-verify-start")
    await eventually(lambda: "Dziennik został naruszony" in screen.texts("audit-check"))
    assert "Wpis został zmieniony." in " ".join(screen.texts("audit-check"))


async def test_a_bad_anchor_is_a_check_that_failed_and_no_broken_log(api: Api, at: At) -> None:
    screen = await at(api, "master", "/audit")
    await screen.click("audit-verify")
    await eventually(lambda: "audit-anchor" in screen.identifiers())
    await screen.type("audit-anchor", "nonsense")
    await screen.click("audit-verify-start")
    await eventually(lambda: "Nie udało się sprawdzić" in screen.texts("audit-check"))
