"""Every error leaves as problem+json (RFC 9457) with a code of the registry (R-ERR)."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from activities.db.repositories.paging import BadCursor
from activities.db.session import DatabaseUnavailable
from activities.infra.log import current_request_id
from workflows.domain.errors import REGISTRY, TYPE_PREFIX, ErrorCode

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED, 413: ErrorCode.TOO_LARGE}

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """An answer that is an error. `errors`: {"field", "reason"} for each bad field; `current`: the thing as it is now."""

    def __init__(
        self,
        code: ErrorCode,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        current: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or REGISTRY[code].title)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.current = current
        self.retry_after = retry_after


def as_json(value: Any) -> dict[str, Any]:
    """An answer's dataclass as JSON, for `current`."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(value, default=str, option=_OPTIONS))  # asyncpg has its own UUID
    return found


def expect(version: int, actual: int, current: Any) -> None:
    """The row is still the one the change is based on. Raises STALE_VERSION with ``current``, the answer as it is now."""
    if version != actual:
        raise Problem(ErrorCode.STALE_VERSION, current=as_json(current))


def invalid(field: str, reason: str) -> Problem:
    """One field is wrong in a way that only the database knows."""
    return Problem(ErrorCode.VALIDATION, errors=[{"field": field, "reason": reason}])


def render(problem: Problem) -> JSONResponse:
    spec = REGISTRY[problem.code]
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + problem.code.value,
        "title": spec.title,
        "status": spec.status,
        "code": problem.code.value,
        "request_id": current_request_id(),
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = list(problem.errors)
    if problem.current is not None:
        body["current"] = problem.current
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if spec.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, spec.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Handlers for all that can be raised below a route."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> JSONResponse:
        return render(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return render(Problem(ErrorCode.VALIDATION, errors=[_field_error(one) for one in error.errors()]))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = _BY_STATUS.get(error.status_code, ErrorCode.INTERNAL if error.status_code >= 500 else ErrorCode.VALIDATION)
        return render(Problem(code, str(error.detail) if code is ErrorCode.VALIDATION else None))

    @app.exception_handler(BadCursor)
    async def _cursor(_: Request, error: BadCursor) -> JSONResponse:
        return render(Problem(ErrorCode.VALIDATION, errors=[{"field": "cursor", "reason": str(error)}]))

    @app.exception_handler(DatabaseUnavailable)
    async def _away(_: Request, error: DatabaseUnavailable) -> JSONResponse:
        log.warning("api.database_away", error=str(error))
        return render(Problem(ErrorCode.DATABASE_UNAVAILABLE, retry_after=2))

    @app.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> JSONResponse:
        log.exception("api.bug", path=request.url.path, exc_info=error)
        return render(Problem(ErrorCode.INTERNAL))


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    """Pydantic's finding as a field's path and a reason; what was sent is not repeated (it may be a secret)."""
    where = [str(part) for part in error["loc"] if part not in {"body", "query", "path", "header"}]
    return {"field": ".".join(where) or str(error["loc"][0]), "reason": str(error["msg"])}


# What the OpenAPI document says of errors: each route names the codes it can answer with.


class ProblemDocument:
    """Builds the `responses` argument of a route."""

    schema = {  # noqa: RUF012 - a constant of JSON Schema
        "type": "object",
        "required": ["type", "title", "status", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "examples": ["urn:stam:error:NOT_FOUND"]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": [code.value for code in ErrorCode]},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
                },
            },
            "current": {"type": "object", "description": "the thing as it is now"},
        },
    }


_ALWAYS = (ErrorCode.VALIDATION, ErrorCode.DATABASE_UNAVAILABLE, ErrorCode.SHUTTING_DOWN)


def problems(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route that may answer with these, beside those every route may."""
    return _documented((*codes, ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN, *_ALWAYS))


def public_problems(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """The same for a route that needs no login."""
    return _documented((*codes, *_ALWAYS))


def _documented(codes: Sequence[ErrorCode]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int | str, list[ErrorCode]] = {}
    for code in codes:
        by_status.setdefault(REGISTRY[code].status, []).append(code)
    return {
        status: {
            "description": " / ".join(f"`{code.value}` {REGISTRY[code].title}" for code in dict.fromkeys(found)),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, found in sorted(by_status.items(), key=lambda item: str(item[0]))
    }
