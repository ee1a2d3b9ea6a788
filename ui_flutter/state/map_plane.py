"""A map without tiles: places on the plane of the Mercator projection, seen through a window that is moved and zoomed. Pure.

The plane is 1 × 1 for the whole world, y downwards. A window shows it at `scale` pixels for the whole width.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

LEAST_ZOOM, MOST_ZOOM = 3.0, 18.0
TILE: Final = 256  # px of the whole plane at zoom 0, as everywhere
MARGIN: Final = 70  # px round what is fitted into a window
EARTH: Final = 40_075_017  # m round the equator
APART: Final = 46  # px; marks that are nearer become one
_STEPS: Final = (30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005)  # ° between lines of the net
_LINES_APART: Final = 110  # px at least
_NORTH_MOST: Final = 85.0


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


def point_of(lat: float, lon: float) -> Point:
    lat = max(-_NORTH_MOST, min(_NORTH_MOST, lat))
    sine = math.sin(math.radians(lat))
    return Point(lon / 360 + 0.5, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi))


def degrees_of(point: Point) -> tuple[float, float]:
    """lat, lon."""
    return math.degrees(math.atan(math.sinh((0.5 - point.y) * 2 * math.pi))), (point.x - 0.5) * 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`zoom` as of web maps: one more is twice as near."""

    center: Point = Point(0.5536, 0.3304)
    zoom: float = 6.0
    width: float = 1000
    height: float = 700

    @property
    def scale(self) -> float:
        return float(TILE * 2**self.zoom)

    def pixel(self, point: Point) -> Point:
        """Where on the screen, from the window's upper left corner."""
        scale = self.scale
        return Point((point.x - self.center.x) * scale + self.width / 2, (point.y - self.center.y) * scale + self.height / 2)

    def at(self, pixel: Point) -> Point:
        """What lies under a pixel."""
        scale = self.scale
        return Point(self.center.x + (pixel.x - self.width / 2) / scale, self.center.y + (pixel.y - self.height / 2) / scale)

    def moved(self, dx: float, dy: float) -> "Window":
        """As if the plane were dragged by so many pixels."""
        return replace(self, center=_inside(Point(self.center.x - dx / self.scale, self.center.y - dy / self.scale)))

    def zoomed(self, by: float, pixel: Point | None = None) -> "Window":
        """Nearer (or farther), with what is under ``pixel`` staying there; None: the middle."""
        zoom = max(LEAST_ZOOM, min(MOST_ZOOM, self.zoom + by))
        held = pixel or Point(self.width / 2, self.height / 2)
        before, window = self.at(held), replace(self, zoom=zoom)
        after = window.at(held)
        return replace(
            window,
            center=_inside(Point(self.center.x + before.x - after.x, self.center.y + before.y - after.y)),
        )

    def sized(self, width: float, height: float) -> "Window":
        return replace(self, width=max(1.0, width), height=max(1.0, height))

    def fitted(self, points: Sequence[Point]) -> "Window":
        """So that all of ``points`` can be seen; none: as it is."""
        if not points:
            return self
        left, right = min(p.x for p in points), max(p.x for p in points)
        top, bottom = min(p.y for p in points), max(p.y for p in points)
        across = (max(60.0, self.width - 2 * MARGIN) / TILE, max(60.0, self.height - 2 * MARGIN) / TILE)
        near = [math.log2(room / extent) for room, extent in zip(across, (right - left, bottom - top), strict=True) if extent]
        zoom = max(LEAST_ZOOM, min(MOST_ZOOM - 4, *near)) if near else 13.0
        return replace(self, center=Point((left + right) / 2, (top + bottom) / 2), zoom=zoom)

    def sees(self, pixel: Point, beyond: float = APART) -> bool:
        return -beyond <= pixel.x <= self.width + beyond and -beyond <= pixel.y <= self.height + beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Places that lie together at this zoom, by their numbers in what was given; ``cell`` names it while one pans."""

    cell: tuple[int, int, int]
    members: tuple[int, ...]
    middle: Point


def clusters(points: Sequence[Point], zoom: float) -> list[Cluster]:
    """By cells of a net that lies still under the window, so that marks do not jump while it moves."""
    level = math.floor(zoom * 2)  # half steps: fewer changes while zooming
    side = APART / (TILE * 2 ** (level / 2))
    cells: dict[tuple[int, int, int], list[int]] = {}
    for number, point in enumerate(points):
        cells.setdefault((level, math.floor(point.x / side), math.floor(point.y / side)), []).append(number)
    return [Cluster(cell=cell, members=tuple(members), middle=_mean(points, members)) for cell, members in cells.items()]


def can_be_parted(points: Iterable[Point]) -> bool:
    """Whether zooming in ever shows them apart."""
    seen = list(points)
    most = APART / (TILE * 2**MOST_ZOOM)
    spread = max(p.x for p in seen) - min(p.x for p in seen), max(p.y for p in seen) - min(p.y for p in seen)
    return max(spread) > 2 * most


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the net: `at` px from the left (meridian) or the top (parallel)."""

    degrees: float
    at: float
    meridian: bool


def net(window: Window) -> list[Line]:
    """Round degrees, never denser than can be read."""
    (north, west), (south, east) = degrees_of(window.at(Point(0, 0))), degrees_of(window.at(Point(window.width, window.height)))
    per_degree = window.scale / 360
    step = next((step for step in reversed(_STEPS) if step * per_degree >= _LINES_APART), _STEPS[0])
    lines = [
        Line(degrees=lon, at=window.pixel(point_of(0, lon)).x, meridian=True)
        for lon in _rounds(max(west, -180), min(east, 180), step)
    ]
    parallels = _rounds(max(south, -_NORTH_MOST), min(north, _NORTH_MOST), step)
    return lines + [Line(degrees=lat, at=window.pixel(point_of(lat, 0)).y, meridian=False) for lat in parallels]


def ruler(window: Window) -> tuple[float, int]:
    """A round length in metres that takes at most 120 px in the middle of the window, and how many pixels it takes."""
    lat, _ = degrees_of(window.center)
    metres_of_pixel = EARTH * math.cos(math.radians(lat)) / window.scale
    most = 120 * metres_of_pixel
    power = 10 ** math.floor(math.log10(most))
    length = next(factor * power for factor in (5, 2, 1) if factor * power <= most)
    return length / metres_of_pixel, int(length) if length >= 1 else 1


def _rounds(low: float, high: float, step: float) -> Iterator[float]:
    number = math.ceil(low / step)
    while number * step <= high:
        yield round(number * step, 6)
        number += 1


def _mean(points: Sequence[Point], members: Sequence[int]) -> Point:
    return Point(
        sum(points[number].x for number in members) / len(members), sum(points[number].y for number in members) / len(members)
    )


def _inside(point: Point) -> Point:
    return Point(max(0.0, min(1.0, point.x)), max(0.0, min(1.0, point.y)))
