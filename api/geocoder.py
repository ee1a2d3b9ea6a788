"""Asking a Nominatim server where an address is (https://nominatim.org/release-docs/latest/api/Search/).

Only ever on somebody's explicit wish: an address tells a foreign server what is guarded.
"""

from collections.abc import Sequence
from typing import Any, Final

import httpx

from activities.infra.settings import Settings
from api.client.object_admin import Place

PROPOSALS: Final = 5
PATIENCE: Final = 8.0  # s
USER_AGENT: Final = "stam-replacer"  # Nominatim's rules of use ask for a name


class GeocoderAway(Exception):  # noqa: N818 - a state of the world, not a mistake
    """It did not answer, or not in its own language."""


async def places(settings: Settings, address: str) -> Sequence[Place]:
    """The likeliest first; empty: it knows no such address. Raises GeocoderAway; `geocoder_url` must be set."""
    assert settings.geocoder_url is not None
    query = {
        "q": address,
        "format": "jsonv2",
        "limit": str(PROPOSALS),
        "countrycodes": settings.geocoder_countries,
        "accept-language": "pl",
    }
    async with httpx.AsyncClient(timeout=PATIENCE, headers={"User-Agent": USER_AGENT}) as client:
        try:
            answer = await client.get(f"{settings.geocoder_url.rstrip('/')}/search", params=query)
            answer.raise_for_status()
            return [_place(found) for found in answer.json()]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise GeocoderAway(type(error).__name__) from error


def _place(found: dict[str, Any]) -> Place:
    return Place(lat=float(found["lat"]), lon=float(found["lon"]), label=str(found["display_name"]))
