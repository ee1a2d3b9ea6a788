"""From the section of service tokens to what is drawn. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from api.client.service_tokens import ServiceToken
from api.client.users import UserAccount
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import FactView, Mood
from workflows.domain.permissions import SERVICE_MATRIX, ServiceRole

SOON = timedelta(days=14)  # before the end of a token: time to give the program another one
LIVES = (7, 30, 90, 180, 365)  # days one may choose
USUAL = 90


class Order(StrEnum):
    """What is asked for in a dialog."""

    ISSUE = "issue"
    REVOKE = "revoke"
    TOLD = "told"  # the token, once


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """`token` is kept as long as it is on the screen."""

    order: Order
    name: str = ""
    token: str = ""


class State(Protocol):
    """What is asked of `sections.tokens.Tokens`."""

    listing: Listing[ServiceToken]
    accounts: tuple[UserAccount, ...]
    dialog: Dialog | None
    sending: Sending

    @property
    def chosen_token(self) -> ServiceToken | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    name: str
    facts: tuple[FactView, ...]
    sign: tuple[str, Mood]
    rights: tuple[str, ...]
    can_revoke: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensView:
    table: TableView
    chosen: TokenView | None
    accounts: tuple[tuple[str, str], ...]  # active ones, for a new token
    roles: tuple[tuple[str, str], ...]
    lives: tuple[tuple[str, str], ...]
    dialog: Dialog | None
    busy: bool
    error: str


def tokens(state: State, store: Store, now: datetime) -> TokensView:
    words, chosen = store.words, state.chosen_token
    columns = (
        Column(title=words("tokens.name")),
        Column(title=words("tokens.account")),
        Column(title=words("tokens.role"), width=150),
        Column(title=words("tokens.state"), width=190),
        Column(title=words("tokens.used"), width=130),
    )
    rows = tuple(_row(one, state, words, now, selected=one is chosen) for one in state.listing.items)
    return TokensView(
        table=table(state.listing, columns, rows, empty=words("tokens.empty"), footer=words("page.shown", n=len(rows))),
        chosen=_chosen(chosen, state, words, now) if chosen else None,
        accounts=tuple((str(one.id), f"{one.display_name} ({one.username})") for one in state.accounts if one.active),
        roles=tuple((role.value, words(f"service.{role}")) for role in ServiceRole),
        lives=tuple((str(days), words("tokens.days", n=days)) for days in LIVES),
        dialog=state.dialog,
        busy=state.sending.busy,
        error=state.sending.error,
    )


def sign(token: ServiceToken, words: Words, now: datetime) -> tuple[str, Mood]:
    """Whether the token is good, and for how long."""
    if token.revoked_at is not None:
        return words("tokens.state.revoked"), Mood.QUIET
    if token.expires_at <= now:
        return words("tokens.state.expired"), Mood.QUIET
    left = token.expires_at - now
    label = words("tokens.state.left", age=formats.spoken(left, words))
    return label, Mood.WARN if left <= SOON else Mood.GOOD


def _account(token: ServiceToken, state: State) -> str:
    found = next((one for one in state.accounts if one.id == token.user_id), None)
    return found.display_name if found else str(token.user_id)


def _row(token: ServiceToken, state: State, words: Words, now: datetime, *, selected: bool) -> TableRow:
    label, mood = sign(token, words, now)
    used = formats.moment(token.last_used_at, now) if token.last_used_at else words("users.never")
    return TableRow(
        id=str(token.id),
        selected=selected,
        faded=mood is Mood.QUIET,
        cells=(
            TableCell(text=token.name),
            TableCell(text=_account(token, state)),
            TableCell(text=words(f"service.{token.service_role}")),
            TableCell(text=label, mood=mood),
            TableCell(text=used, mono=token.last_used_at is not None),
        ),
    )


def _chosen(token: ServiceToken, state: State, words: Words, now: datetime) -> TokenView:
    at = [
        ("tokens.created", token.created_at),
        ("tokens.expires", token.expires_at),
        ("tokens.used", token.last_used_at),
        ("tokens.revoked", token.revoked_at),
    ]
    facts = [
        FactView(label=words("tokens.account"), value=_account(token, state)),
        FactView(label=words("tokens.role"), value=words(f"service.{token.service_role}")),
        *(FactView(label=words(key), value=formats.moment(when, now), mono=True) for key, when in at if when is not None),
    ]
    rights = sorted(words(f"permission.{one}") for one in SERVICE_MATRIX[token.service_role])
    is_good = token.revoked_at is None and token.expires_at > now
    return TokenView(
        name=token.name, facts=tuple(facts), sign=sign(token, words, now), rights=tuple(rights), can_revoke=is_good
    )
