"""The map of all objects: which are loaded, and what of the plane is seen. No Flet."""

import asyncio
import math
from typing import TYPE_CHECKING

from api.client.errors import ClientError
from api.client.fleet import MapPlace
from api.client.stream import Event
from ui_flutter.state import map_plane
from ui_flutter.state.map_plane import Point, Window, point_of
from ui_flutter.state.views import ListPhase

if TYPE_CHECKING:
    from ui_flutter.sections.objects import Objects

PAUSE = 3.0  # s between two loads because of lines that came and went
NEARER = 1.0  # by the buttons and keys
_KEYS = {"ARROW LEFT": (1, 0), "ARROW RIGHT": (-1, 0), "ARROW UP": (0, 1), "ARROW DOWN": (0, -1)}
_STEP = 120  # px by one key


class ObjectMap:
    """``heap``: objects at one spot whose mark was clicked; they are listed then, for no zoom parts them."""

    def __init__(self, section: "Objects") -> None:
        self.section = section
        self.places: tuple[MapPlace, ...] = ()
        self.points: tuple[Point, ...] = ()
        self.phase, self.error = ListPhase.LOADING, ""
        self.window = Window()
        self.heap: tuple[int, ...] = ()
        self._fitted = False  # to what was loaded first, in the size that was drawn first
        self._measured = False
        self._zoom_at_start = 0.0
        self._due = False

    def enter(self) -> None:
        self.load()

    def told(self, message: Event) -> None:
        change = message.panel_change()
        if change is not None and change.partition is None and not self._due:
            self._due = True
            self.section.tools.spawn(self._soon())

    def key(self, key: str) -> bool:
        if key in _KEYS:
            across, down = _KEYS[key]
            self.drag(across * _STEP, down * _STEP)
        elif key in {"+", "="}:
            self.zoom(NEARER)
        elif key == "-":
            self.zoom(-NEARER)
        elif key == "0":
            self.fit()
        elif key == "Escape" and self.heap:
            self.close_heap()
        else:
            return False
        return True

    # -- intents

    def resize(self, width: float, height: float) -> None:
        self._measured = True
        self._look(self.window.sized(width, height))
        self._fit_once()

    def grab(self) -> None:
        """Fingers or a mouse are put down."""
        self._zoom_at_start = self.window.zoom

    def drag(self, dx: float, dy: float, *, scale: float = 1.0, at: Point | None = None) -> None:
        """``scale``: against what it was when the fingers were put down."""
        window = self.window.moved(dx, dy)
        if scale > 0 and abs(scale - 1.0) > 0.001:
            window = window.zoomed(self._zoom_at_start + math.log2(scale) - window.zoom, at)
        self._look(window)

    def zoom(self, by: float, at: Point | None = None) -> None:
        self._look(self.window.zoomed(by, at))

    def fit(self) -> None:
        self._look(self.window.fitted(self.points))

    def nearer(self) -> None:
        self.zoom(NEARER)

    def farther(self) -> None:
        self.zoom(-NEARER)

    def open(self, members: tuple[int, ...]) -> None:
        """A mark was clicked: one object opens, several come nearer or, where that parts nothing, are listed."""
        if len(members) == 1:
            self.section.open(str(self.places[members[0]].id))
            return
        points = [self.points[number] for number in members]
        if map_plane.can_be_parted(points):
            self._look(self.window.fitted(points))
        else:
            self.heap = members
            self.section.tools.changed()

    def close_heap(self) -> None:
        self.heap = ()
        self.section.tools.changed()

    def load(self) -> None:
        self.section.tools.spawn(self._load())

    # -- loading

    async def _load(self) -> None:
        tools, found, cursor = self.section.tools, list[MapPlace](), None
        try:
            while True:
                page = await tools.client.fleet.places(cursor=cursor)
                found += page.items
                cursor = page.next_cursor
                if cursor is None:
                    break
        except ClientError as error:
            self.error = tools.told(error)
            self.phase = self.phase if self.phase is ListPhase.READY else ListPhase.FAILED
            raise
        finally:
            tools.changed()
        if [one.id for one in found] != [one.id for one in self.places]:
            self.heap = ()
        self.places, self.points = tuple(found), tuple(point_of(one.lat, one.lon) for one in found)
        self.phase, self.error = ListPhase.READY, ""
        self._fit_once()
        tools.changed()

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        await self._load()

    def _fit_once(self) -> None:
        if not self._fitted and self._measured and self.points:
            self._fitted = True
            self.fit()

    def _look(self, window: Window) -> None:
        if window != self.window:
            self.window = window
            self.section.tools.changed()
