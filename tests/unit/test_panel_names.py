"""What taking over a panel's own names would change."""

import pytest

from workflows.domain.panel_names import Difference, Named, NameKind, NameVerdict, compare, merged

DOOR = Named(name="Drzwi", partition=1, function=0)


@pytest.mark.parametrize(
    ("present", "read", "verdict"),
    [
        (None, DOOR, NameVerdict.ADD),
        (DOOR, DOOR, NameVerdict.SAME),
        (DOOR, Named(name="Okno", partition=1, function=0), NameVerdict.CHANGE),
        (DOOR, Named(name="Drzwi", partition=2, function=0), NameVerdict.CHANGE),
        (DOOR, Named(name="Drzwi", partition=1, function=5), NameVerdict.CHANGE),
        (DOOR, Named(name="Drzwi"), NameVerdict.SAME),  # what the panel does not tell is no difference
        (DOOR, None, NameVerdict.ONLY_HERE),
    ],
)
def test_each_part_has_one_verdict(present: Named | None, read: Named | None, verdict: NameVerdict) -> None:
    key = (NameKind.ZONE, 3)
    ours, theirs = {key: present} if present else {}, {key: read} if read else {}
    assert compare(ours, theirs) == [
        Difference(kind=NameKind.ZONE, number=3, verdict=verdict, present=present, read=read),
    ]


def test_differences_come_by_kind_and_number() -> None:
    part = Named(name="x")
    ours = {(NameKind.USER, 1): part, (NameKind.ZONE, 10): part}
    theirs = {(NameKind.ZONE, 2): part, (NameKind.PARTITION, 1): part}
    assert [(one.kind, one.number) for one in compare(ours, theirs)] == [
        (NameKind.ZONE, 2),
        (NameKind.ZONE, 10),
        (NameKind.PARTITION, 1),
        (NameKind.USER, 1),
    ]


def test_what_the_panel_does_not_tell_stays_as_we_have_it() -> None:
    assert merged(DOOR, Named(name="Okno", function=4)) == Named(name="Okno", partition=1, function=4)
    assert merged(None, DOOR) == DOOR
