"""People and events of the card in words."""

from dataclasses import replace
from datetime import time, timedelta
from uuid import uuid4

import pytest

from api.client.models import Event, Text, Timeline, TimelineItem, TimelineKind
from api.client.object_admin import Contact
from tests.ui.factories import NOW
from ui_flutter.state import present_site
from ui_flutter.state.store import Card, Store
from workflows.domain.alarm import Family, Priority, Source


@pytest.mark.parametrize(
    ("shift", "length", "is_now"), [(-1, 2, True), (1, 2, False), (-5, 2, False), (-1, 23, True), (2, 20, False)]
)
def test_who_may_not_be_called_now_is_marked(shift: int, length: int, is_now: bool) -> None:
    local = NOW.astimezone()
    early, late = ((local + timedelta(hours=hours)).time() for hours in (shift, shift + length))
    one = Contact(id=uuid4(), name="Piotr", phone="1", call_from=early, call_until=late, note="mąż")
    (person,) = present_site.people(Card(id=uuid4(), contacts=(one,)), Store(), NOW)
    assert person.now is is_now
    assert ("teraz poza godzinami" in person.detail) is not is_now
    assert person.detail.startswith("mąż · ")
    (anytime,) = present_site.people(Card(id=uuid4(), contacts=(replace(one, call_until=None, note=None),)), Store(), NOW)
    assert (anytime.now, anytime.detail, anytime.number) == (True, "", "1")
    assert isinstance(early, time)


def test_an_event_tells_its_zone_its_times_and_how_it_was_learnt() -> None:
    event = Event(
        id=uuid4(), object_id=uuid4(), code=130, text=Text(en="Burglary", pl="Włamanie"), family=Family.ZONE_ALARM,
        source_kind=Source.ZONE, source_number=3, source_name="Korytarz", partition=1, user_number=7, priority=Priority.HIGH,
        occurred_at=NOW, received_at=NOW + timedelta(minutes=5), recorded_at=NOW, panel_at=NOW, occurrences=2, recovered=True,
    )  # fmt: skip
    over = replace(
        event, id=uuid4(), recovered=False, confirmed_at=NOW, restored_at=NOW, received_at=NOW, occurred_at=NOW - timedelta(1)
    )
    items = tuple(TimelineItem(at=NOW, kind=TimelineKind.EVENT, event=one) for one in (over, event))
    card = Card(id=uuid4(), timeline=Timeline(items=items, workflow_id="", temporal_url=""))
    first, second = present_site.happened(card, Store(), NOW)
    assert first.place == "linia 3 Korytarz · strefa 1 · użytkownik 7 · kod 130"
    assert [one.label for one in first.times] == ["czas centrali", "odebrano"]
    assert [text for text, _ in first.marks] == [
        "trwa",
        "odczytane z rejestru centrali",
        "dotarło 5 min po zdarzeniu",
        "2 razy",
    ]
    assert "potwierdzone przez rejestr" in [text for text, _ in second.marks]
    assert second.marks[0][0].startswith("koniec ")
