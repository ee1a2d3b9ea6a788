"""What the offline cache needs of the place it is kept in: a file for SQLite, and a key that nobody can take away.

In a browser the file lies in IndexedDB (IDBFS) and the key is WebCrypto's, not extractable; natively the file is a temporary
one and the key lives as long as the process (docs/adr/0039).
"""

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Protocol


class Unreadable(Exception):  # noqa: N818 - says what is the case
    """It was sealed with another key, or is about something else, or has been changed."""


class Device(Protocol):
    @property
    def folder(self) -> Path:
        """Where files are kept from `load` to `save`."""

    async def load(self, owner: str, *, create: bool) -> bool:
        """Take up the key and the files of ``owner``; whether there are any. ``create``: make them where there are none."""

    async def save(self) -> None:
        """Files are as safe as they can be here."""

    async def seal(self, content: bytes, about: str) -> bytes:
        """Encrypted and bound to what it is ``about``."""

    async def unseal(self, sealed: bytes, about: str) -> bytes:
        """The contrary. Raises Unreadable."""

    async def destroy(self) -> None:
        """The key and the files of whoever they were are gone."""


def device() -> Device:
    """That of where we run."""
    return BrowserDevice() if sys.platform == "emscripten" else NativeDevice()


class BrowserDevice:
    """`stam_device` is made by web/python-worker.js."""

    folder = Path("/stam")

    def __init__(self) -> None:
        self._js: Any = importlib.import_module("stam_device")
        self._ffi: Any = importlib.import_module("pyodide.ffi")

    async def load(self, owner: str, *, create: bool) -> bool:
        return bool(await self._js.load(owner, create))

    async def save(self) -> None:
        await self._js.save()

    async def seal(self, content: bytes, about: str) -> bytes:
        return bytes((await self._js.seal(self._ffi.to_js(content), about)).to_py())

    async def unseal(self, sealed: bytes, about: str) -> bytes:
        try:
            return bytes((await self._js.unseal(self._ffi.to_js(sealed), about)).to_py())
        except self._ffi.JsException as error:
            raise Unreadable(about) from error

    async def destroy(self) -> None:
        await self._js.destroy()


class NativeDevice:
    """For as long as the process lives: a native console begins with a login, which nothing here may take the place of."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="stam-console-"))
        self._owner = ""
        self._cipher: Any = None
        atexit.register(self.erase)

    async def load(self, owner: str, *, create: bool) -> bool:
        if self._owner == owner:
            return True
        if create:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self.erase()
            self.folder.mkdir(mode=0o700)
            self._owner, self._cipher = owner, AESGCM(AESGCM.generate_key(256))
        return create

    async def save(self) -> None:
        return None

    async def seal(self, content: bytes, about: str) -> bytes:
        nonce = os.urandom(12)
        return bytes(nonce + self._cipher.encrypt(nonce, content, about.encode()))

    async def unseal(self, sealed: bytes, about: str) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(self._cipher.decrypt(sealed[:12], sealed[12:], about.encode()))
        except InvalidTag as error:
            raise Unreadable(about) from error

    async def destroy(self) -> None:
        self.erase()

    def erase(self) -> None:
        self._owner, self._cipher = "", None
        shutil.rmtree(self.folder, ignore_errors=True)
