"""Rows of users and their tokens as the dataclasses of the SDK."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import RowMapping

from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.service_tokens import ServiceToken as TokenRow
from activities.db.models.users import User
from api.client.account import LoginSession
from api.client.service_tokens import ServiceToken
from api.client.users import UserAccount

_USER: Final = tuple(member.name for member in fields(UserAccount) if member.name != "second_factor")
_TOKEN: Final = tuple(member.name for member in fields(ServiceToken))


def user_account(user: User | RowMapping) -> UserAccount:
    members = _picked(user, _USER)
    return UserAccount(**members, second_factor=_picked(user, ("totp_confirmed_at",))["totp_confirmed_at"] is not None)


def service_token(token: TokenRow | RowMapping) -> ServiceToken:
    return ServiceToken(**_picked(token, _TOKEN))


def login_session(row: RefreshToken, *, current: bool) -> LoginSession:
    """``row``: the newest link of the session."""
    return LoginSession(
        id=row.family_id,
        started_at=row.started_at,
        last_used_at=row.issued_at,
        expires_at=row.expires_at,
        current=current,
        client=row.client,
        origin=row.origin,
    )


def _picked(row: object, members: tuple[str, ...]) -> dict[str, Any]:
    """``row``: of a model or of a query."""
    return {name: row[name] if isinstance(row, Mapping) else getattr(row, name) for name in members}
