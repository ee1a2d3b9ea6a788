"""The audit log: who did what, found by person, kind, time; and whether the record of it still holds."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from api.client.audit import AuditEntry
from api.client.errors import ClientError
from api.client.models import Page
from ui_flutter.sections.section import Section, Tools, ends_session
from ui_flutter.state import present_audit, spans
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_audit import AuditView, Filters
from ui_flutter.state.spans import Preset
from ui_flutter.state.verification import Phase, Verification
from ui_flutter.state.views import Mood

PAGE_SIZE = 50
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before any entry
PAUSE = 0.4  # s after the last keystroke


def make(tools: Tools) -> "Audit":
    return Audit(tools)


class Audit(Section):
    """`/audit` and `/audit/<entry>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.listing: Listing[AuditEntry] = Listing()
        self.filters = Filters()
        self.chosen = ""
        self.exporting = Sending()
        self.verification: Verification | None = None
        self.asks_anchor = False
        self._typed = 0

    def enter(self, path: tuple[str, ...]) -> None:
        before, self.chosen = self.chosen, path[0] if path else ""
        if not self.listing.items or not (before or self.chosen):
            self.refresh()
        self.tools.changed()

    def refresh(self) -> None:
        self.fill(self.listing, self._ask)

    def view(self, now: datetime) -> AuditView:
        return present_audit.audit(self, self.tools.store, now)

    def key(self, key: str) -> bool:
        if key != "Escape" or not (self.asks_anchor or self.chosen):
            return False
        if self.asks_anchor:
            self.cancel()
        else:
            self.tools.go("/audit")
        return True

    @property
    def chosen_entry(self) -> AuditEntry | None:
        return next((one for one in self.listing.items if str(one.id) == self.chosen), None)

    # -- what is listed

    def open(self, entry: str) -> None:
        self.tools.go("/audit" if entry == self.chosen else f"/audit/{entry}")

    def more(self) -> None:
        self.fill(self.listing, self._ask, more=True)

    def type_actor(self, text: str) -> None:
        self.filters = replace(self.filters, actor=text, actor_id=None, actor_name="")
        self._later()

    def choose_action(self, family: str) -> None:
        self._narrow(replace(self.filters, action=family))

    def choose_kind(self, kind: str) -> None:
        self._narrow(replace(self.filters, kind=kind))

    def choose_span(self, preset: str) -> None:
        now = self.tools.clock()
        chosen = Preset(preset)
        span = spans.custom(self.filters.span, now) if chosen is Preset.CUSTOM else replace(self.filters.span, preset=chosen)
        self._narrow(replace(self.filters, span=span))

    def type_span(self, since: str, until: str) -> None:
        self.filters = replace(self.filters, span=replace(self.filters.span, since=since, until=until))
        self._later()

    def only_person(self) -> None:
        """Everything that the one of the chosen entry did."""
        entry = self.chosen_entry
        if entry is not None and entry.actor_id is not None:
            name = entry.actor_name or str(entry.actor_id)
            self._narrow(replace(self.filters, actor="", actor_id=entry.actor_id, actor_name=name))

    def only_subject(self) -> None:
        """Everything that was done to the subject of the chosen entry."""
        entry = self.chosen_entry
        if entry is not None and entry.subject_id is not None:
            self._narrow(replace(self.filters, subject_id=entry.subject_id, kind=entry.subject_kind, action=""))

    def only_request(self) -> None:
        """Everything that was done by the same request."""
        entry = self.chosen_entry
        if entry is not None and entry.request_id is not None:
            self._narrow(replace(Filters(span=self.filters.span), request_id=entry.request_id))

    def clear(self) -> None:
        self._narrow(Filters())

    def _narrow(self, filters: Filters) -> None:
        self.filters = filters
        self.listing.clear()
        if self.filters.span.is_good(self.tools.clock()):
            self.refresh()
        self.tools.changed()

    def _later(self) -> None:
        self._typed += 1
        self.tools.spawn(self._soon(self._typed))
        self.tools.changed()

    async def _soon(self, number: int) -> None:
        await asyncio.sleep(PAUSE)
        if number == self._typed:
            self._narrow(self.filters)

    async def _ask(self, cursor: str | None) -> Page[AuditEntry]:
        wanted = self.filters.query(self.tools.clock())
        return await self.tools.client.audit.entries(cursor=cursor, limit=PAGE_SIZE, **wanted)

    # -- as a file

    def export(self) -> None:
        """All that the filters let through, not only what is listed, as a file for spreadsheets."""
        now = self.tools.clock()
        if not self.filters.span.is_good(now):
            return
        wanted = {"from_": BEGINNING, "to": now} | self.filters.query(now)

        async def save() -> None:
            content = await self.tools.client.audit.export(**wanted)
            if content.count(b"\r\n") <= 1:  # the heading
                self.said(self.words("audit.export.empty"), Mood.WARN)
                return
            name = f"audit-{wanted['from_']:%Y%m%d}-{wanted['to']:%Y%m%d}.csv"
            self.tools.save(name, content)
            self.said(self.words("audit.export.done"), detail=name)

        self.send(self.exporting, save)

    # -- whether it holds

    def ask_anchor(self) -> None:
        """Before a check: whether somebody kept an anchor elsewhere."""
        self.asks_anchor = True
        self.tools.changed()

    def cancel(self) -> None:
        self.asks_anchor = False
        self.tools.changed()

    def verify(self, anchor: str) -> None:
        """Check the whole chain, step by step; goes on while other sections are looked at."""
        self.asks_anchor = False
        self.stop()
        self.verification = Verification(anchor=anchor.strip())
        self.tools.spawn(self._verify(self.verification))
        self.tools.changed()

    def stop(self) -> None:
        if self.verification is not None:
            self.verification.stop()
            self.tools.changed()

    def dismiss(self) -> None:
        self.stop()
        self.verification = None
        self.tools.changed()

    async def _verify(self, run: Verification) -> None:
        position: str | None = None
        while run.phase is Phase.RUNNING:
            try:
                check = await self.tools.client.audit.verify(position=position, anchor=run.anchor or None)
            except ClientError as error:
                run.fail(self.tools.told(error))
                if ends_session(error):
                    raise
            else:
                if run.phase is Phase.RUNNING:  # nobody stopped it meanwhile
                    run.take(check)
                position = check.next
            self.tools.changed()
