"""Times, ages and initials as the console writes them. Pure: the present is always an argument."""

from datetime import datetime, timedelta

from ui_flutter.i18n.words import Words

SECONDS_MATTER = 600  # s


def clock(at: datetime) -> str:
    """Local time of day, `HH:MM:SS`."""
    return at.astimezone().strftime("%H:%M:%S")


def moment(at: datetime, now: datetime) -> str:
    """Local time; with the day in front unless it is today."""
    local, today = at.astimezone(), now.astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%d.%m %H:%M")


def minute(at: datetime, now: datetime) -> str:
    """Local time without seconds; with the day in front unless it is today."""
    local, today = at.astimezone(), now.astimezone().date()
    return local.strftime("%H:%M" if local.date() == today else "%d.%m %H:%M")


def panel_beside(object_name: str, panel_name: str) -> str:
    """The panel's name beside its object's; empty where it says nothing more, as with one panel named like the place."""
    return "" if panel_name == object_name else panel_name


def place(object_name: str, panel_name: str) -> str:
    """`Szkoła Polna, Hala`, or the one name of both."""
    return ", ".join(filter(None, (object_name, panel_beside(object_name, panel_name))))


def counter(age: timedelta, words: Words) -> str:
    """An age that counts up in a list: `4:07` while seconds matter, then `14 min`, `3 h 07`, days."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < SECONDS_MATTER:
        return f"{seconds // 60}:{seconds % 60:02}"
    if seconds < 3600:
        return words("age.minutes", n=seconds // 60)
    if seconds < 86400:
        return words("age.hours.short", n=seconds // 3600, m=f"{seconds % 3600 // 60:02}")
    return words("age.days", n=seconds // 86400)


def spoken(age: timedelta, words: Words) -> str:
    """An age inside a sentence: `42 s`, `7 min`, `3 h 07 min`, `2 dni`."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 100:
        return words("age.seconds", n=seconds)
    if seconds < 3600:
        return words("age.minutes", n=seconds // 60)
    if seconds < 86400:
        return words("age.hours", n=seconds // 3600, m=f"{seconds % 3600 // 60:02}")
    return words("age.days", n=seconds // 86400)


def initials(name: str) -> str:
    """`Jan Kowalski` → `JK`; of one word its first two letters."""
    parts = name.split()
    letters = "".join(part[0] for part in parts[:2]) if len(parts) > 1 else name[:2]
    return letters.upper()
