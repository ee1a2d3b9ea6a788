"""The forms of documents. Pure."""

from collections.abc import Mapping

from api.client.documents import Document
from ui_flutter.i18n.words import Words
from ui_flutter.state.forms import FieldKind, FieldView, FormView
from workflows.domain.document import DocumentKind

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def new(words: Words, file_name: str) -> FormView:
    title, _, _ = file_name.rpartition(".")
    kind = DocumentKind.PHOTO if file_name.lower().endswith(_PICTURES) else DocumentKind.FILE
    return FormView(
        key=0,
        title=words("document.new"),
        subject=file_name,
        confirm=words("document.send"),
        fields=_fields(words, title or file_name, kind),
    )


def change(words: Words, document: Document) -> FormView:
    return FormView(
        key=0,
        title=words("document.change"),
        subject=document.latest.file_name,
        confirm=words("object.save"),
        fields=_fields(words, document.title, document.kind),
    )


def confirm_delete(words: Words, document: Document) -> FormView:
    return FormView(
        key=0,
        title=words("document.delete"),
        subject=document.title,
        explain=(words("document.delete_explain"),),
        confirm=words("document.delete_now"),
        danger=True,
    )


def wrong(words: Words, values: Mapping[str, str]) -> dict[str, str]:
    return {} if values["title"].strip() else {"title": words("form.needed")}


def _fields(words: Words, title: str, kind: DocumentKind) -> tuple[FieldView, ...]:
    kinds = tuple((one.value, words(f"document.kind.{one}")) for one in DocumentKind)
    return (
        FieldView(name="title", label=words("document.title"), value=title),
        FieldView(name="kind", label=words("document.kind"), value=kind.value, kind=FieldKind.CHOICE, options=kinds),
    )
