# ruff: noqa: E501 - a line of a Markdown table cannot be broken
"""The words of the OpenAPI document that belong to no single route."""

from typing import Any, Final

from api.problems import ProblemDocument, documented
from workflows.domain.errors import ErrorCode

TITLE: Final = "STAM Replacer"

TEXT: Final = """Receives alarms of Satel INTEGRA panels and brings them to operators.

**Conventions.** JSON in snake_case; ids are UUIDs; times are RFC 3339 in UTC with `Z`. Lists come in pages: pass `next_cursor` of one
page as `cursor` of the next; rows inserted meanwhile shift nothing. Every answer carries `X-Request-ID` (yours, if you send a sane one),
which is found again in logs, workflow histories and audit rows.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; the type is `urn:stam:error:<CODE>`. VALIDATION lists `errors`;
STALE_VERSION, WRONG_STATUS and NOT_OWNER bring the thing as it is now in `current`. A 503 or 429 says in `Retry-After` when to try again.
Before a route is reached, any request may be answered 408 (its body did not come in time), 421 (another host was asked for) or, where
the bytes are no HTTP at all, 400 in plain text.

**Text** is Unicode without control characters (notes and other long texts may have line feeds and tabs), without surrogate halves and
without characters that turn the direction of writing. It is stored in form NFC. Numbers are at most 2^53 - 1, times lie between 1900
and 2200. A query parameter is named once, unless it says "Several".

**Sessions.** `POST /api/auth/login` gives a short-lived access token (Bearer) and a refresh token, in an HttpOnly cookie or in the answer.
An account with a second factor is answered 401 SECOND_FACTOR_REQUIRED until the same login comes with `code`. Programs bring a service token
(`stam_svc_…`) as Bearer instead. Who verifies access tokens elsewhere finds the public keys at `/.well-known/jwks.json`.

**Optimistic locking.** What can be changed has a `version` that grows with every change. A change names the version it is based
on; another one by now is a 409 STALE_VERSION.

**Files.** An upload's body is the file itself; what it is called goes into the query. What kind it is says its content alone.

**Idempotency.** An action on an alarm, a line of the dispatcher's journal or a call-back with the same `Idempotency-Key` is done once and
answered the same way every time.
A command to a panel must have one: the same key with the same order is that order, with another order it is a 409.

## The WebSocket: `/ws?ticket=…`

Buy a ticket with `POST /api/auth/ws-ticket`, connect within 30 s, and say hello within 10 s. All frames are JSON texts.

| from | frame | meaning |
|---|---|---|
| client | `{"type":"hello","last_seq":n\\|null}` | must be first. null: start now; n: tell me everything after n |
| client | `{"type":"pong"}` | answers a ping; after three missing ones the connection is closed |
| server | `{"type":"welcome","seq":n,"server_time":t,"mode":m}` | then what was missed, in order |
| server | `{"type":"live","seq":n}` | all that was missed has been told |
| server | `{"type":"event","seq":n,"event":"alarm.new","data":{…}}` | also `alarm.updated`, `panel.state.changed`, `panel.release.changed`, `panel.described`, `dispatch.added`, `callback.set`, `callback.due`, `command.updated`, `service.changed`, `schedule.firing`, `escalation.updated`, `reveal.expired`, `system.mode` |
| server | `{"type":"ping","seq":n,"server_time":t}` | every 5 s; all up to n that you may see has been told |
| server | `{"type":"replay_overflow","seq":n,"retry_after_ms":ms}` | too much was missed: load everything by REST after that time; goes on live from n |
| server | `{"type":"mode","mode":"NORMAL"\\|"DEGRADED"}` | how the system is |

`seq` grows by one per published message; what you may not see is left out, so you may see gaps, but never a repetition or a step back.
Say hello first and load by REST after the welcome: whatever changes meanwhile arrives as an event with a newer `version`.
Close codes: 4401 no good ticket (any more): get a new one; 4403 the session has ended; 4408 no hello; 4409 too slow: reconnect and resume
with hello(last_seq); 4429 newer sockets of the same user took its place; 1008 no pong, or too many messages; 1012 the server restarts; 1013 try again.

Data of `alarm.*`: `{alarm: {id, object_id, alarm_type, priority, status, version, event_count, active_count, suppressed, requires_note,
stale, opened_at, first_event_at, last_event_at, last_activity_at, status_changed_at, claimed_by, claimed_at, cause, headline}, events: [{id, code,
family, source_kind, source_number, partition, panel_id, restore, recovered, occurred_at}], stamps: {panel_at, received_at, recorded_at,
published_at}}`. Data of `panel.state.changed`: `{panel_id, object_id, partition|null, state, at}`. Data of
`panel.release.changed`: `{release_id, panel_id, object_id, requested_by, ended_by|null, begun_at, until, freed_at|null, ended_at|null}`.
Data of `panel.described`, when what is known of its zones, partitions, outputs or users, their names among it, has changed: `{panel_id, object_id, description_version}`.
Data of `dispatch.added`: `{entry: {id, kind, object_id, bundle_id|null, outcome|null, oddity|null, occurred_at, user_id, corrects|null}}`. Data of
`callback.set`, told to who may write into the journal: `{callback_id}`. Data of `callback.due`, told to who may write into the journal, again every five minutes while nobody does anything about it, and
when somebody has: `{callback: {id, object_id, bundle_id|null, state, due_at, rings, version}}`.
Data of `command.updated`: `{id, object_id, panel_id, kind, source, numbers, arm_mode, forced, status, result_code, reason, blocking, requested_by,
schedule_id, two_person, released_by, created_at, sent_at, answered_at, confirmed_at, ended_at}`.
Data of `service.changed`: `{service_id, object_id, state, version, begun_at, ends_at, ended_at|null}`, with `ends_soon` ten minutes before the end, and
with `events, bundles, active` (silenced; still in alarm) after it.
Data of `schedule.firing`, told before a firing of auto-arm, when it is put off, begins, waits and ends: `{id, schedule_id, panel_id, object_id,
partitions, fire_at, target_at, deadline_at, status, outcome|null, reason|null, blocking}`.
Data of `escalation.updated`, after each level of a ladder: `{bundle_id, object_id, round, level, tried, reached, nobody|null}`.
Data of `reveal.expired`, told to who asked alone: `{reveal_id, secret_id, object_id, user_id, state}`. Ids, codes and times only: names and
texts are looked up by REST.
"""

TAGS: Final[list[dict[str, Any]]] = [
    {"name": "Session", "description": "Logging in and staying logged in."},
    {"name": "Users", "description": "Who may log in, and the tokens of programs."},
    {"name": "Alarms", "description": "What dispatchers work on: NEW → CLAIMING → IN_PROGRESS → ACK → RESOLVED → CLOSED."},
    {"name": "Dispatch", "description": "The dispatcher's journal, the steps of procedures, and call-backs."},
    {"name": "Events", "description": "Every physical happening, alarm or not."},
    {"name": "Objects", "description": "Guarded places."},
    {"name": "Service mode", "description": "Alarms of an object recorded silently while somebody works there."},
    {"name": "Secrets", "description": "Codes and words of objects, kept sealed; seen for a minute, with a reason."},
    {"name": "Documents", "description": "Plans, photos and other files of objects, in versions."},
    {"name": "Imports", "description": "Objects from an Excel file: checked first, then applied."},
    {"name": "Panels", "description": "Alarm panels, their zones, their live and past states."},
    {
        "name": "Commands",
        "description": "Orders to panels: PENDING → ACK, NACK or TIMEOUT; done when the panel's state shows it.",
    },
    {
        "name": "Escalation",
        "description": "Who is called when nobody claims a critical alarm, by what, and what was delivered.",
    },
    {"name": "Auto-arm", "description": "Schedules that arm partitions, what became of each firing, and what is not armed."},
    {"name": "Audit", "description": "Who did what, and whether the record of it still holds."},
    {"name": "System", "description": "The ledger, the status, health and metrics."},
]


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add what FastAPI cannot know: the schema of problems, in place of its own error schemas, and what the middleware says
    before a route is reached."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = ProblemDocument.schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, methods in document["paths"].items():
        if path.startswith("/api/"):
            for operation in methods.values():
                _say_what_middleware_answers(operation)
    return document


def _say_what_middleware_answers(operation: dict[str, Any]) -> None:
    codes = [ErrorCode.RATE_LIMITED]
    if "requestBody" in operation:
        codes += [ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA_TYPE]
    for status, answer in documented(codes).items():
        operation["responses"].setdefault(str(status), answer)
