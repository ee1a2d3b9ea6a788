"""Field encryption: AES-256-GCM under a key that is named beside each ciphertext, so that keys can be changed (R-REVEAL).

A ciphertext is bound to its place (table, row, column): moved to another row it does not open.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D §5.2.1.1; random, so a key is good for 2^32 fields
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class BadKeys(ValueError):  # noqa: N818 - what is wrong, in words for whoever configures
    """STAM_SECRET_KEYS cannot be used."""


class Unreadable(Exception):  # noqa: N818 - what is the case
    """The ciphertext's key is not among ours, or it was changed, or it belongs to another place."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """`ciphertext` is nonce, encrypted text and tag."""

    key_id: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class FieldCipher:
    """`key_id` names the key that encrypts; all of `keys` decrypt. Never shown: ``repr`` has the names alone."""

    key_id: str
    keys: Mapping[str, bytes]

    @classmethod
    def parse(cls, text: str) -> Self:
        """``text``: `id:key` pairs separated by commas or white space, the key in base64 of 32 bytes; the first encrypts.

        Raises BadKeys, without repeating a key.
        """
        keys: dict[str, bytes] = {}
        for number, pair in enumerate(re.split(r"[,\s]+", text.strip()), 1):
            key_id, colon, encoded = pair.partition(":")
            if not colon or not _KEY_ID.fullmatch(key_id):  # perhaps a key without its name: say neither
                raise BadKeys(f"STAM_SECRET_KEYS: key {number} has no name of letters, digits, - and _ before its colon.")
            if key_id in keys:
                raise BadKeys(f"STAM_SECRET_KEYS: two keys are named {key_id}.")
            keys[key_id] = _key(encoded, key_id)
        return cls(next(iter(keys)), keys)

    def seal(self, text: str, *, place: str) -> Sealed:
        """``place`` names table, row and column; `open` must name the same."""
        nonce = os.urandom(_NONCE_BYTES)
        encrypted = AESGCM(self.keys[self.key_id]).encrypt(nonce, text.encode(), place.encode())
        return Sealed(self.key_id, nonce + encrypted)

    def open(self, sealed: Sealed, *, place: str) -> str:
        """Raises Unreadable."""
        key = self.keys.get(sealed.key_id)
        if key is None:
            raise Unreadable(f"the key {sealed.key_id} is not in STAM_SECRET_KEYS")
        nonce, encrypted = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, encrypted, place.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unreadable("the ciphertext was changed, or belongs to another place") from None

    def __repr__(self) -> str:
        return f"FieldCipher({', '.join(self.keys)})"


def new_key() -> str:
    """A key with a name of its own, as `parse` reads it."""
    return f"k{secrets.token_hex(4)}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def _key(encoded: str, key_id: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadKeys(f"STAM_SECRET_KEYS: the key {key_id} is not base64 of {KEY_BYTES} bytes. Make one: stam secrets new-key")
    return key
