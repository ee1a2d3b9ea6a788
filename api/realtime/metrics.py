"""What the live stream tells Prometheus (R-METRICS)."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("ws_connections", "Open WebSockets of this process")
SEQUENCE = Gauge("ws_sequence_id", "The newest push message this process has told")
SLOW_CLIENTS = Counter("ws_slow_clients", "Sockets closed because they did not keep up")
TIER1_QUERIES = Counter("ws_replay_tier1_queries", "Catch-ups answered from the Redis stream")
TIER2_QUERIES = Counter("ws_replay_tier2_queries", "Catch-ups answered from PostgreSQL")
# A counter by meaning; a Gauge because the client library would append `_total` to the name that is promised.
OVERFLOWS = Gauge("ws_replay_overflow_count", "Catch-ups that had to be answered by 'load everything again'")
FILLED = Counter("ws_gaps_filled", "Messages read from PostgreSQL because Redis did not have them")
