"""The register of encrypted columns: what is sealed where, and under which place its ciphertext opens (R-REVEAL).

A sealed value is two columns, the ciphertext and the name of its key. Whoever adds such a pair adds one line to `SEALED`; the
rotation of keys, its status and the doctor go by this list, and a test fails for a sealed column that is not on it.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from sqlalchemy import Column, Table

from activities.db.models.base import Base
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.panels import Panel
from activities.db.models.push_devices import PushDevice
from activities.db.models.secrets import Secret
from activities.db.models.signing_keys import SigningKey
from activities.db.models.users import User
from activities.infra.crypto import FieldCipher, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """``name`` is what the ciphertext holds; a ciphertext is bound to table, name and row."""

    model: type[Base]
    name: str
    ciphertext: str
    key_id: str
    row_id: str = "id"

    @classmethod
    def pair(cls, model: type[Base], name: str, *, row_id: str = "id") -> Self:
        """By convention: the columns `<name>_sealed` and `<name>_key_id`."""
        return cls(model=model, name=name, ciphertext=f"{name}_sealed", key_id=f"{name}_key_id", row_id=row_id)

    @property
    def table(self) -> Table:
        return self.model.metadata.tables[self.model.__tablename__]

    @property
    def label(self) -> str:
        return f"{self.model.__tablename__}.{self.name}"

    def column(self, name: str) -> Column[Any]:
        return self.table.c[name]

    def place(self, row_id: object) -> str:
        """As `FieldCipher` wants it. Ciphertexts in the database depend on it: it never changes."""
        return f"{self.label}:{row_id}"

    def seal(self, cipher: FieldCipher, row_id: object, text: str) -> Sealed:
        return cipher.seal(text, place=self.place(row_id))

    def open(self, cipher: FieldCipher, row_id: object, sealed: Sealed) -> str:
        """Raises Unreadable."""
        return cipher.open(sealed, place=self.place(row_id))

    def put(self, row: Base, cipher: FieldCipher, text: str | None) -> None:
        """Set both columns of a row that has its id; None empties them."""
        sealed = self.seal(cipher, getattr(row, self.row_id), text) if text is not None else None
        setattr(row, self.ciphertext, sealed.ciphertext if sealed else None)
        setattr(row, self.key_id, sealed.key_id if sealed else None)

    def get(self, row: Base, cipher: FieldCipher) -> str | None:
        """What the row holds, None: nothing. Raises Unreadable."""
        ciphertext = getattr(row, self.ciphertext)
        if ciphertext is None:
            return None
        return self.open(cipher, getattr(row, self.row_id), Sealed(getattr(row, self.key_id), ciphertext))


SECRET_VALUE: Final = SealedColumn(model=Secret, name="value", ciphertext="ciphertext", key_id="key_id")
INTEGRATION_KEY: Final = SealedColumn.pair(Panel, "integration_key")
COMMAND_CODE: Final = SealedColumn.pair(Panel, "command_code")
TOTP_SECRET: Final = SealedColumn.pair(User, "totp")
PRIVATE_KEY: Final = SealedColumn.pair(SigningKey, "private", row_id="kid")
CHANNEL_SECRET: Final = SealedColumn.pair(NotificationChannel, "secret")
DEVICE_TOKEN: Final = SealedColumn.pair(PushDevice, "token")

SEALED: Final = (
    SECRET_VALUE,
    INTEGRATION_KEY,
    COMMAND_CODE,
    TOTP_SECRET,
    PRIVATE_KEY,
    CHANNEL_SECRET,
    DEVICE_TOKEN,
)
