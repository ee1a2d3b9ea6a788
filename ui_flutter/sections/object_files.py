"""Documents of an object: fetched, added, renewed, renamed, deleted. No Flet."""

from typing import TYPE_CHECKING

from api.client.documents import Document
from ui_flutter.sections.forms import Values
from ui_flutter.sections.section import PickedFile
from ui_flutter.state import document_forms as forms
from workflows.domain.document import DocumentKind

if TYPE_CHECKING:
    from ui_flutter.sections.object_card import ObjectCard


def download(card: "ObjectCard", document_id: str) -> None:
    section, document = card.section, _document(card, document_id)

    async def fetch() -> None:
        assert document is not None
        content = await section.tools.client.documents.content(document.id)
        if content is not None:
            section.tools.save(document.latest.file_name, content.data)

    if document is not None:
        section.send(card.working, fetch)


def upload(card: "ObjectCard") -> None:
    """A file first, then what it is."""
    card.section.tools.spawn(_pick_new(card))


def renew(card: "ObjectCard", document_id: str) -> None:
    """A new version of a document."""
    section, document = card.section, _document(card, document_id)

    async def send() -> None:
        assert document is not None
        picked = await section.tools.pick()
        if picked is not None:
            await section.tools.client.documents.add_version(document.id, picked.content, file_name=picked.name)
            section.said(section.words("document.renewed"))
            card.load_tab()

    if document is not None:
        section.send(card.working, send)


def change(card: "ObjectCard", document_id: str) -> None:
    section, document = card.section, _document(card, document_id)
    if document is None:
        return
    words, version = section.words, [document.version]

    async def save(values: Values) -> None:
        members = {"title": values["title"].strip(), "kind": values["kind"]}
        await section.tools.client.documents.change(document.id, version=version[0], **members)
        section.said(words("object.saved"))
        card.load_tab()

    def stale(current: dict[str, object]) -> tuple[str, ...]:
        version[0] = int(str(current["version"]))
        return (words("form.was", field=words("document.title"), before=document.title, after=str(current["title"])),)

    section.forms.open(forms.change(words, document), save, check=lambda values: forms.wrong(words, values), stale=stale)


def delete(card: "ObjectCard", document_id: str) -> None:
    section, document = card.section, _document(card, document_id)
    if document is None:
        return

    async def send(_: Values) -> None:
        await section.tools.client.documents.delete(document.id, version=document.version)
        section.said(section.words("document.deleted"))
        card.load_tab()

    section.forms.open(forms.confirm_delete(section.words, document), send)


async def _pick_new(card: "ObjectCard") -> None:
    picked = await card.section.tools.pick()
    if picked is not None:
        _ask_about(card, picked)


def _ask_about(card: "ObjectCard", picked: PickedFile) -> None:
    section, words = card.section, card.section.words

    async def send(values: Values) -> None:
        await section.tools.client.documents.add(
            card.id,
            picked.content,
            file_name=picked.name,
            title=values["title"].strip(),
            kind=DocumentKind(values["kind"]),
        )
        section.said(words("document.added"))
        card.load_tab()

    section.forms.open(forms.new(words, picked.name), send, check=lambda values: forms.wrong(words, values))


def _document(card: "ObjectCard", document_id: str) -> Document | None:
    return next((one for one in card.documents.items if str(one.id) == document_id), None)
