"""What an installation has switched on (R-FLAGS); activities.infra.flags reads it from files."""

from dataclasses import dataclass
from enum import StrEnum


class Flag(StrEnum):
    """A part of the system that can be off. Its value is its name in `feature_flags.yaml`."""

    DOCUMENTS = "documents"  # files, plans and photos of objects
    IMPORT = "import"  # objects from a spreadsheet
    SECRET_REVEAL = "secret_reveal"  # noqa: S105 - code words and panel codes shown for a minute, with a reason
    COMMANDS = "commands"  # arm, disarm, bypass and outputs from the console
    OPERATOR_ARM = "operator_arm"  # D5: operators may arm; they never may disarm
    TWO_PERSON = "two_person"  # where an object says so, disarming and silencing need a second person
    AUTO_ARM = "auto_arm"  # partitions armed by a calendar
    SERVICE_MODE = "service_mode"  # objects whose alarms are suppressed while somebody works there
    ESCALATION = "escalation"  # whoever is called when nobody claims a critical alarm
    SMS = "sms"  # the GSM modem and temperature sensors
    REPORTS = "reports"  # alarm history and response times as files


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that are on; all others are off."""

    on: frozenset[Flag] = frozenset()

    def __contains__(self, flag: Flag) -> bool:
        return flag in self.on


ALL_OFF = Flags()
