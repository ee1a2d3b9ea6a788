from datetime import datetime

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, TRUE, ZERO, Base, BigInt, Identified, Stamped, Versioned, enum
from workflows.domain.permissions import Role


class User(Identified, Stamped, Versioned, Base):
    """Somebody who may log in. `username` is lower case; `locale` is "pl" or "en"."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("username = lower(username)", name="username_lower"),)

    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]  # Argon2id, PHC string; None: no login by password (service accounts)
    role: Mapped[Role] = mapped_column(enum(Role, "role"))
    locale: Mapped[str] = mapped_column(server_default=text("'pl'"))
    display_name: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
    must_change_password: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    failed_logins: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    locked_until: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    totp_key_id: Mapped[str | None]
    totp_sealed: Mapped[bytes | None]  # the secret (`activities.db.encrypted`)
    totp_confirmed_at: Mapped[datetime | None]  # None: offered, not in force
    totp_last_step: Mapped[BigInt | None]  # a code counts once (RFC 6238 §5.2)
