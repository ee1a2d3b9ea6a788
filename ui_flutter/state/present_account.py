"""From the section of one's own account to what is drawn. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from api.client.account import LoginSession, SecondFactor
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import enrolment
from ui_flutter.state import format as formats
from ui_flutter.state.enrolment import EnrolmentView
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.sound import Speaker, volumes_of
from ui_flutter.state.store import Store
from ui_flutter.state.views import FactView, ListPhase, Mood
from ui_flutter.theme import ThemeName
from workflows.domain.alarm import Priority

PRIORITY_OF = {priority.rank: priority for priority in Priority}
FEW_CODES = 3  # from so many on it is time for new ones
_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
_SPOKEN = {"Edg": "Edge", "OPR": "Opera", "Mac OS": "macOS"}


class Doing(StrEnum):
    """Which form is open."""

    NOTHING = "nothing"
    PASSWORD = "password"  # noqa: S105 - the form that changes it
    ENROLMENT = "enrolment"
    RENEW = "renew"
    DISABLE = "disable"


class State(Protocol):
    """What is asked of `sections.account.Account`."""

    factor: SecondFactor | None
    sessions: Listing[LoginSession]
    doing: Doing
    sending: Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    id: str
    title: str
    detail: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneView:
    """The sound of a class; ``options``: (volume, label)."""

    rank: int
    label: str
    rhythm: str
    volume: str
    options: tuple[tuple[str, str], ...]
    spoken: str  # of the button that lets one hear it


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    name: str
    role: str
    role_explained: str
    facts: tuple[FactView, ...]
    factor: str
    factor_mood: Mood
    factor_hint: str
    can_enrol: bool
    can_renew: bool
    can_disable: bool
    sessions: tuple[SessionView, ...]
    sessions_phase: ListPhase
    sessions_error: str
    can_end_others: bool
    language: Language
    theme: ThemeName
    tones: tuple[ToneView, ...]
    sound: str
    sound_detail: str
    sound_mood: Mood
    doing: Doing
    enrolment: EnrolmentView
    busy: bool
    error: str


def account(state: State, store: Store, now: datetime) -> AccountView:
    words, user, factor = store.words, store.user, state.factor
    on = factor is not None and factor.enabled
    label, mood = _factor(factor, words)
    role = user.role if user else ""
    sound, sound_detail, sound_mood = _sound(store, now)
    return AccountView(
        name=user.display_name if user else "",
        role=words.get(f"role.{role}", role),
        role_explained=words.get(f"role.{role}.explain", ""),
        facts=(FactView(label=words("account.username"), value=user.username if user else "", mono=True),),
        factor=label,
        factor_mood=mood,
        factor_hint=_hint(factor, words),
        can_enrol=factor is not None and not on,
        can_renew=on,
        can_disable=on and factor is not None and not factor.required,
        sessions=tuple(session_view(one, words, now) for one in state.sessions.items),
        sessions_phase=state.sessions.phase,
        sessions_error=state.sessions.error,
        can_end_others=any(not one.current for one in state.sessions.items),
        language=store.language,
        theme=store.theme,
        tones=tuple(_tone(rank, volume, words) for rank, volume in sorted(store.volumes.items())),
        sound=sound,
        sound_detail=sound_detail,
        sound_mood=sound_mood,
        doing=state.doing,
        enrolment=enrolment.view(store.enrolment),
        busy=state.sending.busy,
        error=state.sending.error,
    )


def _tone(rank: int, volume: float, words: Words) -> ToneView:
    label = f"P{rank} {words(f'class.{PRIORITY_OF[rank]}')}"
    return ToneView(
        rank=rank,
        label=label,
        rhythm=words(f"account.tone.{rank}"),
        volume=str(volume),
        options=tuple((str(one), f"{one:.0%}") for one in volumes_of(rank)),
        spoken=words("account.sound.hear", name=label),
    )


def _sound(store: Store, now: datetime) -> tuple[str, str, Mood]:
    """Whether this console is heard: in short, in more words, and how that feels."""
    sound, words = store.sound, store.words
    if sound.muted_until is not None and sound.is_muted(now):
        return (
            words("account.sound.muted", time=formats.clock(sound.muted_until)),
            words("account.sound.muted.detail"),
            Mood.WARN,
        )
    if sound.speaker is Speaker.BLOCKED:
        return words("account.sound.blocked"), words("sound.blocked"), Mood.BAD
    if sound.speaker is Speaker.UNTRIED or sound.checked_at is None:
        return words("account.sound.untried"), "", Mood.QUIET
    return words("account.sound.on"), words("account.sound.checked", time=formats.clock(sound.checked_at)), Mood.GOOD


def _factor(factor: SecondFactor | None, words: Words) -> tuple[str, Mood]:
    if factor is None:
        return "…", Mood.QUIET
    if factor.enabled:
        return words("account.factor.on"), Mood.GOOD
    return words("account.factor.off"), Mood.BAD if factor.required else Mood.WARN


def _hint(factor: SecondFactor | None, words: Words) -> str:
    if factor is None or not factor.enabled:
        return words("account.factor.why")
    left = words("account.factor.left", n=factor.recovery_codes_left)
    if factor.recovery_codes_left <= FEW_CODES:
        left = f"{left} {words('account.factor.few')}"
    return f"{left} {words('account.factor.required')}" if factor.required else left


def session_view(one: LoginSession, words: Words, now: datetime) -> SessionView:
    used = words("account.session.used", at=formats.moment(one.last_used_at, now))
    started = words("account.session.started", at=formats.moment(one.started_at, now))
    return SessionView(id=str(one.id), title=device(one.client or "", words), detail=f"{started} · {used}", current=one.current)


def device(agent: str, words: Words) -> str:
    """`Chrome, Linux` of a user agent; what is unknown is named as it calls itself."""
    found = [next((name for name in names if name in agent), "") for names in (_BROWSERS, _SYSTEMS)]
    named = ", ".join(_SPOKEN.get(name, name) for name in found if name)
    return named or agent.partition(" ")[0] or words("account.session.unknown")
