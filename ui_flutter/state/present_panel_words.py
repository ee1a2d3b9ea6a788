"""States of panels in words and moods, the same wherever they are shown. Pure."""

from datetime import datetime

from api.client.models import Panel, PanelState
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.views import Mood
from workflows.domain.panel import LinkStatus, PartitionState

_LINK_MOODS = {
    LinkStatus.UNKNOWN: Mood.QUIET,
    LinkStatus.CONNECTING: Mood.WARN,
    LinkStatus.CONNECTED: Mood.GOOD,
    LinkStatus.DISCONNECTED: Mood.BAD,
    LinkStatus.BUSY: Mood.BAD,
    LinkStatus.NO_ANSWER: Mood.BAD,
    LinkStatus.RELEASED: Mood.WARN,
    LinkStatus.DISABLED: Mood.QUIET,
}
ALARMED = frozenset({PartitionState.ALARM, PartitionState.FIRE_ALARM})
ARMED = frozenset(
    {
        PartitionState.ARMED_FULL,
        PartitionState.ARMED_BYPASS,
        PartitionState.ARMED_STAY,
        PartitionState.ARMED_STAY_INSTANT,
    }
)
UNDER_WAY = frozenset(
    {
        PartitionState.ARMING_FULL,
        PartitionState.ARMING_BYPASS,
        PartitionState.ARMING_STAY,
        PartitionState.ARMING_STAY_INSTANT,
        PartitionState.DISARMING,
    }
)


def link_words(panel: Panel, state: PanelState | None, words: Words, now: datetime) -> tuple[str, Mood]:
    """How the line to it is. While nobody has told, it is unknown, never lost."""
    if not panel.enabled:
        return words(f"panel.link.{LinkStatus.DISABLED}"), Mood.QUIET
    if state is None:
        return words(f"panel.link.{LinkStatus.UNKNOWN}"), Mood.QUIET
    link = state.link
    text = words(f"panel.link.{link.status}")
    if link.status is LinkStatus.RELEASED and link.until is not None:
        text = words("panel.released_until", time=formats.moment(link.until, now))
    return text, _LINK_MOODS[link.status]


def partition_words(state: PartitionState, words: Words) -> str:
    return words(f"panel.state.{state}")


def partition_mood(state: PartitionState) -> Mood:
    """UNKNOWN is quiet and has a mark of its own, disarmed is not."""
    if state in ALARMED:
        return Mood.BAD
    if state in UNDER_WAY or state in {PartitionState.ENTRY_TIME, PartitionState.EXIT_TIME}:
        return Mood.WARN
    return Mood.GOOD if state in ARMED else Mood.QUIET


def history_words(state: str, partition: int | None, words: Words) -> str:
    """A line of a panel's history: of a partition, or (None) of the link."""
    return words.get(f"panel.state.{state}" if partition else f"panel.link.{state}", state)
