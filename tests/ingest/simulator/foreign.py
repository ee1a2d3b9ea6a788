"""Other people's INTEGRA clients against our simulator, to be run by hand.

Their authors had real panels in front of them and never saw our code, so an agreement means more than our own tests.
They are no dependencies of the project (one needs Python 3.12, one is unmaintained); each lives in its own virtual
environment:

    python3.12 -m venv a && a/bin/pip install satel-integra==1.6.0
    python3.11 -m venv b && b/bin/pip install IntegraPy==1.0.1 satel-integra-ext==0.4.9

    stam simulate panel --base-port 7094 --control-port 7080                             # plain
    a/bin/python tests/ingest/simulator/foreign.py satel-integra --port 7094 --control http://127.0.0.1:7080
    b/bin/python tests/ingest/simulator/foreign.py satel-integra-ext --port 7094 --control http://127.0.0.1:7080
    b/bin/python tests/ingest/simulator/foreign.py integrapy --port 7094 --control http://127.0.0.1:7080

    stam simulate panel --base-port 7095 --control-port 7081 --key Klucz2026abc          # encrypted
    a/bin/python tests/ingest/simulator/foreign.py satel-integra --port 7095 --control http://127.0.0.1:7081 \
        --key Klucz2026abc

The panel should be fresh. Uses the standard library and the client only; ends with an error if something differs.
"""

import argparse
import asyncio
import json
import time
import urllib.request
import warnings
from collections.abc import Callable
from typing import Any

CODE = "1234"


class Site:
    """The simulated panel, through its control API."""

    def __init__(self, control: str, port: int) -> None:
        self._url = f"{control}/panels/{port}"

    def do(self, what: str, **body: object) -> None:
        request = urllib.request.Request(
            f"{self._url}/{what}", json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
        )
        urllib.request.urlopen(request).close()


def same(what: str, got: object, wanted: object) -> None:
    """Print a comparison; AssertionError if they differ."""
    print(f"{'ok  ' if got == wanted else 'FAIL'} {what}: {got!r}")
    assert got == wanted, f"{what}: wanted {wanted!r}"


async def becomes(what: str, probe: Callable[[], object], wanted: object) -> None:
    """Wait up to 5 s for ``probe()`` to give ``wanted``."""
    deadline = time.monotonic() + 5
    while probe() != wanted and time.monotonic() < deadline:  # noqa: ASYNC110 - the client has no event to wait for
        await asyncio.sleep(0.02)
    same(what, probe(), wanted)


async def satel_integra(options: argparse.Namespace, site: Site) -> None:
    """c-soft/satel_integra, the client of Home Assistant: automatic mode, names, control."""
    from satel_integra import AsyncSatel  # type: ignore[import-not-found]
    from satel_integra.state import AlarmState  # type: ignore[import-not-found]

    client = AsyncSatel(options.host, options.port, [1, 2, 3], [1, 2], [1, 2], integration_key=options.key)
    await client.connect(verify_connection=True)
    await client.start()
    await becomes("monitoring acknowledged", lambda: client.monitoring_ready, True)
    for reader in (client.read_panel_info, client.read_communication_module_info):
        print("    ", await reader())
    print("    ", await client.read_zone_info(4), await client.read_partition_info(2), await client.read_output_info(1))
    same("temperature of zone 23 of a panel with 16", await client.read_temperature(23), None)
    site.do("zones/3/violate")
    await becomes("violated zones", lambda: client.violated_zones, [3])
    site.do("zones/3/restore")
    await becomes("violated zones", lambda: client.violated_zones, [])
    print("    ", await client.arm(CODE, [1], wait_for_result=True))
    exit_time = AlarmState.EXIT_COUNTDOWN_OVER_10
    await becomes("exit time", lambda: client.partition_states.get(exit_time), [1])
    await client.disarm(CODE, [1])
    await becomes("exit time", lambda: client.partition_states.get(exit_time), [])
    site.do("partitions/1/arm", delay=0)
    await becomes("armed", lambda: client.partition_states.get(AlarmState.ARMED_MODE0), [1])
    site.do("zones/3/violate")
    await becomes("alarm", lambda: client.partition_states.get(AlarmState.TRIGGERED), [1])
    await client.disarm(CODE, [1])
    await client.clear_alarm(CODE, [1])
    await becomes("alarm", lambda: client.partition_states.get(AlarmState.TRIGGERED), [])
    for on in (True, False):
        await client.set_output(CODE, 2, on)
        await becomes("output 2", lambda: 2 in client.violated_outputs, on)
    site.do("troubles/mains", on=True)
    await becomes("troubles", lambda: client.state.system_status.troubles, True)
    print("    ", client.state.system_troubles)
    site.do("troubles/mains", on=False)
    await client.close()


async def satel_integra_ext(options: argparse.Namespace, site: Site) -> None:
    """leshqo/satel_integra_ext: automatic mode, temperature, control."""
    from satel_integra_ext.satel_integra import AlarmState, AsyncSatel  # type: ignore[import-not-found]

    loop = asyncio.get_running_loop()
    client = AsyncSatel(options.host, options.port, loop, [1, 2, 3], [1, 2], [1, 2])
    same("connect", await client.connect(), True)
    monitoring = loop.create_task(client.monitor_status())
    await client.start_monitoring()
    site.do("zones/2/violate")
    await becomes("violated zones", lambda: client.violated_zones, [2])
    site.do("zones/2/restore")
    await becomes("violated zones", lambda: client.violated_zones, [])
    await client.arm(CODE, [2])
    await becomes("exit time", lambda: client.partition_states.get(AlarmState.EXIT_COUNTDOWN_OVER_10), [2])
    await client.disarm(CODE, [2])
    await becomes("exit time", lambda: client.partition_states.get(AlarmState.EXIT_COUNTDOWN_OVER_10), [])
    client.close()
    monitoring.cancel()


async def integrapy(options: argparse.Namespace, site: Site) -> None:
    """mkorz/IntegraPy: one connection a command; clock, names in Windows-1250 and the event log."""
    from IntegraPy import Integra  # type: ignore[import-not-found]

    client = Integra(CODE, options.host, options.port, delay=2.0)

    async def ask(name: str, *arguments: object) -> Any:
        return await asyncio.to_thread(getattr(client, name), *arguments)

    print("    ", await ask("get_version"), await ask("get_time"))
    same("zone 1", (await ask("get_name", 1, 1)).name, "Drzwi wejściowe")
    site.do("zones/4/violate")
    same("violated zones", await ask("get_violated_zones"), {4})
    site.do("zones/4/restore")
    site.do("partitions/2/arm", delay=0, user=2)
    same("armed", await ask("get_armed_partitions"), {2})
    site.do("partitions/2/disarm", user=2)
    event = await ask("get_event")
    seen = []
    for _ in range(2):
        seen.append((event.code, event.source_number, event.partition, event.restore))
        event = await ask("get_event", event.event_index)
    print("    ", seen)
    same("codes, newest first", [code for code, *_ in seen], [401, 401])


CLIENTS = {"satel-integra": satel_integra, "satel-integra-ext": satel_integra_ext, "integrapy": integrapy}

if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7094)
    parser.add_argument("--control", default="http://127.0.0.1:7080")
    parser.add_argument("--key")
    arguments = parser.parse_args()
    asyncio.run(CLIENTS[arguments.client](arguments, Site(arguments.control, arguments.port)))
