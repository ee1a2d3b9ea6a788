"""The activities of KeyRotation."""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from temporalio import activity

from activities.auth import keys
from activities.db.session import Database
from activities.infra.crypto import FieldCipher
from workflows.contracts.keys import KeyRotationInput, KeyRotationResult, KeyState

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeyActivities:
    """``given``: the signing key comes as a setting (STAM_JWT_PRIVATE_KEY), and whoever set it rotates it."""

    db: Database
    cipher: FieldCipher
    given: bool

    @activity.defn(name="rotate_signing_key")
    async def rotate_signing_key(self, start: KeyRotationInput) -> KeyState:
        """See `workflows.contracts.keys.rotate_signing_key`."""
        if self.given:
            log.info("keys.given", setting="STAM_JWT_PRIVATE_KEY", rotation="none by us")
            return KeyState()
        kid = await keys.rotate_if_due(self.db, self.cipher, datetime.now(UTC))
        if kid is not None:
            log.info("keys.rotated", kid=kid)
        return KeyState(rotated=kid, removal_at=await keys.next_removal(self.db))

    @activity.defn(name="remove_retired_keys")
    async def remove_retired_keys(self, start: KeyRotationInput) -> KeyRotationResult:
        """See `workflows.contracts.keys.remove_retired_keys`."""
        removed = await keys.remove_retired(self.db, datetime.now(UTC))
        log.info("keys.removed", removed=removed)
        return KeyRotationResult(removed=removed)
