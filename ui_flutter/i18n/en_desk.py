"""English words of the alarm desk beyond the list."""

WORDS: dict[str, str | dict[str, str]] = {
    # taking over
    "act.take_over": "Take over…",
    "done.take_over": "Alarm taken over.",
    "line.take_over": "Taken over",
    "take_over.title": "Take over the alarm",
    "take_over.reason": "Why (required; {name} will read it, too)",
    "take_over.confirm": "Take over",
}
