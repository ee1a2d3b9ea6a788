from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, TRUE, Base


class SigningKey(Base):
    """An RS256 key pair. Tokens are signed by the newest active one and accepted from each until `not_after`."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_pem: Mapped[str]
    public_pem: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    not_after: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
