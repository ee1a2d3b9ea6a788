"""Documents of objects (R-OBJ): versions, kinds by content, limits, permissions, and nothing left of what failed."""

import asyncio
import gc
import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from activities.db.models.audit_log import AuditEntry
from activities.db.models.base import Base
from activities.db.models.file_blobs import FileBlob
from activities.db.models.file_chunks import FileChunk
from activities.db.models.object_document_versions import ObjectDocumentVersion
from activities.db.session import Database
from activities.files.blobs import CHUNK
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from workflows.domain.document import DocumentKind
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]
PDF = b"%PDF-1.7\n" + b"plan " * 1000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


async def _code(asked: Coroutine[Any, Any, Any]) -> ErrorCode | str:
    with pytest.raises(ApiError) as refused:
        await asked
    return refused.value.code


async def _count(db: Database, model: type[Base]) -> int:
    async with db.read() as session:
        return int(await session.scalar(select(func.count()).select_from(model)) or 0)


async def _add(client: StamClient, object_id: UUID, content: bytes = PDF, file_name: str = "plan.pdf") -> Any:
    return await client.documents.add(object_id, content, file_name=file_name, title="Plan piwnicy", kind=DocumentKind.PLAN)


async def test_a_document_is_uploaded_listed_and_downloaded(api: Api, login: Login, db: Database, people: People) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id)
    assert (added.title, added.kind, added.latest.number, added.latest.size) == ("Plan piwnicy", "PLAN", 1, len(PDF))
    assert (added.latest.media_type, added.latest.sha256) == ("application/pdf", hashlib.sha256(PDF).hexdigest())
    assert added.latest.uploaded_by == people["admin"]
    assert (await admin.documents.list(object_id)).items == (added,)
    assert await admin.documents.get(added.id) == added
    fetched = await admin.documents.content(added.id)
    assert (fetched.data, fetched.media_type) == (PDF, "application/pdf")


async def test_a_new_upload_is_a_new_version_and_the_old_one_stays(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id)
    changed = await admin.documents.add_version(added.id, PNG, file_name="plan.png")
    assert (changed.latest.number, changed.version) == (2, 2)
    assert (await admin.documents.content(added.id)).data == PNG
    assert (await admin.documents.content(added.id, number=1)).data == PDF
    assert [one.number for one in (await admin.documents.versions(added.id)).items] == [2, 1]
    page = await admin.documents.versions(added.id, limit=1)
    assert [one.number for one in (await admin.documents.versions(added.id, cursor=page.next_cursor)).items] == [1]
    assert await _code(admin.documents.content(added.id, number=3)) is ErrorCode.NOT_FOUND


async def test_uploads_at_the_same_time_become_versions_one_after_the_other(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id)
    await asyncio.gather(*(admin.documents.add_version(added.id, PDF + bytes(n), file_name="p.pdf") for n in range(4)))
    assert [one.number for one in (await admin.documents.versions(added.id)).items] == [5, 4, 3, 2, 1]


async def test_a_change_needs_the_newest_version_and_is_audited(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id)
    changed = await admin.documents.change(added.id, version=1, title="Plan strychu")
    assert (changed.title, changed.version) == ("Plan strychu", 2)
    with pytest.raises(ApiError) as stale:
        await admin.documents.change(added.id, version=1, title="X")
    assert stale.value.code is ErrorCode.STALE_VERSION
    assert stale.value.current is not None
    assert stale.value.current["title"] == "Plan strychu"
    (audited,) = [row for row in await all_rows(db, AuditEntry) if row.action == "document.changed"]
    assert (audited.detail["before"], audited.detail["after"]) == ({"title": "Plan piwnicy"}, {"title": "Plan strychu"})


async def test_a_deleted_document_is_gone_for_all_but_its_bytes_stay(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id)
    assert await _code(admin.documents.delete(added.id, version=7)) is ErrorCode.STALE_VERSION
    await admin.documents.delete(added.id, version=1)
    assert (await admin.documents.list(object_id)).items == ()
    for call in (
        admin.documents.get(added.id),
        admin.documents.content(added.id),
        admin.documents.add_version(added.id, PDF, file_name="p.pdf"),
        admin.documents.delete(added.id, version=2),
    ):
        assert await _code(call) is ErrorCode.NOT_FOUND
    assert await _count(db, FileBlob) == 1


async def test_only_those_who_see_the_object_read_and_only_editors_write(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin, mine, other = await login(api, "admin"), await add_object(db, "Mine"), await add_object(db, "Other")
    seen, hidden = await _add(admin, mine), await _add(admin, other)
    await assign(db, people["technician"], mine)
    technician = await login(api, "technician")
    assert (await technician.documents.content(seen.id)).data == PDF
    for look in (
        technician.documents.list(other),
        technician.documents.get(hidden.id),
        technician.documents.content(hidden.id),
        technician.documents.versions(hidden.id),
    ):
        assert await _code(look) is ErrorCode.NOT_FOUND
    assert await _code(_add(technician, mine)) is ErrorCode.FORBIDDEN
    assert await _code(_add(await login(api, "operator"), mine)) is ErrorCode.FORBIDDEN
    assert await _code(_add(admin, uuid7())) is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.html", b"<!DOCTYPE html><html></html>"),
        ("a.txt", b"hello <script>alert(1)</script>"),
        ("a.txt", b"x" * (CHUNK - 4) + b"<script>alert(1)</script>"),  # over the seam of two chunks
        ("a.txt", b"#!/bin/sh\nrm -rf /"),
        ("a.exe", b"MZ" + bytes(100)),
        ("a.zip", b"PK\x03\x04" + bytes(100)),
        ("a.pdf", PNG),
        ("a.html", PDF),
        ("a", PDF),
        ("a.txt", "żółć".encode("cp1250")),
    ],
)
async def test_what_is_of_no_accepted_kind_is_refused_by_its_content(
    api: Api, login: Login, db: Database, file_name: str, content: bytes
) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    assert await _code(_add(admin, object_id, content, file_name)) is ErrorCode.UNSUPPORTED_TYPE
    assert (await _count(db, FileBlob), await _count(db, FileChunk)) == (0, 0)


async def test_an_answer_is_safe_for_a_browser_and_keeps_a_polish_name(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id, "Zażółć gęślą jaźń\n".encode(), 'Zażółć "gęślą".txt')
    async with api.http(admin.session.access_token) as http:
        answer = await http.get(f"/api/documents/{added.id}/content")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="Za____ _g__l__.txt"; '
        "filename*=UTF-8''Za%C5%BC%C3%B3%C5%82%C4%87%20%22g%C4%99%C5%9Bl%C4%85%22.txt"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["content-length"] == str(added.latest.size)


@pytest.mark.parametrize("file_name", ["../x.pdf", "a\\b.pdf", "x\n.pdf", "x\u202efdp.exe.pdf", "..", " "])
async def test_a_name_with_a_folder_or_a_trick_is_refused(api: Api, login: Login, db: Database, file_name: str) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    assert await _code(_add(admin, object_id, PDF, file_name)) is ErrorCode.VALIDATION


async def test_an_unchanged_file_is_not_sent_again(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    added = await _add(admin, object_id)
    first = await admin.documents.content(added.id)
    assert await admin.documents.content(added.id, unless=first.etag) is None
    assert await admin.documents.content(added.id, unless=f'"x", W/{first.etag}') is None
    assert (await admin.documents.content(added.id, unless='"other"')).data == PDF
    await admin.documents.add_version(added.id, PNG, file_name="x.png")
    assert (await admin.documents.content(added.id, unless=first.etag)).data == PNG


async def test_one_file_and_all_of_an_object_have_a_limit(
    settings: Settings, people: People, login: Login, db: Database
) -> None:
    small = settings.model_copy(update={"document_max_bytes": 400_000, "documents_max_bytes": 700_000})
    object_id = await add_object(db)
    async with serving(small) as api:
        admin = await login(api, "admin")
        first = await _add(admin, object_id, PDF + bytes(390_000))
        assert await _code(_add(admin, object_id, PDF + bytes(400_000))) is ErrorCode.TOO_LARGE
        assert await _code(_add(admin, object_id, PDF + bytes(390_000))) is ErrorCode.TOO_LARGE
        assert (
            await _code(admin.documents.add_version(first.id, PDF + bytes(390_000), file_name="a.pdf")) is ErrorCode.TOO_LARGE
        )
        assert await _count(db, FileBlob) == 1
        await _add(admin, await add_object(db, "Other"), PDF + bytes(390_000))
        await admin.documents.delete(first.id, version=1)
        await _add(admin, object_id, PDF + bytes(390_000))


async def test_only_the_routes_of_files_take_more_than_a_note(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    big = bytes(300_000)
    async with api.http(admin.session.access_token) as http:
        for method, path in (
            ("POST", "/api/objects"),
            ("PUT", f"/api/objects/{object_id}/documents"),
            ("POST", f"/api/objects/{object_id}/documents/x"),
            ("POST", f"/api/documents/{object_id}"),
        ):
            answer = await http.request(method, path, content=big)
            assert answer.json()["code"] == "TOO_LARGE", path


async def test_a_body_without_a_length_is_counted_as_it_comes(
    settings: Settings, people: People, login: Login, db: Database
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield PDF
        for _ in range(20):
            yield bytes(50_000)

    object_id = await add_object(db)
    async with serving(settings.model_copy(update={"document_max_bytes": 400_000})) as api:
        admin = await login(api, "admin")
        async with api.http(admin.session.access_token) as http:
            path = f"/api/objects/{object_id}/documents?title=a&file_name=a.pdf"
            assert (await http.post(path, content=endless())).json()["code"] == "TOO_LARGE"
    assert await _count(db, FileBlob) == 0


async def test_an_upload_that_breaks_off_leaves_nothing(api: Api, login: Login, db: Database) -> None:
    admin, object_id = await login(api, "admin"), await add_object(db)
    begun = asyncio.Event()

    async def broken() -> AsyncIterator[bytes]:
        yield PDF * 100
        begun.set()
        await asyncio.Event().wait()

    with capture_logs() as logs:
        async with api.http(admin.session.access_token) as http:
            path = f"/api/objects/{object_id}/documents?title=a&file_name=a.pdf"
            upload = asyncio.create_task(http.post(path, content=broken()))
            await begun.wait()
            upload.cancel()
            await asyncio.wait([upload])
        await eventually(lambda: not api.server.server_state.tasks, what="the server has noticed")
    told = [(entry["event"], entry.get("status")) for entry in logs if entry["event"] in ("http", "api.bug")]
    assert told == [("http", 499)], "it is no bug and no failure of ours"
    assert (await _count(db, FileBlob), await _count(db, ObjectDocumentVersion)) == (0, 0)

    async def nothing_is_open() -> bool:  # but for what others are just doing
        async with db.read() as session:
            idle = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
            return bool(await session.scalar(text(idle)) == 0)

    await eventually(nothing_is_open, what="no transaction stays open")


async def test_a_large_file_goes_in_and_out_in_constant_memory(
    settings: Settings, people: People, login: Login, db: Database
) -> None:
    """64 MB, of which the process never holds more than a few chunks."""
    size = 64 * 1024 * 1024
    piece = bytes(range(256)) * 256

    async def coming() -> AsyncIterator[bytes]:
        yield PDF[:16]
        for _ in range((size - 16) // len(piece)):
            yield piece

    object_id = await add_object(db)
    async with serving(settings.model_copy(update={"document_max_bytes": size})) as api:
        admin = await login(api, "admin")
        async with api.http(admin.session.access_token) as http:
            gc.collect()
            tracemalloc.start()
            path = f"/api/objects/{object_id}/documents?title=a&file_name=a.pdf"
            added = await http.post(path, content=coming(), timeout=100)
            assert added.status_code == 201, added.text
            digest = hashlib.sha256()
            path = f"/api/documents/{added.json()['id']}/content"
            async with http.stream("GET", path, timeout=httpx.Timeout(100)) as answer:
                async for chunk in answer.aiter_bytes():
                    digest.update(chunk)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert digest.hexdigest() == added.json()["latest"]["sha256"]
    assert peak < 24 * 1024 * 1024
