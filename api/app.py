"""The FastAPI application of the API process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from activities.infra.settings import Settings
from api import description, problems
from api.console import Console
from api.deps import flagged
from api.docs_page import POLICY, render
from api.doors import Doors, DoorsMiddleware
from api.gate import GateMiddleware
from api.limits import LimitsMiddleware
from api.observe import ObserveMiddleware
from api.rates import Rates
from api.realtime import route
from api.request_id import HEADER, RequestIdMiddleware
from api.routers import (
    account,
    alarms,
    assignments,
    audit,
    auth,
    auto_arm,
    auto_arm_plans,
    auto_arm_runs,
    callbacks,
    commands,
    dispatch,
    documents,
    escalation_policies,
    events,
    fleet,
    geocoding,
    imports,
    intents,
    keys,
    notifications,
    object_sync,
    objects,
    on_call,
    panel_names,
    panel_releases,
    panels,
    partitions,
    procedures,
    push_devices,
    response_plans,
    reveals,
    secrets,
    service_modes,
    service_tokens,
    sound,
    supervision,
    system,
    system_details,
    users,
    zones,
)
from api.services import running
from workflows.domain.flags import Flag

# For pages of the origins in STAM_CORS_ORIGINS. Without cookies: they keep their refresh tokens themselves.
CORS: Final[dict[str, Any]] = {
    "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", HEADER],
    "expose_headers": [HEADER, "Retry-After", "Allow"],
    "max_age": 600,
}


# Parts that an installation can do without (R-FLAGS).
_BEHIND: Final[dict[Flag, tuple[ModuleType, ...]]] = {
    Flag.DOCUMENTS: (documents,),
    Flag.IMPORT: (imports,),
    Flag.SECRET_REVEAL: (secrets, reveals),
    Flag.COMMANDS: (commands,),
    Flag.SERVICE_MODE: (service_modes,),
    Flag.ESCALATION: (escalation_policies, on_call, notifications, push_devices),
    Flag.AUTO_ARM: (auto_arm, auto_arm_runs, auto_arm_plans),
}


def create_app(settings: Settings) -> FastAPI:
    """Everything under one roof: the API, the WebSocket, and the console for every other path. Nothing is connected before
    the application starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title=description.TITLE,
        description=description.TEXT,
        version=version("stam-replacer"),
        openapi_tags=description.TAGS,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.router.routes.extend(_routes())
    problems.install(app)
    _describe(app)
    app.router.default = Console(settings.console_dir).answer
    _guard(app, settings)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """The same for every application of a process: FastAPI takes half a second to build them, at the first request."""
    whole = APIRouter(generate_unique_id_function=_operation_id)
    for router in (
        *(
            auth,
            account,
            users,
            service_tokens,
            sound,
            keys,
            alarms,
            events,
            fleet,
            object_sync,
            objects,
            response_plans,
            assignments,
            geocoding,
        ),
        *(dispatch, procedures, callbacks, intents, panels, panel_names, panel_releases, partitions, zones),
        *(audit, supervision, system, system_details, route),
    ):
        whole.include_router(router.router)
    for flag, routers in _BEHIND.items():
        for router in routers:
            whole.include_router(router.router, dependencies=[Depends(flagged(flag))])
    return whole.routes


def _guard(app: FastAPI, settings: Settings) -> None:
    """The middleware; the last one added is the outermost."""
    app.state.rates = Rates(settings)
    app.add_middleware(GateMiddleware, settings=settings, rates=app.state.rates)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **CORS)
    uploads = (*documents.uploads(settings), *imports.uploads(settings))
    app.add_middleware(LimitsMiddleware, settings=settings, uploads=uploads)
    app.state.doors = Doors()
    app.add_middleware(DoorsMiddleware, doors=app.state.doors)
    app.add_middleware(ObserveMiddleware)
    app.add_middleware(RequestIdMiddleware)


def _operation_id(route: APIRoute) -> str:
    return route.name


def _describe(app: FastAPI) -> None:
    """The document as we want it, and a page that shows it without any outside host."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        return app.openapi_schema or description.complete(made())

    app.openapi = openapi  # type: ignore[method-assign]

    async def docs(_: Any) -> HTMLResponse:
        return HTMLResponse(render(openapi()), headers={"Content-Security-Policy": POLICY})

    app.router.routes.append(Route("/api/docs", docs, methods=["GET"]))
