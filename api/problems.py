"""Every error leaves as problem+json (RFC 9457) with a code of the registry (R-ERR)."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path

from activities.db.repositories.paging import BadCursor
from activities.db.session import DatabaseUnavailable
from activities.infra.log import current_request_id
from workflows.domain.errors import REGISTRY, TYPE_PREFIX, ErrorCode

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    408: ErrorCode.REQUEST_TIMEOUT,
    413: ErrorCode.TOO_LARGE,
}
_CLIENT_GONE = 499  # nginx's number, which no RFC has
_LONGEST_NAME = 100  # characters of a member's name that is told back

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
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if all(one["loc"][0] == "body" for one in found) and _is_of_another_kind(request):
            return render(Problem(ErrorCode.UNSUPPORTED_MEDIA_TYPE))
        return render(Problem(ErrorCode.VALIDATION, errors=[_field_error(one) for one in found]))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # FastAPI could not read the body at all
            return render(Problem(ErrorCode.VALIDATION, errors=[{"field": "body", "reason": "cannot be read"}]))
        code = _BY_STATUS.get(error.status_code, ErrorCode.INTERNAL if error.status_code >= 500 else ErrorCode.VALIDATION)
        answer = render(Problem(code, str(error.detail) if code is ErrorCode.VALIDATION else None))
        if code is ErrorCode.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(allowed_methods(app, request.scope["path"])) or (error.headers or {}).get(
                "Allow", ""
            )
        return answer

    @app.exception_handler(BadCursor)
    async def _cursor(_: Request, error: BadCursor) -> JSONResponse:
        return render(Problem(ErrorCode.VALIDATION, errors=[{"field": "cursor", "reason": str(error)}]))

    @app.exception_handler(DatabaseUnavailable)
    async def _away(_: Request, error: DatabaseUnavailable) -> JSONResponse:
        log.warning("api.database_away", error=str(error))
        return render(Problem(ErrorCode.DATABASE_UNAVAILABLE, retry_after=2))

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, __: ClientDisconnect) -> Response:
        """Nobody hears it; the status keeps an upload that broke off from being counted as a failure of ours."""
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> JSONResponse:
        log.exception("api.bug", path=request.scope["path"], exc_info=error)
        return render(Problem(ErrorCode.INTERNAL))


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    """Pydantic's finding as a field's path and a reason; what was sent is not repeated (it may be a secret)."""
    kind, *where = error["loc"]
    parts = where if kind in {"body", "query", "path", "header", "cookie"} else error["loc"]
    return {"field": ".".join(map(_named, parts)) or str(kind), "reason": str(error["msg"])}


def _named(part: Any) -> str:
    """A member's name is the client's and may be anything."""
    return str(part)[:_LONGEST_NAME].encode("ascii", "backslashreplace").decode()


def _is_of_another_kind(request: Request) -> bool:
    """Whether the body calls itself something else than what our routes read: JSON and forms."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    ours = kind in {"application/json", "multipart/form-data"} or (kind.startswith("application/") and kind.endswith("+json"))
    return not ours and request.headers.get("content-length", "") != "0"


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """The methods of the documented routes with ``path`` (RFC 9110, Allow); a path as it is goes before templates that it
    would fit, as in OpenAPI."""
    paths = app.openapi()["paths"]
    templates = [path] if path in paths else [template for template in paths if _pattern(template).fullmatch(path)]
    return sorted({method.upper() for template in templates for method in paths[template]})


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return compile_path(template)[0]


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
    return documented((*codes, ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN, *_ALWAYS))


def public_problems(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """The same for a route that needs no login."""
    return documented((*codes, *_ALWAYS))


def documented(codes: Sequence[ErrorCode]) -> dict[int | str, dict[str, Any]]:
    """``responses`` with exactly these."""
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
