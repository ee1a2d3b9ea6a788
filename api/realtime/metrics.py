"""What the live stream tells Prometheus (R-METRICS)."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("ws_connections", "Open WebSockets of this process")
SEQUENCE = Gauge("ws_sequence_id", "The newest push message this process has told")
CLOSED = Counter("ws_closed", "WebSockets that this process closed, by close code", ["code"])
TIER1_QUERIES = Counter("ws_replay_tier1_queries", "Reads of the Redis stream for clients that missed something")
TIER2_QUERIES = Counter("ws_replay_tier2_queries", "Reads of PostgreSQL for clients that missed something")
# A counter by meaning; a Gauge because the client library would append `_total` to the name that is promised.
OVERFLOWS = Gauge("ws_replay_overflow_count", "Clients that were told to load everything again")
FILLED = Counter("ws_gaps_filled", "Messages read from PostgreSQL because Redis did not bring them in time")
