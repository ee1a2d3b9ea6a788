"""The sheets and columns of an import: what the template shows and the reader looks for.

A column is found by its stable id in brackets, by its heading, or by the id alone, in any order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from activities.importing import cells
from activities.importing.cells import tidy
from workflows.domain.alarm import AlarmType
from workflows.domain.response import StepKind

EXAMPLE: Final = "PRZYKŁAD"  # a row whose object number begins so is an example and is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``read`` makes a value of a cell that is not blank. ``example`` and ``choices`` are for the template."""

    id: str
    heading: str
    read: Callable[[Any], Any]
    example: str | int | float
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """As the template writes it."""
        return f"{self.heading} [{self.id}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``key``: the columns that together name a row."""

    id: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False

    def column(self, column_id: str) -> Column:
        return next(column for column in self.columns if column.id == column_id)

    def column_of(self, heading: str) -> Column | None:
        """The column a heading means."""
        text = tidy(heading).casefold()
        for column in self.columns:
            if text.endswith(f"[{column.id}]") or text in (column.heading.casefold(), column.id):
                return column
        return None


_OBJECT: Final = Column(
    id="external_number",
    heading="Numer obiektu",
    read=cells.identifier,
    example=f"{EXAMPLE}-1",
    help="Numer nadany przez klienta. Po nim rozpoznawany jest obiekt.",
    required=True,
)
_PANEL: Final = Column(
    id="panel_name",
    heading="Centrala",
    read=cells.line,
    example="Centrala główna",
    help="Nazwa centrali, niepowtarzalna w obiekcie. Po niej rozpoznawana jest centrala.",
    required=True,
)

OBJECTS: Final = Sheet(
    id="objects",
    title="Obiekty",
    required=True,
    key=("external_number",),
    columns=(
        _OBJECT,
        Column(id="name", heading="Nazwa", read=cells.line, example="Apteka Pod Lwem", help="Nazwa obiektu.", required=True),
        Column(id="address", heading="Adres", read=cells.line, example="Rynek 1, Kraków", help="Pełny adres.", required=True),
        Column(id="kind", heading="Rodzaj", read=cells.line, example="apteka", help="Np. sklep, bank, dom.", required=True),
        Column(
            id="lat",
            heading="Szerokość geograficzna",
            read=partial(cells.decimal, low=-90, high=90),
            example=50.0617,
            help="Stopnie dziesiętne. Razem z długością albo wcale.",
        ),
        Column(
            id="lon",
            heading="Długość geograficzna",
            read=partial(cells.decimal, low=-180, high=180),
            example=19.9373,
            help="Stopnie dziesiętne. Razem z szerokością albo wcale.",
        ),
    ),
)
CONTACTS: Final = Sheet(
    id="contacts",
    title="Kontakty",
    key=("external_number", "position"),
    columns=(
        _OBJECT,
        Column(
            id="position",
            heading="Kolejność",
            read=partial(cells.whole, low=1, high=99),
            example=1,
            help="Kolejność dzwonienia, od 1. Podane kontakty zastępują całą listę obiektu.",
            required=True,
        ),
        Column(id="name", heading="Imię i nazwisko", read=cells.line, example="Jan Przykładowy", help="Kto.", required=True),
        Column(
            id="phone",
            heading="Telefon",
            read=cells.phone,
            example="+48 600 000 000",
            help="Sformatuj kolumnę jako tekst, inaczej Excel gubi zera i plus.",
            required=True,
        ),
        Column(id="note", heading="Uwagi", read=cells.prose, example="", help="Np. kiedy dzwonić. Puste: bez zmian."),
    ),
)
PROCEDURES: Final = Sheet(
    id="procedures",
    title="Procedury",
    key=("external_number", "position"),
    columns=(
        _OBJECT,
        Column(
            id="position",
            heading="Krok",
            read=partial(cells.whole, low=1, high=99),
            example=1,
            help="Kolejność, od 1. Podane kroki zastępują całą procedurę obiektu.",
            required=True,
        ),
        Column(
            id="text", heading="Treść", read=cells.prose, example="Zadzwoń do właściciela.", help="Co zrobić.", required=True
        ),
        Column(
            id="kind",
            heading="Rodzaj kroku",
            read=partial(cells.choice, of=StepKind),
            example=StepKind.CALL,
            help="CALL: telefon, CHECK: sprawdzenie, DISPATCH: wysłanie patrolu, TEXT: wskazówka. Puste: TEXT.",
            choices=tuple(StepKind),
        ),
        Column(
            id="alarm_type",
            heading="Rodzaj alarmu",
            read=partial(cells.choice, of=AlarmType),
            example="",
            help="Dla którego rodzaju alarmu jest krok, np. FIRE. Puste: bez zmian, a nowy krok jest ogólny: obowiązuje tam, "
            "gdzie obiekt nie ma kroków dla danego rodzaju.",
            choices=tuple(AlarmType),
        ),
    ),
)
PANELS: Final = Sheet(
    id="panels",
    title="Centrale",
    key=("external_number", "panel_name"),
    columns=(
        _OBJECT,
        _PANEL,
        Column(id="host", heading="Host", read=cells.host, example="192.0.2.10", help="Adres modułu ETHM.", required=True),
        Column(
            id="port",
            heading="Port",
            read=partial(cells.whole, low=1, high=65_535),
            example=7094,
            help="Puste: 7094.",
        ),
        Column(
            id="integration_key",
            heading="Klucz integracji",
            read=cells.integration_key,
            example="",
            help="Do 12 znaków. Puste: bez zmian, a w nowej centrali bez szyfrowania.",
        ),
        Column(
            id="time_zone",
            heading="Strefa czasowa",
            read=cells.time_zone,
            example="Europe/Warsaw",
            help="Zegara centrali. Puste: jak w całej instalacji.",
        ),
        Column(
            id="enabled",
            heading="Włączona",
            read=cells.yes_or_no,
            example="TAK",
            help="TAK: system łączy się od razu. Puste: TAK w nowej centrali.",
            choices=("TAK", "NIE"),
        ),
    ),
)
ZONES: Final = Sheet(
    id="zones",
    title="Wejścia",
    key=("external_number", "panel_name", "number"),
    columns=(
        _OBJECT,
        _PANEL,
        Column(
            id="number",
            heading="Numer wejścia",
            read=partial(cells.whole, low=1, high=256),
            example=1,
            help="Numer wejścia w centrali.",
            required=True,
        ),
        Column(id="name", heading="Nazwa wejścia", read=cells.line, example="Drzwi wejściowe", help="Nazwa.", required=True),
        Column(
            id="partition",
            heading="Strefa",
            read=partial(cells.whole, low=1, high=32),
            example=1,
            help="Numer strefy w centrali.",
        ),
        Column(
            id="alarm_type",
            heading="Rodzaj alarmu",
            read=partial(cells.choice, of=AlarmType),
            example="",
            help="Czym naprawdę jest naruszenie, np. HOLDUP. Puste: jak zgłasza centrala.",
            choices=tuple(AlarmType),
        ),
    ),
)
SHEETS: Final = (OBJECTS, CONTACTS, PROCEDURES, PANELS, ZONES)


def sheet_of(title: str) -> Sheet | None:
    """The sheet a tab of the workbook means, by its title or its id."""
    text = tidy(title).casefold()
    return next((sheet for sheet in SHEETS if text in (sheet.title.casefold(), sheet.id)), None)


def is_example(row: Mapping[str, Any]) -> bool:
    return str(row.get("external_number", "")).upper().startswith(EXAMPLE)
