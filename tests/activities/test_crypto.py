"""Field encryption: what is sealed opens only at its place, under its key, unchanged (R-REVEAL)."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from activities.infra.crypto import BadKeys, FieldCipher, Sealed, Unreadable, new_key
from activities.infra.settings import Settings

CIPHER = FieldCipher.parse(new_key())
PLACE = "secrets:1:value"


@given(st.text())
def test_what_was_sealed_opens(text: str) -> None:
    assert CIPHER.open(CIPHER.seal(text, place=PLACE), place=PLACE) == text


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert CIPHER.seal("1234", place=PLACE) != CIPHER.seal("1234", place=PLACE)


@given(st.data())
def test_one_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealed = CIPHER.seal("1234", place=PLACE)
    at = data.draw(st.integers(0, len(sealed.ciphertext) * 8 - 1))
    changed = bytearray(sealed.ciphertext)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(Unreadable):
        CIPHER.open(replace(sealed, ciphertext=bytes(changed)), place=PLACE)


@pytest.mark.parametrize("ciphertext", [b"", b"short", bytes(12), bytes(28)])
def test_what_is_no_ciphertext_does_not_open(ciphertext: bytes) -> None:
    with pytest.raises(Unreadable):
        CIPHER.open(Sealed(CIPHER.key_id, ciphertext), place=PLACE)


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(Unreadable, match="another place"):
        CIPHER.open(CIPHER.seal("1234", place="secrets:1:value"), place="secrets:2:value")


def test_an_older_key_still_opens_and_the_first_one_seals() -> None:
    old, new = new_key(), new_key()
    sealed = FieldCipher.parse(old).seal("1234", place=PLACE)
    both = FieldCipher.parse(f"{new}\n{old}\n")
    assert both.open(sealed, place=PLACE) == "1234"
    assert both.seal("1234", place=PLACE).key_id == new.partition(":")[0]
    with pytest.raises(Unreadable, match=sealed.key_id):
        FieldCipher.parse(new).open(sealed, place=PLACE)


_SHORT, _LONG = (base64.b64encode(bytes(size)).decode() for size in (16, 32))


@pytest.mark.parametrize("text", ["", "nokey", _SHORT, ":x", "a b:c", f"a:{_SHORT}", "a:!!!", f"a:{_LONG},,", "ż:" + "A" * 44])
def test_keys_that_cannot_be_used_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(BadKeys) as refused:
        FieldCipher.parse(text)
    assert _SHORT not in str(refused.value)
    assert "STAM_SECRET_KEYS" in str(refused.value)


def test_two_keys_of_one_name_are_refused() -> None:
    key = new_key()
    with pytest.raises(BadKeys, match="two keys"):
        FieldCipher.parse(f"{key},{key}")


def test_no_key_is_shown() -> None:
    key = new_key()
    assert key.partition(":")[2] not in repr(FieldCipher.parse(key))
    assert key.partition(":")[2] not in repr(Settings(secret_keys=SecretStr(key)))


def test_without_keys_nothing_is_stored_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAM_SECRET_KEYS")
    with pytest.raises(BadKeys, match="stam secrets new-key"):
        Settings().cipher()
