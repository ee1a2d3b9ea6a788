"""The push consumer: gives every pushed row its place in the one global order (R-PUSH).

A row gets its `sequence_id` in the commit that makes it visible to readers of the outbox, never in the writers' transactions,
which commit out of order. So whoever has seen n has seen everything up to n. The stream follows the commit.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg

from activities import relay_metrics
from activities.infra import metrics
from activities.relay_stream import Message, Stream
from workflows.contracts import names

ROUND: Final = 500  # rows
LOOK_EVERY: Final = 1.0  # s; the notification is a hint, the table is the truth

# The newest row of the outbox is never deleted by any retention: it holds the sequence.
_ASSIGN: Final = f"""
    WITH last AS (
        SELECT coalesce(max(sequence_id), 0) AS sequence_id FROM outbox
    ), pending AS (
        SELECT id FROM outbox WHERE push AND sequence_id IS NULL ORDER BY id LIMIT $1
    ), numbered AS (
        SELECT pending.id, last.sequence_id + row_number() OVER (ORDER BY pending.id) AS sequence_id FROM pending, last
    ), published AS (
        UPDATE outbox SET sequence_id = numbered.sequence_id, pushed_at = $2, payload = CASE
            WHEN payload ? 'stamps' THEN jsonb_set(payload, '{{stamps,published_at}}', to_jsonb($3::text)) ELSE payload END
        FROM numbered WHERE outbox.id = numbered.id
        RETURNING outbox.sequence_id, outbox.type, outbox.object_id, outbox.payload::text AS data, outbox.created_at
    ), told AS (
        SELECT pg_notify('{names.PUSHED_CHANNEL}', max(sequence_id)::text) FROM published HAVING count(*) > 0
    )
    SELECT published.* FROM published LEFT JOIN told ON true ORDER BY published.sequence_id
"""  # noqa: S608 - a name of our own


@dataclass(frozen=True, slots=True)
class Push:
    """See the module. ``connection`` holds the relay's lock; ``news`` is set when something was committed."""

    connection: asyncpg.Connection
    stream: Stream
    news: asyncio.Event

    async def run(self) -> None:
        """Until cancelled, or the connection is lost."""
        while True:
            self.news.clear()
            if await self.round() < ROUND:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self.news.wait()

    async def round(self) -> int:
        """Number and publish what waits, at most `ROUND` rows; how many it was."""
        now = datetime.now(UTC)
        stamp = now.isoformat().replace("+00:00", "Z")
        rows = await self.connection.fetch(_ASSIGN, ROUND, now, stamp)
        self.stream.publish([Message.of(row) for row in rows])
        relay_metrics.OUTBOX_RELAYED.labels("push").inc(len(rows))
        for row in rows:
            metrics.STAGE_SECONDS.labels(metrics.Stage.PUBLISHED).observe(max(0.0, (now - row["created_at"]).total_seconds()))
        return len(rows)
