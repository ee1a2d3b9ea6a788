"""`stam outbox`: what Temporal refused for good, with its reasons, and trying it again (D10: parked, never dropped)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

import typer

from activities.db.outbox import list_parked, replay_parked
from activities.db.session import Database, DatabaseUnavailable
from activities.infra.settings import Settings
from deploy.local.errors import StartupError

T = TypeVar("T")


def show(settings: Settings) -> None:
    """Print the parked rows, oldest first. Raises StartupError."""
    rows = _with_database(settings, list_parked)
    for row in rows:
        about = row.bundle_id or row.panel_id or "nothing"
        when = f"{row.parked_at:%Y-%m-%d %H:%M:%S}" if row.parked_at else ""
        typer.echo(f"{row.id}  {when}  {row.type}  about {about}, after {row.attempts} attempts: {row.parked_reason}")
    typer.echo(f"{len(rows)} parked. Once the reason is gone: stam outbox replay" if rows else "Nothing is parked.")


def replay(settings: Settings, ids: Collection[int]) -> bool:
    """Have them tried again, all when ``ids`` is empty; whether every one that was named was parked. Raises StartupError."""
    freed = _with_database(settings, lambda db: replay_parked(db, ids))
    typer.echo(f"{len(freed)} will be tried again." if freed else "Nothing was parked.")
    unknown = sorted(set(ids) - set(freed))
    if unknown:
        typer.echo(f"Not parked: {', '.join(map(str, unknown))}.", err=True)
    return not unknown


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = Database.connect(settings.database_url.get_secret_value(), pool=1)
        try:
            return await work(db)
        finally:
            await db.dispose()

    try:
        return asyncio.run(run())
    except DatabaseUnavailable as error:
        raise StartupError(f"The database does not answer ({error}): start it, or correct STAM_DATABASE_URL.") from error
