"""What two printings of one letter must share, and the proof that a version is pressed rightly."""

from __future__ import annotations

import io

import pikepdf

from enforcement.rendering import paper
from enforcement.rendering.paper import FACTS_FILE, Rendered
from enforcement.rendering.press import Press
from enforcement.rendering.samples import sample


def equal_to_full(kind: str, version: str) -> str:
    """Return what differs between a pressed sample of this version and its full layout, or "".

    A gate at publication, once for each version: a shape is the same for every recipient. Also ""
    for what the press leaves to the full layout. Refuses what `paper.render` refuses.
    """
    press = Press(met=1)
    facts = sample(kind, template_version=version)
    printed = press.render(facts)
    return ", ".join(differences(printed, paper.render(facts))) if press.pressed else ""


def differences(one: Rendered, other: Rendered) -> list[str]:
    """Return what two printings of one letter do not share; the bytes of the files may differ.

    The operators on each page, structure tree, metadata, information, outline, colour profile and
    attached file are compared object by object. Font subsets may hold more letters in one.
    """
    found = [name for name in ("html", "text", "pages", "warnings")
             if getattr(one, name) != getattr(other, name)]  # fmt: skip
    if _places(one) != _places(other):
        found.append("marks")
    with pikepdf.open(io.BytesIO(one.pdf)) as first, pikepdf.open(io.BytesIO(other.pdf)) as second:
        pages = enumerate(zip(first.pages, second.pages, strict=True), start=1)
        found += [f"page {n}" for n, (a, b) in pages
                  if a.Contents.read_bytes() != b.Contents.read_bytes()]  # fmt: skip
        if first.docinfo != second.docinfo:
            found.append("information")
        if first.Root.Metadata.read_bytes() != second.Root.Metadata.read_bytes():
            found.append("metadata")
        held = [pdf.attachments[FACTS_FILE].get_file().read_bytes() for pdf in (first, second)]
        if held[0] != held[1]:
            found.append("attachment")
        mine, yours = _objects(first), _objects(second)
        found += [f"object {n}" for n in sorted(mine.keys() | yours.keys())
                  if mine.get(n) != yours.get(n)]  # fmt: skip
    return found


def _places(printed: Rendered) -> list[object]:
    return [
        (mark.page, mark.kind, mark.words, mark.in_window, round(mark.left, 6),
         round(mark.top, 6), round(mark.right, 6), round(mark.bottom, 6))
        for mark in printed.marks
    ]  # fmt: skip


_FONT = ("/FontFile2", "/CIDSystemInfo", "/ToUnicode", "/CMapName", "/Length1")
_FILE = ("/ObjStm", "/XRef")


def _objects(pdf: pikepdf.Pdf) -> dict[int, bytes]:
    """Every object by its number but those of the fonts and of the file itself."""
    found: dict[int, bytes] = {}
    fonts = {
        item.ToUnicode.objgen[0]
        for item in pdf.objects
        if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item
    }
    for item in pdf.objects:
        plain = isinstance(item, pikepdf.Dictionary | pikepdf.Stream)
        if item.objgen[0] in fonts or (plain and any(key in item for key in _FONT)):
            continue
        if plain and str(item.get("/Type")) in _FILE:
            continue
        found[item.objgen[0]] = _flat(item)
    return found


def _flat(item: pikepdf.Object) -> bytes:
    if not isinstance(item, pikepdf.Stream):
        return item.unparse()
    entries = {key: value.unparse() if isinstance(value, pikepdf.Object) else value
               for key, value in item.items() if key not in ("/Length", "/Filter")}  # fmt: skip
    return repr(sorted(entries.items())).encode() + item.read_bytes()
