"""What reaching people tells Prometheus (R-METRICS)."""

from prometheus_client import Counter, Histogram

NOTIFICATIONS = Counter("notifications", "Tries to reach somebody, by what came of them", ["channel", "status"])
NOTIFICATION_SECONDS = Histogram(
    "notification_seconds", "How long a provider took to answer", ["channel"], buckets=(0.05, 0.1, 0.3, 0.6, 1, 2, 5, 10, 15)
)
NOBODY_REACHED = Counter("escalation_nobody_reached", "Levels of escalations that reached nobody", ["reason"])
