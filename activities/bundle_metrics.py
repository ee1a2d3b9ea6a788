"""What the handling of alarms tells Prometheus (R-METRICS)."""

from prometheus_client import Counter, Histogram

CLAIMING_TIMEOUT_REVERTS = Counter("claiming_timeout_reverts", "Claims that were not started within their time")
RESPONSE_SECONDS = Histogram(
    "alarm_response_time_seconds",
    "Alarm opened to first claim",
    ["priority"],
    buckets=(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400),
)
TRANSITIONS = Counter("alarm_transitions", "Actions tried on alarms, by result (ok or the refusal)", ["action", "result"])
