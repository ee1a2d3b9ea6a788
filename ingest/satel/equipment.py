"""What hangs on an INTEGRA: panel models, languages, module, zone and partition types, as numbers and names.

Sources: V19 p. 4 (panel and expander types); zone reactions and partition types only from one public implementation
(reference §5), so they are labels for people and hints, never a reason to drop an alarm.
"""

from dataclasses import dataclass
from enum import StrEnum


class PanelModel(StrEnum):
    """The panel models of V19 p. 4; UNKNOWN for a type byte of a newer one."""

    INTEGRA_24 = "INTEGRA 24"
    INTEGRA_32 = "INTEGRA 32"
    INTEGRA_64 = "INTEGRA 64"
    INTEGRA_128 = "INTEGRA 128"
    INTEGRA_128_WRL = "INTEGRA 128-WRL"
    INTEGRA_64_PLUS = "INTEGRA 64 Plus"
    INTEGRA_128_PLUS = "INTEGRA 128 Plus"
    INTEGRA_256_PLUS = "INTEGRA 256 Plus"
    UNKNOWN = "unknown INTEGRA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many objects of each sort a model can have; zones beyond `onboard_zones` hang on expanders."""

    partitions: int
    zones: int
    outputs: int
    onboard_zones: int


PANEL_MODELS: dict[int, PanelModel] = {
    0: PanelModel.INTEGRA_24,
    1: PanelModel.INTEGRA_32,
    2: PanelModel.INTEGRA_64,
    3: PanelModel.INTEGRA_128,
    4: PanelModel.INTEGRA_128_WRL,  # SIM300
    66: PanelModel.INTEGRA_64_PLUS,
    67: PanelModel.INTEGRA_128_PLUS,
    72: PanelModel.INTEGRA_256_PLUS,
    132: PanelModel.INTEGRA_128_WRL,  # LEON
}

_INTEGRA_64 = Capacity(partitions=32, zones=64, outputs=64, onboard_zones=16)
_INTEGRA_128 = Capacity(partitions=32, zones=128, outputs=128, onboard_zones=16)
_INTEGRA_256 = Capacity(partitions=32, zones=256, outputs=256, onboard_zones=16)

CAPACITIES: dict[PanelModel, Capacity] = {
    PanelModel.INTEGRA_24: Capacity(partitions=4, zones=24, outputs=24, onboard_zones=4),
    PanelModel.INTEGRA_32: Capacity(partitions=16, zones=32, outputs=32, onboard_zones=8),
    PanelModel.INTEGRA_64: _INTEGRA_64,
    PanelModel.INTEGRA_64_PLUS: _INTEGRA_64,
    PanelModel.INTEGRA_128: _INTEGRA_128,
    PanelModel.INTEGRA_128_PLUS: _INTEGRA_128,
    PanelModel.INTEGRA_128_WRL: Capacity(partitions=32, zones=128, outputs=128, onboard_zones=8),
    PanelModel.INTEGRA_256_PLUS: _INTEGRA_256,
    PanelModel.UNKNOWN: _INTEGRA_256,  # look everywhere rather than miss something
}

# Language byte of 7E to the code page of texts. Not documented; our own assignment (reference §5).
POLISH_CODE_PAGE = "cp1250"
_CODE_PAGES = {
    **dict.fromkeys((0, 5, 7, 8, 19, 22), "cp1250"),  # PL SK CZ HU SI RO
    **dict.fromkeys((2, 3, 24), "cp1251"),  # UA RU BG
    14: "cp1253",  # GR
    21: "cp1254",  # TR
    **dict.fromkeys((23, 25), "cp1257"),  # EE LV
}


def code_page_of(language: int) -> str:
    """The probable code page of a panel's names and event texts, by its language number."""
    return _CODE_PAGES.get(language, "cp1252")


EXPANDER_TYPES: dict[int, str] = dict(
    enumerate(
        [
            "CA-64 PP",
            "CA-64 E",
            "CA-64 O",
            "CA-64 EPS",
            "CA-64 OPS",
            "CA-64 ADR",
            "INT-ORS",
            "INT-S/SK",
            "INT-SZ/SZK",
            "CA-64 DR",
            "CA-64 SR",
            "ACU-100",
            "INT-IORS",
            "CA-64 Ei",
            "CA-64 SM",
            "INT-AV",
            "INT-IT",
            "CA-64 EPSi",
            "INT-SCR",
            "INT-ENT",
            "INT-RX",
            "INT-TXM",
            "INT-VG",
            "INT-KNX",
            "INT-PP",
            "INT-ORSPS",
            "INT-IORSPS",
            "INT-ADR",
        ],
        start=1,
    )
)

KEYPAD_BUS_TYPES: dict[int, str] = {
    1: "INT-KLCD",
    2: "INT-KLCDR",
    3: "INT-PTSA",
    4: "INT-RS",
    5: "ETHM-1",
    6: "INT-KSG",
    8: "INT-TSI",
    10: "INT-TSG",
    12: "INT-TSH",
    14: "INT-KWRL",
    15: "INT-GSM",
    16: "ETHM-1 Plus + INT-GSM",
}

PARTITION_TYPES: dict[int, str] = dict(
    enumerate(
        [
            "with code",
            "with timer lock",
            "dependent, and",
            "dependent, or",
            "access by timers 1-32",
            "access by timers 33-64",
            "timer controlled 1-32",
            "timer controlled 33-64",
            "treasury",
        ]
    )
)

ZONE_REACTIONS: dict[int, str] = {
    **dict(
        enumerate(
            [
                "entry/exit",
                "entry",
                "delayed with signal",
                "interior delayed",
                "perimeter",
                "instant",
                "exit",
                "day/night",
                "exterior",
                "24h tamper",
                "24h vibration",
                "cash machine",
                "panic audible",
                "panic silent",
                "medical button",
                "personal emergency",
            ]
        )
    ),
    **{15 + group: f"counting group {group}" for group in range(1, 17)},
    **dict(
        enumerate(
            [
                "fire",
                "smoke",
                "combustion",
                "water flow",
                "heat",
                "fire button",
                "duct",
                "flame",
                "fire supervisory",
                "water pressure",
                "CO2",
                "valve",
                "water level",
                "pump on",
                "pump fault",
                "no alarm action",
                "24h auxiliary",
                "gas",
                "refrigeration",
                "heat loss",
                "water leak",
                "foil",
                "gas low",
                "temperature high",
                "temperature low",
                "door open control",
                "door button",
                "mains loss",
                "battery low",
                "GSM link",
                "overload",
                "trouble",
            ],
            start=32,
        )
    ),
    **{63 + group: f"bypass group {group}" for group in range(1, 17)},
    **dict(
        enumerate(
            [
                "arm",
                "disarm",
                "arm/disarm",
                "clear alarm",
                "guard",
                "entry/exit conditional",
                "entry/exit final",
                "exit final",
                "24h burglary",
                "finish exit delay",
                "disable verification",
                "masking",
                "output group off",
                "output group on",
                "interior entry/exit",
                "interior entry",
                "fire monitoring",
                "fire panel fault",
            ],
            start=80,
        )
    ),
}

STRIKE_OUTPUT = 101  # output function "electric strike": the only one command 8A opens (V19 p. 10)
