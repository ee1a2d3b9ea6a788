"""SecretReveal: a secret is visible for a minute and then is not (R-REVEAL).

The row is what the API goes by; this workflow alone opens it, and ends it by its timer or by who hides it. It knows ids and
times. That it is late with the end (no worker, no database) shows nothing to anybody: the row's `expires_at` counts, too.
"""

from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.contracts import names, policies
from workflows.contracts.reveal import (
    EndRequest,
    HideRequest,
    RevealInput,
    RevealRef,
    RevealRow,
    RevealSnapshot,
    end_reveal,
    open_reveal,
)
from workflows.domain.reveal import ENDED, VISIBLE_FOR, RevealState, may_hide


@workflow.defn(name=names.SECRET_REVEAL)
class SecretReveal:
    @workflow.init
    def __init__(self, start: RevealInput) -> None:
        self._life = start

    @workflow.run
    async def run(self, start: RevealInput) -> RevealSnapshot:
        self._show()
        reveal = RevealRef(reveal_id=start.reveal_id)
        self._adopt(await workflow.execute_activity(open_reveal, reveal, summary="open", **policies.DATABASE))
        if not self._over():
            end = await self._until_it_ends()
            self._adopt(await workflow.execute_activity(end_reveal, end, summary=end.state.value, **policies.DATABASE))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.snapshot()

    async def _until_it_ends(self) -> EndRequest:
        """Counted from the answer of the opening: never shorter than the row says."""
        try:
            await workflow.wait_condition(
                lambda: self._life.hide is not None, timeout=VISIBLE_FOR, timeout_summary="hidden by itself"
            )
        except TimeoutError:
            return EndRequest(reveal_id=self._life.reveal_id, state=RevealState.EXPIRED)
        assert self._life.hide is not None
        hide = self._life.hide
        return EndRequest(
            reveal_id=self._life.reveal_id, state=RevealState.HIDDEN, actor_id=hide.actor_id, request_id=hide.request_id
        )

    @workflow.update
    async def opened(self) -> RevealSnapshot:
        """Answers when the secret is visible, or never will be."""
        await workflow.wait_condition(lambda: self._life.state is not RevealState.PENDING)
        return self.snapshot()

    @workflow.update
    async def hide(self, request: HideRequest) -> RevealSnapshot:
        """Answers when it has ended, however it did. The first who asks is who hid it."""
        if not self._over() and self._life.hide is None:
            self._life = replace(self._life, hide=request)
            self._tell(f"to be hidden by `{request.actor_id}`")
        await workflow.wait_condition(self._over)
        return self.snapshot()

    @hide.validator
    def refuse_strangers(self, request: HideRequest) -> None:
        if not may_hide(revealer=self._life.user_id, actor=request.actor_id, may_hide_others=request.may_hide_others):
            raise ApplicationError("not theirs to hide", type=policies.REFUSED, non_retryable=True)

    @workflow.query
    def snapshot(self) -> RevealSnapshot:
        life = self._life
        return RevealSnapshot(reveal_id=life.reveal_id, state=life.state, expires_at=life.expires_at)

    def _over(self) -> bool:
        return self._life.state in ENDED

    def _adopt(self, row: RevealRow) -> None:
        self._life = replace(self._life, state=row.state, expires_at=row.expires_at)
        self._tell(f"**{row.state}**")

    def _tell(self, line: str) -> None:
        self._life = replace(self._life, story=(*self._life.story, f"- {workflow.now():%Y-%m-%d %H:%M:%S} {line}"))
        self._show()

    def _show(self) -> None:
        life = self._life
        until = f" until {life.expires_at:%H:%M:%S}" if life.state is RevealState.VISIBLE and life.expires_at else ""
        head = f"Secret `{life.secret_id}` of object `{life.object_id}` is **{life.state}**{until} for user `{life.user_id}`"
        workflow.set_current_details("\n".join((head, "", *life.story)))
