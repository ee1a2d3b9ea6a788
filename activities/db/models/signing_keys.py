from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base


class SigningKey(Base):
    """An RS256 key pair. Of those accepted (`not_after`) the one with the newest `signs_at` that has come signs tokens.

    The private key is sealed (`activities.db.encrypted`).
    """

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_key_id: Mapped[str]
    private_sealed: Mapped[bytes]
    public_pem: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    signs_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
