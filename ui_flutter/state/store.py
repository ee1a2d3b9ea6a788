"""Everything the console knows and has chosen: one object, changed only by the controller, read only by `present`.

No clock, no I/O, no Flet. Times that are arguments are this computer's own, aware.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from api.client.dispatch import Callback, Procedure
from api.client.documents import Document
from api.client.models import AlarmDetail, AlarmSummary, Panel, PanelState, SystemStatus, Timeline, User
from api.client.object_admin import Contact
from api.client.secrets import Secret
from api.client.supervision import SupervisedPart
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state.book import AlarmBook
from ui_flutter.state.enrolment import Enrolment
from ui_flutter.state.link import Link
from ui_flutter.state.listing import Listing
from ui_flutter.state.offline import Offline
from ui_flutter.state.order import WINDOW, Filter, Order
from ui_flutter.state.sound import REPEAT, Sound
from ui_flutter.state.spans import Preset, Span
from ui_flutter.state.views import DialogKind, Face, ListPhase, Mood
from ui_flutter.theme import ThemeName
from workflows.domain.bundle import Action

TOAST_FOR = timedelta(seconds=6)
BAD_TOAST_FOR = timedelta(seconds=12)
UNDO_FOR = timedelta(seconds=5)
TOASTS_MOST = 3


# Whose text, about which alarm, in which field.
Draft = tuple[UUID, UUID, str]


class Login(StrEnum):
    STARTING = "starting"  # trying the refresh cookie
    OUT = "out"
    BUSY = "busy"
    PASSWORD = "password"  # noqa: S105 - logged in, and must change the password before anything else
    CHANGING = "changing"  # the new one is on its way
    FACTOR = "factor"  # logged in, and must set up a second factor before anything else
    IN = "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toast:
    key: int
    undo: UUID | None  # the alarm whose step can still be taken back
    text: str
    detail: str
    mood: Mood
    until: datetime


class CardPhase(StrEnum):
    LOADING = "loading"
    FAILED = "failed"
    GONE = "gone"
    READY = "ready"


@dataclass(slots=True, kw_only=True)
class Site:
    """The guarded place of the open alarm, as far as it was loaded. A part that failed is in `failed`."""

    loaded: bool = False
    panels: tuple[Panel, ...] = ()
    states: dict[UUID, PanelState] = field(default_factory=dict)  # by panel
    documents: tuple[Document, ...] = ()
    history: tuple[AlarmSummary, ...] = ()  # the last closed ones
    secrets: tuple[Secret, ...] = ()
    failed: set[str] = field(default_factory=set)
    fetching: set[UUID] = field(default_factory=set)  # documents on their way


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A secret that can be read now. Its value is in no repr."""

    secret_id: UUID
    reveal_id: UUID
    until: datetime  # by the server's clock
    value: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Card:
    """The open alarm: its detail and timeline, as far as they have been loaded."""

    id: UUID
    phase: CardPhase = CardPhase.LOADING
    detail: AlarmDetail | None = None
    timeline: Timeline | None = None
    timeline_failed: bool = False
    loaded_version: int = 0  # of the timeline on the screen
    timelines_asked: int = 0
    timeline_number: int = 0  # which of those is on the screen
    notes_added: int = 0  # here, and taken by the server
    procedure: Procedure | None = None
    contacts: tuple[Contact, ...] = ()
    face: Face = Face.CASE
    site: Site = field(default_factory=Site)
    writing: bool = False  # a line, a step or a call-back is on its way


@dataclass(slots=True, kw_only=True)
class Dialog:
    kind: DialogKind = DialogKind.NONE
    alarm_id: UUID | None = None
    step: int | None = None  # of the procedure; None: about none
    contact_id: UUID | None = None  # who is meant at first
    secret_id: UUID | None = None
    busy: bool = False
    error: str = ""


@dataclass(slots=True, kw_only=True)
class Store:
    """See the module."""

    language: Language = Language.PL
    theme: ThemeName = ThemeName.DARK
    scale: float = 1.0  # of every text
    still: bool = False  # nothing moves by itself
    login: Login = Login.STARTING
    login_error: str = ""
    needs_code: bool = False  # the account that logs in has a second factor
    login_notice: str = ""
    user: User | None = None
    enrolment: Enrolment = field(default_factory=Enrolment)
    section: str = "alarms"  # which part of the console is on the screen
    book: AlarmBook = field(default_factory=AlarmBook)
    link: Link = field(default_factory=Link)
    list_phase: ListPhase = ListPhase.LOADING
    closed: Listing[AlarmSummary] = field(default_factory=Listing)  # as far as they were loaded
    closed_span: Span = field(default_factory=lambda: Span(preset=Preset.ALL))  # in which they opened
    closed_between: tuple[datetime | None, datetime | None] = (None, None)  # the same, when it was last asked for
    filter: Filter = field(default_factory=Filter)
    window: int = WINDOW
    order: Order = field(default_factory=Order)
    card: Card | None = None
    dialog: Dialog = field(default_factory=Dialog)
    pending: dict[UUID, Action] = field(default_factory=dict)  # sent, not answered
    callbacks: tuple[Callback, ...] = ()  # that nobody has dealt with, due or not
    offline: Offline = field(default_factory=Offline)
    settling: set[UUID] = field(default_factory=set)  # of these, on their way
    flooded: bool = False  # alarms come faster than they can be looked at
    unfolded: set[str] = field(default_factory=set)  # groups whose alarms are shown
    missed: frozenset[UUID] = frozenset()  # what opened while we were away
    system: SystemStatus | None = None  # as it was last told
    parts: tuple[SupervisedPart, ...] = ()  # of the system: who promised to be heard
    sound: Sound = field(default_factory=Sound)
    volumes: dict[int, float] = field(default_factory=lambda: dict.fromkeys(REPEAT, 1.0))  # by class
    toasts: list[Toast] = field(default_factory=list)
    shown: Shown | None = None
    drafts: dict[Draft, str] = field(default_factory=dict)  # half-written texts; they outlive the session
    came_back: int | None = None  # alarms missed while away, until dismissed
    _toast_key: int = 0

    @property
    def words(self) -> Words:
        return Words(self.language)

    @property
    def me(self) -> UUID | None:
        return self.user.id if self.user else None

    @property
    def open_alarm(self) -> AlarmSummary | None:
        """The alarm of the open card, newest version known."""
        if self.card is None:
            return None
        return self.book.alarms.get(self.card.id) or self.card.detail

    def toast(self, text: str, mood: Mood, now: datetime, detail: str = "", *, undo: UUID | None = None) -> None:
        """Show a short message. The same text again replaces the older one, good news the good news before it."""
        self._toast_key += 1
        lasts = UNDO_FOR if undo else BAD_TOAST_FOR if mood is Mood.BAD else TOAST_FOR
        is_good = mood is Mood.GOOD
        others = [one for one in self.toasts if one.text != text and not (is_good and one.mood is Mood.GOOD)]
        shown = Toast(key=self._toast_key, text=text, detail=detail, mood=mood, until=now + lasts, undo=undo)
        self.toasts = [*others, shown][-TOASTS_MOST:]

    def expire_toasts(self, now: datetime) -> None:
        self.toasts = [toast for toast in self.toasts if toast.until > now]

    def draft(self, field_name: str) -> str:
        """What its user has written so far into a field about the alarm at hand."""
        key = self._draft_of(field_name)
        return self.drafts.get(key, "") if key else ""

    def keep_draft(self, field_name: str, text: str) -> None:
        key = self._draft_of(field_name)
        if key and text:
            self.drafts[key] = text
        elif key:
            self.drafts.pop(key, None)

    def _draft_of(self, field_name: str) -> Draft | None:
        about = self.dialog.alarm_id or (self.card.id if self.card else None)
        return (self.me, about, field_name) if self.me and about else None

    def forget_session(self, *, logged_out: bool = True) -> None:
        """Nothing of one user's session is left for the next. Choices of look stay; so do half-written texts of a session that
        ended by itself, for whoever wrote them."""
        fresh = Store(language=self.language, theme=self.theme, scale=self.scale, still=self.still, login=Login.OUT)
        fresh.volumes = self.volumes
        if not logged_out:
            fresh.drafts = self.drafts
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))
