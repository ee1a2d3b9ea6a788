"""Polish words of the alarm desk beyond the list: sound, floods, the card's sections, trust, secrets, the look."""

WORDS: dict[str, str | dict[str, str]] = {
    # taking over
    "act.take_over": "Przejmij od innego…",
    "done.take_over": "Alarm przejęty od innego operatora.",
    "line.take_over": "Przejęto od innego operatora",
    "take_over.title": "Przejmij prowadzenie alarmu",
    "take_over.reason": "Dlaczego (wymagane; przeczyta to także {name})",
    "take_over.confirm": "Przejmij",
}
