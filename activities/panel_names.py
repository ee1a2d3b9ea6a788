"""The core's part of reading a panel's names: who holds its line, and why a reading failed."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from temporalio import activity

from activities.db.session import Database
from workflows.contracts.panel_names import Holder, HolderRequest, NamesFailed, NamesOutcome

# A lease that was not renewed for so long is a dead process's (holders renew every 30 s).
_HOLDER: Final = text(
    """
    SELECT l.holder, p.enabled AND p.deleted_at IS NULL AS wanted,
           coalesce(l.renewed_at > now() - interval '2 minutes', false) AS alive
    FROM panels p LEFT JOIN panel_leases l ON l.panel_id = p.id WHERE p.id = :panel_id
    """
)
_FAIL: Final = text(
    """
    UPDATE panel_name_reads SET status = 'FAILED', failure = :failure, ended_at = now()
    WHERE panel_id = :panel_id AND read_id = :read_id AND status = 'RUNNING'
    """
)


@dataclass(frozen=True, slots=True)
class PanelNamesActivities:
    db: Database

    @activity.defn(name="find_panel_holder")
    async def find_panel_holder(self, request: HolderRequest) -> Holder:
        """See `workflows.contracts.panel_names.find_panel_holder`."""
        async with self.db.read() as session:
            row = (await session.execute(_HOLDER, {"panel_id": request.panel_id})).mappings().one_or_none()
        if row is None or not row["wanted"]:
            return Holder(wanted=False)
        return Holder(host=row["holder"] if row["alive"] else "")

    @activity.defn(name="fail_names_read")
    async def fail_names_read(self, failed: NamesFailed) -> NamesOutcome:
        """See `workflows.contracts.panel_names.fail_names_read`."""
        values = {"panel_id": failed.panel_id, "read_id": failed.read_id, "failure": failed.failure.value}
        async with self.db.write() as session:
            await session.execute(_FAIL, values)
        return NamesOutcome(failure=failed.failure)
