"""One's own account: the page on the real API, the second factor from the first click to the codes, and who must set it up."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from activities.auth import totp
from activities.db.models.audit_log import AuditEntry
from activities.db.session import Database
from activities.infra.settings import Settings
from tests.api.conftest import Api, serving
from tests.api.people import PASSWORD, People
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from tests.ui.screen import Screen
from tests.ui.sections.conftest import At
from ui_flutter.components.qr import modules
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state.enrolment import Enrolment, Stage, grouped, view
from ui_flutter.state.present_account import device
from workflows.domain.permissions import Role

NEW = "another horse battery staple"


def _code(secret: str) -> str:
    return totp.code_at(secret, totp.step_at(datetime.now(UTC)))


async def _enrol(screen: Screen) -> tuple[str, str]:
    """From the password to the recovery codes; the secret, and the codes as they are shown."""
    await screen.type("enrol-password-field", PASSWORD)
    await screen.click("enrol-offer")
    await eventually(lambda: "qr-code" in screen.identifiers())
    secret = screen.controller.store.enrolment.secret
    assert grouped(secret) in screen.texts("enrol-key")
    await screen.type("enrol-code-field", _code(secret))
    await screen.click("enrol-confirm")
    await eventually(lambda: "enrol-codes-list" in screen.identifiers())
    return secret, " ".join(screen.texts("enrol-codes-list"))


async def test_who_one_is_stands_behind_the_initials(api: Api, at: At) -> None:
    screen = await at(api, "field_worker")
    await screen.click("nav-account")
    await eventually(lambda: "account-name" in screen.identifiers())
    assert screen.texts("account-name") == ["Field_Worker"]
    assert screen.texts("account-role") == ["Pracownik terenowy"]
    await eventually(lambda: any(one.startswith("session-") for one in screen.identifiers()))
    assert screen.browser.errors == []


async def test_each_class_is_heard_as_loud_as_one_likes_and_the_quiet_is_told(
    api: Api, at: At, db: Database, people: People
) -> None:
    screen = await at(api, "operator", "/account")
    await eventually(lambda: "volume-2-0.25" in screen.identifiers())
    assert "volume-1-0.25" not in screen.identifiers(), "nobody may sleep through a P1"
    await screen.click("volume-2-0.25")
    await eventually(lambda: screen.find("volume-2-0.25").checked)
    assert screen.browser.preferences["stam.volume-2"] == "0.25"
    await screen.click("tone-1")
    await eventually(lambda: any("Słychać" in text for text in screen.texts("sound-state")))
    await screen.click("sound-mute")
    await eventually(lambda: any("Wyciszony do" in text for text in screen.texts("sound-state")))

    async def muted() -> list[AuditEntry]:
        return [row for row in await all_rows(db, AuditEntry) if row.action == "sound.muted"]

    (entry,) = await eventually(muted)
    assert (entry.actor_id, entry.subject_id, entry.detail) == (people["operator"], people["operator"], {"seconds": 120})
    assert screen.browser.errors == []


async def test_the_second_factor_is_set_up_and_its_codes_are_shown_once(api: Api, at: At) -> None:
    screen = await at(api, "operator", "/account")
    await screen.click("factor-enrol")
    await eventually(lambda: "enrol-password-field" in screen.identifiers())
    _, codes = await _enrol(screen)
    assert len(codes.split()) == 10
    screen.controller.keyboard.press("Escape", modified=False, visible=())
    assert screen.controller.store.enrolment.stage is Stage.CODES, "they go only when somebody says that they are noted"
    await screen.click("enrol-codes-noted")
    await eventually(lambda: "Włączony" in screen.texts("factor-state"))
    assert screen.controller.store.enrolment == Enrolment()
    assert "factor-disable" in screen.identifiers()
    assert screen.browser.errors == []


async def test_a_wrong_code_stays_in_the_form_with_its_reason(api: Api, at: At) -> None:
    screen = await at(api, "operator", "/account")
    await screen.click("factor-enrol")
    await eventually(lambda: "enrol-password-field" in screen.identifiers())
    await screen.type("enrol-password-field", "not the password")
    await screen.click("enrol-offer")
    await eventually(lambda: "enrol-error" in screen.identifiers())
    assert screen.value("enrol-password-field") == "not the password"


async def test_leaving_the_page_forgets_the_secret(api: Api, at: At) -> None:
    screen = await at(api, "admin", "/account")
    await screen.click("factor-enrol")
    await eventually(lambda: "enrol-password-field" in screen.identifiers())
    await screen.type("enrol-password-field", PASSWORD)
    await screen.click("enrol-offer")
    await eventually(lambda: screen.controller.store.enrolment.secret)
    screen.controller.go("/commands")
    assert screen.controller.store.enrolment == Enrolment()


async def test_a_new_password_ends_the_session_and_the_console_goes_on_in_a_new_one(api: Api, at: At) -> None:
    screen = await at(api, "technician", "/account")
    await screen.click("account-password")
    await eventually(lambda: "account-current" in screen.identifiers())
    await screen.type("account-current", PASSWORD)
    await screen.type("account-new", NEW)
    await screen.type("account-again", f"{NEW}!")
    await screen.click("account-submit")
    await eventually(lambda: "Nowe hasła różnią się od siebie." in screen.texts("dialog-error"))
    await screen.type("account-again", NEW)
    await screen.click("account-submit")
    await eventually(lambda: "Hasło zmienione." in screen.texts())
    await eventually(lambda: "account-name" in screen.identifiers() and "account-new" not in screen.identifiers())
    assert screen.controller.store.section == "account"
    assert screen.browser.errors == []


async def test_language_and_theme_are_chosen_and_remembered(api: Api, at: At) -> None:
    screen = await at(api, "operator", "/account")
    await screen.click("tab-en")
    await screen.click("tab-light")
    await eventually(lambda: "Who I am" in screen.texts("account-who"))
    await eventually(lambda: screen.browser.preferences.get("stam.theme") == "light")
    assert screen.browser.preferences["stam.language"] == "en"


@pytest.fixture
async def strict_api(settings: Settings, people: People) -> AsyncIterator[Api]:
    """Operators must have a second factor."""
    async with serving(settings.model_copy(update={"totp_roles": frozenset({Role.OPERATOR})})) as running:
        yield running


async def test_whose_role_requires_a_second_factor_sets_it_up_before_anything_else(strict_api: Api, at: At) -> None:
    screen = await at(strict_api, "operator", "/commands", until="enrol-password")
    assert not {"nav-commands", "search", "conn-state"} & screen.identifiers()
    await _enrol(screen)
    assert "conn-state" not in screen.identifiers(), "not before the codes were noted"
    await screen.click("enrol-codes-noted")
    await eventually(lambda: "conn-state" in screen.identifiers())
    screen.controller.go("/account")
    await eventually(lambda: "Włączony" in screen.texts("factor-state"))
    assert "factor-disable" not in screen.identifiers(), "it cannot be gone without"
    assert screen.browser.errors == []


def test_the_key_is_grouped_as_one_types_it() -> None:
    assert grouped("ABCDEFGHIJ") == "ABCD EFGH IJ"
    assert view(Enrolment(secret="ABCDEFGH")).key == "ABCD EFGH"


def test_the_qr_code_is_square_and_has_its_three_corners() -> None:
    rows = modules("otpauth://totp/STAM:operator?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=STAM")
    size = len(rows)
    assert {len(row) for row in rows} == {size}
    corner = bytearray([1, 1, 1, 1, 1, 1, 1])
    assert (rows[0][:7], rows[0][-7:], rows[-1][:7]) == (corner, corner, corner)


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/131.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/131 Safari/537.36 Edg/131", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131 Mobile Safari/537.36", "Chrome, Android"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("", "Unknown program"),
    ],
)
def test_a_session_is_named_by_browser_and_system(agent: str, told: str) -> None:
    assert device(agent, Words(Language.EN)) == told
