"""The reader of workbooks as a child process, watched."""

import asyncio
import os
import sys
import tempfile
from uuid import UUID

import structlog

from activities.db.session import Database
from activities.files import blobs
from activities.importing import reader
from activities.importing.reader import Parsed
from activities.importing.reasons import Reason

log = structlog.get_logger(__name__)

PATIENCE = 120.0  # s of wall-clock time; on a busy machine the child gets less than a core
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")  # no secret is among them


async def read_blob(db: Database, blob_id: UUID) -> Parsed:
    """What the workbook says. A child that dies or takes too long is a finding, not an error: it is the file's fault."""
    with tempfile.TemporaryFile() as file:
        async for chunk in blobs.read(db, blob_id):
            file.write(chunk)
        file.seek(0)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            reader.__name__,
            stdin=file,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # it might repeat what stands in the file
            env=environment,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                answer, _ = await child.communicate()
        except TimeoutError:
            return reader.refused(Reason.TOO_MUCH)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode != 0:
        log.warning("import.reader_died", returncode=child.returncode)
        return reader.refused(Reason.TOO_MUCH)
    return await asyncio.to_thread(reader.from_json, answer)
