"""Which objects a user is to have: what he had, what is wanted now, what a search found. Pure."""

from dataclasses import dataclass, field
from uuid import UUID

from api.client.object_admin import AssignedObject
from ui_flutter.state.listing import Sending


@dataclass(slots=True)
class Assigning:
    """`before` is what the server had when it was asked last; it is sent along, so that nobody undoes what he has not seen."""

    loaded: bool = False
    before: tuple[AssignedObject, ...] = ()
    wanted: tuple[AssignedObject, ...] = ()
    found: tuple[AssignedObject, ...] = ()
    query: str = ""
    sending: Sending = field(default_factory=Sending)

    @property
    def changed(self) -> bool:
        return {one.id for one in self.before} != {one.id for one in self.wanted}

    @property
    def offered(self) -> tuple[AssignedObject, ...]:
        """Of what was found, what is not wanted yet."""
        wanted = {one.id for one in self.wanted}
        return tuple(one for one in self.found if one.id not in wanted)

    def begin(self, objects: tuple[AssignedObject, ...]) -> None:
        self.loaded, self.before, self.wanted = True, objects, objects

    def rebase(self, objects: tuple[AssignedObject, ...]) -> None:
        """Somebody else has changed it: what was done here is done again on top of that."""
        had, want = {one.id for one in self.before}, {one.id for one in self.wanted}
        added = [one for one in self.wanted if one.id not in had]
        kept = [one for one in objects if one.id not in had - want]
        new = [one for one in added if one.id not in {other.id for other in kept}]
        self.before, self.wanted = objects, (*kept, *new)

    def add(self, object_id: UUID) -> None:
        known = (*self.found, *self.before)
        new = next((one for one in known if one.id == object_id), None)
        if new is not None and all(one.id != object_id for one in self.wanted):
            self.wanted = (*self.wanted, new)

    def remove(self, object_id: UUID) -> None:
        self.wanted = tuple(one for one in self.wanted if one.id != object_id)
