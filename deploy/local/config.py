"""Settings of the embedded stack itself: `STAM_*` variables, beside those of the processes (activities.infra.settings)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.infra.flags import Environment

_SECRETS = Path("/run/secrets")
DEFAULT_DATA_DIR = Path(".stam")


class StackSettings(BaseSettings):
    """Where the stack keeps its data and which ports it opens, all on loopback.

    A set ``database_url``, ``redis_url`` or ``temporal_address`` means: that server is somebody else's, start none.
    PostgreSQL and Valkey stay away from their usual ports, where a developer's own may be running.
    """

    model_config = SettingsConfigDict(
        env_prefix="STAM_", secrets_dir=_SECRETS if _SECRETS.is_dir() else None, extra="ignore", frozen=True
    )

    data_dir: Path = DEFAULT_DATA_DIR

    database_url: SecretStr | None = None
    migration_database_url: SecretStr | None = Field(default=None, description="the owner's, beside a given database_url")
    redis_url: SecretStr | None = None
    temporal_address: str | None = None
    temporal_ui_url: str | None = None
    environment: Environment = Field(default=Environment.DEV, description="which feature flags count")
    secret_keys: SecretStr | None = Field(default=None, description="of the encrypted fields; else made in the data folder")

    postgres_port: int = 15432
    valkey_port: int = 16379
    temporal_port: int = 7233
    temporal_http_port: int = 7243
    temporal_ui_port: int = 8233
    api_host: str = "127.0.0.1"
    api_port: int = 8000

    metrics_base_port: int = Field(default=9464, description="of the first process; each next one has the next port")

    ingest_processes: int = Field(default=2, ge=1, description="they share the panels; two, so that one may die")

    simulated_panels: int = Field(default=6, description="0: none")
    simulator_port: int = Field(default=7094, description="the first panel's; each next one listens on the next port")
    simulator_control_port: int = Field(default=7080, description="where zones are violated by hand, in a browser")
    simulator_life: float = Field(default=4.0, description="episodes of daily life a minute, over all panels")

    @property
    def root(self) -> Path:
        return self.data_dir.expanduser().resolve()
