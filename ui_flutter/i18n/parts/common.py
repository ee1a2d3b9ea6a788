"""Words of the navigation and of what all sections share."""

PL: dict[str, str | dict[str, str]] = {
    "nav.alarms": "Alarmy",
    "nav.commands": "Polecenia",
    "page.back": "Wstecz",
    "page.shown": {"one": "{n} pozycja", "few": "{n} pozycje", "many": "{n} pozycji"},
}

EN: dict[str, str | dict[str, str]] = {
    "nav.alarms": "Alarms",
    "nav.commands": "Commands",
    "page.back": "Back",
    "page.shown": {"one": "{n} entry", "many": "{n} entries"},
}
