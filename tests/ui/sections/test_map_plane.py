"""The map's plane: projection, window, clusters, net and ruler."""

from itertools import pairwise

import pytest

from ui_flutter.state import map_plane
from ui_flutter.state.map_plane import MOST_ZOOM, Point, Window, clusters, degrees_of, point_of

KRAKOW, GDANSK = point_of(50.06, 19.94), point_of(54.35, 18.65)


@pytest.mark.parametrize(("lat", "lon"), [(0.0, 0.0), (50.06, 19.94), (-33.9, 151.2), (80.0, -179.0)])
def test_what_is_projected_is_found_again(lat: float, lon: float) -> None:
    assert degrees_of(point_of(lat, lon)) == pytest.approx((lat, lon))


def test_north_is_up_and_east_is_right() -> None:
    assert GDANSK.y < KRAKOW.y
    assert point_of(50, 20).x > point_of(50, 19).x


def test_what_is_under_the_pointer_stays_there_while_zooming() -> None:
    window, pixel = Window(), Point(200, 300)
    held = window.at(pixel)
    nearer = window.zoomed(2.5, pixel)
    assert (nearer.pixel(held).x, nearer.pixel(held).y) == pytest.approx((200, 300))


def test_zoom_and_movement_end_at_the_edges() -> None:
    assert Window().zoomed(100).zoom == MOST_ZOOM
    assert Window().moved(1e9, 1e9).center == Point(0.0, 0.0)


def test_a_window_is_fitted_to_all_places() -> None:
    window = Window().fitted([KRAKOW, GDANSK])
    for place in (KRAKOW, GDANSK):
        assert window.sees(window.pixel(place), beyond=-map_plane.MARGIN + 1)
    assert Window().fitted([]) == Window()
    assert Window().fitted([KRAKOW]).center == KRAKOW  # one place is looked at from near, not from the most near
    assert Window().fitted([KRAKOW, KRAKOW]).zoom < MOST_ZOOM


def test_near_places_are_one_mark_that_zooming_parts() -> None:
    here, there = point_of(50.06, 19.94), point_of(50.0602, 19.9405)
    assert [len(one.members) for one in clusters([here, there, GDANSK], 6)] == [2, 1]
    assert [len(one.members) for one in clusters([here, there], MOST_ZOOM)] == [1, 1]
    assert map_plane.can_be_parted([here, there])
    assert not map_plane.can_be_parted([here, here])


def test_marks_do_not_change_while_the_window_moves() -> None:
    places = [point_of(50 + n / 50, 19 + n / 40) for n in range(40)]
    assert clusters(places, 8.2) == clusters(places, 8.3)  # the net lies still; only half a step of zoom changes it


@pytest.mark.parametrize("zoom", [4.0, 7.3, 11.0, 15.8])
def test_the_net_is_round_and_never_dense(zoom: float) -> None:
    window = Window(zoom=zoom, center=KRAKOW)
    meridians = sorted(line.at for line in map_plane.net(window) if line.meridian)
    assert len(meridians) >= 1
    assert all(b - a >= 100 for a, b in pairwise(meridians))


@pytest.mark.parametrize("zoom", [3.0, 6.0, 10.5, 18.0])
def test_the_ruler_is_a_round_length_that_fits(zoom: float) -> None:
    pixels, metres = map_plane.ruler(Window(zoom=zoom, center=KRAKOW))
    assert 40 <= pixels <= 120
    assert str(metres).rstrip("0") in {"1", "2", "5"}
