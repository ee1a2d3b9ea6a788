"""What processes that record tell Prometheus about service mode (R-METRICS)."""

from prometheus_client import Counter

SUPPRESSED = Counter("service_suppressed_events", "Events recorded silently, in service mode (R-SERVICE)")
