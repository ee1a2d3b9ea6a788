"""Logging of every process: structlog, one JSON object a line, with what the context binds (`request_id`) (R-LOG)."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context

import orjson
import structlog

from activities.infra.settings import Settings
from workflows.log import FIELDS

# A frame's variables hold passwords, tokens and people's texts: they never enter a log (principle 5).
_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def setup(settings: Settings) -> None:
    """Once, at the start of a process. Libraries that use `logging` come out in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_formatter(shared, json=settings.log_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _formatter(shared: list[structlog.typing.Processor], *, json: bool) -> logging.Formatter:
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_TRACEBACKS), structlog.processors.JSONRenderer(serializer=_dumps)]
        if json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, _of_workflow],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def _dumps(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()


def _of_workflow(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Adds what a workflow's line is about (`workflows.log`)."""
    record = event.get("_record")
    fields = getattr(record, FIELDS, None)
    if fields is not None:
        event.update(fields, workflow_id=getattr(record, "temporal_workflow", {}).get("workflow_id"))
    return event


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Everything logged inside carries ``values``, for example the `request_id`; an empty one is left out."""
    with structlog.contextvars.bound_contextvars(**{name: value for name, value in values.items() if value}):
        yield


def current_request_id() -> str:
    """The id of the request being served, or on whose account something is done; "" where there is none."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def unbound() -> Context:
    """The present context without what is bound: for a task that outlives what it was started for."""
    context = copy_context()
    context.run(structlog.contextvars.clear_contextvars)
    return context
