"""The alarm desk beyond the list: taking over, sound, floods, trust, the card's sections, secrets, the look."""

PL: dict[str, str | dict[str, str]] = {
    # taking over
    "act.take_over": "Przejmij od innego…",
    "done.take_over": "Alarm przejęty od innego operatora.",
    "line.take_over": "Przejęto od innego operatora",
    "take_over.title": "Przejmij prowadzenie alarmu",
    "take_over.reason": "Dlaczego (wymagane; przeczyta to także {name})",
    "take_over.confirm": "Przejmij",
    # floods
    "flood.banner": {
        "one": "Napływ alarmów: {n} w ciągu 10 minut. P1 i P2 osobno, reszta w grupach.",
        "few": "Napływ alarmów: {n} w ciągu 10 minut. P1 i P2 osobno, reszta w grupach.",
        "many": "Napływ alarmów: {n} w ciągu 10 minut. P1 i P2 osobno, reszta w grupach.",
    },
    "flood.until": "Jeśli nic nie dojdzie, lista wróci sama o {time}.",
    "flood.sites": {"one": "{n} obiekt, od {time}", "few": "{n} obiekty, od {time}", "many": "{n} obiektów, od {time}"},
    "flood.causes": {
        "one": "{n} rodzaj alarmu, od {time}",
        "few": "{n} rodzaje alarmów, od {time}",
        "many": "{n} rodzajów alarmów, od {time}",
    },
    "flood.unfold": "Rozwiń",
    "flood.fold": "Zwiń",
    # sound
    "sound.blocked": "Przeglądarka blokuje dźwięk albo urządzenie nie gra: alarmów nie będzie słychać.",
    "sound.enable": "Włącz dźwięk",
    "sound.mute": "Wycisz na 2 minuty (P1 dzwoni dalej)",
    "sound.unmute": "Włącz dźwięk",
    # trust
    "mode.banner.DEGRADED": "Praca ograniczona: alarmy docierają, ale nie wszystko działa.",
    "mode.banner.MAINTENANCE": "Konserwacja: można czytać, nie można działać.",
    "mode.away.temporal": "bez przejmowania i poleceń",
    "mode.away.redis": "bez stanu central",
    "mode.away.relay": "zmiany mogą się spóźniać",
    "mode.away.database": "bez bazy danych",
    "link.show_missed": "Pokaż je",
    "trust.panels": "Centrale na łączu: {online} z {total}",
    "trust.unknown": "nie wiadomo ile",
    "trust.sms": "Droga SMS, ostatni znak życia modemu: {age}",
    "trust.no_modem": "brak modemu",
}

EN: dict[str, str | dict[str, str]] = {
    # taking over
    "act.take_over": "Take over…",
    "done.take_over": "Alarm taken over.",
    "line.take_over": "Taken over",
    "take_over.title": "Take over the alarm",
    "take_over.reason": "Why (required; {name} will read it, too)",
    "take_over.confirm": "Take over",
    # floods
    "flood.banner": {
        "one": "Flood of alarms: {n} in 10 minutes. P1 and P2 stay single, the rest is grouped.",
        "many": "Flood of alarms: {n} in 10 minutes. P1 and P2 stay single, the rest is grouped.",
    },
    "flood.until": "If nothing more comes, the list returns by itself at {time}.",
    "flood.sites": {"one": "{n} site, since {time}", "many": "{n} sites, since {time}"},
    "flood.causes": {"one": "{n} kind of alarm, since {time}", "many": "{n} kinds of alarms, since {time}"},
    "flood.unfold": "Unfold",
    "flood.fold": "Fold",
    # sound
    "sound.blocked": "The browser blocks the sound, or there is no device: alarms will not be heard.",
    "sound.enable": "Enable sound",
    "sound.mute": "Mute for 2 minutes (P1 still rings)",
    "sound.unmute": "Sound on",
    # trust
    "mode.banner.DEGRADED": "Degraded: alarms arrive, but not everything works.",
    "mode.banner.MAINTENANCE": "Maintenance: reading works, acting does not.",
    "mode.away.temporal": "no claims, no commands",
    "mode.away.redis": "no panel states",
    "mode.away.relay": "changes may be late",
    "mode.away.database": "no database",
    "link.show_missed": "Show them",
    "trust.panels": "Panels online: {online} of {total}",
    "trust.unknown": "unknown",
    "trust.sms": "SMS path, the modem's last sign of life: {age}",
    "trust.no_modem": "no modem",
}
