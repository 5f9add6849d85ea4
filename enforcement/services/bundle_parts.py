"""The parts of a bundle: each document as pages, with redactions carried out and proven.

Slow and pure of the database: everything needed is handed in, so that no transaction is held
open while pages are laid out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pikepdf
from PIL import Image

from enforcement.domain.refusals import BadInput, SealBroken
from enforcement.rendering.bundle.binder import Document, Piece
from enforcement.rendering.bundle.redaction import Mark, pages_with, plain, redacted_page, text_of
from enforcement.rendering.bundle.sheets import Picture, Sheet, lay_out, page_count
from enforcement.services.bundle_contents import Item, slip
from enforcement.services.files import sha256


@dataclass(frozen=True)
class Taken:
    """A redaction in force: words or (None) a page, in one document or (empty) in all of them."""

    number: int
    document: str
    document_sha256: str
    page: int | None
    words: str | None
    reason: str


@dataclass(frozen=True)
class Part:
    """A document as pages. `pdf` is without redactions; `redacted` has the pages that replace."""

    item: Item
    pdf: bytes
    pages: int
    redacted: dict[int, bytes] = field(default_factory=dict)
    done: tuple[tuple[int, int], ...] = ()  # (page from 0, number of the redaction)

    @property
    def sha256(self) -> str:
        return sha256(self.pdf)


def part_of(item: Item, reference: str, content: bytes | None) -> Part:
    """The document as a PDF: laid out, as stored, or a slip sheet with the reason why not."""
    if item.sheet is not None:
        return _counted(item, lay_out(item.sheet))
    held = content or b""
    if item.kind != "pdf":
        return _picture(item, reference, held)
    why = _why_not_bound(held)
    if not why:
        return _counted(item, held)
    sheet = slip(reference, item.title, item.note or "Evidence", why, item.title, len(held),
                 item.source)  # fmt: skip
    made = replace(item, sheet=sheet, ours=True, note="Slip sheet: the file cannot be opened")
    return _counted(made, lay_out(sheet))


def _counted(item: Item, pdf: bytes) -> Part:
    return Part(item, pdf, page_count(pdf))


def _why_not_bound(content: bytes) -> str:
    """Why a PDF cannot be bound, in a sentence; nothing when it can."""
    try:
        with pikepdf.open(io.BytesIO(content)) as opened:
            if not opened.pages:
                return "The file has no pages."
            for page in opened.pages:
                page.obj.get("/Contents")
    except pikepdf.PasswordError:
        return "The file is locked with a password."
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError):
        return "The file is damaged and cannot be opened."
    return ""


def _picture(item: Item, reference: str, content: bytes) -> Part:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.verify()
    except (OSError, ValueError, SyntaxError):
        why = "The picture is damaged and cannot be opened."
        sheet = slip(reference, item.title, item.note, why, item.title, len(content), item.source)
        made = replace(item, sheet=sheet, ours=True, note="Slip sheet: the file cannot be opened")
        return _counted(made, lay_out(sheet))
    mime = "image/png" if item.kind == "png" else "image/jpeg"
    picture = Picture(item.title, mime, content, f"Picture: {item.title}. {item.note}")
    return _counted(item, lay_out(Sheet(item.title, reference, (picture,), item.note)))


def without_words(item: Item, taken: Sequence[Taken]) -> Item:
    """The item with words that are taken out everywhere also gone from its title and note."""
    title, note = item.title, item.note
    for one in taken:
        if one.words and not one.document:
            pattern = r"\s+".join(re.escape(word) for word in one.words.split())
            title, note = (
                re.sub(pattern, f"[R{one.number}]", said, flags=re.IGNORECASE)
                for said in (title, note)
            )
    return replace(item, title=title, note=note)


def with_redactions(part: Part, taken: Sequence[Taken]) -> Part:
    """Carry out the redactions that touch this document; its other pages stay as they are.

    Refuses BadInput when a mark made on another text of the same document can no longer be
    placed: nothing is handed over on a guess.
    """
    wanted: dict[int, list[Taken]] = {}
    for one in taken:
        for page in _pages_of(part, one):
            wanted.setdefault(page, []).append(one)
    made: dict[int, bytes] = {}
    for page, marks in sorted(wanted.items()):
        made[page] = redacted_page(
            part.pdf, page, [Mark(one.number, one.words, one.reason) for one in marks]
        )
    done = tuple((page, one.number) for page, marks in sorted(wanted.items()) for one in marks)
    return replace(part, redacted=made, done=done)


def _pages_of(part: Part, one: Taken) -> list[int]:
    if one.document not in ("", part.item.key):
        return []
    changed = bool(one.document) and one.document_sha256 != part.sha256
    if one.words is None:
        if changed:
            raise BadInput(
                f"Redaction R{one.number} takes out a page of “{part.item.title}”, whose text has "
                "changed since.",
                fix="Lift it and mark the page again, or keep the numbers of the last edition.",
            )
        return [] if one.page is None else [one.page - 1]
    if one.page is None or changed:
        return pages_with(part.pdf, one.words)
    return [one.page - 1]


def bound(part: Part, section: str, labels: Sequence[str]) -> Document:
    """The document for binding: its own pages, with the redacted ones in their places."""
    pieces: list[Piece] = []
    run: list[int] = []
    for page in range(part.pages):
        if page not in part.redacted:
            run.append(page)
            continue
        if run:
            pieces.append(Piece(part.pdf, tuple(run)))
            run = []
        pieces.append(Piece(part.redacted[page]))
    if len(run) == part.pages:
        pieces = [Piece(part.pdf)]
    elif run:
        pieces.append(Piece(part.pdf, tuple(run)))
    return Document(
        part.item.key, part.item.title, section, tuple(pieces), tuple(labels), part.item.ours
    )


def prove_gone(volume: bytes, places: Sequence[tuple[int, str]]) -> None:
    """Read the volume back: none of the words may stand on its page.

    `places`: page of the volume from 0, and the words. Raises SealBroken otherwise: such a volume
    is not kept.
    """
    if not places:
        return
    pages = sorted({page for page, _ in places})
    texts = dict(zip(pages, map(plain, text_of(volume, pages)), strict=True))
    for page, words in places:
        if plain(words) in texts[page]:
            raise SealBroken("A redaction could not be carried out: its words can still be read.")


Bind = Callable[[Sequence[Document]], bytes]
Volume = tuple[list[Document], bytes]  # its documents, and the file as bound on its own


def volumes(
    documents: Sequence[Document], sizes: Sequence[int], most: int, bind: Bind
) -> list[Volume]:
    """Divide the documents, in order, so that no volume is larger than `most` bytes.

    A document is never divided: one larger than the limit stands alone in its volume. `sizes`
    are the documents' own sizes; equal fonts shared make a volume smaller than their sum, so the
    whole is bound once to see by how much.
    """
    bytes_of_all = bind(documents)
    if len(bytes_of_all) <= most:
        return [(list(documents), bytes_of_all)]
    share = min(1.0, len(bytes_of_all) / max(sum(sizes), 1)) * 1.1
    found: list[list[Document]] = [[]]
    filled = 0.0
    for document, size in zip(documents, sizes, strict=True):
        if found[-1] and filled + size * share > most:
            found.append([])
            filled = 0.0
        found[-1].append(document)
        filled += size * share
    return [part for group in found for part in _halved(group, most, bind)]


def _halved(group: list[Document], most: int, bind: Bind) -> list[Volume]:
    made = bind(group)
    if len(group) == 1 or len(made) <= most:
        return [(group, made)]
    middle = len(group) // 2
    return [*_halved(group[:middle], most, bind), *_halved(group[middle:], most, bind)]


def filename(reference: str, pack: str, number: int, volume: int, of: int) -> str:
    """The name of a volume's file, the same in links between volumes and in downloads."""
    name = re.sub(r"[^A-Za-z0-9-]", "-", f"{reference}-{pack}-edition-{number}")
    return f"{name}-volume-{volume}.pdf" if of > 1 else f"{name}.pdf"
