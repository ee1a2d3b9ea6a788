from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, enum
from workflows.domain.object_import import ImportOutcome


class ImportRow(Base):
    """One object of an import, in the order of `number` (from 1): what the dry run said, then what was done.

    `sealed` is what the file says of the object, encrypted (it has phone numbers and integration keys), and is dropped at the
    import's end. `changes` names the members that differ.
    """

    __tablename__ = "import_rows"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_log.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    external_number: Mapped[str]
    outcome: Mapped[ImportOutcome] = mapped_column(enum(ImportOutcome, "outcome"))
    changes: Mapped[list[str]]
    key_id: Mapped[str | None]
    sealed: Mapped[bytes | None]
