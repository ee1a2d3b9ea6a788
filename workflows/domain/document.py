from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document of an object is for."""

    PLAN = "PLAN"
    PHOTO = "PHOTO"
    FILE = "FILE"
