"""The encrypted variant of the link: one AES-192 sealed PDU per frame (reference §1.7; not in the vendor papers).

    PDU   random (2) | counter (2, big-endian, per direction) | id_s | id_r | frame | zeros up to 16 bytes in all
    wire  length of the ciphertext (1) | ciphertext, as long as the PDU

`id_s` is a byte the sender chose, `id_r` the last `id_s` it received. An answer that does not return our `id_s` was
sealed with another key or belongs to another session. Our `id_s` stays the same for the whole connection: a block that
the module pushes while our next request is under way could not know a new one yet.
"""

import os
from collections.abc import Callable
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ingest.satel.errors import LocalProtocolError, RemoteProtocolError

BLOCK = 16
MAX_KEY = 12  # characters of the integration key the module accepts
_HEADER = 6
_MAX_PDU = 255  # one length byte


class PduCipher:
    """The block chain over one PDU: CBC-like over full blocks, a key stream over the last short one; length is kept."""

    def __init__(self, key: str) -> None:
        """`key` is the integration key as configured in the module, 1 to 12 printable ASCII characters."""
        if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
            raise LocalProtocolError(f"an integration key has 1 to {MAX_KEY} printable ASCII characters")
        secret = key.encode("ascii").ljust(MAX_KEY) * 2
        cipher = Cipher(algorithms.AES(secret), modes.ECB())  # noqa: S305 - the chaining below is the vendor's own
        self._encrypt = cipher.encryptor().update
        self._decrypt = cipher.decryptor().update
        self._chain = self._encrypt(bytes(BLOCK))

    def encrypt(self, pdu: bytes) -> bytes:
        """Ciphertext of a plain PDU."""
        chain, sealed = self._chain, b""
        for start in range(0, len(pdu) - BLOCK + 1, BLOCK):
            chain = self._encrypt(_xor(pdu[start : start + BLOCK], chain))
            sealed += chain
        return sealed + self._tail(pdu[len(sealed) :], chain)

    def decrypt(self, sealed: bytes) -> bytes:
        """Plain PDU of a ciphertext."""
        full = len(sealed) - len(sealed) % BLOCK
        chain = self._chain + sealed[:full]
        return _xor(self._decrypt(sealed[:full]), chain[:full]) + self._tail(sealed[full:], chain[-BLOCK:])

    def _tail(self, rest: bytes, chain: bytes) -> bytes:
        return _xor(rest, self._encrypt(chain)[: len(rest)]) if rest else b""


class EncryptedChannel:
    """One end of one encrypted connection: seals our frames, opens theirs. A new connection needs a new channel."""

    def __init__(
        self,
        key: str,
        *,
        role: Literal["client", "module"] = "client",
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """LocalProtocolError if `key` is no integration key. Only the client checks that its id comes back."""
        self._cipher = PduCipher(key)
        self._role = role
        self._random_bytes = random_bytes
        self._own_id = random_bytes(1)[0]
        self._their_id = 0
        self._expected_id = 0  # what their id_r must be: 0 until we have sent something
        self._sent = 0
        self._pending = b""

    def seal(self, frame: bytes) -> bytes:
        """The wire bytes that carry one complete encoded frame. LocalProtocolError if it does not fit a PDU."""
        if len(frame) > _MAX_PDU - _HEADER:
            raise LocalProtocolError(f"a frame of {len(frame)} bytes does not fit an encrypted PDU")
        counter = (self._sent & 0xFFFF).to_bytes(2, "big")
        header = self._random_bytes(2) + counter + bytes((self._own_id, self._their_id))
        sealed = self._cipher.encrypt((header + frame).ljust(BLOCK, b"\0"))
        self._sent += 1
        self._expected_id = self._own_id
        return bytes((len(sealed),)) + sealed

    def feed(self, data: bytes) -> list[bytes]:
        """Take received bytes; return the encoded frames of the PDUs they complete. Keeps less than 256 bytes.

        RemoteProtocolError if a PDU is too short or was not sealed for this session: wrong key, or not encrypted.
        There is no way to resynchronise: close the connection.
        """
        stream = self._pending + data
        frames: list[bytes] = []
        position = 0
        while position < len(stream) and len(stream) > (end := position + stream[position]):
            frames.append(self._open(stream[position + 1 : end + 1]))
            position = end + 1
        self._pending = stream[position:]
        return frames

    def _open(self, sealed: bytes) -> bytes:
        if len(sealed) < BLOCK:
            raise RemoteProtocolError(f"an encrypted PDU of {len(sealed)} bytes, at least {BLOCK} expected")
        pdu = self._cipher.decrypt(sealed)
        if self._role == "client" and pdu[5] != self._expected_id:
            raise RemoteProtocolError("encrypted answer does not return our id: wrong integration key or lost session")
        self._their_id = pdu[4]
        # Only a PDU of one block may be padded, and a frame never ends in zero.
        return pdu[_HEADER:].rstrip(b"\0") if len(pdu) == BLOCK else pdu[_HEADER:]


def _xor(left: bytes, right: bytes) -> bytes:
    """Both of the same length."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
