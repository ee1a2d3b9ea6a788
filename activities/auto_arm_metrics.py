"""What auto-arm tells Prometheus (R-METRICS, RUN-016)."""

from prometheus_client import Counter

RUNS = Counter("auto_arm_runs", "Firings of auto-arm that have ended, by outcome", ["status", "outcome"])
