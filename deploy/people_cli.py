"""The commands of `deploy.people`, which is imported when one runs."""

import importlib
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from workflows.domain.permissions import ServiceRole

user_app = typer.Typer(no_args_is_help=True, help="Users: the first one, and those who cannot log in any more.")
token_app = typer.Typer(no_args_is_help=True, help="Service tokens of programs (users of role SYSTEM).")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that sign access tokens.")

Username = Annotated[str, typer.Argument(help="Kept in lower case.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input instead of asking.")]


class AdminRole(StrEnum):
    MASTER = "MASTER"
    ADMIN = "ADMIN"


@user_app.command("create-admin")
def create_admin(
    username: Username,
    display_name: Annotated[str, typer.Option(help="As others see it; else the user name.")] = "",
    role: Annotated[AdminRole, typer.Option(help="Only a MASTER makes others MASTER.")] = AdminRole.MASTER,
    from_stdin: FromStdin = False,
    force: Annotated[bool, typer.Option("--force", help="Even if there is an active MASTER.")] = False,
) -> None:
    """Make the first administrator. There is no default password: it is asked for, without echo."""
    from workflows.domain.permissions import Role

    _do("create_admin", username.lower(), display_name=display_name, role=Role(role), from_stdin=from_stdin, force=force)
    typer.echo(f"{username.lower()} can log in.")


@user_app.command("reset-password")
def reset_password(
    username: Username,
    from_stdin: FromStdin = False,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="Take the second factor away, too.")] = False,
) -> None:
    """Set a password that must be changed at the next login, lift a lock, and end the user's sessions."""
    _do("reset_password", username, from_stdin=from_stdin, second_factor=second_factor)
    typer.echo(f"{username} can log in, and must change the password.")


@user_app.command("list")
def list_users() -> None:
    """User name, role, whether active, how they log in."""
    _do("list_users")


@token_app.command("issue")
def issue_token(
    username: Annotated[str, typer.Argument(help="The service account; made where there is none.")],
    service_role: Annotated[ServiceRole, typer.Option("--role", help="What the token may do.")],
    name: Annotated[str, typer.Option(help="What it is for.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it is good.")] = 90,
) -> None:
    """Print a new service token, this once."""
    _do("issue_token", username, name=name, service_role=service_role, days=days)


@token_app.command("list")
def list_tokens() -> None:
    """Id, role, purpose, state and last use of every service token."""
    _do("list_tokens")


@token_app.command("revoke")
def revoke_token(token_id: Annotated[UUID, typer.Argument(help="As `stam token list` says.")]) -> None:
    """Refuse a service token from now on (within 5 s everywhere)."""
    _do("revoke_token", token_id)
    typer.echo("Revoked.")


@keys_app.command("rotate")
def rotate_keys(
    revoke_old: Annotated[bool, typer.Option("--revoke-old", help="A key has leaked: refuse what it has signed.")] = False,
) -> None:
    """Sign with a new key at once. Nobody has to log in again: sessions renew their access token."""
    _do("rotate_keys", revoke_old=revoke_old)


def _do(command: str, /, *arguments: Any, **options: Any) -> None:
    from deploy.cli import _settings

    work: Callable[..., None] = getattr(importlib.import_module("deploy.people"), command)
    work(_settings(), *arguments, **options)
