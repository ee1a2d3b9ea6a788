from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, enum
from workflows.domain.dispatch import CallOutcome
from workflows.domain.procedure import Finding, StepState
from workflows.domain.response import StepKind


class ProcedureRunStep(Base):
    """One step as it was when the run began, and what became of it. The contact's name and number are copies, too.

    `remark` is what was found, or why the step was skipped; `entry_id` the line it left in the journal.
    """

    __tablename__ = "procedure_run_steps"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("procedure_runs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[StepKind] = mapped_column(enum(StepKind, "kind"))
    state: Mapped[StepState] = mapped_column(
        enum(StepState, "state"), server_default=text("'PENDING'"), default=StepState.PENDING
    )
    text: Mapped[str]
    contact_id: Mapped[UUID | None]
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None]
    outcome: Mapped[CallOutcome | None] = mapped_column(enum(CallOutcome, "outcome"))
    finding: Mapped[Finding | None] = mapped_column(enum(Finding, "finding"))
    remark: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("dispatch_log.id"))
    idempotency_key: Mapped[str | None]
