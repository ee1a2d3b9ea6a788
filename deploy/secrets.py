"""`stam secrets`: the keys of the encrypted fields (R-REVEAL)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer

from activities.db.session import Database, DatabaseUnavailable
from activities.infra.crypto import FieldCipher
from activities.infra.settings import Settings
from activities.rotation import KeyUse, Rotation
from activities.rotation import rotate as rotate_fields
from activities.rotation import status as status_of_fields
from deploy.local.errors import StartupError

T = TypeVar("T")


def rotate(settings: Settings) -> bool:
    """Seal every field under the first key, telling how far it is; whether all could be. Raises BadKeys, StartupError."""
    cipher = settings.cipher()
    done = _with_database(settings, lambda db: rotate_fields(db, cipher, told=_progress))
    _report(done, cipher)
    return not done.unreadable


def status(settings: Settings) -> bool:
    """Print how many fields are under which key; whether all the keys are ours. Raises BadKeys, StartupError."""
    cipher = settings.cipher()
    uses = _with_database(settings, lambda db: status_of_fields(db, cipher))
    for use in uses:
        typer.echo(f"  {use.column:<32} {use.key_id:<16} {use.count:>8}  {_remark(use, cipher)}")
    used = {use.key_id for use in uses}
    for key_id in cipher.keys:
        if key_id not in used and key_id != cipher.key_id:
            typer.echo(f"Nothing is under {key_id} any more: it can be dropped once no process encrypts with it.")
    return all(use.known for use in uses)


def _remark(use: KeyUse, cipher: FieldCipher) -> str:
    if not use.known:
        return "this key is not in STAM_SECRET_KEYS"
    return "" if use.key_id == cipher.key_id else "to be rotated: stam secrets rotate"


def _progress(column: str, seen: int, total: int) -> None:
    typer.echo(f"  {column}: {seen} of {total}")


def _report(done: Rotation, cipher: FieldCipher) -> None:
    typer.echo(f"{done.sealed} fields are now under {cipher.key_id}.")
    if done.overtaken:
        typer.echo(f"{done.overtaken} were changed by somebody else meanwhile; stam secrets status tells under which key.")
    for column, row_id in done.unreadable:
        typer.secho(f"Unreadable with the keys given: {column} of {row_id}", fg=typer.colors.RED, err=True)


def _with_database(settings: Settings, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        db = Database.connect(settings.database_url.get_secret_value(), pool=2)
        try:
            return await work(db)
        except DatabaseUnavailable as error:
            raise StartupError(f"The database does not answer ({error}): start it, or correct STAM_DATABASE_URL.") from None
        finally:
            await db.dispose()

    return asyncio.run(run())
