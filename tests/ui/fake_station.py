"""A monitoring station without its machinery: the HTTP and WebSocket contract over alarms kept in memory.

What may be done with an alarm is decided by the real state machine; what is kept, pushed and refused is plain to see in
a test. `Station` is the world, `app` its ASGI face.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.client.dispatch import Callback, Procedure, ProcedureStep
from api.client.intents import IntentAnswer
from api.client.models import (
    AlarmSummary,
    DispatchEntry,
    Event,
    Headline,
    Note,
    Object,
    ObjectStatus,
    PushedAlarm,
    Text,
    TimelineItem,
    TimelineKind,
)
from api.client.object_admin import Contact, ResponsePlan
from api.client.object_sync import ObjectChanges, SyncedObject
from tests.ui.fake_site import Sites, site_routes
from workflows.domain.alarm import DEFAULT_PRIORITY, NOTE_REQUIRED, AlarmType, Family, Source
from workflows.domain.bundle import AUTO_CLOSE_AFTER, CLAIM_TTL, Action, Attempt, BundleState, BundleStatus, Refusal, decide
from workflows.domain.callback import CallbackState
from workflows.domain.dispatch import CallOutcome, EntryKind, NewEntry, Refused, judge
from workflows.domain.errors import REGISTRY, ErrorCode
from workflows.domain.intent import IntentOutcome
from workflows.domain.permissions import Role, permissions_of, scope_of
from workflows.domain.procedure import Finding, StepState, entry_of, next_step
from workflows.domain.response import StepKind

PASSWORD = "tajne-hasło"  # of every user here, until he changes it
REPLAY_MOST = 100  # what a reconnecting client may have missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: UUID
    username: str
    display_name: str
    role: Role
    password: str = PASSWORD
    must_change_password: bool = False
    code: str = ""  # of the second factor; empty: there is none


@dataclass(slots=True)
class Line:
    """One connected WebSocket."""

    person: Person
    socket: WebSocket
    outgoing: asyncio.Queue[dict[str, Any] | None] = field(default_factory=asyncio.Queue)


def jsonable(value: Any) -> Any:
    """A dataclass of the SDK as the API would write it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {str(key): jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


class Station:
    """The world of one test. `fail_with`: every call but the login is refused with this code; `pings`: a silent server
    when False."""

    def __init__(self, *, ping_every: float = 0.2) -> None:
        self.people = {
            name: Person(id=uuid4(), username=name, display_name=full, role=role)
            for name, full, role in (
                ("jan", "Jan Kowalski", Role.OPERATOR),
                ("anna", "Anna Nowak", Role.OPERATOR),
                ("audyt", "Ewa Audytor", Role.AUDITOR),
            )
        }
        self.places: dict[UUID, Object] = {}
        self.alarms: dict[UUID, AlarmSummary] = {}
        self.stories: dict[UUID, list[TimelineItem]] = {}
        self.messages: list[dict[str, Any]] = []  # every event ever pushed, by sequence
        self.actions: list[tuple[str, Action, dict[str, Any]]] = []  # who did what, as sent
        self.lines: list[Line] = []
        self.calls: list[str] = []
        self.steps: dict[UUID, list[tuple[StepKind, str]]] = {}  # of a place
        self.runs: dict[UUID, Procedure] = {}  # of an alarm
        self.callbacks: dict[UUID, Callback] = {}
        self.mutes: list[tuple[str, int]] = []  # who told so, and for how many seconds
        self.intents: list[dict[str, Any]] = []  # as sent, with repetitions
        self.refuses_intents: ErrorCode | None = None
        self.sites = Sites()
        self.ping_every = ping_every
        self.pings = True
        self.fail_with: ErrorCode | None = None
        self.listing = asyncio.Event()  # while it is not set, lists of alarms are on their way
        self.listing.set()
        self.lists_asked = 0
        self.sessions: dict[str, Person] = {}  # access token -> person
        self.refresh: dict[str, Person] = {}

    # -- what happens in the world

    def must_change_password(self, username: str) -> None:
        self.people[username] = replace(self.people[username], must_change_password=True)

    def overflow(self) -> None:
        """Tell everybody to load everything again."""
        for line in self.lines:
            line.outgoing.put_nowait({"type": "replay_overflow", "retry_after_ms": 1, "seq": len(self.messages)})

    def place(self, name: str, address: str = "ul. Morska 12, 81-225 Gdynia") -> Object:
        number = str(10400 + len(self.places))
        made = Object(
            id=uuid4(), name=name, address=address, kind="SHOP", external_number=number,
            status=ObjectStatus.ACTIVE, version=1, created_at=datetime.now(UTC),
        )  # fmt: skip
        self.places[made.id] = made
        return made

    def alarm(
        self, kind: AlarmType, place: Object, *, zone: int = 3, name: str = "Korytarz", ago: float = 0.0, signals: int = 1
    ) -> AlarmSummary:
        """A new alarm, pushed to everybody who listens."""
        at = datetime.now(UTC) - timedelta(seconds=ago)
        head = Headline(code=130, source_kind=Source.ZONE, source_number=zone, panel_id=place.id, source_name=name)
        made = AlarmSummary(
            id=uuid4(), object_id=place.id, object_name=place.name, alarm_type=kind, priority=DEFAULT_PRIORITY[kind],
            status=BundleStatus.NEW, version=1, event_count=signals, active_count=1, opened_at=at, first_event_at=at,
            last_event_at=at, last_activity_at=at, status_changed_at=at, headline=head, requires_note=kind in NOTE_REQUIRED,
        )  # fmt: skip
        self.alarms[made.id] = made
        self.stories[made.id] = [TimelineItem(at=at, kind=TimelineKind.EVENT, event=_event(made))]
        self._push(made, "alarm.new")
        return made

    def change(self, alarm: UUID, **changes: Any) -> AlarmSummary:
        """Something happens to an alarm; its version grows and everybody is told."""
        before = self.alarms[alarm]
        after = replace(before, version=before.version + 1, **changes)
        self.alarms[alarm] = after
        self._push(after, "alarm.updated")
        return after

    def promise(self, alarm: AlarmSummary, text: str, *, after: timedelta = timedelta()) -> Callback:
        """Somebody is to be called back, now or ``after`` a while."""
        now, person = datetime.now(UTC), self.people["anna"]
        is_due = not after
        made = Callback(
            id=uuid4(), object_id=alarm.object_id, object_name=alarm.object_name or "", bundle_id=alarm.id, text=text,
            state=CallbackState.DUE if is_due else CallbackState.PENDING, due_at=now + after, version=1,
            rings=int(is_due), created_by=person.id,
            created_by_name=person.display_name, created_at=now,
        )  # fmt: skip
        self.callbacks[made.id] = made
        self.tell("callback.set", {"callback_id": str(made.id)})
        return made

    def ring(self, callback: UUID) -> None:
        """Its time has come."""
        self.callbacks[callback] = replace(self.callbacks[callback], state=CallbackState.DUE, due_at=datetime.now(UTC), rings=1)
        self.tell("callback.due", {"callback": {"id": str(callback)}})

    async def cut(self, code: int = 1012) -> None:
        """Break every live line."""
        for line in list(self.lines):
            line.outgoing.put_nowait(None)
            await line.socket.close(code)

    def _push(self, alarm: AlarmSummary, kind: str) -> None:
        told = {f.name: getattr(alarm, f.name) for f in fields(PushedAlarm)}
        told["headline"] = replace(alarm.headline, source_name=None, text=None)
        self.tell(kind, {"alarm": jsonable(told)})

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Push to everybody who listens."""
        message = {"type": "event", "seq": len(self.messages) + 1, "event": kind, "data": data}
        self.messages.append(message)
        for line in self.lines:
            line.outgoing.put_nowait(message)

    # -- the dispatcher's desk

    def write(self, person: Person, id_: UUID, body: dict[str, Any]) -> DispatchEntry | None:
        """A line about an alarm; None: a patrol that cannot have left."""
        now = datetime.now(UTC)
        before = [item.dispatch.kind for item in self.stories[id_] if item.dispatch]
        outcome = CallOutcome(body["outcome"]) if body.get("outcome") else None
        new = NewEntry(kind=EntryKind(body["kind"]), occurred_at=now, outcome=outcome, has_text=bool(body.get("text")))
        judged = judge(new, before, now)
        if isinstance(judged, Refused):
            return None
        entry = DispatchEntry(
            id=uuid4(), kind=new.kind, object_id=self.alarms[id_].object_id, bundle_id=id_, occurred_at=now, recorded_at=now,
            user_id=person.id, user_name=person.display_name, outcome=outcome, text=body.get("text"), oddity=judged,
        )  # fmt: skip
        self.stories[id_].append(TimelineItem(at=now, kind=TimelineKind.DISPATCH, dispatch=entry))
        self.tell("dispatch.added", {"entry": {"id": str(entry.id), "bundle_id": str(id_)}})
        return entry

    def procedure(self, id_: UUID) -> Procedure:
        plan = self.steps.get(self.alarms[id_].object_id, [])
        steps = tuple(ProcedureStep(number=n, kind=kind, text=text) for n, (kind, text) in enumerate(plan, 1))
        unbegun = Procedure(bundle_id=id_, object_id=self.alarms[id_].object_id, version=0, steps=steps)
        return self.runs.get(id_, unbegun)

    def decide_step(self, person: Person, id_: UUID, number: int, body: dict[str, Any]) -> Procedure:
        run, state = self.runs[id_], StepState(body["state"])
        outcome = CallOutcome(body["outcome"]) if body.get("outcome") else None
        finding = Finding(body["finding"]) if body.get("finding") else None
        decided = replace(run.steps[number - 1], state=state, outcome=outcome, finding=finding, remark=body.get("text"))
        steps = (*run.steps[: number - 1], decided, *run.steps[number:])
        following = next_step(step.state for step in steps)
        self.runs[id_] = replace(run, version=run.version + 1, steps=steps, next_step=following)
        kind = entry_of(decided.kind) if state is StepState.DONE else None
        if kind is not None:
            self.write(person, id_, {"kind": kind, "outcome": body.get("outcome"), "text": body.get("text")})
        return self.runs[id_]

    # -- actions

    def act(self, person: Person, id_: UUID, action: Action, body: dict[str, Any]) -> AlarmSummary | Refusal:
        alarm, now = self.alarms[id_], datetime.now(UTC)
        state = BundleState(**{f.name: getattr(alarm, f.name) for f in fields(BundleState) if hasattr(alarm, f.name)})
        note = body.get("note") or body.get("text")
        step = decide(
            state,
            Attempt(
                action=action, now=now, actor=person.id, expected_version=body["version"], has_note=bool(note),
            ),
        )  # fmt: skip
        if isinstance(step, Refusal):
            return step
        self.actions.append((person.username, action, body))
        self._tell(alarm, action, person, note, step.status, now)
        owner = next((one.display_name for one in self.people.values() if one.id == step.claimed_by), None)
        return self.change(
            id_, status=step.status, claimed_by=step.claimed_by, claimed_by_name=owner, last_activity_at=now,
            status_changed_at=now if step.status is not alarm.status else alarm.status_changed_at,
            claim_expires_at=now + CLAIM_TTL if step.status is BundleStatus.CLAIMING else None,
            auto_close_at=now + AUTO_CLOSE_AFTER if step.status is BundleStatus.RESOLVED else None,
        )  # fmt: skip

    def _tell(
        self, alarm: AlarmSummary, action: Action, who: Person, note: str | None, to: BundleStatus, now: datetime
    ) -> None:
        story = self.stories[alarm.id]
        story.append(
            TimelineItem(
                at=now,
                kind=TimelineKind.ACTION,
                action=action,
                actor_id=who.id,
                actor_name=who.display_name,
                from_status=alarm.status,
                to_status=to,
                version=alarm.version + 1,
            )
        )
        if note:
            made = Note(id=uuid4(), author_id=who.id, author_name=who.display_name, text=note, at=now)
            story.append(TimelineItem(at=now, kind=TimelineKind.NOTE, note=made))


def _event(alarm: AlarmSummary) -> Event:
    return Event(
        id=uuid4(), object_id=alarm.object_id, code=130, text=Text(en="Burglary alarm", pl="Alarm włamaniowy"),
        family=Family.ZONE_ALARM, source_kind=Source.ZONE, source_number=alarm.headline.source_number,
        source_name=alarm.headline.source_name, occurred_at=alarm.opened_at, received_at=alarm.opened_at,
        recorded_at=alarm.opened_at, occurrences=1, priority=alarm.priority, alarm_type=alarm.alarm_type,
    )  # fmt: skip


def problem(code: ErrorCode, current: AlarmSummary | None = None) -> Response:
    spec = REGISTRY[code]
    body = {"type": f"urn:stam:error:{code}", "title": spec.title, "status": spec.status, "code": code, "request_id": "r-1"}
    if current is not None:
        body["current"] = jsonable(current)
    return JSONResponse(body, status_code=spec.status, media_type="application/problem+json")


class _Routes:
    """The HTTP face of a station."""

    def __init__(self, station: Station) -> None:
        self.station = station

    def _tokens(self, person: Person) -> Response:
        station, token, refresh = self.station, f"a-{uuid4()}", f"r-{uuid4()}"
        station.sessions[token], station.refresh[refresh] = person, person
        user = {
            "id": str(person.id), "username": person.username, "display_name": person.display_name, "role": person.role,
            "locale": "pl", "must_change_password": person.must_change_password,
            "permissions": {p.value: scope_of(person.role, p).value for p in permissions_of(person.role)},
        }  # fmt: skip
        answer = JSONResponse({"access_token": token, "expires_in": 900, "user": user, "refresh_token": refresh})
        answer.set_cookie("stam_refresh", refresh, httponly=True, samesite="strict", path="/api/auth")
        return answer

    async def login(self, request: Request) -> Response:
        body = await request.json()
        person = self.station.people.get(body["username"])
        right = person is not None and body["password"] == person.password
        if person is None or not right:
            return problem(ErrorCode.INVALID_CREDENTIALS)
        if person.code and body.get("code") != person.code:
            return problem(ErrorCode.SECOND_FACTOR_WRONG if "code" in body else ErrorCode.SECOND_FACTOR_REQUIRED)
        return self._tokens(person)

    async def renew(self, request: Request) -> Response:
        body = json.loads(await request.body() or b"{}")
        token = body.get("refresh_token") or request.cookies.get("stam_refresh", "")
        person = self.station.refresh.pop(token, None)
        return self._tokens(person) if person else problem(ErrorCode.UNAUTHENTICATED)

    async def logout(self, request: Request) -> Response:
        self.station.refresh.pop(request.cookies.get("stam_refresh", ""), None)
        answer = Response(status_code=204)
        answer.delete_cookie("stam_refresh", path="/api/auth")
        return answer

    async def password(self, request: Request, person: Person) -> Response:
        body, station = await request.json(), self.station
        if body["current_password"] != person.password:
            return problem(ErrorCode.INVALID_CREDENTIALS)
        station.people[person.username] = replace(person, password=body["new_password"], must_change_password=False)
        station.sessions.clear()
        station.refresh.clear()
        return Response(status_code=204)

    async def ticket(self, request: Request, person: Person) -> Response:
        return JSONResponse({"ticket": f"t-{person.username}", "expires_in": 30})

    async def alarms(self, request: Request, person: Person) -> Response:
        query, found = request.query_params, list(self.station.alarms.values())
        if query.get("open") == "true":
            found = [alarm for alarm in found if alarm.status is not BundleStatus.CLOSED]
        if "status" in query:
            found = [alarm for alarm in found if alarm.status in query["status"].split(",")]
        if query.get("order") == "newest":
            found.sort(key=lambda alarm: alarm.opened_at, reverse=True)
        if "from" in query:
            found = [alarm for alarm in found if alarm.opened_at >= datetime.fromisoformat(query["from"])]
        if "to" in query:
            found = [alarm for alarm in found if alarm.opened_at < datetime.fromisoformat(query["to"])]
        self.station.lists_asked += 1
        await self.station.listing.wait()
        start, limit = int(query.get("cursor") or 0), int(query.get("limit") or 50)
        end = start + limit
        following = str(end) if end < len(found) else None
        return JSONResponse({"items": jsonable(found[start:end]), "next_cursor": following})

    async def alarm(self, request: Request, person: Person) -> Response:
        alarm = self.station.alarms.get(UUID(request.path_params["id"]))
        if alarm is None:
            return problem(ErrorCode.NOT_FOUND)
        place = self.station.places[alarm.object_id]
        more = {"object": jsonable(place), "workflow_id": f"bundle/{alarm.id}", "temporal_url": "http://temporal.example/x"}
        return JSONResponse({**jsonable(alarm), **more})

    async def timeline(self, request: Request, person: Person) -> Response:
        id_ = UUID(request.path_params["id"])
        items = jsonable(self.station.stories[id_])
        return JSONResponse({"items": items, "workflow_id": f"bundle/{id_}", "temporal_url": "http://temporal.example/x"})

    async def action(self, request: Request, person: Person) -> Response:
        id_, name = UUID(request.path_params["id"]), request.path_params["action"]
        done = self.station.act(
            person, id_, Action("add_note" if name == "notes" else name.replace("-", "_")), await request.json()
        )
        if isinstance(done, Refusal):
            return problem(ErrorCode(done), self.station.alarms[id_])
        return JSONResponse(jsonable(done))

    async def dispatch(self, request: Request, person: Person) -> Response:
        entry = self.station.write(person, UUID(request.path_params["id"]), await request.json())
        return problem(ErrorCode.CONFLICT) if entry is None else JSONResponse(jsonable(entry), status_code=201)

    async def procedure(self, request: Request, person: Person) -> Response:
        id_, runs = UUID(request.path_params["id"]), self.station.runs
        found = self.station.procedure(id_)
        if request.method == "POST":
            runs[id_] = found = replace(found, version=1, next_step=1)
        return JSONResponse(jsonable(found))

    async def step(self, request: Request, person: Person) -> Response:
        id_, body = UUID(request.path_params["id"]), await request.json()
        if self.station.runs[id_].version != body["version"]:
            return problem(ErrorCode.STALE_VERSION)
        return JSONResponse(jsonable(self.station.decide_step(person, id_, int(request.path_params["number"]), body)))

    async def plan(self, request: Request, person: Person) -> Response:
        id_ = UUID(request.path_params["id"])
        contact = {"id": str(UUID(int=7)), "name": "Piotr Zieliński", "phone": "+48 600 700 800"}
        return JSONResponse({"object_id": str(id_), "version": 1, "contacts": [contact], "steps": []})

    async def changes(self, request: Request, person: Person) -> Response:
        """Everything, each time."""
        contact = Contact(id=UUID(int=7), name="Piotr Zieliński", phone="+48 600 700 800")
        items = [
            SyncedObject(object=place, plan=ResponsePlan(object_id=place.id, version=1, contacts=(contact,)))
            for place in self.station.places.values()
        ]
        answer = ObjectChanges(items=tuple(items), removed=(), cursor="1", more=False, from_the_start=True)
        return JSONResponse(jsonable(answer))

    async def intents(self, request: Request, person: Person) -> Response:
        """Lines are written; what the test says is refused is refused."""
        answers = []
        for intent in (await request.json())["intents"]:
            self.station.intents.append(intent)
            members: dict[str, Any] = {"id": UUID(intent["id"]), "settled_at": datetime.now(UTC)}
            if self.station.refuses_intents is not None:
                refused: dict[str, Any] = {"code": self.station.refuses_intents, "reason": "because"}
                answers.append(IntentAnswer(outcome=IntentOutcome.REJECTED, **refused, **members))
            elif "entry" in intent:
                self.station.write(person, UUID(intent["bundle_id"]), intent["entry"])
                answers.append(IntentAnswer(outcome=IntentOutcome.APPLIED, **members))
            else:
                answers.append(IntentAnswer(outcome=IntentOutcome.EXPIRED, **members))
        return JSONResponse({"items": jsonable(answers)})

    async def mute(self, request: Request, person: Person) -> Response:
        self.station.mutes.append((person.username, (await request.json())["seconds"]))
        return Response(status_code=204)

    async def callbacks(self, request: Request, person: Person) -> Response:
        station = self.station
        if request.method == "POST":
            body = await request.json()
            after = datetime.fromisoformat(body["due_at"]) - datetime.now(UTC)
            return JSONResponse(jsonable(station.promise(station.alarms[UUID(body["bundle_id"])], body["text"], after=after)))
        return JSONResponse({"items": jsonable(list(station.callbacks.values())), "next_cursor": None})

    async def settle(self, request: Request, person: Person) -> Response:
        made = self.station.callbacks.pop(UUID(request.path_params["id"]), None)
        return problem(ErrorCode.CONFLICT) if made is None else JSONResponse(jsonable(made))

    async def objects(self, request: Request, person: Person) -> Response:
        return JSONResponse({"items": jsonable(list(self.station.places.values())), "next_cursor": None})

    def guarded(self, handler: Callable[[Request, Person], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            station = self.station
            station.calls.append(f"{request.method} {request.url.path}")
            person = station.sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))
            if person is None:
                return problem(ErrorCode.TOKEN_EXPIRED)
            if person.must_change_password and not request.url.path.startswith("/api/auth/"):
                return problem(ErrorCode.PASSWORD_CHANGE_REQUIRED)
            if station.fail_with is not None:
                return problem(station.fail_with)
            answer: Response = await handler(request, person)
            return answer

        return endpoint

    async def socket(self, socket: WebSocket) -> None:
        station = self.station
        await socket.accept()
        person = station.people.get(socket.query_params.get("ticket", "").removeprefix("t-"))
        if person is None:
            await socket.close(4401)
            return
        line = Line(person, socket)
        told = asyncio.create_task(self._tell(line))
        try:
            await self._hear(line)
        except WebSocketDisconnect:
            pass
        finally:
            told.cancel()
            if line in station.lines:
                station.lines.remove(line)

    async def _hear(self, line: Line) -> None:
        station, out = self.station, line.outgoing.put_nowait
        last = (await line.socket.receive_json())["last_seq"]
        seq = len(station.messages)
        out({"type": "welcome", "seq": seq, "server_time": jsonable(datetime.now(UTC)), "mode": "NORMAL"})
        if last is not None and seq - last > REPLAY_MOST:
            out({"type": "replay_overflow", "retry_after_ms": 10, "seq": seq})
        else:
            for message in station.messages[seq if last is None else last :]:
                out(message)
        out({"type": "live", "seq": seq})
        station.lines.append(line)
        while True:
            await line.socket.receive_text()

    async def _tell(self, line: Line) -> None:
        while True:
            try:
                message = await asyncio.wait_for(line.outgoing.get(), self.station.ping_every)
            except TimeoutError:
                if not self.station.pings or not line.outgoing.empty():  # a ping says that all before it has been told
                    continue
                now = jsonable(datetime.now(UTC))
                message = {"type": "ping", "server_time": now, "seq": len(self.station.messages)}
            if message is None:
                return
            await line.socket.send_json(message)


def app(station: Station) -> Starlette:
    """The station's HTTP and WebSocket face."""
    routes = _Routes(station)
    guarded = routes.guarded
    return Starlette(
        routes=[
            Route("/api/auth/login", routes.login, methods=["POST"]),
            Route("/api/auth/refresh", routes.renew, methods=["POST"]),
            Route("/api/auth/logout", routes.logout, methods=["POST"]),
            Route("/api/auth/password", guarded(routes.password), methods=["POST"]),
            Route("/api/auth/ws-ticket", guarded(routes.ticket), methods=["POST"]),
            Route("/api/alarms", guarded(routes.alarms)),
            Route("/api/alarms/{id}", guarded(routes.alarm)),
            Route("/api/alarms/{id}/timeline", guarded(routes.timeline)),
            Route("/api/alarms/{id}/dispatch", guarded(routes.dispatch), methods=["POST"]),
            Route("/api/alarms/{id}/procedure", guarded(routes.procedure), methods=["GET", "POST"]),
            Route("/api/alarms/{id}/procedure/steps/{number}", guarded(routes.step), methods=["POST"]),
            Route("/api/objects/{id}/response-plan", guarded(routes.plan)),
            Route("/api/account/mute", guarded(routes.mute), methods=["POST"]),
            Route("/api/callbacks", guarded(routes.callbacks), methods=["GET", "POST"]),
            Route("/api/callbacks/{id}/{decision}", guarded(routes.settle), methods=["POST"]),
            Route("/api/alarms/{id}/{action}", guarded(routes.action), methods=["POST"]),
            Route("/api/objects", guarded(routes.objects)),
            Route("/api/object-changes", guarded(routes.changes)),
            Route("/api/intents/sync", guarded(routes.intents), methods=["POST"]),
            *site_routes(station, guarded, problem),
            WebSocketRoute("/ws", routes.socket),
        ]
    )
