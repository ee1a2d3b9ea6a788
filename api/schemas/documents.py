"""What clients send about documents."""

from typing import Self

from pydantic import model_validator

from api.schemas.requests import Body, Line, Version
from workflows.domain.document import DocumentKind


class DocumentChange(Body):
    """Only the members that are there change."""

    version: Version
    title: Line | None = None
    kind: DocumentKind | None = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        emptied = sorted(name for name in self.model_fields_set & {"title", "kind"} if getattr(self, name) is None)
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be null")
        return self
