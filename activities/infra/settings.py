"""Settings of every process: `STAM_*` environment variables, or files of the same name in /run/secrets (design §8)."""

import socket
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.infra.crypto import BadKeys, FieldCipher

_SECRETS = Path("/run/secrets")


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
        default=SecretStr("postgresql+asyncpg://stam@127.0.0.1:5432/stam"), description="SQLAlchemy URL, driver asyncpg"
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

    # ingest
    panel_capacity: int = Field(default=600, description="panels one ingest process may hold")
    panel_answer_seconds: float = 3.0
    panel_poll_seconds: float = 1.0
    panel_time_zone: str = Field(default="Europe/Warsaw", description="panels without a zone of their own")

    # the demo
    demo: bool = Field(default=False, description="seed demo users with printed passwords and simulated panels")

    @field_validator("secret_keys")
    @classmethod
    def _keys_are_good(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            FieldCipher.parse(keys.get_secret_value())
        return keys

    def cipher(self) -> FieldCipher:
        """For the encrypted fields. Raises BadKeys when no key is set: nothing secret is ever stored in the clear."""
        if self.secret_keys is None:
            raise BadKeys("STAM_SECRET_KEYS is not set. Make a key with: stam secrets new-key")
        return FieldCipher.parse(self.secret_keys.get_secret_value())
