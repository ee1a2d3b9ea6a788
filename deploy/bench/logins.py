"""How many logins a second one API process answers: almost all of it is Argon2id, on purpose."""

import asyncio
import os
import time
from contextlib import AsyncExitStack

from activities.auth.passwords import hash_now, verify
from api.client.client import StamClient
from deploy.bench.desk import login_of
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system

AT_ONCE, SECONDS = 4, 20.0


async def logins() -> Result:
    """Four people log in over and over. The rate limit of a single address is lifted: all of them come from this one."""
    os.environ["STAM_RATE_ANONYMOUS"] = "0"
    with scratch_folder() as folder:
        async with running_system(folder, panels=0) as system, AsyncExitStack() as stack:
            clients = [StamClient(system.api_url) for _ in range(AT_ONCE)]
            for client in clients:
                stack.push_async_callback(client.aclose)
            until = time.perf_counter() + SECONDS
            took = [one for some in await asyncio.gather(*(_log_in(client, until) for client in clients)) for one in some]
    del os.environ["STAM_RATE_ANONYMOUS"]
    rate, floor = len(took) / SECONDS, await _floor()
    row = Row(
        name=f"logins of one API process, {AT_ONCE} at once",
        must="–",
        measured=f"{rate:.1f}/s; {Latency.of_seconds(took)}",
        met=True,
        floor=f"{floor:.1f}/s (Argon2id alone, two at once as in the API)",
        ratio=f"1 / {floor / rate:.1f}",
        notes="64 MiB and 3 passes a password; the servers and the clients share the two cores",
    )
    return Result(benchmark="10-login", rows=(row,), raw={"rate": rate, "floor": floor})


async def _log_in(client: StamClient, until: float) -> list[float]:
    took = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        await client.login(*login_of("OPERATOR"))
        took.append(time.perf_counter() - began)
    return took


async def _floor() -> float:
    hashed, began, count = await asyncio.to_thread(hash_now, "a password"), time.perf_counter(), 40
    await asyncio.gather(*(verify(hashed, "a password") for _ in range(count)))
    return count / (time.perf_counter() - began)
