"""Which actions the card offers: the domain's own state machine is asked, so console and server cannot disagree."""

from datetime import datetime
from uuid import UUID

from api.client.models import AlarmSummary, User
from workflows.domain.bundle import Action, Attempt, BundleState, Step, decide
from workflows.domain.permissions import Permission

# In the order of the work; the first one offered is the next step.
STEPS = (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE, Action.CLOSE, Action.RELEASE, Action.TAKE_OVER)


def offered(alarm: AlarmSummary, user: User, now: datetime) -> tuple[Action, ...]:
    """The actions this user may take on this alarm as it stands, next step first."""
    if not user.may(Permission.ALARM_HANDLE):
        return ()
    return tuple(action for action in (*STEPS, Action.ADD_NOTE) if _allows(alarm, user, action, now))


def is_mine(alarm: AlarmSummary, me: UUID | None) -> bool:
    return me is not None and alarm.claimed_by == me


def _allows(alarm: AlarmSummary, user: User, action: Action, now: datetime) -> bool:
    state = BundleState(
        status=alarm.status,
        version=alarm.version,
        priority=alarm.priority,
        opened_at=alarm.opened_at,
        status_changed_at=alarm.status_changed_at,
        last_activity_at=alarm.last_activity_at,
        requires_note=alarm.requires_note,
        claimed_by=alarm.claimed_by,
        stale=alarm.stale,
    )
    attempt = Attempt(
        action=action,
        now=now,
        actor=user.id,
        may_override=user.may(Permission.ALARM_OVERRIDE),
        expected_version=alarm.version,
        has_note=True,  # asked for when the step is taken
    )
    return isinstance(decide(state, attempt), Step)
