"""What a console's sound may be kept from, and for how long. Pure."""

from datetime import timedelta
from typing import Final

MUTE_FOR: Final = timedelta(minutes=2)  # at most; P1 sounds through it
