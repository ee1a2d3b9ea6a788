"""No route without a declared permission, and none that answers beyond it (R-RBAC)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from activities.infra.settings import Settings
from api import deps
from api.app import create_app
from api.deps import PermissionCheck
from tests.api.conftest import Api
from workflows.domain.permissions import Permission, Role, Scope, scope_of

Login = Callable[..., Any]
Declared = PermissionCheck | Callable[..., Any]

_MARKS = (deps.logged_in, deps.open_to_all, deps.bearer_of_a_session, deps.with_lasting_password)
_NOBODY = "00000000-0000-0000-0000-000000000000"

# Open to everybody, on purpose; whoever adds one argues for it here.
_OPEN = {
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/logout"),  # by the refresh token: an access token that has run out must not keep a session alive
    ("GET", "/.well-known/jwks.json"),  # public keys
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}


@pytest.fixture(scope="module")
def app() -> Any:
    return create_app(Settings())


def _routes(routes: list[Any]) -> Iterator[APIRoute | APIWebSocketRoute]:
    for route in routes:
        if isinstance(route, APIRoute | APIWebSocketRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _routes(route.original_router.routes)


def _declared(dependant: Dependant) -> Iterator[Declared]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, PermissionCheck) or dependency.call in _MARKS:
            yield dependency.call
        yield from _declared(dependency)


def _checked(app: Any) -> Iterator[tuple[str, str, Permission]]:
    for route in _routes(app.routes):
        if isinstance(route, APIRoute):
            for call in _declared(route.dependant):
                if isinstance(call, PermissionCheck):
                    yield next(iter(route.methods or ())), route.path, call.permission


def test_every_route_declares_who_may_use_it(app: Any) -> None:
    bare = [r.path for r in _routes(app.routes) if isinstance(r, APIRoute) and not list(_declared(r.dependant))]
    assert bare == []


def test_the_walk_sees_every_documented_route(app: Any) -> None:
    walked = {(method, r.path) for r in _routes(app.routes) if isinstance(r, APIRoute) for method in r.methods or ()}
    documented = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert walked == documented


def test_only_these_routes_are_open_to_everybody(app: Any) -> None:
    found = {
        (method, route.path)
        for route in _routes(app.routes)
        if isinstance(route, APIRoute) and deps.open_to_all in set(_declared(route.dependant))
        for method in route.methods or ()
    }
    assert found == _OPEN


def test_the_websocket_is_for_holders_of_a_ticket(app: Any) -> None:
    sockets = [route for route in _routes(app.routes) if isinstance(route, APIWebSocketRoute)]
    assert [route.path for route in sockets] == ["/ws"]
    calls = [getattr(one.call, "__name__", "") for one in sockets[0].dependant.dependencies]
    assert "ticket_holder" in calls


def test_changing_routes_never_hang_on_a_permission_to_view(app: Any) -> None:
    told_of_oneself = "/api/account/mute"  # changes nothing: whoever hears alarms says that he does not
    changing = [one for one in _checked(app) if one[0] not in {"GET", "HEAD"} and one[1] != told_of_oneself]
    assert changing
    assert not [entry for entry in changing if entry[2].value.endswith(".view")]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
async def test_each_role_reaches_exactly_what_the_matrix_gives_it(api: Api, login: Login, app: Any, role: Role) -> None:
    client = await login(api, role.value.lower())
    async with api.http(client.session.access_token) as http:
        for method, path, permission in _checked(app):
            url = re.sub(r"\{\w+_id\}", _NOBODY, path)
            answer = await http.request(method, url, json={} if method != "GET" else None)
            may = scope_of(role, permission) is not Scope.NONE
            assert (answer.status_code != 403) is may, f"{role} {method} {path}: {answer.status_code}"


async def test_without_a_token_nothing_but_the_open_routes_answers(api: Api, app: Any) -> None:
    async with api.http() as http:
        for method, path, _ in _checked(app):
            answer = await http.request(method, path, json={} if method != "GET" else None)
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED"), path
