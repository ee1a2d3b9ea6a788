"""Why an import's file, row or cell is not taken, as a code and in the two languages of the console."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    # the file
    NOT_A_WORKBOOK = "NOT_A_WORKBOOK"
    MACROS = "MACROS"
    BOMB = "BOMB"
    NESTED = "NESTED"
    EMBEDDED = "EMBEDDED"
    EXTERNAL_LINKS = "EXTERNAL_LINKS"
    TOO_MUCH = "TOO_MUCH"
    # a sheet
    NO_SHEET = "NO_SHEET"
    NO_HEADINGS = "NO_HEADINGS"
    NO_COLUMN = "NO_COLUMN"
    COLUMN_TWICE = "COLUMN_TWICE"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    # a cell
    MISSING = "MISSING"
    FORMULA = "FORMULA"
    EXCEL_ERROR = "EXCEL_ERROR"
    IS_A_DATE = "IS_A_DATE"
    CONTROL = "CONTROL"
    TOO_LONG = "TOO_LONG"
    NOT_A_WHOLE_NUMBER = "NOT_A_WHOLE_NUMBER"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_A_PHONE = "NOT_A_PHONE"
    NOT_AN_ADDRESS = "NOT_AN_ADDRESS"
    NOT_A_ZONE_NAME = "NOT_A_ZONE_NAME"
    NOT_YES_OR_NO = "NOT_YES_OR_NO"
    NOT_A_CHOICE = "NOT_A_CHOICE"
    # rows together
    TWICE = "TWICE"
    NO_SUCH_OBJECT = "NO_SUCH_OBJECT"
    NO_SUCH_PANEL = "NO_SUCH_PANEL"
    HALF_A_PLACE = "HALF_A_PLACE"
    ADDRESS_TWICE = "ADDRESS_TWICE"
    NOTHING = "NOTHING"
    # with the database
    DELETED = "DELETED"
    ADDRESS_TAKEN = "ADDRESS_TAKEN"
    PANEL_NAME_UNCLEAR = "PANEL_NAME_UNCLEAR"
    # only warnings
    UNKNOWN_SHEET = "UNKNOWN_SHEET"
    UNKNOWN_COLUMN = "UNKNOWN_COLUMN"
    NO_HEADING = "NO_HEADING"


TEXTS: Final[dict[Reason, tuple[str, str]]] = {  # English, Polish
    Reason.NOT_A_WORKBOOK: (
        "This is no .xlsx workbook that can be read.",
        "To nie jest skoroszyt .xlsx, który da się odczytać.",
    ),
    Reason.MACROS: ("Workbooks with macros are not taken.", "Skoroszyty z makrami nie są przyjmowane."),
    Reason.BOMB: ("The workbook unpacks to far too much.", "Skoroszyt po rozpakowaniu jest o wiele za duży."),
    Reason.NESTED: ("The workbook contains another archive.", "Skoroszyt zawiera inne archiwum."),
    Reason.EMBEDDED: ("The workbook contains objects of other programs.", "Skoroszyt zawiera obiekty innych programów."),
    Reason.EXTERNAL_LINKS: (
        "The workbook refers to other files or sources.",
        "Skoroszyt odwołuje się do innych plików lub źródeł.",
    ),
    Reason.TOO_MUCH: (
        "Reading the workbook takes too much time or memory.",
        "Odczyt skoroszytu wymaga za dużo czasu lub pamięci.",
    ),
    Reason.NO_SHEET: ("This sheet is missing.", "Brakuje tego arkusza."),
    Reason.NO_HEADINGS: ("No row with the headings was found.", "Nie znaleziono wiersza z nagłówkami."),
    Reason.NO_COLUMN: ("This required column is missing.", "Brakuje tej wymaganej kolumny."),
    Reason.COLUMN_TWICE: ("This column is there twice.", "Ta kolumna występuje dwa razy."),
    Reason.TOO_MANY_ROWS: ("The sheet has too many rows.", "Arkusz ma za dużo wierszy."),
    Reason.MISSING: ("This must be given.", "To pole jest wymagane."),
    Reason.FORMULA: ("A formula: paste its value instead.", "Formuła: wklej zamiast niej wartość."),
    Reason.EXCEL_ERROR: ("An error of Excel instead of a value.", "Błąd Excela zamiast wartości."),
    Reason.IS_A_DATE: (
        "Excel has made a date of it: format the cell as text.",
        "Excel zrobił z tego datę: sformatuj komórkę jako tekst.",
    ),
    Reason.CONTROL: ("It has characters that cannot be shown.", "Zawiera znaki, których nie da się wyświetlić."),
    Reason.TOO_LONG: ("It is too long.", "Tekst jest za długi."),
    Reason.NOT_A_WHOLE_NUMBER: ("It must be a whole number.", "Musi to być liczba całkowita."),
    Reason.NOT_A_NUMBER: ("It must be a number.", "Musi to być liczba."),
    Reason.OUT_OF_RANGE: ("The number is outside of its range.", "Liczba jest poza zakresem."),
    Reason.NOT_A_PHONE: ("It is no telephone number.", "To nie jest numer telefonu."),
    Reason.NOT_AN_ADDRESS: ("It is no host name and no IP address.", "To nie jest nazwa hosta ani adres IP."),
    Reason.NOT_A_ZONE_NAME: ("There is no such time zone.", "Nie ma takiej strefy czasowej."),
    Reason.NOT_YES_OR_NO: ("It must be TAK or NIE.", "Musi być TAK albo NIE."),
    Reason.NOT_A_CHOICE: ("It is none of the values of the list.", "Nie ma takiej wartości na liście."),
    Reason.TWICE: ("There is already a row with this key.", "Jest już wiersz z tym kluczem."),
    Reason.NO_SUCH_OBJECT: ("The sheet of objects has no such number.", "Arkusz obiektów nie ma takiego numeru."),
    Reason.NO_SUCH_PANEL: (
        "The sheet of panels has no such panel of this object.",
        "Arkusz central nie ma takiej centrali tego obiektu.",
    ),
    Reason.HALF_A_PLACE: ("Latitude and longitude go together.", "Szerokość i długość podaje się razem."),
    Reason.ADDRESS_TWICE: ("Another panel of the file has this host and port.", "Inna centrala w pliku ma ten adres i port."),
    Reason.NOTHING: ("There is not a single object in the file.", "W pliku nie ma ani jednego obiektu."),
    Reason.DELETED: ("An object with this number was deleted.", "Obiekt o tym numerze został usunięty."),
    Reason.ADDRESS_TAKEN: ("Another panel has this host and port.", "Inna centrala ma ten adres i port."),
    Reason.PANEL_NAME_UNCLEAR: ("The object has two panels of this name.", "Obiekt ma dwie centrale o tej nazwie."),
    Reason.UNKNOWN_SHEET: ("Unknown sheet, left out.", "Nieznany arkusz, pominięty."),
    Reason.UNKNOWN_COLUMN: ("Unknown column, left out.", "Nieznana kolumna, pominięta."),
    Reason.NO_HEADING: ("A column without a heading has values, left out.", "Kolumna bez nagłówka ma wartości, pominięta."),
}
