"""SMS. There is no modem yet that could send one, and nobody shall believe there was."""

from dataclasses import dataclass
from typing import Final

from activities.notify.message import Answer, Message, Place
from workflows.domain.escalation import DeliveryStatus

NO_MODEM: Final = "NO_MODEM"


@dataclass(frozen=True, slots=True)
class Sms:
    async def send(self, place: Place, message: Message) -> Answer:
        return Answer(DeliveryStatus.REFUSED, NO_MODEM)
