"""What is drawn, as plain values: `present.py` computes them, the components draw them, tests compare them.

Every text is final (translated, formatted); a component chooses only shape and colour. Equal values draw nothing anew.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

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
    """A line over the whole width; empty text: none."""

    text: str = ""
    detail: str = ""
    mood: Mood = Mood.QUIET
    can_dismiss: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    id: UUID
    rank: int
    kind: str  # alarm type, chooses the icon
    title: str
    place: str
    why: str  # signals, last, recovered, …
    count: str  # "×3", or empty
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
class ListView:
    phase: ListPhase = ListPhase.LOADING
    ids: tuple[UUID, ...] = ()
    footer: str = ""
    can_show_more: bool = False
    above: str = ""  # "3 nowe alarmy powyżej", or empty
    empty: str = ""
    can_clear: bool = False
    veiled: str = ""  # "dane z 12:03:44" when stale


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterView:
    tab: Tab = Tab.ACTIVE
    ranks: frozenset[int] = frozenset()
    tab_counts: tuple[str, str, str, str] = ("", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonView:
    action: Action
    label: str
    primary: bool
    enabled: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    label: str
    value: str
    mono: bool = False


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


class DialogKind(StrEnum):
    NONE = "none"
    ACK = "ack"
    RESOLVE = "resolve"
    KEYS = "keys"
    CALL = "call"
    SKIP = "skip"
    DIFFERENT = "different"
    CALLBACK = "callback"


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
    contacts: tuple[ContactView, ...] = ()  # empty: it is clear who


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """A call-back that is due."""

    id: UUID
    alarm_id: UUID | None
    text: str
    detail: str
    busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToastView:
    key: int
    text: str
    detail: str
    mood: Mood
