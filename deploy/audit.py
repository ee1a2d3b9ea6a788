"""`stam audit`: the head of the audit log's chain, and whether it holds (ADR-021)."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from activities.db import audit_chain
from activities.db.audit_chain import Broken, Fault, Head
from activities.db.session import Database, DatabaseUnavailable
from activities.infra.settings import Settings
from deploy.local.errors import StartupError

T = TypeVar("T")

_SAID = {
    Fault.ENTRY_CHANGED: "the entry is not what its link was made of (or the link before was made anew to fit a change)",
    Fault.ENTRY_MISSING: "the entry is missing",
    Fault.ENTRY_WITHOUT_LINK: "the entry has no link: it came in around the trigger, or its link was taken away",
    Fault.LINK_MISSING: "the link before this one is missing",
    Fault.HASH_WRONG: "neither this link nor the next one follows: its hash was overwritten, or entries were exchanged",
    Fault.ANCHOR_MISSING: "the chain ends before the anchor: its end was cut off",
    Fault.ANCHOR_DIFFERS: "the chain is not the one that was noted: it was made anew from here or from before",
}


def verify(settings: Settings, anchor: str | None) -> bool:
    """Print what was found; whether all holds. Raises StartupError."""
    noted = _parsed(anchor) if anchor else None
    links, entries, broken = _run(_verify(settings, noted))
    if broken is not None:
        typer.secho(f"Broken at {_place(broken)}: {_SAID[broken.fault]}.", fg=typer.colors.RED)
        return False
    through = f", and goes through link {noted.seq} as noted" if noted else ""
    typer.echo(f"The chain holds: {links} links, {entries} entries{through}.")
    return True


def head(settings: Settings) -> str | None:
    """``seq:hash`` of the newest link. Raises StartupError."""
    return _run(_head(settings))


def _parsed(anchor: str) -> Head:
    try:
        return Head.parse(anchor)
    except ValueError:
        raise StartupError(f"{anchor} is no anchor: seq:hash is, as stam audit head prints it.") from None


async def _verify(settings: Settings, anchor: Head | None) -> tuple[int, int, Broken | None]:
    """Links and entries looked at, and what is broken."""
    db = Database.connect(settings.database_url.get_secret_value(), pool=1)
    links = entries = 0
    try:
        async with db.read() as session:
            ahead = sum(await audit_chain.length(session))
        with typer.progressbar(length=max(ahead, 1), label="Checking", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            async for page in audit_chain.walk(db):
                links, entries = links + page.links, entries + page.entries
                bar.update(page.links + page.entries)
                if page.broken is not None:
                    return links, entries, page.broken
        async with db.read() as session:
            broken = await audit_chain.check_anchor(session, anchor) if anchor else None
        return links, entries, broken
    finally:
        await db.dispose()


async def _head(settings: Settings) -> str | None:
    db = Database.connect(settings.database_url.get_secret_value(), pool=1)
    try:
        async with db.read() as session:
            found = await audit_chain.head(session)
        return str(found) if found else None
    finally:
        await db.dispose()


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except DatabaseUnavailable as error:
        raise StartupError(f"The database does not answer ({error}): start it, or correct STAM_DATABASE_URL.") from None


def _place(broken: Broken) -> str:
    link = f"link {broken.seq}" if broken.seq is not None else ""
    entry = f"entry {broken.entry_id}" if broken.entry_id is not None else ""
    return ", ".join(filter(None, (link, entry)))
