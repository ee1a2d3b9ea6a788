"""From the map of objects to what is drawn: marks by the worst they stand for, the net, the ruler. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from api.client.fleet import MapPlace
from api.client.models import ObjectStatus
from ui_flutter.i18n.words import Words
from ui_flutter.state import map_plane
from ui_flutter.state.map_plane import Cluster, Point, Window, point_of
from ui_flutter.state.map_towns import TOWNS
from ui_flutter.state.store import Store
from ui_flutter.state.views import ListPhase

if TYPE_CHECKING:
    from ui_flutter.sections.object_map import ObjectMap

NAMED_MOST = 28  # marks on the screen up to which each has its name beside it


class Sign(IntEnum):
    """What a mark says, the worst first. The first four are the classes of open alarms."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4
    LOST = 5  # a panel that should be connected is not
    UNKNOWN = 6  # nobody says whether it is
    SERVICE = 7
    QUIET = 8  # all is well
    NO_PANEL = 9


class OpenAlarms(Protocol):
    """Of one object."""

    @property
    def count(self) -> int: ...

    @property
    def rank(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkView:
    """``members``: what a click opens. ``label`` stands beside it, ``spoken`` is its tooltip."""

    id: str
    x: float
    y: float
    sign: Sign
    members: tuple[int, ...]
    label: str
    spoken: str

    @property
    def count(self) -> int:
        return len(self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetLine:
    at: float
    meridian: bool
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TownView:
    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapItem:
    id: str
    name: str
    detail: str
    sign: Sign


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    phase: ListPhase
    error: str = ""
    width: float = 0
    height: float = 0
    marks: tuple[MarkView, ...] = ()
    net: tuple[NetLine, ...] = ()
    towns: tuple[TownView, ...] = ()
    ruler_px: float = 0
    ruler: str = ""
    legend: tuple[tuple[Sign, str, int], ...] = ()
    heap: tuple[HeapItem, ...] = ()
    shown: str = ""


def of(state: "ObjectMap", open_alarms: Mapping[UUID, OpenAlarms], store: Store) -> MapView:
    words, window = store.words, state.window
    if state.phase is not ListPhase.READY:
        return MapView(phase=state.phase, error=state.error)
    signs = [sign(place, open_alarms.get(place.id)) for place in state.places]
    found = [(cluster, window.pixel(cluster.middle)) for cluster in map_plane.clusters(state.points, window.zoom)]
    seen = [(cluster, pixel) for cluster, pixel in found if window.sees(pixel)]
    named = len(seen) <= NAMED_MOST
    length, metres = map_plane.ruler(window)
    return MapView(
        phase=ListPhase.READY,
        error=state.error,
        width=window.width,
        height=window.height,
        marks=tuple(_mark(cluster, pixel.x, pixel.y, state.places, signs, words, named=named) for cluster, pixel in seen),
        net=tuple(NetLine(at=line.at, meridian=line.meridian, label=_degrees(line)) for line in map_plane.net(window)),
        towns=_towns(window, [pixel for _, pixel in seen]),
        ruler_px=length,
        ruler=words("map.km", n=metres // 1000) if metres >= 1000 else words("map.m", n=metres),
        legend=tuple((one, words(f"map.sign.{one.name}"), signs.count(one)) for one in Sign if one in signs),
        heap=tuple(
            HeapItem(id=str(place.id), name=place.name, detail=place.address, sign=signs[number])
            for number in state.heap
            for place in (state.places[number],)
        ),
        shown=words("map.objects", n=len(state.places)),
    )


def sign(place: MapPlace, alarms: OpenAlarms | None) -> Sign:
    """An open alarm outranks everything; a line that is given up for programming is not lost."""
    if alarms is not None and alarms.count:
        return Sign(alarms.rank)
    expected = place.panels - place.released
    if place.status is ObjectStatus.CLOSED or not place.panels:
        return Sign.NO_PANEL
    if place.connected is None:
        return Sign.UNKNOWN
    if place.connected < expected:
        return Sign.LOST
    return Sign.SERVICE if place.status is ObjectStatus.SERVICE or place.released else Sign.QUIET


def _mark(
    cluster: Cluster, x: float, y: float, places: tuple[MapPlace, ...], signs: list[Sign], words: Words, *, named: bool
) -> MarkView:
    worst = min(signs[number] for number in cluster.members)
    only = places[cluster.members[0]] if len(cluster.members) == 1 else None
    said = words(f"map.sign.{worst.name}")
    return MarkView(
        id=str(only.id) if only else "-".join(map(str, cluster.cell)),
        x=round(x, 1),
        y=round(y, 1),
        sign=worst,
        members=cluster.members,
        label=only.name if only and named else "",
        spoken=f"{only.name}: {said}" if only else f"{words('map.objects', n=len(cluster.members))}: {said}",
    )


def _towns(window: Window, marks: Sequence[Point]) -> tuple[TownView, ...]:
    """Those no mark lies on: it says more than they do."""
    found = []
    for name, lat, lon, from_zoom in TOWNS:
        pixel = window.pixel(point_of(lat, lon))
        is_covered = any(-130 < mark.x - pixel.x < 90 and abs(mark.y - pixel.y) < 18 for mark in marks)
        if window.zoom >= from_zoom and window.sees(pixel, beyond=0) and not is_covered:
            found.append(TownView(name=name, x=round(pixel.x, 1), y=round(pixel.y, 1)))
    return tuple(found)


def _degrees(line: map_plane.Line) -> str:
    letter = ("E" if line.degrees >= 0 else "W") if line.meridian else ("N" if line.degrees >= 0 else "S")
    return f"{abs(line.degrees):g}° {letter}"
