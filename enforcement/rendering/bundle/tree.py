"""The structure tree of a bundle: each document's own tags, grafted under one root.

Merging pages alone drops the tags that a screen reader needs. Here each document becomes a Part
with its title; its elements are kept, their marks and header ids numbered anew. A document
without tags gets one paragraph for each page, so that its text is at least reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

DEEPEST = 150  # elements inside elements; a hostile file could go on for ever
_FOLLOWED = 10  # steps from a name of the document's own to a standard one
_TEXTS = ("/C", "/R")  # classes are not carried over

Page = Object
Key = tuple[int, int]


class Unsound(Exception):
    """The document's tags cannot be carried over: it is taken as one without tags."""


class Tree:
    """The structure tree of one volume while it is bound."""

    def __init__(self, volume: Pdf) -> None:
        self._pdf = volume
        self.root = volume.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        self._document = self._element(Name.Document, self.root)
        self._numbers: list[tuple[int, Object]] = []

    def _element(self, kind: Name, parent: Object) -> Object:
        made = Dictionary(Type=Name.StructElem, S=kind, P=parent, K=Array())
        return self._pdf.make_indirect(made)

    def part(self, title: str) -> Object:
        """A new part of the volume: one document."""
        made = self._element(Name.Part, self._document)
        made.T = String(title)
        self._document.K.append(made)
        return made

    def graft(self, part: Object, root: Object, pages: Sequence[Page], prefix: str) -> set[Key]:
        """Hang the tree `root` (already copied into this volume) under a part.

        What stood on a page that did not come along is left behind, with its alternative texts.
        Returns the pages that have tags now. Raises Unsound, having changed nothing in the
        volume's own tree.
        """
        walk = _Walk(root, {page.objgen for page in pages}, prefix)
        kids = walk.top()
        walk.unread(pages, part)
        rows = [(holder, _row(marks)) for holder, marks in walk.marks.values()]
        for kid in kids:
            kid.P = part
            part.K.append(kid)
        for holder, row in rows:
            holder.StructParents = self._number(row)
        for page in pages:
            for note in page.get("/Annots", []):
                if isinstance(note, Dictionary) and "/StructParent" in note:
                    del note["/StructParent"]
        for thing, element in walk.things:
            thing.StructParent = self._number(element)
        return set(walk.marks)

    def paragraph(self, part: Object, page: Page) -> None:
        """Take everything on a page that has no tags as one paragraph."""
        element = self._element(Name.P, part)
        element.Pg, element.K = page, 0
        part.K.append(element)
        page.StructParents = self._number(Array([element]))
        page.Contents = Array(
            [
                self._pdf.make_stream(b"/P <</MCID 0>> BDC\n"),
                *contents(page),
                self._pdf.make_stream(b"\nEMC"),
            ]
        )

    def _number(self, element: Object) -> int:
        self._numbers.append((len(self._numbers), element))
        return self._numbers[-1][0]

    def finish(self) -> None:
        """Write the root and the list that leads from a page's marks back to their elements."""
        nums = Array()
        for number, element in self._numbers:
            nums.append(number)
            nums.append(element)
        self.root.K = self._document
        self.root.ParentTree = self._pdf.make_indirect(Dictionary(Nums=nums))
        self.root.ParentTreeNextKey = len(self._numbers)
        self._pdf.Root.StructTreeRoot = self.root
        self._pdf.Root.MarkInfo = Dictionary(Marked=True)


def contents(page: Page) -> list[Object]:
    """The content streams of a page, in order."""
    held = page.get("/Contents")
    if held is None:
        return []
    return list(held) if isinstance(held, Array) else [held]


def _row(marks: dict[int, Object]) -> Array:
    top = max(marks)
    if top > 1_000_000:
        raise Unsound("the marks are numbered beyond reason")
    return Array([marks.get(number) for number in range(top + 1)])


class _Walk:
    """One pass over a document's elements."""

    def __init__(self, root: Object, kept: set[Key], prefix: str) -> None:
        self._root, self._kept, self._prefix = root, kept, prefix
        self._roles = root.get("/RoleMap")
        self._seen: set[Key] = set()
        self.marks: dict[Key, tuple[Object, dict[int, Object]]] = {}
        self.things: list[tuple[Object, Object]] = []

    def top(self) -> list[Object]:
        """The elements to hang under the part: the children of a lone Document, or all."""
        found = self._kids_of(self._root, None, 0)
        elements: list[Object] = [one for one in found if isinstance(one, Dictionary)]
        if len(elements) == 1 and elements[0].get("/S") == Name.Document:
            held = elements[0].K
            return [e for e in _listed(held) if isinstance(e, Dictionary) and "/S" in e]
        return elements

    def unread(self, pages: Sequence[Page], part: Object) -> None:
        """Keep the marks that lead to elements outside the tree: footers, which nobody is read."""
        rows = dict(_numbered(self._root.get("/ParentTree"), 0))
        for page in pages:
            row = rows.get(int(page.get("/StructParents", -1)))
            known = self.marks.get(page.objgen, (page, {}))[1]
            for number, element in enumerate(row if isinstance(row, Array) else []):
                if number not in known and isinstance(element, Dictionary):
                    self.marks.setdefault(page.objgen, (page, {}))[1][number] = element
                    _highest(element).P = part

    def _kids_of(self, element: Object, page: Object | None, depth: int) -> list[Any]:
        if depth > DEEPEST:
            raise Unsound("the tags go too deep")
        return [
            kept
            for kid in _listed(element.get("/K"))
            if (kept := self._kid(kid, element, page, depth)) is not None
        ]

    def _kid(self, kid: Any, parent: Object, page: Object | None, depth: int) -> Any:
        if not isinstance(kid, Dictionary):
            return self._mark(int(kid), parent, page, kid)
        kind = kid.get("/Type")
        if kind == Name.MCR:
            return self._mark(int(kid.MCID), parent, kid.get("/Stm", kid.get("/Pg", page)), kid)
        if kind == Name.OBJR:
            return self._thing(kid, parent)
        return self._element(kid, depth)

    def _mark(self, number: int, parent: Object, holder: Object | None, kid: Any) -> Any:
        if holder is None or not (holder.objgen in self._kept or "/Length" in holder):
            return None
        held = self.marks.setdefault(holder.objgen, (holder, {}))
        held[1][number] = parent
        return kid

    def _thing(self, kid: Object, parent: Object) -> Object | None:
        thing, page = kid.get("/Obj"), kid.get("/Pg")
        if thing is None or (page is not None and page.objgen not in self._kept):
            return None
        self.things.append((thing, parent))
        return kid

    def _element(self, element: Object, depth: int) -> Object | None:
        if element.objgen in self._seen or "/S" not in element:
            return None
        if element.objgen != (0, 0):
            self._seen.add(element.objgen)
        had = bool(_listed(element.get("/K")))
        kids = self._kids_of(element, element.get("/Pg"), depth + 1)
        if had and not kids:
            return None
        element.K = Array(kids)
        for kid in kids:
            if isinstance(kid, Dictionary) and "/S" in kid:
                kid.P = element
        self._name_anew(element)
        return element

    def _name_anew(self, element: Object) -> None:
        for name in _TEXTS:
            if name in element:
                del element[name]
        if self._roles is not None:
            element.S = self._standard(element.S)
        if "/ID" in element:
            element.ID = String(self._prefix + str(element.ID))
        for held in _listed(element.get("/A")):
            if isinstance(held, Dictionary) and "/Headers" in held:
                held.Headers = Array([String(self._prefix + str(one)) for one in held.Headers])

    def _standard(self, kind: Object) -> Object:
        for _ in range(_FOLLOWED):
            if self._roles is None or str(kind) not in self._roles:
                break
            kind = self._roles[str(kind)]
        return kind


def _numbered(tree: Object | None, depth: int) -> Iterator[tuple[int, Object]]:
    """The entries of a number tree."""
    if not isinstance(tree, Dictionary) or depth > DEEPEST:
        return
    held = list(tree.get("/Nums", []))
    for number, entry in zip(held[::2], held[1::2], strict=False):
        yield int(number), entry
    for kid in tree.get("/Kids", []):
        yield from _numbered(kid, depth + 1)


def _highest(element: Object) -> Object:
    """The element's ancestor that hangs directly under the document."""
    for _ in range(DEEPEST):
        above = element.get("/P")
        if not isinstance(above, Dictionary) or above.get("/S") in (None, Name.Document, Name.Part):
            break
        element = above
    return element


def _listed(held: Any) -> list[Any]:
    if held is None:
        return []
    return list(held) if isinstance(held, Array) else [held]
