"""The alarm desk beyond the list: taking over, sound, floods, trust, the card's sections, secrets, the look."""

PL: dict[str, str | dict[str, str]] = {
    # taking over
    "act.take_over": "Przejmij od innego…",
    "done.take_over": "Alarm przejęty od innego operatora.",
    "line.take_over": "Przejęto od innego operatora",
    "take_over.title": "Przejmij prowadzenie alarmu",
    "take_over.reason": "Dlaczego (wymagane; przeczyta to także {name})",
    "take_over.confirm": "Przejmij",
}

EN: dict[str, str | dict[str, str]] = {
    # taking over
    "act.take_over": "Take over…",
    "done.take_over": "Alarm taken over.",
    "line.take_over": "Taken over",
    "take_over.title": "Take over the alarm",
    "take_over.reason": "Why (required; {name} will read it, too)",
    "take_over.confirm": "Take over",
}
