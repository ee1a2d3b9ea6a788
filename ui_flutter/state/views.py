"""What is drawn, as plain values: `present.py` computes them, the components draw them, tests compare them.

Every text is final (translated, formatted); a component chooses only shape and colour. Equal values draw nothing anew.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from ui_flutter.state.spans import Span
from workflows.domain.bundle import Action


class Tab(StrEnum):
    ACTIVE = "active"
    NEW = "new"
    MINE = "mine"
    CLOSED = "closed"


class Mood(StrEnum):
    """How a small sign feels: chooses one of the tokens good, warn, bad, soft."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


class Page(StrEnum):
    STARTING = "starting"
    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105 - the form that changes it
    FACTOR = "factor"  # the second factor is set up
    WORK = "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """The outermost choice; changes rarely."""

    page: Page = Page.STARTING
    urgent: bool = False  # a P1 or P2 waits for somebody: red border round the window
    card_alone: bool = False  # a phone with an open card: the list is behind it
    section: str = "alarms"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """A section one may open."""

    name: str
    icon: str
    label: str
    route: str
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NavView:
    items: tuple[NavItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """The section on the screen and what it draws; no name: the alarm desk."""

    name: str = ""
    value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginView:
    busy: bool = False
    needs_code: bool = False
    error: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopView:
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    mode: str = ""  # empty when NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    name: str = ""
    initials: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """The connection's sign in the top bar."""

    label: str = ""
    detail: str = ""
    mood: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerView:
    """A line over the whole width, named by what it is about."""

    key: str
    text: str
    detail: str = ""
    mood: Mood = Mood.WARN
    action: str = ""  # what can be done about it
    can_dismiss: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustView:
    """How much of what should be heard is heard; empty texts: not told yet."""

    panels: str = ""  # "42/43"
    panels_label: str = ""
    panels_mood: Mood = Mood.QUIET
    sms: str = ""
    sms_label: str = ""
    sms_mood: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundView:
    label: str = ""  # of the button
    muted: bool = False
    left: str = ""  # of the quiet: "1:42"
    works: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    id: UUID
    rank: int
    kind: str  # alarm type, chooses the icon
    title: str
    place: str
    why: str  # signals, last, recovered, …
    count: str  # "×3", or empty
    reminder: str  # when a call-back is due, or empty
    status: str
    status_label: str
    owner: str  # initials, or empty
    owner_name: str
    blinks: bool  # waits to be claimed
    is_active: bool  # still in alarm at the source
    suppressed: bool
    selected: bool
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterView:
    """How much of the class's target an age has used: 0 … 1, and its mood."""

    used: float = 0.0
    mood: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """An age against its target, in words and as a bar."""

    text: str = ""
    meter: MeterView = MeterView()


class ListPhase(StrEnum):
    LOADING = "loading"
    FAILED = "failed"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Many alarms on one line, while they come in floods."""

    key: str
    rank: int
    kind: str  # alarm type, chooses the icon; empty: of one place
    title: str
    detail: str
    count: str
    unfolded: bool
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    phase: ListPhase = ListPhase.LOADING
    lines: tuple[UUID | GroupView, ...] = ()
    footer: str = ""
    can_show_more: bool = False
    above: str = ""  # "3 nowe alarmy powyżej", or empty
    empty: str = ""
    can_clear: bool = False
    veiled: str = ""  # "dane z 12:03:44" when stale

    @property
    def ids(self) -> tuple[UUID, ...]:
        """The alarms that have a row of their own."""
        return tuple(line for line in self.lines if isinstance(line, UUID))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterView:
    tab: Tab = Tab.ACTIVE
    ranks: frozenset[int] = frozenset()
    tab_counts: tuple[str, str, str, str] = ("", "", "", "")
    query: str = ""
    span: Span | None = None  # in which closed alarms opened
    span_good: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonView:
    action: Action
    label: str
    primary: bool
    enabled: bool
    hold: bool = False  # a finger must stay on it
    hint: str = ""  # for who cannot see it


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One entry of the timeline."""

    key: str
    time: str
    text: str
    who: str
    kind: str  # event, action, timer, note, notification, dispatch, scheduled
    rank: int  # of an event; 0 otherwise
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """The next step of the procedure."""

    title: str  # "2 / 4 · Zadzwoń"
    text: str
    contact: str
    is_check: bool
    is_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalView:
    """The dispatcher's part of the card."""

    can_write: bool = False
    busy: bool = False
    lines: tuple[LineView, ...] = ()
    step: StepView | None = None
    can_begin: bool = False
    progress: str = ""  # of a procedure without a next step
    reminders: tuple["CallbackView", ...] = ()  # of this alarm, not due yet


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    label: str
    value: str
    mono: bool = False


class Face(StrEnum):
    """Which side of the card is shown."""

    CASE = "case"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class HappenedView:
    """One event of the alarm: what, where, and its times."""

    key: str
    rank: int
    text: str
    place: str
    times: tuple[FactView, ...]
    marks: tuple[tuple[str, Mood], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Somebody to call, in call order."""

    id: UUID
    number: str
    name: str
    phone: str
    detail: str  # note and hours
    now: bool  # may be called now


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionView:
    text: str
    state: str
    kind: str  # armed, disarmed, alarm, moving, unknown: chooses shape and colour


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    key: str
    name: str
    link: str
    mood: Mood
    known: bool
    partitions: tuple[PartitionView, ...]
    zones: str  # those that are violated or in alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    id: UUID
    title: str
    detail: str
    kind: str
    busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """A closed alarm of the same place."""

    id: UUID
    rank: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    """`left`: seconds for which `value` can be read; 0: it cannot."""

    id: UUID
    label: str
    kind: str
    value: str = field(default="", repr=False)
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    loading: bool = True
    failed: str = ""
    panels: tuple[PanelView, ...] = ()
    documents: tuple[DocumentView, ...] = ()
    history: tuple[PastView, ...] = ()
    secrets: tuple[SecretView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountdownView:
    """`left` of `of` seconds; `of` 0: nothing is counted."""

    left: int = 0
    of: int = 0


class DetailPhase(StrEnum):
    NONE = "none"
    LOADING = "loading"
    FAILED = "failed"
    GONE = "gone"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailView:
    phase: DetailPhase = DetailPhase.NONE
    id: UUID | None = None
    short_id: str = ""
    rank: int = 4
    class_label: str = ""
    status: str = ""
    status_label: str = ""
    title: str = ""
    place: str = ""
    address: str = ""
    kind: str = ""
    why: str = ""
    suppressed: bool = False
    service: str = ""  # until when the object is in service mode
    buttons: tuple[ButtonView, ...] = ()
    hint: str = ""
    facts: tuple[FactView, ...] = ()
    lines: tuple[LineView, ...] = ()
    timeline_phase: DetailPhase = DetailPhase.LOADING
    can_note: bool = False
    notes_added: int = 0  # grows when the server has taken one
    workflow_url: str = ""
    journal: JournalView = JournalView()
    face: Face = Face.CASE
    happened: tuple[HappenedView, ...] = ()
    people: tuple[PersonView, ...] = ()


class DialogKind(StrEnum):
    NONE = "none"
    ACK = "ack"
    RESOLVE = "resolve"
    KEYS = "keys"
    CALL = "call"
    SKIP = "skip"
    DIFFERENT = "different"
    CALLBACK = "callback"
    TAKE_OVER = "take_over"
    PATROL = "patrol"
    LOOK = "look"
    REVEAL = "reveal"
    COPY_SECRET = "copy_secret"  # noqa: S105 - asks whether to


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """Whom one may call; `id` None: somebody else."""

    id: UUID | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogView:
    kind: DialogKind = DialogKind.NONE
    title: str = ""
    subject: str = ""
    note_required: bool = False
    busy: bool = False
    error: str = ""
    chosen: UUID | None = None  # of the contacts, at first
    next_patrol: str = ""  # what a patrol would do next
    holder: str = ""  # of the alarm
    contacts: tuple[ContactView, ...] = ()  # empty: it is clear who


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """A call-back."""

    id: UUID
    alarm_id: UUID | None
    text: str
    detail: str
    busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedView:
    """Something that was written down without a server: until it is answered, and the answer until somebody has seen it."""

    id: UUID
    text: str
    detail: str
    mood: Mood
    waits: bool  # for an answer
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    lines: tuple[QueuedView, ...] = ()
    more: str = ""  # how many are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ToastView:
    key: int
    undo: UUID | None
    text: str
    detail: str
    mood: Mood
