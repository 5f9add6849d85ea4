"""Binding: many PDFs into volumes that read as one, numbered, linked, bookmarked and tagged.

The same documents give the same bytes. Pages keep their content; their number goes on top as an
artifact. Links that a sheet of ours makes to another document ("bundle:KEY") become jumps inside
the volume, or into the file of the volume that has it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, OutlineItem, Pdf, String

from enforcement.rendering.bundle.sheets import LINK
from enforcement.rendering.bundle.stamp import font_of, stamp
from enforcement.rendering.bundle.tree import Tree, Unsound

LANGUAGE = "en-GB"


@dataclass(frozen=True)
class Piece:
    """Pages of one PDF, in order; `pages` are numbered from 0, None for all of them."""

    pdf: bytes
    pages: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Document:
    """One document as it is bound: `labels` has a number for each of its pages."""

    key: str
    title: str
    section: str
    pieces: tuple[Piece, ...]
    labels: tuple[str, ...]
    ours: bool = True


@dataclass(frozen=True)
class Elsewhere:
    """Where a document of another volume begins: the file's name and its page there, from 0."""

    filename: str
    page: int


def bind(
    documents: Sequence[Document], title: str, elsewhere: Mapping[str, Elsewhere] | None = None
) -> bytes:
    """One volume of these documents, in this order.

    PDF/UA-1 is claimed only when every document is of our own making. Raises ValueError when the
    pages and the labels of a document do not match: a number must never be on another page.
    """
    with Pdf.new() as volume:
        binding = _Binding(volume, elsewhere or {})
        for document in documents:
            binding.add(document)
        binding.join_links()
        binding.tree.finish()
        _outline(volume, documents, binding.first)
        _page_labels(volume, [label for one in documents for label in one.labels])
        _describe(volume, title, accessible=all(one.ours for one in documents))
        out = io.BytesIO()
        volume.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            min_version="1.7",
        )
        return out.getvalue()


class _Binding:
    """One volume while it is bound."""

    def __init__(self, volume: Pdf, elsewhere: Mapping[str, Elsewhere]) -> None:
        self.volume, self.elsewhere = volume, elsewhere
        self.tree = Tree(volume)
        self.first: dict[str, int] = {}
        self._font = font_of(volume)
        self._shared: dict[bytes, Object] = {}
        self._fonts_seen: set[tuple[int, int]] = set()
        self._pieces = 0

    def add(self, document: Document) -> None:
        """Append a document's pages, its tags, its numbers."""
        start = len(self.volume.pages)
        self.first[document.key] = start
        part = self.tree.part(document.title)
        for piece in document.pieces:
            self._append(piece, part)
        pages = [page.obj for page in self.volume.pages[start:]]
        if len(pages) != len(document.labels):
            raise ValueError(
                f"{document.title}: {len(pages)} pages, {len(document.labels)} numbers"
            )
        for page, label in zip(pages, document.labels, strict=True):
            stamp(self.volume, page, label, self._font)
            page.Tabs = Name.S
            self._share_fonts(page)

    def _append(self, piece: Piece, part: Object) -> None:
        self._pieces += 1
        with Pdf.open(io.BytesIO(piece.pdf)) as source:
            start = len(self.volume.pages)
            wanted = range(len(source.pages)) if piece.pages is None else piece.pages
            # `extend` takes what a page inherits along; each foreign page is copied once
            self.volume.pages.extend(source.pages[number] for number in wanted)
            pages = [page.obj for page in self.volume.pages[start:]]
            root = _graftable(source)
            copied = None if root is None else self.volume.copy_foreign(root)
        numbered: set[tuple[int, int]] = set()
        if copied is not None:
            try:
                numbered = self.tree.graft(part, copied, pages, f"{self._pieces}-")
            except (Unsound, ValueError, TypeError, AttributeError, KeyError):
                numbered = set()  # a stranger's broken tags: its pages are taken as untagged
        for page in pages:
            _forget(page, tagged=page.objgen in numbered)
            if page.objgen not in numbered:
                self.tree.paragraph(part, page)

    def _share_fonts(self, page: Object) -> None:
        """Let equal font files of different documents be one file."""
        for font in page.Resources.get("/Font", Dictionary()).values():
            if font.objgen in self._fonts_seen and font.objgen != (0, 0):
                continue
            self._fonts_seen.add(font.objgen)
            self._share(font, "/ToUnicode")
            for inner in [font, *font.get("/DescendantFonts", [])]:
                descriptor = inner.get("/FontDescriptor")
                for name in ("/FontFile", "/FontFile2", "/FontFile3", "/CIDSet"):
                    if descriptor is not None:
                        self._share(descriptor, name)

    def _share(self, holder: Object, name: str) -> None:
        held = holder.get(name)
        if held is None or not isinstance(held, pikepdf.Stream):
            return
        kind = repr((held.get("/Filter"), held.get("/Subtype"), held.get("/DecodeParms"))).encode()
        key = hashlib.sha256(name.encode() + kind + held.read_raw_bytes()).digest()
        holder[name] = self._shared.setdefault(key, held)

    def join_links(self) -> None:
        """Turn the addresses "bundle:KEY" into jumps."""
        for page in self.volume.pages:
            for note in page.obj.get("/Annots", []):
                action = note.get("/A")
                address = str(action.get("/URI", "")) if action is not None else ""
                if address.startswith(LINK):
                    self._join(note, address.removeprefix(LINK))

    def _join(self, note: Object, key: str) -> None:
        del note["/A"]
        if key in self.first:
            page = self.volume.pages[self.first[key]].obj
            note.Dest = Array([page, Name.Fit])
        elif key in self.elsewhere:
            there = self.elsewhere[key]
            file = Dictionary(
                Type=Name.Filespec, F=String(there.filename), UF=String(there.filename)
            )
            note.A = Dictionary(
                S=Name.GoToR, F=file, D=Array([there.page, Name.Fit]), NewWindow=True
            )


def _graftable(source: Pdf) -> Object | None:
    """The root of a document's tags, if it has any that can be copied."""
    root: Object | None = source.Root.get("/StructTreeRoot")
    sound = isinstance(root, Dictionary) and root.is_indirect and "/K" in root
    return root if sound else None


def _forget(page: Object, *, tagged: bool) -> None:
    """A page leaves behind what belonged to its old document; untagged, its old numbers too."""
    for name in ("/AA", "/B", "/PieceInfo", *(() if tagged else ("/StructParents",))):
        if name in page:
            del page[name]
    for note in page.get("/Annots", []):
        if not tagged and isinstance(note, Dictionary) and "/StructParent" in note:
            del note["/StructParent"]


def _outline(volume: Pdf, documents: Sequence[Document], first: Mapping[str, int]) -> None:
    with volume.open_outline() as outline:
        section: OutlineItem | None = None
        for document in documents:
            if not document.section:
                outline.root.append(OutlineItem(document.title, first[document.key], "Fit"))
                continue
            if section is None or section.title != document.section:
                section = OutlineItem(document.section, first[document.key], "Fit")
                outline.root.append(section)
            section.children.append(OutlineItem(document.title, first[document.key], "Fit"))
    volume.Root.PageMode = Name.UseOutlines


def _page_labels(volume: Pdf, labels: Sequence[str]) -> None:
    """The numbers as the reader's program shows them: those printed on the pages."""
    nums = Array()
    before: int | None = None
    for place, label in enumerate(labels):
        number = int(label) if label.isdigit() else None
        if number is not None and before is not None and number == before + 1:
            before = number
            continue
        nums.append(place)
        nums.append(
            Dictionary(P=String(label)) if number is None else Dictionary(S=Name.D, St=number)
        )
        before = number
    volume.Root.PageLabels = Dictionary(Nums=nums)


_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>{claim}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def _describe(volume: Pdf, title: str, *, accessible: bool) -> None:
    """One title and language; PDF/UA-1 claimed only where we can promise it."""
    claim = "\n<pdfuaid:part>1</pdfuaid:part>" if accessible else ""
    xmp = _XMP.format(title=escape(title, quote=False), language=LANGUAGE, claim=claim)
    held = volume.make_stream(xmp.encode("utf-8"))
    held.Type, held.Subtype = Name.Metadata, Name.XML
    volume.Root.Metadata = held
    volume.Root.Lang = String(LANGUAGE)
    volume.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    volume.docinfo["/Title"] = title
