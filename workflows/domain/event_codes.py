# ruff: noqa: E501 - one line per code reads better than eight
"""The event codes of the panel's log (reference §4.9): kinds of description, families, texts, meaning of the R bit.

Source: the lists of the vendor papers of 2014 (V14) and 2019 (V19) and a dump of a panel with firmware 1.24, merged; the
wordings are our own. Codes 161-163 and 800-805 are only in V14, 966 and 970 only in the dump. Newer panels may know
more: `code_info` describes an unknown code by its class, and command 8F asks the panel for its own words.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal

Language = Literal["en", "pl"]

LOG_ERASED = 621


class CodeFamily(StrEnum):
    """What a code is about; drives alarm logic (the record's class is only for display, reference §4.8)."""

    ALARM = "ALM"
    ZONE = "ZONE"  # a violation without alarm
    TAMPER = "TMP"
    FIRE = "FIRE"
    PANIC = "PANIC"
    MEDICAL = "MED"
    TECHNICAL = "TECH"
    ARMING = "ARM"
    BYPASS = "BYP"
    ACCESS = "ACC"
    TROUBLE = "TRB"
    POWER = "PWR"
    COMMUNICATION = "COM"
    USER = "USR"
    SYSTEM = "SYS"
    TEST = "TEST"


class LongKind(IntEnum):
    """How the number, partition and user fields of a record are to be read (V19 Appendix 2)."""

    NOTHING = 0
    PARTITION_DEVICE = 1
    PARTITION_USER = 2
    EXPANDER_USER = 3
    DEVICE = 4
    PARTITION = 5
    KEYPAD_USER = 6
    USER = 7
    READER = 8
    TELEPHONE = 9
    RELAY = 10
    PARTITION_BUS = 11
    MAIN_BOARD_OUTPUT = 12
    OUTPUT = 13
    TELEPHONE_USER = 14
    PARTITION_TIMER = 15
    ADDRESS_FIRST_HALF = 30
    ADDRESS_SECOND_HALF = 31
    PARTITION_RADIO = 32


class RestoreMeaning(StrEnum):
    """What the R bit of a code's records says (reference §4.8)."""

    NONE = "NONE"  # the code has no restore: it just happens
    END = "END"  # R = 1 ends what R = 0 began (for bypass codes: the bypass)
    ARMED = "ARMED"  # R = 1 armed, R = 0 disarmed
    SEPARATE = "SEPARATE"  # R tells two different happenings apart
    ADDRESS = "ADDRESS"  # R is a bit of the expander address


class Change(StrEnum):
    """What one record does to the thing it speaks of."""

    HAPPENED = "HAPPENED"
    BEGAN = "BEGAN"
    ENDED = "ENDED"
    ARMED = "ARMED"
    DISARMED = "DISARMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCode:
    """One code of the table. Pairs are for R = 0 and R = 1; an empty text means that side is not known to exist."""

    code: int
    kinds: tuple[LongKind, LongKind]
    short_kind: int | None  # as an 8F answer gives it (reference §4.4)
    family: CodeFamily
    english: tuple[str, str]
    polish: tuple[str, str]
    restore_meaning: RestoreMeaning
    ends: int | None = None  # the code this one ends, where beginning and end are two codes
    known: bool = True

    def text(self, restore: bool, language: Language = "en") -> str:
        """What happened, for people; never empty."""
        texts = self.english if language == "en" else self.polish
        return texts[restore] or texts[not restore]

    def kind(self, restore: bool) -> LongKind:
        """How to read the record's numbers."""
        return self.kinds[restore]

    def change(self, restore: bool) -> Change:
        """What a record with this code and R bit does. An R where the table has none still means an end."""
        if self.restore_meaning in (RestoreMeaning.ADDRESS, RestoreMeaning.SEPARATE):
            return Change.HAPPENED
        if self.restore_meaning is RestoreMeaning.ARMED:
            return Change.ARMED if restore else Change.DISARMED
        if restore or self.ends is not None:
            return Change.ENDED
        pair_or_end = self.restore_meaning is RestoreMeaning.END or self.code in _ENDS.values()
        return Change.BEGAN if pair_or_end else Change.HAPPENED


_ARMING = frozenset({400, 401, 402, 403, 404, 407, 408, 409, 441, 442})
_SEPARATE = frozenset({306, 405, 625})
_ENDS = {412: 91, 628: 627, 1021: 1020}
_CLASS_FAMILIES = (
    CodeFamily.ALARM,  # zone and tamper alarms
    CodeFamily.ALARM,  # partition and expander alarms
    CodeFamily.ARMING,
    CodeFamily.BYPASS,
    CodeFamily.ACCESS,
    CodeFamily.TROUBLE,
    CodeFamily.USER,
    CodeFamily.SYSTEM,
)

# code | long kind, or that of R=0/R=1 | short kind, hex | family | English R=0 | R=1 | Polish R=0 | R=1
_TABLE = """\
1|6|0014|USR|telephone messaging cancelled (from keypad)||Skasowanie powiadamiania telefonicznego (z manipulatora)|
2|3|000C|USR|own code changed (at a LED partition keypad)|own code changed (at a LED partition keypad)|Zmiana własnego hasła na klawiaturze strefowej|Zmiana własnego hasła na klawiaturze strefowej
3|6|0014|USR|own code changed (at LCD keypad)||Zmiana własnego hasła na manipulatorze|
4|6|0014|BYP|user opened the zone-bypass function||Użytkownik otworzył funkcję blokowania wejść|
5|6|0014|USR|detector supply reset by user||Reset zasilania czujek przez użytkownika|
6|6|0014|USR|system options changed by user||Zmiana opcji systemu przez użytkownika|
7|6|0014|USR|service person's access enabled|service person's access withdrawn|Udostępnienie systemu serwisowi|Cofnięcie dostępu serwisu
8|6|0014|USR|user-adding function used (who did it)||Użycie funkcji dodawania użytkownika (kto dodawał)|
9|6|0014|USR|user created (who was created)||Dodanie użytkownika (kogo dodano)|
10|6|0014|USR|user-editing function used (who did it)||Użycie funkcji edycji użytkownika (kto edytował)|
11|6|0014|USR|user record altered (who was altered)||Zmiana danych użytkownika (kogo zmieniono)|
12|6|0014|USR|user-deleting function used (who did it)||Użycie funkcji usuwania użytkownika (kto usuwał)|
13|6|0014|USR|user deleted (who was deleted)||Usunięcie użytkownika (kogo usunięto)|
14|6|0014|USR|user chose a code that belongs to another user (LCD keypad)||Użytkownik wybrał hasło należące do innej osoby (manipulator)|
15|6|0014|USR|that other user, whose code is now known (LCD keypad)||Użytkownik, którego hasło zostało odgadnięte (manipulator)|
16|6|0014|USR|master user created||Dodanie administratora|
17|6|0014|USR|master user altered||Zmiana danych administratora|
18|6|0014|USR|master user deleted||Usunięcie administratora|
19|4|0002|SYS|local RS programming session opened|local RS programming session closed|Początek programowania lokalnego przez RS|Koniec programowania lokalnego przez RS
20|6|0014|SYS|modem programming session opened by user||Początek programowania przez modem, wywołanego przez użytkownika|
21|6|0014|TEST|test call to station 1, number A||Test łączności ze stacją 1, numer A|
22|6|0014|TEST|test call to station 1, number B||Test łączności ze stacją 1, numer B|
23|6|0014|TEST|test call to station 2, number A||Test łączności ze stacją 2, numer A|
24|6|0014|TEST|test call to station 2, number B||Test łączności ze stacją 2, numer B|
26|2|0005|ACC|cash-machine access allowed||Zgoda na dostęp do bankomatu|
27|3|000C|USR|as 14 at LED partition keypad|as 14 at LED partition keypad|Wybór hasła należącego do innej osoby (klawiatura strefowa)|Wybór hasła należącego do innej osoby (klawiatura strefowa)
28|3|000C|USR|as 15 at LED partition keypad|as 15 at LED partition keypad|Użytkownik, którego hasło zostało odgadnięte (klawiatura strefowa)|Użytkownik, którego hasło zostało odgadnięte (klawiatura strefowa)
29|7|0004|USR|expired temporary user erased by the panel||Usunięcie użytkownika czasowego po upływie ważności|
30|0|0000|SYS|service access closed by timeout||Zamknięcie dostępu serwisu po upływie czasu|
31|0|0000|SYS|panel firmware was updated||Aktualizacja oprogramowania centrali|
32|4|0002|SYS|configuration saved to FLASH||Zapis ustawień do pamięci FLASH|
33|0|0000|SYS|boot loader (STARTER) ran||Uruchomienie programu startowego (STARTER)|
34|0|0000|SYS|boot loader entered by RESET jumper||Wejście do programu startowego zworką RESET|
36|7|0004|USR|one-shot user erased after use||Usunięcie użytkownika jednorazowego po użyciu hasła|
37|2|0005|ACC|first of two codes given||Podano pierwsze z dwóch haseł|
38|3|000C|USR|telephone messaging cancelled (LED partition keypad)|telephone messaging cancelled (LED partition keypad)|Skasowanie powiadamiania telefonicznego (klawiatura strefowa)|Skasowanie powiadamiania telefonicznego (klawiatura strefowa)
39|1|0003|TEST|vibration detector test passed||Test czujki wibracyjnej zakończony pomyślnie|
40|6|0014|USR|code prefix altered||Zmiana prefiksu haseł|
41|0|0000|SYS|clock moved to summer time||Przejście na czas letni|
42|0|0000|SYS|clock moved to winter time||Przejście na czas zimowy|
43|6|0014|ACC|guard checkpoint confirmed (LCD keypad)||Obchód strażnika potwierdzony (manipulator)|
44|5|0001|ACC|first of two codes timed out||Minął czas na podanie drugiego hasła|
45|2|0005|ACC|first of two codes withdrawn||Cofnięcie pierwszego z dwóch haseł|
46|7|0004|COM|telephone remote-control session opened|telephone remote-control session closed|Początek zdalnego sterowania przez telefon|Koniec zdalnego sterowania przez telefon
47|10|1000|USR|telephone relay output switched on|telephone relay output switched off|Załączenie przekaźnika telefonicznego|Wyłączenie przekaźnika telefonicznego
48|30|2010|COM|TCP/IP link opened (browser/Internet)|TCP/IP link closed (browser/Internet)|Połączenie TCP/IP (przeglądarka, Internet)|Koniec połączenia TCP/IP (przeglądarka, Internet)
49|30|2010|COM|TCP/IP link attempt failed (browser/Internet)||Nieudane połączenie TCP/IP (przeglądarka, Internet)|
50|31|0000|COM|second half of an IP address (belongs to the older kind-30 record)||Adres IP, druga część|
51|4|0002|SYS|FLASH copy of configuration marked invalid||Unieważnienie kopii ustawień w pamięci FLASH|
52|6|0014|USR|service reminder cleared||Skasowanie przypomnienia o przeglądzie|
53|1|0003|TEST|vibration detector test aborted||Test czujki wibracyjnej przerwany|
54|30|2010|COM|DLOADX TCP/IP link opened|DLOADX TCP/IP link closed|Połączenie TCP/IP programu DLOADX|Koniec połączenia TCP/IP programu DLOADX
55|30|2010|COM|DLOADX TCP/IP link attempt failed||Nieudane połączenie TCP/IP programu DLOADX|
56|30|2010|COM|GUARDX TCP/IP link opened|GUARDX TCP/IP link closed|Połączenie TCP/IP programu GUARDX|Koniec połączenia TCP/IP programu GUARDX
57|30|2010|COM|GUARDX TCP/IP link attempt failed||Nieudane połączenie TCP/IP programu GUARDX|
58|30|2010|COM|TCP/IP via GSM (socket) opened|TCP/IP via GSM (socket) closed|Połączenie TCP/IP przez GSM (gniazdo)|Koniec połączenia TCP/IP przez GSM (gniazdo)
59|30|2010|COM|TCP/IP via GSM (socket) failed||Nieudane połączenie TCP/IP przez GSM (gniazdo)|
60|30|2010|COM|TCP/IP via GSM (http) opened|TCP/IP via GSM (http) closed|Połączenie TCP/IP przez GSM (http)|Koniec połączenia TCP/IP przez GSM (http)
61|30|2010|COM|TCP/IP via GSM (http) failed||Nieudane połączenie TCP/IP przez GSM (http)|
62|6|0014|ACC|user entered (LCD keypad)||Wejście użytkownika (manipulator)|
63|6|0014|ACC|user left (LCD keypad)||Wyjście użytkownika (manipulator)|
64|4|0002|ACC|keypad locked for a while||Czasowa blokada manipulatora|
65|4|0002|ACC|reader locked for a while||Czasowa blokada czytnika|
66|1|0003|ARM|STAY arming by zone||Załączenie czuwania STAY przez wejście|
67|1|0003|ARM|STAY arming without entry delay, by zone||Załączenie czuwania STAY bez czasu na wejście, przez wejście|
68|0|0000|SYS|clock was set||Ustawienie zegara|
69|6|0014|USR|trouble memory erased by user||Skasowanie pamięci awarii przez użytkownika|
70|6|0014|USR|user signed in||Zalogowanie użytkownika|
71|6|0014|USR|user signed out||Wylogowanie użytkownika|
72|6|0014|ACC|door released from LCD keypad||Otwarcie drzwi z manipulatora|
73|13|0020|ACC|door released (output/expander)||Otwarcie drzwi (wyjście lub ekspander)|
74|6|0014|USR|system brought back by user (after reset needing service)||Przywrócenie systemu przez użytkownika (po wymaganym resecie serwisowym)|
75|0|8000|COM|ETHM/GPRS transmission key altered||Zmiana klucza transmisji ETHM/GPRS|
76|6|0014|TEST|messaging test begun||Początek testu powiadamiania|
77|1|0003|COM|alarm transmission held back (delay)||Wstrzymanie transmisji alarmu (opóźnienie)|
78|4|0002|COM|LAN cable missing|LAN cable back|Brak kabla sieci LAN|Kabel sieci LAN podłączony
79|9|0100|COM|telephone message not delivered||Powiadomienie telefoniczne nie dotarło|
80|9|0100|COM|telephone message delivery uncertain||Powiadomienie telefoniczne: wynik niepewny|
81|9|0100|COM|telephone message delivered||Powiadomienie telefoniczne dotarło|
82|9|0100|COM|telephone message acknowledged by recipient||Powiadomienie telefoniczne potwierdzone przez odbiorcę|
83|1|0003|TMP|three bad codes in a row (no alarm)||Trzy błędne hasła (bez alarmu)|
84|1|0081|TMP|card-reader tamper|card-reader tamper gone|Sabotaż czytnika|Koniec sabotażu czytnika
85|4|0002|TMP|door forced / opened without release||Wyważenie drzwi (otwarcie bez zezwolenia)|
86|3|000C|ACC|user left (reader, expander)|user left (reader, expander)|Wyjście użytkownika (czytnik, ekspander)|Wyjście użytkownika (czytnik, ekspander)
87|2|0005|USR|partition blocked for a time||Czasowa blokada strefy|
88|4|0002|COM|GSM module fault|GSM module works again|Awaria modułu GSM|Moduł GSM działa
89|4|0002|ACC|door held open too long|door held open too long: door closed|Drzwi zbyt długo otwarte|Drzwi zamknięte
90|0|0000|SYS|programming session paused||Przerwa w programowaniu|
91|0|0000|SYS|programming session begun||Początek programowania|
92|1|0003|TMP|module tamper: identity check failed|module identity check passes again|Sabotaż modułu: błędna tożsamość|Tożsamość modułu poprawna
93|1|0003|TMP|module tamper: module missing|module present again|Sabotaż modułu: brak modułu|Moduł ponownie obecny
94|1|0003|TMP|module tamper: tamper input|module tamper input back to normal|Sabotaż modułu: styk sabotażowy|Koniec sabotażu modułu
95|12|0020|TRB|output overloaded|output overload over|Przeciążenie wyjścia|Koniec przeciążenia wyjścia
96|12|0020|TRB|output has no load|output load found again|Brak obciążenia wyjścia|Obciążenie wyjścia przywrócone
97|1|0002|TRB|zone violated too long|zone violated too long: zone normal again|Zbyt długie naruszenie wejścia|Koniec zbyt długiego naruszenia wejścia
98|1|0002|TRB|zone not violated for too long|zone not violated for too long: zone active again|Brak naruszeń wejścia|Wejście ponownie naruszane
99|1|0003|ZONE|zone violated (no alarm, log entry only)|zone violated (no alarm, log entry only): zone back to normal|Naruszenie wejścia|Koniec naruszenia wejścia
100|1|0003|MED|medical call button|medical call button: button released|Wezwanie pomocy medycznej (przycisk)|Koniec wezwania pomocy medycznej (przycisk)
101|1|0003|MED|medical call by remote|medical call by remote: over|Wezwanie pomocy medycznej (pilot)|Koniec wezwania pomocy medycznej (pilot)
110|1|0003|FIRE|fire zone alarm|fire zone normal|Alarm pożarowy|Koniec alarmu pożarowego
111|1|0003|FIRE|smoke detector alarm|smoke detector alarm: back to normal|Alarm z czujki dymu|Koniec alarmu z czujki dymu
112|1|0003|FIRE|combustion detector alarm|combustion detector alarm: back to normal|Alarm z czujki spalania|Koniec alarmu z czujki spalania
113|1|0003|FIRE|water-flow (sprinkler) alarm|water-flow (sprinkler) alarm: back to normal|Alarm przepływu wody (tryskacze)|Koniec alarmu przepływu wody (tryskacze)
114|1|0003|FIRE|heat detector alarm|heat detector alarm: back to normal|Alarm z czujki ciepła|Koniec alarmu z czujki ciepła
115|1|0003|FIRE|manual fire button|manual fire button: button reset|Ręczny ostrzegacz pożarowy|Ręczny ostrzegacz pożarowy w normie
116|1|0003|FIRE|duct detector alarm|duct detector alarm: back to normal|Alarm z czujki kanałowej|Koniec alarmu z czujki kanałowej
117|1|0003|FIRE|flame detector alarm|flame detector alarm: back to normal|Alarm z czujki płomienia|Koniec alarmu z czujki płomienia
120|1|0003|PANIC|panic alarm from keypad||Alarm napadowy z manipulatora|
121|2|0005|PANIC|duress code used (silent hold-up)||Użyto hasła pod przymusem|
122|1|0003|PANIC|silent panic zone|silent panic zone: back to normal|Cichy alarm napadowy|Koniec cichego alarmu napadowego
123|1|0003|PANIC|audible panic zone|audible panic zone: back to normal|Głośny alarm napadowy|Koniec głośnego alarmu napadowego
126|5|0001|ALM|guard did not report||Brak meldunku strażnika|
130|1|0003|ALM|burglary alarm|burglary alarm: zone back to normal|Alarm włamaniowy|Koniec naruszenia (alarm włamaniowy)
131|1|0003|ALM|perimeter zone alarm|perimeter zone alarm: back to normal|Alarm z linii obwodowej|Koniec naruszenia linii obwodowej
132|1|0003|ALM|interior zone alarm|interior zone alarm: back to normal|Alarm z linii wewnętrznej|Koniec naruszenia linii wewnętrznej
133|1|0003|ALM|24-hour burglary zone alarm|24-hour burglary zone alarm: back to normal|Alarm z linii włamaniowej 24h|Koniec naruszenia linii włamaniowej 24h
134|1|0003|ALM|entry/exit zone alarm|entry/exit zone alarm: back to normal|Alarm z linii wejścia/wyjścia|Koniec naruszenia linii wejścia/wyjścia
135|1|0003|ALM|day/night zone alarm|day/night zone alarm: back to normal|Alarm z linii dzień/noc|Koniec naruszenia linii dzień/noc
136|1|0003|ALM|exterior zone alarm|exterior zone alarm: back to normal|Alarm z linii zewnętrznej|Koniec naruszenia linii zewnętrznej
137|1|0003|TMP|perimeter tamper zone alarm|perimeter tamper zone alarm: back to normal|Alarm z obwodowej linii sabotażowej|Koniec naruszenia obwodowej linii sabotażowej
139|1|0003|ALM|alarm confirmed by second detector||Alarm zweryfikowany drugą czujką|
143|11|0401|TMP|data-bus fault while it counts as alarm|data-bus fault while it counts as alarm: bus normal again|Awaria szyny danych traktowana jako alarm|Szyna danych w normie
144|1|0003|TMP|zone tamper alarm|zone tamper alarm: back to normal|Sabotaż wejścia|Koniec sabotażu wejścia
145|1|0002|TMP|module tamper alarm|module tamper alarm: back to normal|Sabotaż modułu|Koniec sabotażu modułu
150|1|0003|TECH|24-hour non-burglary zone alarm|24-hour non-burglary zone alarm: back to normal|Alarm z linii 24h niewłamaniowej|Koniec alarmu z linii 24h niewłamaniowej
151|1|0003|TECH|gas alarm|gas alarm: back to normal|Wykryto gaz|Koniec alarmu gazowego
152|1|0003|TECH|refrigeration alarm|refrigeration alarm: back to normal|Awaria chłodzenia|Chłodzenie w normie
153|1|0003|TECH|heating loss alarm|heating loss alarm: back to normal|Awaria ogrzewania|Ogrzewanie w normie
154|1|0003|TECH|flood alarm|flood alarm: back to normal|Zalanie wodą|Koniec alarmu zalania
155|1|0003|TECH|foil/loop break alarm|foil/loop break alarm: back to normal|Przerwanie linii (folia, pętla)|Linia (folia, pętla) w normie
156|1|0003|TMP|day/night zone tamper|day/night zone tamper: back to normal|Sabotaż linii dzień/noc|Koniec sabotażu linii dzień/noc
157|1|0003|TECH|low gas supply level|low gas supply level: back to normal|Niski poziom gazu|Poziom gazu w normie
158|1|0003|TECH|temperature too high|temperature too high: back to normal|Zbyt wysoka temperatura|Koniec zbyt wysokiej temperatury
159|1|0003|TECH|temperature too low|temperature too low: back to normal|Zbyt niska temperatura|Koniec zbyt niskiej temperatury
161|1||TECH|no air flow|no air flow: back to normal|Brak przepływu powietrza|Przepływ powietrza w normie
162|1||TECH|carbon monoxide|carbon monoxide: back to normal|Wykryto tlenek węgla|Koniec alarmu tlenku węgla
163|1||TECH|tank level|tank level: back to normal|Nieprawidłowy poziom w zbiorniku|Poziom w zbiorniku w normie
200|1|0003|FIRE|fire-protection supervisory zone|fire-protection supervisory zone: back to normal|Nadzór instalacji przeciwpożarowej|Nadzór instalacji przeciwpożarowej w normie
201|1|0003|FIRE|water pressure low|water pressure low: back to normal|Niskie ciśnienie wody|Ciśnienie wody w normie
202|1|0003|FIRE|CO2 pressure low|CO2 pressure low: back to normal|Niskie ciśnienie CO2|Ciśnienie CO2 w normie
203|1|0003|FIRE|valve position|valve position: back to normal|Zmiana położenia zaworu|Położenie zaworu w normie
204|1|0003|FIRE|water level low|water level low: back to normal|Niski poziom wody|Poziom wody w normie
205|1|0003|FIRE|pump running|pump off|Praca pompy|Pompa wyłączona
206|1|0003|FIRE|pump fault|pump healthy|Awaria pompy|Pompa sprawna
220|1|0003|TMP|key box opened|key box closed|Otwarcie depozytora kluczy|Zamknięcie depozytora kluczy
300|4|0002|TRB|module fault|module healthy|Awaria modułu|Moduł sprawny
301|4|0002|PWR|mains lost|mains back|Brak zasilania sieciowego AC|Powrót zasilania sieciowego AC
302|4|0002|PWR|battery low|battery low: battery healthy again|Słaby akumulator|Akumulator w normie
303|0|0200|SYS|RAM error (source = number)||Błąd pamięci RAM|
305|4|0002|SYS|panel restarted||Restart centrali|
306|0|0000|SYS|configuration reset to defaults|configuration reloaded from FLASH|Przywrócenie ustawień fabrycznych|Wczytanie ustawień z pamięci FLASH
309|4|0002|PWR|battery worn (internal resistance high)|battery worn (internal resistance high): back to normal|Zużyty akumulator (wysoka rezystancja wewnętrzna)|Rezystancja akumulatora w normie
312|1|0003|PWR|power output overloaded|power output overloaded: over|Przeciążenie wyjścia zasilającego|Koniec przeciążenia wyjścia zasilającego
330|8|0081|TRB|card reader fault|card reader healthy|Awaria czytnika|Czytnik sprawny
333|11|0401|TRB|data-bus fault|data bus healthy|Awaria szyny danych|Szyna danych sprawna
337|4|0002|PWR|battery charging fault|battery charging fault: charging normal again|Awaria ładowania akumulatora|Ładowanie akumulatora w normie
339|4|0002|TRB|module restarted||Restart modułu|
344|4|0002|TRB|radio receiver jammed|radio receiver jammed: over|Zagłuszanie odbiornika radiowego|Koniec zagłuszania odbiornika radiowego
350|0|8000|COM|station reporting fails|station reporting works|Brak łączności ze stacją monitorowania|Powrót łączności ze stacją monitorowania
351|0|8000|COM|phone line fault|phone line normal|Awaria linii telefonicznej|Linia telefoniczna w normie
370|1|0003|TMP|auxiliary perimeter tamper zone|auxiliary perimeter tamper zone: back to normal|Sabotaż pomocniczej linii obwodowej|Koniec sabotażu pomocniczej linii obwodowej
373|1|0003|TMP|fire detector tamper|fire detector tamper: back to normal|Sabotaż czujki pożarowej|Koniec sabotażu czujki pożarowej
380|1|0003|TRB|zone masked (trouble)|zone masked (trouble): over|Zasłonięcie czujki (awaria)|Koniec zasłonięcia czujki
381|32|4000|TRB|radio device link lost|radio device link lost: link back|Brak łączności z urządzeniem radiowym|Powrót łączności z urządzeniem radiowym
383|1|0003|TMP|zone tamper (non-alarm family)|zone tamper (non-alarm family): back to normal|Sabotaż wejścia (bez alarmu)|Koniec sabotażu wejścia (bez alarmu)
384|32|4000|PWR|radio device battery low|radio device battery low: battery healthy again|Słaba bateria urządzenia radiowego|Bateria urządzenia radiowego w normie
388|1|0003|TRB|zone masked (trouble, second variant)|zone masked (trouble, second variant): over|Zasłonięcie czujki (awaria, drugi wariant)|Koniec zasłonięcia czujki (drugi wariant)
400|2|0005|ARM|disarmed|armed|Wyłączenie czuwania|Załączenie czuwania
401|2|0005|ARM|disarmed by user|armed by user|Wyłączenie czuwania przez użytkownika|Załączenie czuwania przez użytkownika
402|2||ARM|disarmed as part of a group|armed as part of a group|Wyłączenie czuwania w grupie stref|Załączenie czuwania w grupie stref
403|15|0041|ARM|disarmed by timer|armed by timer|Wyłączenie czuwania przez timer|Załączenie czuwania przez timer
404|2|0005|ARM|disarmed late by user|armed late by user|Spóźnione wyłączenie czuwania przez użytkownika|Spóźnione załączenie czuwania przez użytkownika
405|2|0005|ARM|disarming put off by user|arming put off by user|Odłożenie wyłączenia czuwania przez użytkownika|Odłożenie załączenia czuwania przez użytkownika
406|2|0005|ARM|alarm cleared by user||Skasowanie alarmu przez użytkownika|
407|2|0005|ARM|disarmed remotely|armed remotely|Zdalne wyłączenie czuwania|Zdalne załączenie czuwania
408|1|0003|ARM||armed without code (quick arm)||Szybkie załączenie czuwania (bez hasła)
409|1|0003|ARM|disarmed by control zone|armed by control zone|Wyłączenie czuwania przez linię sterującą|Załączenie czuwania przez linię sterującą
411|0|0800|SYS|callback dialled||Wykonano oddzwonienie|
412|0|0000|SYS|programming session ended well||Programowanie zakończone pomyślnie|
413|0|0000|SYS|remote programming attempt failed||Nieudana próba zdalnego programowania|
421|3|000C|ACC|access refused (partition keypad/reader)|access refused (partition keypad/reader)|Odmowa dostępu (klawiatura strefowa, czytnik)|Odmowa dostępu (klawiatura strefowa, czytnik)
422|3|000C|ACC|access given (partition keypad/reader)|access given (partition keypad/reader)|Przyznanie dostępu (klawiatura strefowa, czytnik)|Przyznanie dostępu (klawiatura strefowa, czytnik)
423|1|0003|ALM|door opened in an armed partition||Otwarcie drzwi w strefie czuwającej|
441|2|0005|ARM||armed in STAY mode||Załączenie czuwania w trybie STAY
442|1|0003|ARM||armed in STAY mode by zone||Załączenie czuwania w trybie STAY przez wejście
454|2|0005|ARM|arming did not succeed||Nieudane załączenie czuwania|
458|2|0005|ACC|time-lock release countdown begun (partition with access delay)||Początek odliczania dostępu czasowego (strefa z opóźnionym dostępem)|
461|1|0003|TMP|alarm after three bad codes||Alarm po trzech błędnych hasłach|
462|3|000C|ACC|guard checkpoint confirmed (partition keypad)|guard checkpoint confirmed (partition keypad)|Obchód strażnika potwierdzony (klawiatura strefowa)|Obchód strażnika potwierdzony (klawiatura strefowa)
570|1|0003|BYP|zone bypassed|zone bypass removed|Blokada wejścia|Odblokowanie wejścia
571|1|0003|BYP|fire zone bypassed|fire zone bypass removed|Blokada wejścia pożarowego|Odblokowanie wejścia pożarowego
572|1|0003|BYP|24-hour zone bypassed|24-hour zone bypass removed|Blokada wejścia 24h|Odblokowanie wejścia 24h
573|1|0003|BYP|burglary zone bypassed|burglary zone bypass removed|Blokada wejścia włamaniowego|Odblokowanie wejścia włamaniowego
574|1|0002|BYP|zone group bypassed|zone group bypass removed|Blokada grupy wejść|Odblokowanie grupy wejść
575|1|0003|BYP|zone bypassed by panel after repeated violation|automatic zone bypass after repeated violation removed|Automatyczna blokada wejścia po wielokrotnym naruszeniu|Koniec automatycznej blokady wejścia
601|6|0014|TEST|manual test report||Ręczna transmisja testowa|
602|0|0000|TEST|periodic test report||Okresowa transmisja testowa|
604|2/5|0005|TEST|fire/technical zone test mode on|fire/technical zone test mode off|Początek testu wejść pożarowych i technicznych|Koniec testu wejść pożarowych i technicznych
607|2/5|0005|TEST|burglary zone test mode on|burglary zone test mode off|Początek testu wejść włamaniowych|Koniec testu wejść włamaniowych
611|1|0003|TEST|zone passed test||Test wejścia zakończony pomyślnie|
612|1|0003|TEST|zone not triggered in test||Wejście nienaruszone podczas testu|
613|1|0003|TEST|burglary zone passed||Test wejścia włamaniowego zakończony pomyślnie|
614|1|0003|TEST|fire zone passed||Test wejścia pożarowego zakończony pomyślnie|
615|1|0003|TEST|panic zone passed||Test wejścia napadowego zakończony pomyślnie|
621|0|0000|SYS|event log erased||Skasowanie pamięci zdarzeń|
622|0|0000|SYS|event log half full||Pamięć zdarzeń zapełniona w połowie|
623|0|0000|SYS|event log nine-tenths full||Pamięć zdarzeń zapełniona w 90%|
625|6/0|0014|SYS|clock set by user|clock fault|Ustawienie zegara przez użytkownika|Awaria zegara
627|4|0002|SYS|service mode entered||Wejście w tryb serwisowy|
628|4|0002|SYS|service mode left||Wyjście z trybu serwisowego|
800|6||USR|key held down||Przytrzymanie klawisza|
801|4||TEST|chime setting sent, zones 1-64 on||Włączenie gongu dla wejść 1-64|
802|4||TEST|same, 1-64 off||Wyłączenie gongu dla wejść 1-64|
803|4||TEST|same, 65-128 on||Włączenie gongu dla wejść 65-128|
804|4||TEST|same, 65-128 off||Wyłączenie gongu dla wejść 65-128|
805|4||TEST|chime bypass sent||Blokada gongu|
966|4|0002|COM|IP address conflict|IP address conflict over|Konflikt adresów IP|Koniec konfliktu adresów IP
967|14|0104|COM|caller identification received||Odebrano identyfikację dzwoniącego|
968|1|0003|COM|connection lost|connection lost: connection back|Utrata połączenia|Powrót połączenia
969|4|0002|PWR|wireless keypad battery low|wireless keypad battery low: battery healthy again|Słaba bateria manipulatora bezprzewodowego|Bateria manipulatora bezprzewodowego w normie
970|4|0002|COM|connection begun||Początek połączenia|
971|4|0002|COM|SIM1 credit low|SIM1 credit fine|Niski stan konta karty SIM1|Stan konta karty SIM1 w normie
972|4|0002|COM|SIM2 credit low|SIM2 credit fine|Niski stan konta karty SIM2|Stan konta karty SIM2 w normie
979|4|0002|COM|MAC/ID problem for SATEL server|MAC/ID accepted|Błędny identyfikator MAC/ID dla serwera SATEL|Identyfikator MAC/ID przyjęty
980|4|0002|COM|SATEL server unreachable|SATEL server reachable|Brak łączności z serwerem SATEL|Łączność z serwerem SATEL przywrócona
981|6|0014|COM|GSM module restarted by user||Restart modułu GSM przez użytkownika|
982|6|0014|USR|user's telephone code altered||Zmiana hasła telefonicznego użytkownika|
983|6|0014|USR|user's telephone code hit by another||Odgadnięcie hasła telefonicznego użytkownika|
984|1|0003|TMP|ABAX radio device missing (tamper)|ABAX radio device missing (tamper): device back|Brak urządzenia radiowego ABAX (sabotaż)|Urządzenie radiowe ABAX ponownie obecne
985|15|0041|ARM|exit time begun (timer)||Początek czasu na wyjście (timer)|
986|1|0003|ALM|warning alarm||Alarm ostrzegawczy|
987|2|0005|ARM|warning alarm cleared by user||Skasowanie alarmu ostrzegawczego przez użytkownika|
988|1|0003|ARM|arming aborted (zone)||Przerwanie załączania czuwania (wejście)|
989|7|0004|USR|user signed in at INT-VG (voice)|user signed out at INT-VG|Zalogowanie użytkownika w INT-VG (głosowo)|Wylogowanie użytkownika z INT-VG
990|4|0002|TRB|KNX bus unreachable|KNX bus reachable|Brak łączności z szyną KNX|Łączność z szyną KNX przywrócona
991|1|0003|BYP|zone bypassed by panel after repeated tamper|automatic zone bypass after repeated tamper removed|Automatyczna blokada wejścia po wielokrotnym sabotażu|Koniec automatycznej blokady wejścia
992|6|0014|USR|troubles acknowledged before arming||Potwierdzenie awarii przed załączeniem czuwania|
993|6|0014|USR|weak RX fob battery acknowledged||Potwierdzenie słabej baterii pilota RX|
994|6|0014|USR|weak ABAX fob battery acknowledged||Potwierdzenie słabej baterii pilota ABAX|
995|3|000C|PWR|RX fob with weak battery used|RX fob with weak battery used|Użyto pilota RX ze słabą baterią|Użyto pilota RX ze słabą baterią
996|3|000C|PWR|ABAX fob with weak battery used|ABAX fob with weak battery used|Użyto pilota ABAX ze słabą baterią|Użyto pilota ABAX ze słabą baterią
997|4|0002|TRB|transmitter busy for too long|transmitter busy for too long: over|Zbyt długo zajęty nadajnik|Nadajnik w normie
998|0|0000|TEST|test report to station 1||Transmisja testowa do stacji 1|
999|0|0000|TEST|test report to station 2||Transmisja testowa do stacji 2|
1000|1|0003|TRB|trouble-type zone active|trouble-type zone normal|Naruszenie linii typu awaria|Koniec naruszenia linii typu awaria
1001|2|0005|ARM|forced arming by user||Wymuszone załączenie czuwania przez użytkownika|
1002|4|0002|COM|network PING test failing|PING test passing|Test PING nieudany|Test PING udany
1003|2|0005|ARM|arming aborted by user||Przerwanie załączania czuwania przez użytkownika|
1004|0|0000|SYS|programming session begun by ETHM/GSM module||Początek programowania przez moduł ETHM/GSM|
1005|6|0014|SYS|programming via ETHM begun by user||Początek programowania przez ETHM, wywołanego przez użytkownika|
1006|4|0002|PWR|battery load test failed (absent or low)|battery load test passed|Test akumulatora nieudany (brak lub rozładowany)|Test akumulatora udany
1007|1|0003|ARM|exit time begun (zone)||Początek czasu na wyjście (wejście)|
1008|2|0005|ARM|exit time begun (user)||Początek czasu na wyjście (użytkownik)|
1009|14|0104|COM|SMS control begun|SMS control ended|Początek sterowania przez SMS|Koniec sterowania przez SMS
1010|14|0104|COM|SMS received without any control effect||Odebrano SMS bez polecenia sterującego|
1011|14|0104|COM|SMS received from unknown number||Odebrano SMS z nieznanego numeru|
1012|6|0014|SYS|programming via CSD begun by user||Początek programowania przez CSD, wywołanego przez użytkownika|
1013|6|0014|SYS|programming via GPRS begun by user||Początek programowania przez GPRS, wywołanego przez użytkownika|
1014|4|0002|TRB|DSR signal missing|DSR signal present|Brak sygnału DSR|Powrót sygnału DSR
1015|4|0002|COM|time server not answering|time server answering|Serwer czasu nie odpowiada|Serwer czasu odpowiada
1016|6|0014|SYS|clock synchronisation begun||Początek synchronizacji zegara|
1017|9|0100|COM|SMS sent||SMS wysłany|
1018|9|0100|COM|SMS not sent||SMS niewysłany|
1019|3|000C|USR|remote fob used|remote fob used|Użycie pilota|Użycie pilota
1020|4|0002|TRB|keypad-bus module (LCD/PTSA/ETHM) failed to start||Nieudany start modułu na szynie manipulatorów (LCD/PTSA/ETHM)|
1021|4|0002|TRB|keypad-bus module started correctly||Poprawny start modułu na szynie manipulatorów|
1022|0|0800|SYS|ETHM module asked for a programming session||Moduł ETHM zażądał programowania|
1023|6|0014|USR|tamper information cleared by user||Skasowanie informacji o sabotażu przez użytkownika|
"""


def _restore_meaning(code: int, kind: LongKind, restore_text: str) -> RestoreMeaning:
    if kind is LongKind.EXPANDER_USER:
        return RestoreMeaning.ADDRESS
    if code in _ARMING:
        return RestoreMeaning.ARMED
    if code in _SEPARATE:
        return RestoreMeaning.SEPARATE
    return RestoreMeaning.END if restore_text else RestoreMeaning.NONE


def _row(line: str) -> EventCode:
    number, kinds, short, family, *texts = line.split("|")
    first, _, second = kinds.partition("/")
    pair = LongKind(int(first)), LongKind(int(second or first))
    english, polish = (texts[0], texts[1]), (texts[2], texts[3])
    return EventCode(
        code=int(number),
        kinds=pair,
        short_kind=int(short, 16) if short else None,
        family=CodeFamily(family),
        english=english,
        polish=polish,
        restore_meaning=_restore_meaning(int(number), pair[0], english[1]),
        ends=_ENDS.get(int(number)),
    )


CODES: dict[int, EventCode] = {row.code: row for row in map(_row, _TABLE.splitlines())}


def code_info(code: int, event_class: int = 7) -> EventCode:
    """The table's row for a code, or for an unknown one a stand-in whose family follows the record's class (0..7)."""
    return CODES.get(code) or EventCode(
        code=code,
        kinds=(LongKind.NOTHING, LongKind.NOTHING),
        short_kind=None,
        family=_CLASS_FAMILIES[event_class],
        english=(f"unknown event {code}", f"unknown event {code}: end"),
        polish=(f"Nieznane zdarzenie {code}", f"Nieznane zdarzenie {code}: koniec"),
        restore_meaning=RestoreMeaning.END,
        known=False,
    )
