"""The section of imports: what the view-models say, and the wizard on the real API, with Temporal and a worker."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.client.imports import Import, ImportDetail, ImportedObject, ImportFinding
from api.client.models import Page, Text
from tests.api.conftest import Api
from tests.api.test_commands import Login
from tests.api.test_imports import ONE, SHOP, relay
from tests.support.eventually import eventually
from tests.support.workbooks import filled
from tests.ui.screen import Screen
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import present_imports
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.views import Mood
from workflows.domain.object_import import ImportCounts, ImportOutcome, ImportStatus

__all__ = ["relay"]
NOW = datetime(2026, 11, 25, 18, tzinfo=UTC)
WORDS = Words(Language.EN)
FILE = {"id": 1, "name": "obiekty.xlsx", "size": 1, "path": None}


@dataclass(slots=True)
class State:
    """As `sections.imports.Importing` has it."""

    past: Listing[Import] = field(default_factory=Listing)
    detail: ImportDetail | None = None
    objects: Listing[ImportedObject] = field(default_factory=Listing)
    outcome: ImportOutcome | None = None
    uploading: Sending = field(default_factory=Sending)
    deciding: Sending = field(default_factory=Sending)
    file_name: str = ""
    asks: bool = False
    chosen: UUID | None = None
    lost: str = ""


def one(status: ImportStatus, **more: Any) -> Import:
    given: dict[str, Any] = {
        "id": uuid4(),
        "status": status,
        "file_name": "objects.xlsx",
        "file_sha256": "ab" * 32,
        "file_size": 2048,
        "uploaded_by": uuid4(),
        "decided_by": None,
        "planned": ImportCounts(created=2, changed=1),
        "counts": ImportCounts(),
        "total": 3,
        "done": 0,
        "error_count": 0,
        "created_at": NOW,
        "checked_at": NOW,
        "finished_at": None,
    }
    return Import(**given | more)


def finding(**more: Any) -> ImportFinding:
    given: dict[str, Any] = {
        "reason": "MISSING",
        "text": Text(en="Must be there.", pl="Musi być."),
        "sheet": "Objects",
        "row": 4,
        "column": "Name",
        "found": "",
    }
    return ImportFinding(**given | more)


def shown(import_: Import, *, asks: bool = False, findings: tuple[ImportFinding, ...] = ()) -> present_imports.ImportView:
    detail = ImportDetail(summary=import_, errors=findings, warnings=())
    view = present_imports.imports(State(detail=detail, chosen=import_.id, asks=asks), {}, WORDS, NOW).one
    assert view is not None
    return view


@pytest.mark.parametrize(
    ("status", "step", "running", "apply", "cancel"),
    [
        (ImportStatus.CHECKING, "Dry run", True, False, True),
        (ImportStatus.REFUSED, "Dry run", False, False, False),
        (ImportStatus.READY, "Decision", False, True, True),
        (ImportStatus.APPLYING, "Writing", True, False, True),
        (ImportStatus.APPLIED, "Writing", False, False, False),
        (ImportStatus.CANCELLED, "Writing", False, False, False),
    ],
)
def test_how_far_an_import_is_and_what_one_can_do(
    status: ImportStatus, step: str, running: bool, apply: bool, cancel: bool
) -> None:
    view = shown(one(status))
    assert [each.name for each in view.steps if each.current] == [step]
    assert (view.running, view.can_apply, view.can_cancel) == (running, apply, cancel)


def test_progress_is_told_as_soon_as_it_is_known() -> None:
    view = shown(one(ImportStatus.APPLYING, done=1, total=4))
    assert (view.progress, view.progress_text) == (0.25, "1 of 4 objects")
    assert shown(one(ImportStatus.CHECKING)).progress is None


def test_what_is_asked_before_applying_says_what_will_become_of_it() -> None:
    assert "2 new, 1 changed" in shown(one(ImportStatus.READY), asks=True).asks
    nothing = one(ImportStatus.READY, planned=ImportCounts())
    assert "nothing" in shown(nothing, asks=True).asks


def test_errors_are_a_table_with_where_and_what_to_do() -> None:
    found = (finding(), finding(row=0, column="", found="x", sheet="Zones"))
    view = shown(one(ImportStatus.REFUSED, error_count=7), findings=found)
    assert view.findings is not None
    first, second = view.findings.rows
    assert [cell.text for cell in first.cells] == ["4", "Name", "—", "Must be there.", "Error"]
    assert (second.cells[0].text, second.cells[1].detail) == ("—", "Zones")
    assert (view.findings.footer, view.can_save) == ("and 5 more errors that are not shown here", True)


def test_copied_errors_start_no_formula() -> None:
    copied = present_imports.as_csv((finding(found="=1+1", column="+x"),), WORDS)
    assert copied.splitlines()[1] == "Objects\t4\t'+x\tMust be there.\t'=1+1"


def test_past_imports_say_how_they_ended_and_an_open_one_is_offered() -> None:
    state = State()
    ready = one(ImportStatus.READY)
    done = one(ImportStatus.APPLIED, counts=ImportCounts(created=1, failed=1))
    refused = one(ImportStatus.REFUSED, error_count=2)
    state.past.take(state.past.ask(), Page(items=(ready, done, refused)))
    view = present_imports.imports(state, {}, WORDS, NOW).start
    assert view is not None
    assert view.open == str(ready.id)
    assert [row.cells[3].text for row in view.past.rows] == ["—", "1 new, 1 failed", "2 errors"]
    assert [row.cells[4].mood for row in view.past.rows] == [Mood.WARN, Mood.GOOD, Mood.BAD]
    state.past.items = (replace(ready, status=ImportStatus.CANCELLED),)
    again = present_imports.imports(state, {}, WORDS, NOW).start
    assert again is not None
    assert again.open == ""


# -- the pages


def _is(screen: Screen, status: str) -> bool:
    return "import-status" in screen.identifiers() and status in screen.texts("import-status")


async def _choose(screen: Screen, content: bytes) -> None:
    await eventually(lambda: "import-choose" in screen.identifiers())
    screen.browser.files = [FILE | {"bytes": content}]
    await screen.click("import-choose")


@pytest.mark.usefixtures("relay")
async def test_a_file_is_checked_and_applied_after_a_question(whole_api: Api, at: At, login: Login) -> None:
    admin = await login(whole_api, "admin")
    screen = await at(whole_api, "admin", "/imports")
    await _choose(screen, filled(ONE))
    await eventually(lambda: _is(screen, "Czeka na decyzję"), within=60)
    assert (await admin.objects()).items == ()
    await eventually(lambda: "row-object-1" in screen.identifiers())
    await screen.click("import-apply")
    await eventually(lambda: "import-asks" in screen.identifiers())
    assert "1 nowy" in screen.texts("import-asks")[0]
    await screen.click("import-yes")
    await eventually(lambda: _is(screen, "Zapisano"), within=60)
    assert [each.name for each in (await admin.objects()).items] == ["Apteka"]
    await screen.click("page-back")
    await eventually(lambda: "import-steps" in screen.identifiers() and screen.browser.route == "/imports")
    assert screen.browser.errors == []


@pytest.mark.usefixtures("relay")
async def test_a_file_with_errors_says_where_and_can_be_saved(whole_api: Api, at: At) -> None:
    screen = await at(whole_api, "admin", "/imports", width=390)
    await eventually(lambda: "import-template" in screen.identifiers())
    await screen.click("import-template")
    await eventually(lambda: screen.browser.saved.get("stam-import.xlsx", b"").startswith(b"PK"))
    await _choose(screen, filled({"objects": [[*SHOP[:1], "", *SHOP[2:]]]}))
    await eventually(lambda: _is(screen, "Plik ma błędy"), within=60)
    await eventually(lambda: "row-finding-0" in screen.identifiers())
    assert "import-apply" not in screen.identifiers()
    await screen.click("import-save")
    await eventually(lambda: any(name.endswith(".csv") for name in screen.browser.saved))
    assert screen.browser.errors == []


@pytest.mark.usefixtures("relay")
async def test_an_import_is_cancelled_and_what_is_no_workbook_is_refused(whole_api: Api, at: At, login: Login) -> None:
    admin = await login(whole_api, "admin")
    screen = await at(whole_api, "admin", "/imports")
    await _choose(screen, b"no workbook at all")
    await eventually(lambda: "import-error" in screen.identifiers())
    await _choose(screen, filled(ONE))
    await eventually(lambda: _is(screen, "Czeka na decyzję"), within=60)
    await screen.click("import-cancel")
    await eventually(lambda: _is(screen, "Anulowano"), within=60)
    assert (await admin.objects()).items == ()
    assert screen.browser.errors == []
