"""Call-backs at their alarms: which are due, which are shown at the alarm, how long one may wait."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from api.client.dispatch import Callback
from tests.ui.factories import NOW, alarm, user
from ui_flutter.state import present, present_desk, reminders
from ui_flutter.state.store import Login, Store
from workflows.domain.callback import MOST_MINUTES, CallbackState


def promise(bundle: UUID | None, minutes: int) -> Callback:
    return Callback(
        id=uuid4(),
        object_id=uuid4(),
        object_name="Hurtownia Żółw",
        text="oddzwonić",
        state=CallbackState.PENDING,
        due_at=NOW + timedelta(minutes=minutes),
        version=1,
        rings=0,
        created_by=uuid4(),
        created_by_name="Anna Nowak",
        created_at=NOW,
        bundle_id=bundle,
    )


@pytest.mark.parametrize(
    ("own", "wait"),
    [("", 15), ("  ", 15), ("7", 7), (" 90 ", 90), ("0", None), ("-3", None), ("pół", None), (str(MOST_MINUTES + 1), None)],
)
def test_a_number_of_ones_own_goes_before_the_choice(own: str, wait: int | None) -> None:
    assert reminders.minutes(15, own) == wait


def test_what_is_due_stands_over_the_list_and_what_is_not_at_its_alarm() -> None:
    one = alarm()
    late, soon, later = promise(one.id, -1), promise(one.id, 5), promise(one.id, 30)
    store = Store(login=Login.IN, user=user(), callbacks=(late, later, soon, promise(None, 1)))
    store.book.learn(one)
    assert [view.id for view in present_desk.due(store, NOW)] == [late.id]
    row = present.row(one, store, NOW)
    assert row.reminder == soon.due_at.astimezone().strftime("%H:%M")
    assert f"przypomnienie o {row.reminder}" in row.spoken
    assert [made.id for made in reminders.ahead(store.callbacks, one.id, NOW)] == [soon.id, later.id]
    assert present.row(one, store, NOW + timedelta(minutes=40)).reminder == ""
