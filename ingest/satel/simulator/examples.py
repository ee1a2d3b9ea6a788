"""Believable installations: Polish names, sensible reactions, any size a model can hold."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from ingest.satel.simulator.installation import (
    HARDWARE,
    HOUSEHOLD,
    OutputConfig,
    OutputFunction,
    PanelConfig,
    PartitionConfig,
    Right,
    UserConfig,
    UserType,
    ZoneConfig,
    ZoneReaction,
)

SYSTEM_CODE = "1234"  # the integration user of every simulated panel
SYSTEM_USER = 8

_PARTITIONS = ("Biuro", "Magazyn", "Sklep", "Serwerownia", "Zaplecze", "Hala A", "Hala B", "Obwód zewnętrzny")
_R = ZoneReaction
_ZONES: tuple[tuple[str, ZoneReaction], ...] = (
    ("Drzwi wejściowe", _R.ENTRY_EXIT),
    ("Hol PIR", _R.INTERIOR),
    ("Magazyn PIR", _R.INSTANT),
    ("Okno zaplecze", _R.PERIMETER),
    ("Sejf sejsmiczna", _R.VIBRATION_24H),
    ("Napad kasa", _R.PANIC_SILENT),
    ("Czujka dymu hol", _R.SMOKE),
    ("Zalanie kotłow.", _R.FLOOD),
    ("Brama towarowa", _R.DELAYED),
    ("Korytarz PIR", _R.INTERIOR),
    ("Biuro szefa", _R.INSTANT),
    ("Okna elewacja", _R.PERIMETER),
    ("Witryna sklepu", _R.BURGLARY_24H),
    ("Przycisk napad.", _R.PANIC_AUDIBLE),
    ("ROP parter", _R.FIRE_BUTTON),
    ("Czujnik gazu", _R.GAS),
    ("Drzwi zaplecza", _R.ENTRY),
    ("Schody PIR", _R.INSTANT),
    ("Archiwum", _R.INSTANT),
    ("Dach świetlik", _R.PERIMETER),
    ("Ogrodzenie", _R.EXTERIOR),
    ("Pomoc medyczna", _R.MEDICAL),
    ("Chłodnia temp.", _R.TEMPERATURE_HIGH),
    ("Furtka (rejestr)", _R.NO_ALARM),
)
_OUTPUTS: tuple[tuple[str, OutputFunction], ...] = (
    ("Syrena zewn.", OutputFunction.BURGLARY),
    ("Oświetlenie", OutputFunction.BI),
    ("Brama wjazdowa", OutputFunction.MONO),
    ("Elektrozaczep", OutputFunction.STRIKE),
    ("Ogrzewanie", OutputFunction.BI),
    ("Wentylator", OutputFunction.BI),
)
_SITES = ("Jubiler", "Apteka", "Hurtownia", "Szkoła", "Kancelaria", "Salon aut", "Piekarnia", "Bank", "Muzeum", "Willa")
_STREETS = ("Lipowa", "Polna", "Rynek", "Długa", "Leśna", "Szkolna", "Młyńska", "Zamkowa", "Ogrodowa", "Krótka")

USERS = (
    UserConfig(number=1, code="1111", name="Jan Kowalski", rights=HOUSEHOLD),
    UserConfig(number=2, code="2222", name="Anna Wiśniewska", rights=HOUSEHOLD),
    UserConfig(number=3, code="3333", name="Sprzątanie", rights=Right.ARM | Right.DISARM | Right.GUARDX),
    UserConfig(number=4, code="9999", name="Przymus", rights=HOUSEHOLD, type=UserType.DURESS),
    UserConfig(number=SYSTEM_USER, code=SYSTEM_CODE, name="Centrum monitor."),
)


def site_names() -> Iterator[str]:
    """Names of places, endless and without repetition."""
    for number in itertools.count():
        site, street = number % len(_SITES), number // len(_SITES)
        round_ = street // len(_STREETS)
        suffix = f" {round_ + 1}" if round_ else ""
        yield f"{_SITES[site]} {_STREETS[street % len(_STREETS)]}{suffix}"


def furnish(config: PanelConfig, *, partitions: int = 2, zones: int = 16, outputs: int = 6) -> PanelConfig:
    """Give a panel what its configuration leaves out, up to the size of its model."""
    hardware = HARDWARE[config.model]
    rooms = config.partitions or some_partitions(min(partitions, hardware.partitions))
    numbers = [room.number for room in rooms]
    return replace(
        config,
        partitions=rooms,
        zones=config.zones or tuple(_zone(n, numbers) for n in range(1, min(zones, hardware.zones) + 1)),
        outputs=config.outputs or tuple(map(_output, range(1, min(outputs, hardware.zones) + 1))),
        users=config.users or USERS,
    )


def some_partitions(count: int) -> tuple[PartitionConfig, ...]:
    """The first ``count`` partitions of a site."""
    return tuple(map(_partition, range(1, count + 1)))


def _partition(number: int) -> PartitionConfig:
    return PartitionConfig(number=number, name=_numbered([*_PARTITIONS], number))


def _zone(number: int, partitions: list[int]) -> ZoneConfig:
    """Eight zones to a partition, as often as there are zones."""
    reaction = _ZONES[(number - 1) % len(_ZONES)][1]
    partition = partitions[(number - 1) // 8 % len(partitions)]
    name = _numbered([name for name, _ in _ZONES], number)
    temperature = 4.0 if reaction in (_R.TEMPERATURE_HIGH, _R.TEMPERATURE_LOW) else None
    return ZoneConfig(number=number, name=name, partition=partition, reaction=reaction, temperature=temperature)


def _output(number: int) -> OutputConfig:
    function = _OUTPUTS[(number - 1) % len(_OUTPUTS)][1]
    return OutputConfig(number=number, name=_numbered([name for name, _ in _OUTPUTS], number), function=function)


def _numbered(names: list[str], number: int) -> str:
    """The n-th name; on later rounds with the round's number at its end."""
    round_, place = divmod(number - 1, len(names))
    suffix = f" {round_ + 1}" if round_ else ""
    return names[place][: 16 - len(suffix)].rstrip() + suffix
