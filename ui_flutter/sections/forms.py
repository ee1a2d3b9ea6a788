"""The one form a section has open: sent at most once at a time, never losing what was typed. No Flet."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from api.client.errors import ApiError
from ui_flutter.sections.section import Section
from ui_flutter.state.forms import FormView
from ui_flutter.state.listing import Sending
from workflows.domain.errors import ErrorCode

Values = dict[str, str]
Submit = Callable[[Values], Awaitable[None]]
Check = Callable[[Values], Mapping[str, str]]  # what is wrong, by field, before anything is sent


class Stale(Protocol):
    """Takes over the thing as it is now, which the next try is then based on; tells what is different in it, as sentences."""

    def __call__(self, current: dict[str, Any]) -> tuple[str, ...]: ...


class Forms:
    """What was sent and refused stays open, with the reasons at their fields."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._form: FormView | None = None
        self._submit: Submit | None = None
        self._check: Check | None = None
        self._stale: Stale | None = None
        self._changed: tuple[str, ...] = ()
        self._sending = Sending()
        self._opened = 0

    @property
    def is_open(self) -> bool:
        return self._form is not None

    def view(self) -> FormView | None:
        if self._form is None:
            return None
        sending = self._sending
        return replace(
            self._form,
            busy=sending.busy,
            error=sending.error,
            errors=tuple(sending.fields.items()),
            changed=self._changed,
        )

    def open(self, form: FormView, submit: Submit, *, check: Check | None = None, stale: Stale | None = None) -> None:
        """Its ``key`` is given here. ``submit`` raises what the server answers."""
        self._opened += 1
        self._form = replace(form, key=self._opened)
        self._submit, self._check, self._stale = submit, check, stale
        self._sending, self._changed = Sending(), ()
        self._section.tools.changed()

    def dismiss(self) -> None:
        if not self._sending.busy:
            self._form = None
            self._section.tools.changed()

    def submit(self, values: Values) -> None:
        submit, opened = self._submit, self._opened
        if self._form is None or submit is None or self._sending.busy:
            return
        self._changed = ()
        wrong = self._check(values) if self._check is not None else {}
        if wrong:
            self._sending.refused(self._section.words("form.check"), wrong)
            self._section.tools.changed()
            return

        async def work() -> None:
            try:
                await submit(values)
            except ApiError as error:
                self._note(error)
                raise
            if opened == self._opened:
                self._form = None

        self._section.send(self._sending, work)

    def _note(self, error: ApiError) -> None:
        if error.code == ErrorCode.STALE_VERSION and self._stale is not None and error.current is not None:
            self._changed = self._stale(error.current)
