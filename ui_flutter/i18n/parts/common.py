"""Words of the navigation and of what all sections share."""

PL: dict[str, str | dict[str, str]] = {
    "nav.alarms": "Alarmy",
    "nav.commands": "Polecenia",
    "nav.schedules": "Uzbrajanie",
    "nav.escalation": "Eskalacja",
    "nav.imports": "Import",
    "page.back": "Wstecz",
    "page.shown": {"one": "{n} pozycja", "few": "{n} pozycje", "many": "{n} pozycji"},
}

EN: dict[str, str | dict[str, str]] = {
    "nav.alarms": "Alarms",
    "nav.commands": "Commands",
    "nav.schedules": "Auto-arm",
    "nav.escalation": "Escalation",
    "nav.imports": "Import",
    "page.back": "Back",
    "page.shown": {"one": "{n} entry", "many": "{n} entries"},
}
