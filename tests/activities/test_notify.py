"""R-ESCALATE: each channel against a stand-in that speaks the provider's protocol."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from pydantic import SecretStr

from activities.infra.settings import Settings, SmtpSecurity
from activities.notify.email import Email
from activities.notify.fcm import NOT_CRITICAL, SCOPE, UNREGISTERED, Fcm
from activities.notify.message import NOT_CONFIGURED, Answer, Message, Place
from activities.notify.pagerduty import PagerDuty
from activities.notify.sms import NO_MODEM, Sms
from activities.notify.webhook import PRIVATE, SIGNATURE, TIMESTAMP, Webhook, is_public, signature
from deploy.local.ports import free_port
from tests.support.certificates import self_signed
from tests.support.providers import (
    PASSWORD,
    SEND_PATH,
    TOKEN_PATH,
    USER,
    WebServer,
    fcm_error,
    mail_server,
    service_account,
    web_server,
)
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.escalation import DeliveryStatus, Purpose

SENT, FAILED, REFUSED = DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.REFUSED
BUNDLE = UUID(int=7)
RING = Message(
    key="run/1/2/RING/x",
    purpose=Purpose.RING,
    at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    locale="en",
    round=1,
    level=2,
    bundle_id=BUNDLE,
    object_id=UUID(int=8),
    object_number="1001",
    alarm_type=AlarmType.HOLDUP,
    priority=Priority.CRITICAL,
)
TEST = Message(key="test/1", purpose=Purpose.TEST, at=RING.at)
FACTS = {
    "purpose": "RING",
    "bundle_id": str(BUNDLE),
    "object_id": str(UUID(int=8)),
    "object_number": "1001",
    "alarm_type": "HOLDUP",
    "priority": "CRITICAL",
    "round": "1",
    "level": "2",
    "opened_at": "2026-11-25T12:00:00+00:00",
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


def settings(**more: Any) -> Settings:
    return Settings(smtp_from="STAM <alarm@example.org>", **more)


# -- e-mail


def mail_settings(port: int, **more: Any) -> Settings:
    return settings(**({"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": SmtpSecurity.NONE} | more))


async def test_a_letter_tells_codes_and_numbers_and_where_to_look(context: ssl.SSLContext) -> None:
    place = Place(address="dyzurny@example.org")
    with mail_server() as server:
        channel = Email(mail_settings(server.port, console_url="https://alarm.example"))
        assert await channel.send(place, RING) == Answer(SENT, "250")
        assert await channel.send(place, replace(RING, locale="pl")) == Answer(SENT, "250")
    english, polish = server.letters
    assert server.recipients == ["dyzurny@example.org"] * 2
    assert english["Subject"] == "Unclaimed alarm CRITICAL HOLDUP, object 1001 (level 2)"
    assert polish["Subject"] == "Nieprzejęty alarm CRITICAL HOLDUP, obiekt 1001 (poziom 2)"
    assert english["Message-ID"] == polish["Message-ID"], "a repeated try is the same letter"
    assert english["Message-ID"].endswith("@example.org>")
    text = english.get_payload()
    assert str(BUNDLE) in text
    assert "https://alarm.example" in text


async def test_a_letter_goes_over_starttls_with_a_login(context: ssl.SSLContext, certificate: tuple[Path, Path]) -> None:
    secured = {"smtp_security": SmtpSecurity.STARTTLS, "notify_ca": certificate[0], "smtp_username": USER}
    with mail_server(context, login=True) as server:
        good = mail_settings(server.port, **secured, smtp_password=SecretStr(PASSWORD))
        bad = mail_settings(server.port, **secured, smtp_password=SecretStr("wrong"))
        assert await Email(good).send(Place(address="a@example.org"), TEST) == Answer(SENT, "250")
        assert await Email(bad).send(Place(address="a@example.org"), TEST) == Answer(REFUSED, "535")
        unknown = good.model_copy(update={"notify_ca": None})
        assert (await Email(unknown).send(Place(address="a@example.org"), TEST)).status is FAILED
    assert len(server.letters) == 1
    assert server.letters[0]["Subject"] == "Próbne powiadomienie"


async def test_nothing_goes_out_in_the_clear_where_tls_was_asked_for() -> None:
    with mail_server() as server:
        strict = mail_settings(server.port, smtp_security=SmtpSecurity.STARTTLS)
        assert await Email(strict).send(Place(address="a@example.org"), RING) == Answer(REFUSED, "NOT_SUPPORTED")
    assert server.letters == []


async def test_a_busy_mail_server_is_tried_again_and_an_unknown_mailbox_is_not() -> None:
    with mail_server() as server:
        channel = Email(mail_settings(server.port))
        server.answers, server.unknown = ["451 4.3.0 try later", "250 Ok"], "nobody@example.org"
        assert await channel.send(Place(address="a@example.org"), RING) == Answer(FAILED, "451")
        assert await channel.send(Place(address="a@example.org"), RING) == Answer(SENT, "250")
        assert await channel.send(Place(address="nobody@example.org"), RING) == Answer(REFUSED, "550")


async def test_without_a_mail_server_or_with_one_that_is_away_nothing_is_claimed() -> None:
    place = Place(address="a@example.org")
    assert await Email(settings()).send(place, RING) == Answer(REFUSED, NOT_CONFIGURED)
    away = await Email(mail_settings(free_port())).send(place, RING)
    assert (away.status, away.code.partition(":")[0]) == (FAILED, "UNREACHABLE")


# -- FCM


def fcm(web: WebServer, *, token: str = "t0ken") -> Fcm:
    web.answers.setdefault(TOKEN_PATH, [(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"})])
    return Fcm(settings(fcm_url=web.url, fcm_token_url=f"{web.url}{TOKEN_PATH}"))


async def test_an_app_is_woken_with_codes_alone_by_a_token_that_is_asked_for_once(web: WebServer) -> None:
    account, key = service_account()
    channel, place = fcm(web), Place(address="device-1", secret=account)
    assert await channel.send(place, RING) == Answer(SENT, "200")
    assert await channel.send(place, RING) == Answer(SENT, "200")
    (asked,) = web.of(TOKEN_PATH)
    assert asked.form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    audience = f"{web.url}{TOKEN_PATH}"
    claims = jwt.decode(asked.form["assertion"][0], key, algorithms=["RS256"], audience=audience)
    assert (claims["scope"], claims["iss"]) == (SCOPE, "push@stam-test.iam.gserviceaccount.com")
    sent = web.of(SEND_PATH)[0]
    assert sent.headers["authorization"] == "Bearer t0ken"
    android = {"priority": "HIGH", "ttl": "600s"}
    assert sent.json == {"message": {"token": "device-1", "data": FACTS, "android": android}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (fcm_error(404, UNREGISTERED), Answer(REFUSED, UNREGISTERED, gone=True)),
        (fcm_error(403, "SENDER_ID_MISMATCH"), Answer(REFUSED, "SENDER_ID_MISMATCH")),
        (fcm_error(400, "INVALID_ARGUMENT"), Answer(REFUSED, "INVALID_ARGUMENT")),
        (fcm_error(429, "QUOTA_EXCEEDED"), Answer(FAILED, "QUOTA_EXCEEDED")),
        (fcm_error(503, "UNAVAILABLE"), Answer(FAILED, "UNAVAILABLE")),
        ((404, {}), Answer(REFUSED, "404")),
        ((500, []), Answer(FAILED, "500")),
    ],
)
async def test_what_fcm_answers_is_told_apart(web: WebServer, answer: tuple[int, Any], expected: Answer) -> None:
    web.answers[SEND_PATH] = [answer]
    assert await fcm(web).send(Place(address="device-1", secret=service_account()[0]), RING) == expected


async def test_a_token_that_was_revoked_is_asked_for_anew(web: WebServer) -> None:
    web.answers[SEND_PATH] = [(401, {}), (200, {})]
    channel, place = fcm(web), Place(address="device-1", secret=service_account()[0])
    assert await channel.send(place, RING) == Answer(FAILED, "401")
    assert await channel.send(place, RING) == Answer(SENT, "200")
    assert len(web.of(TOKEN_PATH)) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((400, {"error": "invalid_grant"}), Answer(REFUSED, "TOKEN_400")),
        ((503, {}), Answer(FAILED, "TOKEN_503")),
        ((200, {}), Answer(FAILED, "TOKEN_MALFORMED")),
    ],
)
async def test_wrong_credentials_of_fcm_are_refused(web: WebServer, answer: tuple[int, Any], expected: Answer) -> None:
    web.answers[TOKEN_PATH] = [answer]
    assert await fcm(web).send(Place(address="device-1", secret=service_account()[0]), RING) == expected
    assert web.of(SEND_PATH) == []


async def test_push_is_for_critical_alarms_alone_and_needs_a_service_account(web: WebServer) -> None:
    channel, account = fcm(web), service_account()[0]
    calm = replace(RING, priority=Priority.HIGH)
    assert await channel.send(Place(address="d", secret=account), calm) == Answer(REFUSED, NOT_CRITICAL)
    assert await channel.send(Place(address="d"), RING) == Answer(REFUSED, NOT_CONFIGURED)
    assert await channel.send(Place(address="d", secret="{}"), RING) == Answer(REFUSED, NOT_CONFIGURED)
    assert web.calls == []


# -- PagerDuty


async def test_an_incident_is_triggered_and_resolved_under_the_alarms_id(web: WebServer) -> None:
    channel = PagerDuty(settings(pagerduty_url=web.url, console_url="https://alarm.example"))
    web.answers["/v2/enqueue"] = [(202, {"status": "success"})]
    place = Place(address="", secret="r0uting")
    assert await channel.send(place, RING) == Answer(SENT, "202")
    assert await channel.send(place, replace(RING, purpose=Purpose.RESOLVE)) == Answer(SENT, "202")
    trigger, resolve = (call.json for call in web.calls)
    assert (trigger["event_action"], trigger["dedup_key"], trigger["routing_key"]) == ("trigger", str(BUNDLE), "r0uting")
    assert trigger["payload"]["severity"] == "critical"
    assert trigger["payload"]["custom_details"] == FACTS
    assert trigger["links"] == [{"href": "https://alarm.example", "text": "Console"}]
    assert resolve == {"event_action": "resolve", "dedup_key": str(BUNDLE), "routing_key": "r0uting"}


async def test_a_test_leaves_no_incident_open(web: WebServer) -> None:
    web.answers["/v2/enqueue"] = [(202, {})]
    assert (await PagerDuty(settings(pagerduty_url=web.url)).send(Place(address="", secret="k"), TEST)).status is SENT
    assert [call.json["event_action"] for call in web.calls] == ["trigger", "resolve"]


@pytest.mark.parametrize(("status", "expected"), [(400, REFUSED), (429, FAILED), (500, FAILED)])
async def test_what_pagerduty_answers_is_told_apart(web: WebServer, status: int, expected: DeliveryStatus) -> None:
    web.answers["/v2/enqueue"] = [(status, {})]
    answer = await PagerDuty(settings(pagerduty_url=web.url)).send(Place(address="", secret="k"), RING)
    assert answer == Answer(expected, str(status))
    assert await PagerDuty(settings()).send(Place(address=""), RING) == Answer(REFUSED, NOT_CONFIGURED)


# -- webhooks


def webhook(**more: Any) -> Webhook:
    return Webhook(settings(**({"webhook_private_addresses": True} | more)))


async def test_a_webhook_is_signed_with_its_time(web: WebServer) -> None:
    place = Place(address=f"{web.url}/hook?x=1", secret="s1gn")
    assert await webhook().send(place, RING) == Answer(SENT, "200")
    (call,) = web.calls
    assert (call.path, call.json, call.headers["idempotency-key"]) == ("/hook?x=1", FACTS, RING.key)
    assert call.headers["host"] == web.url.removeprefix("http://")
    timestamp = call.headers[TIMESTAMP.lower()]
    assert call.headers[SIGNATURE.lower()] == signature("s1gn", timestamp, call.body)
    assert abs(int(timestamp) - datetime.now(UTC).timestamp()) < 60
    assert signature("other", timestamp, call.body) != call.headers[SIGNATURE.lower()]


async def test_a_webhook_over_tls_is_checked_by_its_name(context: ssl.SSLContext, certificate: tuple[Path, Path]) -> None:
    async with web_server(context) as server:
        port = server.url.rpartition(":")[2]
        place = Place(address=f"https://localhost:{port}/hook", secret="s1gn")
        assert await webhook(notify_ca=certificate[0]).send(place, RING) == Answer(SENT, "200")
        assert (await webhook().send(place, RING)).status is FAILED, "nobody vouches for it"
        other = Place(address=f"https://localtest:{port}/hook", secret="s1gn")
        assert (await webhook(notify_ca=certificate[0]).send(other, RING)).status is FAILED
    assert [call.headers["host"] for call in server.calls] == [f"localhost:{port}"]


async def test_a_webhook_follows_no_redirect(web: WebServer) -> None:
    web.answers["/hook"], web.location = [(302, {})], f"{web.url}/inside"
    assert await webhook().send(Place(address=f"{web.url}/hook", secret="s"), RING) == Answer(REFUSED, "302")
    assert web.of("/inside") == []


async def test_a_webhook_does_not_reach_into_our_network(web: WebServer) -> None:
    strict = webhook(webhook_private_addresses=False)
    port = web.url.rpartition(":")[2]
    for url in (web.url, f"http://localhost:{port}/"):
        assert await strict.send(Place(address=url, secret="s"), RING) == Answer(REFUSED, PRIVATE)
    assert web.calls == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        *((one, False) for one in ("10.1.2.3", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0")),
        *((one, False) for one in ("224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "255.255.255.255")),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_webhook_that_fails_is_told_apart_and_one_without_a_key_is_refused(web: WebServer) -> None:
    web.answers["/"] = [(500, {}), (200, {})]
    place = Place(address=web.url, secret="s")
    assert await webhook().send(place, RING) == Answer(FAILED, "500")
    assert await webhook().send(place, RING) == Answer(SENT, "200")
    assert await webhook().send(Place(address=web.url), RING) == Answer(REFUSED, NOT_CONFIGURED)
    away = await webhook().send(Place(address=f"http://127.0.0.1:{free_port()}/", secret="s"), RING)
    assert away == Answer(FAILED, "UNREACHABLE:ConnectError")


# -- SMS


async def test_an_sms_is_not_claimed_to_have_been_sent() -> None:
    assert await Sms().send(Place(address="+48600100200"), RING) == Answer(REFUSED, NO_MODEM)


def test_no_place_shows_its_address_or_secret() -> None:
    assert "48600" not in repr(Place(address="+48600", secret="s3cret"))
    assert "s3cret" not in repr(Place(address="+48600", secret="s3cret"))
