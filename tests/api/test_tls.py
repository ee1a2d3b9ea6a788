"""TLS of the API, to Temporal and to the database: what the settings make of a certificate (docs/security.md, "TLS")."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
from temporalio.service import TLSConfig

from activities.db.session import plain_dsn
from activities.infra import temporal
from activities.infra.settings import Settings
from tests.api.conftest import serving
from tests.api.people import People
from tests.support.certificates import self_signed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed one for 127.0.0.1, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


async def test_the_api_speaks_tls_and_tells_browsers_to_insist(
    settings: Settings, people: People, certificate: tuple[Path, Path]
) -> None:
    over_tls = settings.model_copy(update={"tls_cert": certificate[0], "tls_key": certificate[1]})
    async with serving(over_tls) as api:
        url = api.url.replace("http://", "https://")
        trusting = ssl.create_default_context(cafile=certificate[0])
        async with httpx.AsyncClient(base_url=url, verify=trusting, trust_env=False) as http:
            answer = await http.get("/livez")
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get("/livez")


@pytest.mark.parametrize(
    ("newest", "ciphers"), [(ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"), (ssl.TLSVersion.TLSv1_2, "AES256-SHA:@SECLEVEL=0")]
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_versions_and_weak_ciphers_are_refused(
    settings: Settings, people: People, certificate: tuple[Path, Path], newest: ssl.TLSVersion, ciphers: str
) -> None:
    over_tls = settings.model_copy(update={"tls_cert": certificate[0], "tls_key": certificate[1]})
    async with serving(over_tls) as api:
        port = int(api.url.rsplit(":", 1)[1])
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, newest
        old.set_ciphers(ciphers)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", port, ssl=old)


def test_a_key_without_its_certificate_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="STAM_TLS_KEY"):
        Settings.model_validate({"tls_key": "/key.pem"})
    with pytest.raises(ValueError, match="belong together"):
        Settings.model_validate({"temporal_tls_cert": "/cert.pem"})


def test_temporal_gets_the_certificates_of_the_settings(certificate: tuple[Path, Path]) -> None:
    assert temporal.tls(Settings()) is False
    assert temporal.tls(Settings.model_validate({"temporal_tls": True})) == TLSConfig()
    given = {
        "temporal_tls_ca": certificate[0],
        "temporal_tls_cert": certificate[0],
        "temporal_tls_key": certificate[1],
        "temporal_tls_name": "temporal.example",
    }
    made = temporal.tls(Settings.model_validate(given))
    assert isinstance(made, TLSConfig)
    assert (made.server_root_ca_cert, made.client_private_key) == (certificate[0].read_bytes(), certificate[1].read_bytes())
    assert made.domain == "temporal.example"
    with pytest.raises(FileNotFoundError):
        temporal.tls(Settings.model_validate({"temporal_tls_ca": "/nowhere/ca.pem"}))


def test_the_driver_is_told_of_tls_in_its_own_words() -> None:
    url = "postgresql+asyncpg://stam:p%40ss@db:5432/stam"
    assert plain_dsn(url) == "postgresql://stam:p%40ss@db:5432/stam"
    assert plain_dsn(f"{url}?ssl=verify-full") == "postgresql://stam:p%40ss@db:5432/stam?sslmode=verify-full"
    assert plain_dsn(f"{url}?a=1&ssl=require") == "postgresql://stam:p%40ss@db:5432/stam?a=1&sslmode=require"
