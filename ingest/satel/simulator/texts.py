"""What a Polish panel answers to 8F for the events the simulator produces: description kinds and text."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class EventText:
    """``kind`` and ``short`` say which record fields to read (reference §4.4)."""

    kind: int
    short: int
    begin: str
    end: str = ""


_ZONE, _USER, _MODULE, _KEYPAD, _NONE = (1, 0x0003), (2, 0x0005), (4, 0x0002), (6, 0x0014), (0, 0x0000)


def _alarm(text: str) -> EventText:
    return EventText(*_ZONE, f"Alarm: {text}", f"Koniec naruszenia: {text}")


TEXTS: Mapping[int, EventText] = MappingProxyType(
    {
        37: EventText(*_USER, "Podanie pierwszego kodu"),
        44: EventText(5, 0x0001, "Brak drugiego kodu"),
        45: EventText(*_USER, "Wycofanie pierwszego kodu"),
        69: EventText(*_KEYPAD, "Kasowanie pamięci awarii"),
        73: EventText(13, 0x0020, "Otwarcie drzwi"),
        78: EventText(*_MODULE, "Brak kabla sieci LAN", "Podłączono kabel sieci LAN"),
        83: EventText(*_ZONE, "Trzykrotnie podano błędne hasło"),
        93: EventText(*_ZONE, "Sabotaż modułu: brak modułu", "Powrót modułu"),
        95: EventText(12, 0x0020, "Przeciążenie wyjścia", "Koniec przeciążenia wyjścia"),
        97: EventText(1, 0x0002, "Zbyt długie naruszenie wejścia", "Koniec długiego naruszenia"),
        98: EventText(1, 0x0002, "Brak naruszeń wejścia", "Wejście znów naruszane"),
        99: EventText(*_ZONE, "Naruszenie wejścia", "Koniec naruszenia wejścia"),
        100: _alarm("pomoc medyczna"),
        110: _alarm("pożar"),
        111: _alarm("czujka dymu"),
        114: _alarm("czujka ciepła"),
        115: _alarm("przycisk pożarowy"),
        120: EventText(*_ZONE, "Alarm napadowy z manipulatora"),
        121: EventText(*_USER, "Użyto hasła PRZYMUS"),
        122: _alarm("cichy napad"),
        123: _alarm("głośny napad"),
        130: _alarm("włamanie"),
        131: _alarm("wejście obwodowe"),
        132: _alarm("wejście wewnętrzne"),
        133: _alarm("wejście 24-godzinne"),
        134: _alarm("wejście wej./wyj."),
        135: _alarm("wejście dzień/noc"),
        136: _alarm("wejście zewnętrzne"),
        144: EventText(*_ZONE, "Sabotaż wejścia", "Koniec sabotażu wejścia"),
        145: EventText(1, 0x0002, "Sabotaż modułu", "Koniec sabotażu modułu"),
        150: _alarm("24h techniczne"),
        151: _alarm("gaz"),
        152: _alarm("chłodzenie"),
        153: _alarm("ogrzewanie"),
        154: _alarm("zalanie"),
        158: _alarm("wysoka temperatura"),
        159: _alarm("niska temperatura"),
        300: EventText(*_MODULE, "Awaria modułu", "Koniec awarii modułu"),
        301: EventText(*_MODULE, "Brak zasilania AC", "Powrót zasilania AC"),
        302: EventText(*_MODULE, "Niski stan akumulatora", "Akumulator w porządku"),
        305: EventText(*_MODULE, "Restart centrali"),
        333: EventText(11, 0x0401, "Awaria magistrali danych", "Magistrala danych sprawna"),
        350: EventText(0, 0x8000, "Problem z monitoringiem", "Monitoring sprawny"),
        351: EventText(0, 0x8000, "Awaria linii telefonicznej", "Linia telefoniczna sprawna"),
        380: EventText(*_ZONE, "Maskowanie czujki", "Koniec maskowania czujki"),
        381: EventText(32, 0x4000, "Brak łączności radiowej", "Powrót łączności radiowej"),
        384: EventText(32, 0x4000, "Słaba bateria czujki", "Bateria czujki w porządku"),
        401: EventText(*_USER, "Wyłączenie czuwania", "Załączenie czuwania"),
        403: EventText(15, 0x0041, "Wyłączenie czuwania, timer", "Załączenie czuwania, timer"),
        406: EventText(*_USER, "Skasowanie alarmu"),
        454: EventText(*_USER, "Niepowodzenie uzbrojenia"),
        571: EventText(*_ZONE, "Blokada wejścia pożarowego", "Odblokowanie wejścia pożarowego"),
        572: EventText(*_ZONE, "Blokada wejścia 24h", "Odblokowanie wejścia 24h"),
        573: EventText(*_ZONE, "Blokada wejścia włamaniowego", "Odblokowanie wejścia włamaniowego"),
        621: EventText(*_NONE, "Skasowanie pamięci zdarzeń"),
        622: EventText(*_NONE, "Pamięć zdarzeń zapełniona w 50%"),
        623: EventText(*_NONE, "Pamięć zdarzeń zapełniona w 90%"),
        625: EventText(*_KEYPAD, "Programowanie zegara", "Awaria zegara"),
        627: EventText(*_MODULE, "Tryb serwisowy"),
        628: EventText(*_MODULE, "Koniec trybu serwisowego"),
        985: EventText(15, 0x0041, "Początek czasu na wyjście, timer"),
        1000: EventText(*_ZONE, "Awaria zgłoszona przez wejście", "Koniec awarii wejścia"),
        1001: EventText(*_USER, "Wymuszone załączenie czuwania"),
        1003: EventText(*_USER, "Przerwanie procedury uzbrajania"),
        1006: EventText(*_MODULE, "Test akumulatora: brak akumulatora", "Test akumulatora pomyślny"),
        1008: EventText(*_USER, "Początek czasu na wyjście"),
    }
)
