"""TOTP against the vectors of RFC 6238, appendix B (SHA-1), and how codes are matched."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pytest

from activities.auth import totp

_SECRET = base64.b32encode(b"12345678901234567890").decode()
_NOW = datetime(2026, 5, 1, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(_SECRET, totp.step_at(moment), digits=8) == code
    assert totp.matching_step(_SECRET, code[-6:], moment, after=None) == seconds // 30


@pytest.mark.parametrize(("steps", "matches"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, matches: bool) -> None:
    code = totp.code_at(_SECRET, totp.step_at(_NOW + timedelta(seconds=30 * steps)))
    assert (totp.matching_step(_SECRET, code, _NOW, after=None) is not None) is matches


def test_a_code_counts_once_and_so_does_every_one_before_it() -> None:
    step = totp.step_at(_NOW)
    assert totp.matching_step(_SECRET, totp.code_at(_SECRET, step), _NOW, after=step) is None
    assert totp.matching_step(_SECRET, totp.code_at(_SECRET, step - 1), _NOW, after=step) is None
    assert totp.matching_step(_SECRET, totp.code_at(_SECRET, step + 1), _NOW, after=step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "１２３４５６", "000000000"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert totp.matching_step(_SECRET, code, _NOW, after=None) is None


def test_the_uri_is_what_authenticator_apps_read() -> None:
    parsed = urlparse(totp.uri(secret := totp.new_secret(), "j.kowalska"))
    assert (parsed.scheme, parsed.netloc, parsed.path) == ("otpauth", "totp", "/STAM:j.kowalska")
    assert {name: values[0] for name, values in parse_qs(parsed.query).items()} == {
        "secret": secret,
        "issuer": "STAM",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }
    assert len(base64.b32decode(secret)) == 20
