"""R-LEDGER: received = accounted, for one site record by record and for everything that ever happened.

The last file of the folder by name, so that everything is what all scenarios did.
"""

from datetime import UTC, datetime, timedelta

import pytest

from api.client.models import LedgerBalance
from tests.scenarios.people import Person
from tests.scenarios.site import FLOOD, OFFICE, SAFE, SMOKE, WINDOW, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.domain.alarm import SignalSource

pytestmark = pytest.mark.timeout(240)

_FROM_THE_LOG = """
    SELECT code, count(*) AS records FROM signals
    WHERE panel_id = $1 AND source = 'LOG' AND received_at >= $2 GROUP BY code
"""


async def test_every_record_of_the_panels_log_is_in_the_ledger_once_and_the_ledger_balances(story: Story) -> None:
    site, master = await story.site(), await story.person("master")
    written_before = len(await site.log_records())
    await site.arm()
    await site.violate(OFFICE, WINDOW, SAFE, SMOKE, FLOOD)
    await site.restore(OFFICE, WINDOW, SAFE, SMOKE, FLOOD)
    await site.mains_off()
    await site.mains_on()
    written = len(await site.log_records()) - written_before
    assert written >= 13

    async def told() -> bool:
        return await _records_in_ledger(story, site) == await _records_in_panel(site, written)

    await eventually(told, within=30, every=0.2, what="the ledger holds every record of the panel's log, once")
    balance = await _balance_since(master, site.since)
    assert balance.balanced
    assert balance.by_source[SignalSource.LOG] >= written


async def test_the_ledger_of_everything_that_happened_balances(story: Story) -> None:
    master = await story.person("master")
    balance = await _balance_since(master, datetime.now(UTC) - timedelta(days=100))
    [row] = await story.database("SELECT count(*) AS signals FROM signals WHERE recorded_at < $1", balance.until)
    assert balance.balanced
    assert (balance.received, balance.accounted) == (row["signals"], row["signals"])


async def _balance_since(master: Person, since: datetime) -> LedgerBalance:
    return await master.client.ledger_balance(from_=since, to=datetime.now(UTC) + timedelta(seconds=1))


async def _records_in_panel(site: Site, newest: int) -> dict[int, int]:
    codes = [record["code"] for record in (await site.log_records())[:newest]]
    return {code: codes.count(code) for code in codes}


async def _records_in_ledger(story: Story, site: Site) -> dict[int, int]:
    return {row["code"]: row["records"] for row in await story.database(_FROM_THE_LOG, site.panel_id, site.since)}
