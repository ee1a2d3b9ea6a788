"""The words of the demo: believable places, people and zones. None of it exists; the numbers belong to nobody.

Places and zones are those of the simulated fleet (`ingest/satel/simulator/examples.py`): the same names in the same order, so
that what a simulated panel tells of itself and what the database says of it agree.
"""

from dataclasses import dataclass
from typing import Final

from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import ResultCode
from workflows.domain.permissions import Role
from workflows.domain.response import StepKind

SITES: Final = ("Jubiler", "Apteka", "Hurtownia", "Szkoła", "Kancelaria", "Salon aut", "Piekarnia", "Bank", "Muzeum", "Willa")
STREETS: Final = ("Lipowa", "Polna", "Rynek", "Długa", "Leśna", "Szkolna", "Młyńska", "Zamkowa", "Ogrodowa", "Krótka")
KINDS: Final = {
    "Jubiler": "sklep",
    "Apteka": "apteka",
    "Hurtownia": "magazyn",
    "Szkoła": "szkoła",
    "Kancelaria": "biuro",
    "Salon aut": "salon",
    "Piekarnia": "zakład",
    "Bank": "bank",
    "Muzeum": "muzeum",
    "Willa": "dom",
}


@dataclass(frozen=True, slots=True)
class City:
    name: str
    post_code: str
    lat: float
    lon: float


CITIES: Final = (
    City("Kraków", "30-0", 50.0614, 19.9372),
    City("Wrocław", "50-1", 51.1079, 17.0385),
    City("Poznań", "61-8", 52.4064, 16.9252),
    City("Gdańsk", "80-8", 54.3520, 18.6466),
    City("Łódź", "90-4", 51.7592, 19.4560),
    City("Lublin", "20-1", 51.2465, 22.5684),
)

COMMAND_CODE: Final = "1234"  # of the integration user of every simulated panel

PARTITIONS: Final = ("Biuro", "Magazyn", "Sklep", "Serwerownia", "Zaplecze", "Hala A", "Hala B", "Obwód zewnętrzny")
ZONES: Final[tuple[tuple[str, int], ...]] = (  # name, reaction (protocol reference §5)
    ("Drzwi wejściowe", 0),
    ("Hol PIR", 3),
    ("Magazyn PIR", 5),
    ("Okno zaplecze", 4),
    ("Sejf sejsmiczna", 10),
    ("Napad kasa", 13),
    ("Czujka dymu hol", 33),
    ("Zalanie kotłow.", 52),
    ("Brama towarowa", 2),
    ("Korytarz PIR", 3),
    ("Biuro szefa", 5),
    ("Okna elewacja", 4),
    ("Witryna sklepu", 88),
    ("Przycisk napad.", 12),
    ("ROP parter", 37),
    ("Czujnik gazu", 49),
    ("Drzwi zaplecza", 1),
    ("Schody PIR", 5),
    ("Archiwum", 5),
    ("Dach świetlik", 4),
    ("Ogrodzenie", 8),
    ("Pomoc medyczna", 14),
    ("Chłodnia temp.", 55),
    ("Furtka (rejestr)", 47),
)

CONTACTS: Final = (
    "Jan Kowalski",
    "Anna Wiśniewska",
    "Piotr Zieliński",
    "Katarzyna Wójcik",
    "Tomasz Lewandowski",
    "Magdalena Kamińska",
    "Marek Szymański",
    "Agnieszka Dąbrowska",
)
CONTACT_NOTES: Final = (None, None, "Mieszka 10 minut od obiektu, ma klucze.", "Tylko w sprawach pożaru i zalania.")
CODE_WORDS: Final = ("Jarzębina", "Wodospad", "Latarnia", "Bursztyn", "Żuraw", "Kasztan", "Mgławica")  # of nobody
PROCEDURE: Final = (
    (None, StepKind.CHECK, "Sprawdź podgląd i historię strefy z ostatnich 24 godzin."),
    (None, StepKind.CALL, "Zadzwoń do pierwszej osoby z listy kontaktów i poproś o hasło."),
    (None, StepKind.DISPATCH, "Brak odpowiedzi lub złe hasło: wyślij patrol i zanotuj godzinę."),
    (None, StepKind.TEXT, "Po powrocie patrolu opisz ustalenia i zamknij alarm."),
    (AlarmType.HOLDUP, StepKind.TEXT, "Nie dzwoń na obiekt: napastnik może słyszeć."),
    (AlarmType.HOLDUP, StepKind.DISPATCH, "Wyślij patrol i powiadom Policję (112)."),
    (AlarmType.FIRE, StepKind.DISPATCH, "Powiadom Straż Pożarną (998) i wyślij patrol z kluczami."),
    (AlarmType.FIRE, StepKind.CALL, "Zadzwoń do pierwszej osoby z listy kontaktów: czy ktoś jest w środku?"),
    (AlarmType.FIRE, StepKind.CHECK, "Sprawdź, czy zgłosiła się druga czujka."),
)
NOTES: Final = (
    "Fałszywy alarm, pracownik ochrony wszedł przed rozbrojeniem. Hasło zgodne.",
    "Patrol na miejscu: obiekt zamknięty, brak śladów włamania.",
    "Klient potwierdził: zapomniał rozbroić system.",
    "Kontakt z osobą z listy, przyczyna: otwarte okno i przeciąg.",
    "Czujka po deszczu wzbudza się sama, zgłoszono do serwisu.",
    "Test umówiony z instalatorem, bez interwencji.",
)
RESULTS: Final = tuple(code for code in ResultCode if code is not ResultCode.CONFIRMED)


@dataclass(frozen=True, slots=True)
class DemoUser:
    username: str
    password: str
    role: Role
    display_name: str
    locale: str = "pl"


SERVICE_ACCOUNT: Final = "uslugi"
USERS: Final = (
    DemoUser("operator", "operator-demo", Role.OPERATOR, "Olga Operator"),
    DemoUser("operator2", "operator2-demo", Role.OPERATOR, "Oskar Operator", "en"),
    DemoUser("technik", "technik-demo", Role.TECHNICIAN, "Tadeusz Technik"),
    DemoUser("teren", "teren-demo", Role.FIELD_WORKER, "Filip Terenowy"),
    DemoUser("admin", "admin-demo", Role.ADMIN, "Ada Administrator"),
    DemoUser("master", "master-demo", Role.MASTER, "Maria Master"),
    DemoUser("audytor", "audytor-demo", Role.AUDITOR, "Adam Audytor"),
)
