"""From the store to what says how far the picture may be trusted: banners, panels, the way of text messages. Pure functions."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from api.client.models import SystemMode
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.flood import WINDOW, ends_at, waits
from ui_flutter.state.link import Link
from ui_flutter.state.sound import Speaker
from ui_flutter.state.store import Login, Store
from ui_flutter.state.views import BannerView, Mood, SoundView, TrustView
from workflows.domain.supervision import SourceKind, SourceState

_PARTS = ("temporal", "redis", "relay", "database")


def banners(store: Store, now: datetime) -> tuple[BannerView, ...]:
    """What the operator must know before anything else, the worst first."""
    return tuple(_banners(store, now)) if store.login is Login.IN else ()


def _banners(store: Store, now: datetime) -> Iterator[BannerView]:
    line, words = store.link, store.words
    if line.heard_at is not None and line.is_stale(now):
        age = formats.spoken(now - line.heard_at, words)
        text = words("link.banner", age=age, time=formats.moment(line.heard_at, now))
        yield BannerView(key="link", text=text, detail=_next_try(line, words, now), mood=Mood.BAD)
    if store.sound.speaker is Speaker.BLOCKED:
        yield BannerView(key="sound", text=words("sound.blocked"), mood=Mood.BAD, action=words("sound.enable"))
    if line.mode != SystemMode.NORMAL:
        text = words.get(f"mode.banner.{line.mode}", line.mode)
        yield BannerView(key="mode", text=text, detail=_away(store))
    if store.flooded:
        yield _flood(store, now)
    if store.came_back is not None:
        text = words("link.back", n=store.came_back) if store.came_back else words("link.back_quiet")
        action = words("link.show_missed") if store.missed else ""
        yield BannerView(key="missed", text=text, action=action, can_dismiss=True)


def _next_try(line: Link, words: Words, now: datetime) -> str:
    seconds = int((line.retry_at - now).total_seconds()) + 1 if line.retry_at else 0
    return words("link.retry", seconds=seconds) if seconds > 0 else words("link.trying")


def _away(store: Store) -> str:
    """What does not work, in words, as far as it was told."""
    if store.system is None:
        return ""
    return " · ".join(store.words(f"mode.away.{part}") for part in _PARTS if not getattr(store.system, part))


def _flood(store: Store, now: datetime) -> BannerView:
    alarms, present = store.book.alarms.values(), store.link.server_now(now)
    number = sum(1 for alarm in alarms if not alarm.suppressed and alarm.opened_at > present - WINDOW)
    over = formats.clock(ends_at(alarms, present))
    words = store.words
    held = sum(1 for alarm in alarms if waits(alarm))
    waiting = words("flood.waiting", n=held) if held else ""
    until = words("flood.until", time=over)
    return BannerView(key="flood", text=words("flood.banner", n=number), detail=" ".join(filter(None, (waiting, until))))


def sound(store: Store, now: datetime) -> SoundView:
    """The button of the sound, and how long the quiet lasts."""
    sound, words = store.sound, store.words
    if sound.muted_until is not None and sound.is_muted(now):
        left = int((sound.muted_until - now).total_seconds()) + 1
        return SoundView(muted=True, left=f"{left // 60}:{left % 60:02}", label=words("sound.unmute"))
    return SoundView(works=sound.speaker is not Speaker.BLOCKED, label=words("sound.mute"))


def trust(store: Store, now: datetime) -> TrustView:
    """Panels that answer, of those that should; and when the modem was heard."""
    words, system = store.words, store.system
    if system is None:
        return TrustView()
    online, total = system.panels.connected, system.panels.total
    panels = f"{online if online is not None else '?'}/{total}"
    missing = online is None or online < total
    sms, sms_mood = _sms(store, now)
    return TrustView(
        panels=panels,
        panels_label=words("trust.panels", online=words("trust.unknown") if online is None else online, total=total),
        panels_mood=Mood.WARN if missing else Mood.GOOD,
        sms=sms,
        sms_label=words("trust.sms", age=sms),
        sms_mood=sms_mood,
    )


def _sms(store: Store, now: datetime) -> tuple[str, Mood]:
    modems = [part for part in store.parts if part.kind is SourceKind.MODEM]
    if not modems:
        return store.words("trust.no_modem"), Mood.QUIET
    newest = max(modems, key=lambda part: part.last_seen_at)
    silence = max(store.link.server_now(now) - newest.last_seen_at, timedelta())  # two clocks differ a little
    age = formats.spoken(silence, store.words)
    silent = any(part.state is SourceState.SILENT for part in modems)
    return age, Mood.BAD if silent else Mood.GOOD
