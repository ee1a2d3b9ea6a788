"""Setting up one's second factor: at login where the role requires one, later from the account's page. No Flet in it."""

from collections.abc import Callable

from ui_flutter.sections.section import Tools, send
from ui_flutter.state.enrolment import Enrolment, Stage


class Enroller:
    """`store.enrolment` is where it stands. ``finished`` is called when the recovery codes were noted down."""

    def __init__(self, tools: Tools, finished: Callable[[], None]) -> None:
        self._tools, self._finished = tools, finished

    @property
    def state(self) -> Enrolment:
        return self._tools.store.enrolment

    def begin(self) -> None:
        """Anew, from the password."""
        self._tools.store.enrolment = Enrolment()
        self._tools.changed()

    def offer(self, password: str) -> None:
        state = self.state

        async def ask() -> None:
            offer = await self._tools.client.account.offer_second_factor(password)
            state.stage, state.secret, state.uri = Stage.CODE, offer.secret, offer.uri

        if state.stage is Stage.PASSWORD and password:
            send(self._tools, state.sending, ask)

    def confirm(self, code: str) -> None:
        state = self.state

        async def ask() -> None:
            made = await self._tools.client.account.confirm_second_factor(code.replace(" ", ""))
            state.stage, state.codes, state.secret, state.uri = Stage.CODES, made.codes, "", ""

        if state.stage is Stage.CODE and code.strip():
            send(self._tools, state.sending, ask)

    def show_codes(self, codes: tuple[str, ...]) -> None:
        """Recovery codes that were made anew."""
        self._tools.store.enrolment = Enrolment(stage=Stage.CODES, codes=codes)
        self._tools.changed()

    def codes_noted(self) -> None:
        """They are not shown again."""
        if self.state.stage is Stage.CODES:
            self._tools.store.enrolment = Enrolment()
            self._finished()
            self._tools.changed()
