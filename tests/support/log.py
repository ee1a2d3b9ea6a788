"""How tests log."""

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback


def plain_log() -> None:
    """structlog's defaults, but without the variables of every frame: a traceback with them holds the loop up for seconds."""
    structlog.reset_defaults()
    processors = structlog.get_config()["processors"][:-1]
    structlog.configure(processors=[*processors, ConsoleRenderer(colors=False, exception_formatter=plain_traceback)])
