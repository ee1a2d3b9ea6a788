"""An object as people know it: contacts, procedure, a panel that tells how it is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from activities.live_state import LiveState
from api.client.client import StamClient
from api.client.models import Object, Panel

CONTACTS = (
    {"name": "Anna Nowak", "phone": "+48 600 100 200", "call_from": "08:00", "call_until": "22:00", "note": "Właścicielka"},
    {"name": "Jan Zięba", "phone": "+48 600 300 400"},
)
STEPS = (
    {"kind": "CALL", "text": "Zadzwoń do właścicielki i zapytaj o hasło"},
    {"kind": "DISPATCH", "text": "Wyślij patrol, jeśli nikt nie odbiera"},
)


async def a_shop(admin: StamClient, name: str = "Apteka Pod Lwem", number: str = "A-1", **more: Any) -> Object:
    given = {"address": "Rynek Główny 1, Kraków", "kind": "sklep", "lat": 50.0614, "lon": 19.9366} | more
    made = await admin.create_object(name=name, external_number=number, **given)
    await admin.object_admin.put_plan(made.id, version=1, contacts=CONTACTS, steps=STEPS)
    return made


async def its_panel(admin: StamClient, object_id: UUID, host: str = "10.0.0.1") -> Panel:
    panel = await admin.create_panel(object_id=object_id, name="Główna", host=host, command_code="1234")
    await admin.panel_admin.put_partitions(panel.id, {1: "Sklep", 2: "Magazyn", 3: "Biuro"}, version=1)
    for zone, zone_name in enumerate(("Drzwi główne", "Okno", "Czujka ruchu", "Zaplecze", "Sejf", "Dym"), 1):
        await admin.create_zone(panel_id=panel.id, number=zone, name=zone_name, partition=1 + zone % 3)
    return panel


async def it_tells(valkey_url: str, panel_id: UUID, **states: str) -> None:
    """``states``: of partitions, `p1="ARMED_FULL"`."""
    at = datetime.now(UTC)
    told = {"status": "CONNECTED", "since": (at - timedelta(hours=30)).isoformat(), "holder": "h", "model": "INTEGRA 64"}
    link = told | {"firmware": "1.21", "clock_offset_seconds": 2.0, "last_frame_at": at.isoformat()}
    zones: dict[str, Any] = {
        "violated": [3],
        "alarm": [2],
        "bypassed": [4],
        "isolated": [5],
        "alarm_memory": [1],
        "at": at.isoformat(),
    }
    partitions = {"1": "ARMED_FULL", "2": "DISARMED", "3": "ALARM"} | {key[1:]: state for key, state in states.items()}
    async with Redis.from_url(valkey_url) as redis:
        live = LiveState(redis)
        await live.write(panel_id, "link", link)
        await live.write(panel_id, "zones", zones)
        await live.write(panel_id, "partitions", {"states": partitions, "at": at.isoformat()})
        await live.write(panel_id, "outputs", {"on": [3, 7], "at": at.isoformat()})
        items = [{"kind": "AC_MAINS", "source": "EXPANDER 3"}, {"kind": "BATTERY", "source": "SYSTEM"}]
        await live.write(panel_id, "troubles", {"items": items, "at": at.isoformat()})
