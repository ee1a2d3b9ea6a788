"""What the Satel part of ingest tells Prometheus (R-METRICS)."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTION_STATUS = Gauge("satel_connection_status", "1 while the panel's line is up and answering", ["panel_id"])
BAD_CHECKSUMS = Counter("satel_bad_checksums", "Frames dropped for a wrong checksum, all panels")
RECONNECTS = Counter("satel_reconnects", "Ended lines by reason, all panels", ["reason"])
ANSWER_SECONDS = Histogram(
    "satel_answer_seconds",
    "Request to answer on the line, all panels",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 8),
)
LOG_RECORDS = Counter("satel_log_records", "Records of event logs handed to recording, all panels")
LOG_GAPS = Counter("satel_log_gaps", "Log walks that did not find their cursor, all panels")
PANELS_HELD = Gauge("satel_panels_held", "Panels whose line this process holds")
CLOCK_SKEW = Gauge("panel_clock_skew_seconds", "Panel clock minus ours", ["panel_id"])

RECORDING_QUEUE = Gauge("ingest_recording_queue", "Signals received and not yet committed")
RECORDING_SECONDS = Histogram(
    "ingest_recording_seconds",
    "Signal handed over to signal committed",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30),
)
RECORDING_FAILURES = Counter("ingest_recording_failures", "Transactions that failed and are tried again", ["reason"])
PARKED_ENTRIES = Counter("ingest_parked_entries", "Entries the recorder refused for good, recorded as quarantined")
