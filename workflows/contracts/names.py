"""The address book: every queue, workflow id, message name and search attribute, built and parsed here and nowhere else."""

from datetime import UTC, datetime
from uuid import UUID

# Task queues
CORE_QUEUE = "core"  # workflows of this system and the activities that touch the database
PANELS_QUEUE = "panels"  # panel leases: any ingest process may take one


def ingest_queue(host_id: str) -> str:
    """The queue only the ingest process ``host_id`` serves: commands go where the TCP line is."""
    return f"ingest-{host_id}"


# Workflow ids
_BUNDLE, _PANEL, _PANEL_NAMES, _REVEAL, _IMPORT = "bundle/", "panel/", "panel-names/", "reveal/", "import/"
_COMMAND, _AUTO_ARM, _SERVICE, _ESCALATION, _CALLBACK = "command/", "auto-arm/", "service/", "escalation/", "callback/"


def bundle_workflow_id(bundle_id: UUID) -> str:
    return f"{_BUNDLE}{bundle_id}"


def panel_workflow_id(panel_id: UUID) -> str:
    return f"{_PANEL}{panel_id}"


def panel_names_workflow_id(panel_id: UUID) -> str:
    return f"{_PANEL_NAMES}{panel_id}"


def reveal_workflow_id(reveal_id: UUID) -> str:
    return f"{_REVEAL}{reveal_id}"


def import_workflow_id(import_id: UUID) -> str:
    return f"{_IMPORT}{import_id}"


def command_workflow_id(command_id: UUID) -> str:
    return f"{_COMMAND}{command_id}"


def auto_arm_schedule_id(schedule_id: UUID) -> str:
    """Of the Temporal Schedule; each workflow it starts has the time of its firing behind it."""
    return f"{_AUTO_ARM}{schedule_id}"


def service_workflow_id(service_id: UUID) -> str:
    """One period of service mode."""
    return f"{_SERVICE}{service_id}"


def escalation_workflow_id(bundle_id: UUID) -> str:
    return f"{_ESCALATION}{bundle_id}"


def notification_key(run: str, round_: int, level: int, target: object) -> str:
    """Idempotency key of what one level of an escalation sends to ``target``; ``run``: the first of its execution."""
    return f"{run}/{round_}/{level}/{target}"


def callback_workflow_id(callback_id: UUID) -> str:
    """A reminder to call somebody back."""
    return f"{_CALLBACK}{callback_id}"


def parse_bundle_workflow_id(workflow_id: str) -> UUID:
    """The bundle's id. Raises ValueError when ``workflow_id`` is not a bundle's."""
    return _parse(workflow_id, _BUNDLE)


def auto_arm_workflow_id(schedule_id: UUID, started_at: datetime) -> str:
    """As Temporal itself names the workflow that a schedule starts: the time in UTC behind the schedule's workflow id."""
    return f"{auto_arm_schedule_id(schedule_id)}-{started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_auto_arm_schedule_id(text: str) -> UUID:
    """The row's id. Raises ValueError when ``text`` is not the id of an auto-arm schedule at Temporal."""
    return _parse(text, _AUTO_ARM)


def parse_panel_workflow_id(workflow_id: str) -> UUID:
    """The panel's id. Raises ValueError when ``workflow_id`` is not a panel's."""
    return _parse(workflow_id, _PANEL)


def parse_reveal_workflow_id(workflow_id: str) -> UUID:
    """The reveal's id. Raises ValueError when ``workflow_id`` is not a reveal's."""
    return _parse(workflow_id, _REVEAL)


def _parse(workflow_id: str, prefix: str) -> UUID:
    if not workflow_id.startswith(prefix):
        raise ValueError(f"{workflow_id!r} does not begin with {prefix!r}")
    return UUID(workflow_id.removeprefix(prefix))


# A schedule's id, and with the time of its start behind it that of each workflow it starts
KEY_ROTATION_ID = "key-rotation"


# Workflow types
BUNDLE_ALARM = "BundleAlarm"
PANEL_CONNECTION = "PanelConnection"
PANEL_NAMES = "PanelNames"
SECRET_REVEAL = "SecretReveal"  # noqa: S105 - the name of a workflow
KEY_ROTATION = "KeyRotation"
OBJECT_IMPORT = "ObjectImport"
SATEL_COMMAND = "SatelCommand"
AUTO_ARM = "AutoArm"
SERVICE_MODE = "ServiceMode"
ESCALATION = "Escalation"
CALLBACK = "Callback"

# Messages; an update's name is the value of its `Action`
EVENT_ADDED = "event_added"  # signal of BundleAlarm
ESCALATION_LOST = "escalation_lost"  # signal of BundleAlarm: its escalation is not there
CONFIG_CHANGED = "config_changed"  # signal of PanelConnection
RELEASE_FOR_PROGRAMMING = "release_for_programming"  # update of PanelConnection: answers when the line is closed
RESUME = "resume"  # update of PanelConnection
SNAPSHOT = "snapshot"  # query of all
REVEAL_OPENED = "opened"  # update of SecretReveal: answers when it is visible, or never will be
REVEAL_HIDE = "hide"  # update of SecretReveal
APPLY = "apply"  # update of ObjectImport
CANCEL = "cancel"  # update of ObjectImport and AutoArm
PROGRESS = "progress"  # query of ObjectImport
POSTPONE = "postpone"  # update of AutoArm
ESCALATION_CLAIMED = "claimed"  # signals of Escalation: somebody has the alarm, or acted on it
ESCALATION_RELEASED = "released"
ESCALATION_ENDED = "ended"
RELEASE = "release"  # update of SatelCommand and ServiceMode: the second person agrees
SERVICE_BEGUN = "begun"  # update of ServiceMode: answers when it is in force, waits for somebody, or never will be
SERVICE_EXTEND = "extend"  # update of ServiceMode
SERVICE_END = "end"  # update of ServiceMode

# Search attributes, all of type Keyword: name -> type name as the Temporal CLI spells it
OBJECT_ID = "ObjectId"
PANEL_ID = "PanelId"
ALARM_TYPE = "AlarmType"
ALARM_STATUS = "AlarmStatus"
PRIORITY = "Priority"
SEARCH_ATTRIBUTES: dict[str, str] = {
    OBJECT_ID: "Keyword",
    PANEL_ID: "Keyword",
    ALARM_TYPE: "Keyword",
    ALARM_STATUS: "Keyword",
    PRIORITY: "Keyword",
}

# PostgreSQL NOTIFY channels
OUTBOX_CHANNEL = "stam_outbox"  # a row was committed: the relay wakes
PUSHED_CHANNEL = "stam_pushed"  # payload: the newest sequence_id; API processes read it when Redis is away
PANEL_CHANNEL = "stam_panel"  # payload: `panel_news`


def panel_news(panel_id: UUID, request_id: str = "") -> str:
    """A panel's row, or the holder of its lease, changed, perhaps on account of a request."""
    return f"{panel_id} {request_id}".rstrip()


def parse_panel_news(text: str) -> tuple[UUID, str]:
    """Raises ValueError."""
    panel_id, _, request_id = text.partition(" ")
    return UUID(panel_id), request_id


# Redis
PUSH_STREAM = "stam:push"
PUSH_STREAM_MAXLEN = 5_000  # tier 1 of the catch-up (R-PUSH)


def panel_state_key(panel_id: UUID, part: str) -> str:
    """``part`` is one of link, zones, partitions, outputs, troubles (design §8: `panel:{id}:…`)."""
    return f"panel:{panel_id}:{part}"


def ws_ticket_key(ticket: str) -> str:
    return f"ws:ticket:{ticket}"


def ended_session_key(session_id: UUID) -> str:
    """A session or service token that has ended."""
    return f"session:ended:{session_id}"


# Outbox row types. Those of push messages (R-PUSH) come first
ALARM_NEW = "alarm.new"
ALARM_UPDATED = "alarm.updated"
PANEL_STATE_CHANGED = "panel.state.changed"
SYSTEM_MODE = "system.mode"
COMMAND_UPDATED = "command.updated"
PANEL_RELEASE_CHANGED = "panel.release.changed"
PANEL_DESCRIBED = "panel.described"  # its zones, partitions, outputs or users were described anew
SERVICE_CHANGED = "service.changed"
SCHEDULE_FIRING = "schedule.firing"  # a firing of auto-arm is near, put off, under way or over
DISPATCH_ADDED = "dispatch.added"
CALLBACK_SET = "callback.set"  # payload: {"callback_id": id}; also for orchestration
CALLBACK_DUE = "callback.due"
ESCALATION_UPDATED = "escalation.updated"
REVEAL_EXPIRED = "reveal.expired"  # hidden, by whomever; told to who asked alone
# only for orchestration
PANEL_CHANGED = "panel.changed"  # payload: {"config_version": n, "request_id": "..."}
IMPORT_UPLOADED = "import.uploaded"  # payload: {"import_id": id}
AUTO_ARM_CHANGED = "auto_arm.changed"  # payload: {"schedule_id": id}
