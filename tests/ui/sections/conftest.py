"""Sections of the console on a real Flet session, against the real API."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from api.client.client import StamClient
from tests.api.conftest import Api, api, login, people, settings, whole_api
from tests.api.people import PASSWORD
from tests.support.eventually import eventually
from tests.ui.screen import Screen, screen_of

__all__ = ["api", "at", "login", "people", "settings", "whole_api"]
At = Callable[..., Awaitable[Screen]]


@pytest.fixture
async def at() -> AsyncIterator[At]:
    """``await at(api, "admin", "/commands")``: the console of that user, logged in, at that address;
    with ``until`` what stands in its way."""
    async with AsyncExitStack() as stack:

        async def console_of(
            api: Api, username: str, route: str = "/", *, width: int = 1440, until: str = "conn-state"
        ) -> Screen:
            client = StamClient(api.url)
            stack.push_async_callback(client.aclose)
            screen = await stack.enter_async_context(screen_of(client, width=width))
            await eventually(lambda: "login-submit" in screen.identifiers())
            await screen.type("login-user", username)
            await screen.type("login-password", PASSWORD)
            await screen.click("login-submit")
            await eventually(lambda: until in screen.identifiers())
            if until == "conn-state":
                screen.controller.go(route)
            return screen

        yield console_of
