"""Settings of every process: `STAM_*` environment variables, or files of the same name in /run/secrets (design §8)."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from activities.infra.crypto import BadKeys, FieldCipher
from activities.infra.flags import Environment, load
from workflows.domain.flags import Flags
from workflows.domain.permissions import Role

_SECRETS = Path("/run/secrets")


def _by_commas(given: object) -> object:
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_by_commas)]


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"  # from the start
    NONE = "none"


class Settings(BaseSettings):
    """One object for all processes; each reads the part it needs."""

    model_config = SettingsConfigDict(
        env_prefix="STAM_",
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
        extra="ignore",
        frozen=True,
    )

    # where the servers are
    database_url: SecretStr = Field(
        default=SecretStr("postgresql+asyncpg://stam_app@127.0.0.1:5432/stam"),
        description="SQLAlchemy URL, driver asyncpg, of the application's role",
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="the same for the schema's owner, for `stam migrate` alone; left out: as database_url"
    )
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui_url: str = Field(default="http://127.0.0.1:8233", description="shown as a link for each alarm")

    # the API
    api_host: str = "127.0.0.1"
    api_port: int = 8000
    console_dir: Path | None = Field(default=None, description="folder made by `stam console build`; served under /")
    cookie_secure: bool = Field(default=True, description="refresh cookie only over TLS; the demo on http sets false")
    jwt_private_key: SecretStr | None = Field(
        default=None, description="PEM of an RSA key of 2048 bits or more; without it the key in the database is used"
    )
    secret_keys: SecretStr | None = Field(
        default=None,
        description="keys of the encrypted fields, id:base64 of 32 bytes, the first encrypts (`stam secrets new-key`)",
    )
    access_token_seconds: int = 900
    refresh_token_days: int = 7
    totp_roles: Annotated[frozenset[Role], NoDecode] = Field(
        default=frozenset(), description="roles that must log in with a second factor, separated by commas: ADMIN,MASTER"
    )
    trusted_proxies: str = Field(
        default="",
        description="addresses or networks of the proxies before the API, separated by commas: theirs alone is believed",
    )

    # what is switched on
    environment: Environment = Field(default=Environment.PROD, description="which sections of the flags files count")
    feature_flags_file: Path | None = Field(default=None, description="the installation's own, over feature_flags.yaml")

    # files
    document_max_bytes: int = Field(default=25 * 1024 * 1024, ge=1, description="of one file")
    documents_max_bytes: int = Field(
        default=500 * 1024 * 1024, ge=1, description="of all documents of one object, every version"
    )
    import_max_bytes: int = Field(default=20 * 1024 * 1024, ge=1, description="of an Excel file to import")

    # processes
    host_id: str = Field(default_factory=socket.gethostname, description="unique per ingest process")
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, description="0: no metrics port (the API serves /metrics on its own)")
    temporal_metrics_port: int = Field(default=0, description="0: none; metrics of the Temporal SDK, in a worker")
    log_level: str = "INFO"
    log_json: bool = True
    shutdown_seconds: float = Field(default=30.0, description="in-flight work is given this long at SIGTERM (R-MODES)")
    database_pool: int = 10

    # what the API grants (docs/security.md); rates in requests a second, 0: no limit
    cors_origins: Names = Field(
        default=(), description="origins of other sites' pages that may call the API: https://a.example"
    )
    allowed_hosts: Names = Field(default=(), description="names the API answers to, without ports; empty: any")
    rate_session: float = Field(default=50.0, ge=0, description="of one session")
    rate_address: float = Field(default=200.0, ge=0, description="of one address, consoles behind one router together")
    rate_anonymous: float = Field(default=10.0, ge=0, description="of one address, without a token")
    sockets_per_user: int = Field(default=20, ge=1, description="the oldest one gives way")
    sockets_per_address: int = Field(default=500, ge=1)
    most_connections: int = Field(default=4_096, ge=1, description="of one API process; beyond it 503 is answered")
    head_seconds: float = Field(default=10.0, gt=0, description="until the headers of a request must be there")
    body_seconds: float = Field(default=30.0, gt=0, description="until a body must be there, and a second more for each 16 kB")

    # TLS
    tls_cert: Path | None = Field(default=None, description="PEM with the chain of the API; without it the API speaks http")
    tls_key: Path | None = Field(default=None, description="PEM; left out when the key is in tls_cert")
    hsts_seconds: int = Field(default=31_536_000, ge=0, description="Strict-Transport-Security over TLS; 0: none")
    temporal_tls: bool = Field(default=False, description="TLS to Temporal; any of the files below implies it")
    temporal_tls_ca: Path | None = Field(default=None, description="PEM of its certificate authority; else the system's")
    temporal_tls_cert: Path | None = Field(default=None, description="PEM of our client certificate")
    temporal_tls_key: Path | None = Field(default=None, description="PEM of its key")
    temporal_tls_name: str | None = Field(default=None, description="the name in its certificate, when not its address")

    # ingest
    panel_capacity: int = Field(default=600, description="panels one ingest process may hold")
    panel_answer_seconds: float = 3.0
    panel_poll_seconds: float = 1.0
    panel_busy_after_seconds: float = Field(
        default=60.0, description="a line taken by another client is an alarm after its class's time, but not before this"
    )
    panel_clock_drift_seconds: float = Field(
        default=300.0, gt=0, description="a panel's clock wrong by so much is an alarm; right again within half of it"
    )
    panel_time_zone: str = Field(default="Europe/Warsaw", description="panels without a zone of their own")

    # supervision
    supervision_grace_seconds: float = Field(
        default=60.0, ge=0, description="after the watcher could not see, everybody is given this long to be heard again"
    )

    # finding coordinates
    geocoder_url: str | None = Field(
        default=None, description="a Nominatim server, asked only when somebody presses the button; without it there is none"
    )
    geocoder_countries: str = Field(default="pl", description="ISO codes, separated by commas: where addresses are looked for")

    # reaching people (R-ESCALATE)
    smtp_host: str | None = Field(
        default=None, description="the mail server; without it every e-mail is refused, and logged so"
    )
    smtp_port: int = 587
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str = Field(default="stam@localhost", description="sender of the e-mails")
    console_url: str | None = Field(default=None, description="of the console, as people reach it: a link in notifications")
    notify_seconds: float = Field(default=10.0, gt=0, le=15, description="one try of a notification may take")
    notify_ca: Path | None = Field(default=None, description="PEM of the authority of providers; else the system's")
    fcm_url: str = "https://fcm.googleapis.com"
    fcm_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - where tokens are given
    pagerduty_url: str = "https://events.pagerduty.com"
    notification_log_days: int = Field(
        default=730,
        ge=30,
        description="tries to reach people are kept so long, and those of an alarm at least until it is closed",
    )
    webhook_private_addresses: bool = Field(default=False, description="webhooks may go into the private network")

    # the demo
    demo: bool = Field(default=False, description="seed demo users with printed passwords and simulated panels")

    @field_validator("secret_keys")
    @classmethod
    def _keys_are_good(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            FieldCipher.parse(keys.get_secret_value())
        return keys

    @field_validator("totp_roles", mode="before")
    @classmethod
    def _roles_of_people(cls, given: object) -> object:
        roles = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given
        if isinstance(roles, Iterable) and Role.SYSTEM in roles:
            raise ValueError("SYSTEM has no login, so no second factor")
        return roles

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, given: str) -> str:
        for part in filter(None, map(str.strip, given.split(","))):
            ipaddress.ip_network(part)  # raises ValueError, in words
        return given

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        bad = [origin for origin in origins if not re.fullmatch(r"https?://[^/*\s]+", origin)]
        if bad:
            raise ValueError(f"an origin is scheme://host[:port], without * or a path: {', '.join(bad)}")
        return origins

    @model_validator(mode="after")
    def _certificates_have_keys(self) -> Self:
        if self.tls_key is not None and self.tls_cert is None:
            raise ValueError("STAM_TLS_KEY is set without STAM_TLS_CERT")
        if (self.temporal_tls_cert is None) is not (self.temporal_tls_key is None):
            raise ValueError("STAM_TEMPORAL_TLS_CERT and STAM_TEMPORAL_TLS_KEY belong together")
        return self

    def flags(self) -> Flags:
        """What is switched on. Raises BadFlags."""
        return load(self.environment, self.feature_flags_file)

    def cipher(self) -> FieldCipher:
        """For the encrypted fields. Raises BadKeys when no key is set: nothing secret is ever stored in the clear."""
        if self.secret_keys is None:
            raise BadKeys("STAM_SECRET_KEYS is not set. Make a key with: stam secrets new-key")
        return FieldCipher.parse(self.secret_keys.get_secret_value())
