"""An edition out of its parts: numbered, indexed, divided into volumes, bound and proven.

Pure of the database: what was gathered goes in, files and the manifest come out. The same input
gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from enforcement.domain.bundles import (
    ANNEX,
    COVER,
    INDEX,
    MADE_ANEW,
    REDACTIONS,
    SECTIONS,
    Coming,
    Label,
    Numbered,
    Pack,
    number_afresh,
    number_later,
    span,
)
from enforcement.domain.words import day
from enforcement.rendering.bundle.binder import Document, Elsewhere, bind
from enforcement.rendering.bundle.front import Cover, Line, Section, lay_out_cover, lay_out_index
from enforcement.rendering.bundle.sheets import Block, Cell, Grid, Sheet, Words
from enforcement.services.bundle_contents import Item
from enforcement.services.bundle_parts import (
    Part,
    Taken,
    bound,
    filename,
    part_of,
    prove_gone,
    volumes,
    with_redactions,
    without_words,
)
from enforcement.services.files import sha256
from enforcement.settings import MEGABYTE

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Gathered:
    """Everything an edition is made from, read at one moment."""

    order_id: int
    reference: str
    pack: Pack
    number: int
    follows: int | None
    before: tuple[dict[str, Any], ...]  # the documents of the edition that is followed
    items: tuple[Item, ...]
    stored: dict[str, bytes]  # by hash: what is bound as it is, and parts bound before
    taken: tuple[Taken, ...]
    cover: Cover
    volume_mb: int
    asked_by: str
    asked_by_name: str


@dataclass(frozen=True)
class Made:
    """An edition, ready to be kept."""

    parts: tuple[Part, ...]
    files: tuple[bytes, ...]
    manifest: dict[str, Any]


def made_of(gathered: Gathered, tell: Tell) -> Made:
    """Lay out, number, bind and prove an edition. Refuses what a redaction refuses (BadInput,
    SealBroken)."""
    parts = _parts(gathered, tell)
    tell("Numbering", len(parts), len(parts))
    annex = _annex(gathered, parts)
    numbered, front = _numbered(gathered, parts, annex)
    every = {part.item.key: part for part in (*front, *parts, *annex)}
    tell("Binding", len(parts), len(parts))
    sections = _sections_of(gathered, parts)
    documents = [
        bound(every[one.key], _section_title(gathered.pack, sections.get(one.key, "")),
              [str(label) for label in one.labels])
        for one in numbered
    ]  # fmt: skip
    files, volume_of = _volumes(gathered, documents, every)
    manifest = _manifest(gathered, numbered, every, sections, files, volume_of)
    return Made(tuple(every.values()), tuple(files), manifest)


def _parts(gathered: Gathered, tell: Tell) -> list[Part]:
    """Each document's pages: as bound before, or made now; redactions carried out."""
    before = {one["key"]: one for one in gathered.before}
    order = {one["key"]: n for n, one in enumerate(gathered.before)}
    found: list[Part] = []
    known = {item.key: item for item in gathered.items}
    kept = [_as_before(known.get(key), one) for key, one in before.items() if key not in MADE_ANEW]
    fresh = [item for item in gathered.items if item.key not in before]
    total = len(kept) + len(fresh)
    for item in [*kept, *fresh]:
        tell("Laying out", len(found), total)
        if item.key in before:
            content = gathered.stored[before[item.key]["part_sha256"]]
            part = Part(item, content, len(before[item.key]["labels"]))
        else:
            part = part_of(item, gathered.reference, gathered.stored.get(item.bound))
        named = without_words(part.item, gathered.taken)
        found.append(with_redactions(replace(part, item=named), gathered.taken))
    found.sort(key=lambda part: order.get(part.item.key, len(order)))
    return found


def _as_before(item: Item | None, one: dict[str, Any]) -> Item:
    """A document as the edition before had it: its title, date and pages stay."""
    made = item or Item(one["key"], one["section"], one["title"])
    return replace(made, title=one["title"], section=one["section"], note=one["note"],
                   ours=one["ours"], source=one["source_sha256"], secret=one["secret"])  # fmt: skip


def _annex(gathered: Gathered, parts: Sequence[Part]) -> list[Part]:
    """The list of redactions: where, what kind, why, by whom; never the words themselves."""
    done = {number for part in parts for _, number in part.done}
    lines = [one for one in gathered.taken if one.number in done]
    had = any(one["key"] == ANNEX for one in gathered.before)
    if not lines and not had:
        return []
    rows = tuple(
        (
            Cell(f"R{one.number}"),
            Cell("A whole page" if one.words is None else "Words"),
            Cell(_where(one, parts)),
            Cell(one.reason),
        )
        for one in lines
    )
    told: Block = Words("No redaction is in force in this edition.")
    if rows:
        heads = (("No.", 8), ("What", 17), ("Where", 40), ("Reason", 35))
        told = Grid("Each is shown on its page as a black bar with its number", heads, rows)
    sheet = Sheet(
        "Redactions and the reason for each",
        gathered.reference,
        (told,),
        "The originals are kept whole and can be shown to the tribunal or court if it directs.",
    )
    item = Item(ANNEX, REDACTIONS, sheet.title, sheet=sheet)
    return [part_of(item, gathered.reference, None)]


def _where(one: Taken, parts: Sequence[Part]) -> str:
    found = [
        f"{part.item.title}: {'page' if len(pages) == 1 else 'pages'} "
        + ", ".join(str(page + 1) for page in pages)
        for part in parts
        if (pages := [page for page, number in part.done if number == one.number])
    ]
    return "; ".join(found)


def _numbered(
    gathered: Gathered, parts: Sequence[Part], annex: Sequence[Part]
) -> tuple[list[Numbered], list[Part]]:
    """The numbers, and the cover and index that tell them. The index is laid out until it says
    what is so: its own length moves every page after it."""
    reference = gathered.reference
    cover = part_of(Item(COVER, "", "Cover"), reference, lay_out_cover(gathered.cover))
    length = max([1, *(len(one["labels"]) for one in gathered.before if one["key"] == INDEX)])
    while True:
        numbered = _numbers(gathered, parts, annex, length)
        sections = _index(gathered, parts, annex, numbered)
        item, empty = Item(INDEX, "", "Index"), 0
        index = part_of(item, reference, lay_out_index(reference, sections))
        if index.pages < length:  # a page that has a number is never taken away
            empty = length - index.pages
            index = part_of(item, reference, lay_out_index(reference, sections, empty))
        if index.pages == length:
            return numbered, [cover, index]
        length = index.pages


def _numbers(
    gathered: Gathered, parts: Sequence[Part], annex: Sequence[Part], length: int
) -> list[Numbered]:
    front = [Coming(COVER, 1), Coming(INDEX, length)]
    last = [Coming(part.item.key, part.pages) for part in annex]
    if not gathered.before:
        late = [part for part in parts if part.item.after]
        usual = [part for part in parts if not part.item.after]
        ordered = list(usual)
        for part in late:
            place = [one.item.key for one in ordered].index(part.item.after) + 1
            while place < len(ordered) and ordered[place].item.after:
                place += 1
            ordered.insert(place, part)
        return number_afresh([*front, *(Coming(p.item.key, p.pages) for p in ordered), *last])
    before = [
        Numbered(one["key"], tuple(Label.parse(label) for label in one["labels"]))
        for one in gathered.before
    ]
    known = {one.key for one in before}
    coming, previous = [], INDEX
    for part in parts:
        if part.item.key not in known:
            coming.append(Coming(part.item.key, part.pages, part.item.after or previous))
        if not part.item.after:
            previous = part.item.key
    return number_later(before, [*front, *coming, *last])


def _sections_of(gathered: Gathered, parts: Sequence[Part]) -> dict[str, str]:
    """Document → section; a late document stands in the section of the one it follows."""
    found: dict[str, str] = {ANNEX: REDACTIONS}
    for part in parts:
        found[part.item.key] = part.item.section or found.get(part.item.after, "")
    for part in parts:  # one that follows a late document that stands later in the list
        found[part.item.key] = found[part.item.key] or found.get(part.item.after, "")
    return found


def _section_title(pack: Pack, letter: str) -> str:
    return f"{letter}. {SECTIONS[pack][letter]}" if letter else ""


def _index(
    gathered: Gathered,
    parts: Sequence[Part],
    annex: Sequence[Part],
    numbered: Sequence[Numbered],
) -> tuple[Section, ...]:
    sections, by_key = _sections_of(gathered, parts), {p.item.key: p for p in (*parts, *annex)}
    lines: dict[str, list[Line]] = {}
    for one in numbered:
        part = by_key.get(one.key)
        if part is None:
            continue
        redacted = len(part.redacted)
        marked = f"{redacted} {'page' if redacted == 1 else 'pages'} with redactions"
        note = "; ".join(filter(None, (part.item.note, marked if redacted else "")))
        lines.setdefault(sections[one.key], []).append(
            Line(one.key, part.item.title, day(part.item.dated), span(one.labels), note)
        )
    return tuple(
        Section(letter, title, tuple(lines[letter]))
        for letter, title in SECTIONS[gathered.pack].items()
        if letter in lines
    )


def _volumes(
    gathered: Gathered, documents: Sequence[Document], every: dict[str, Part]
) -> tuple[list[bytes], dict[str, int]]:
    """Bind the documents into as many volumes as the limit asks for, and prove the redactions."""
    title = f"{gathered.pack.label} {gathered.reference}, edition {gathered.number}"
    sizes = [
        len(every[one.key].pdf) + sum(map(len, every[one.key].redacted.values()))
        for one in documents
    ]
    most = gathered.volume_mb * MEGABYTE
    groups = volumes(documents, sizes, most, lambda some: bind(some, title))
    places = {
        one.key: Elsewhere(
            filename(gathered.reference, gathered.pack.value, gathered.number, n, len(groups)),
            sum(len(before.labels) for before in group[:place]),
        )
        for n, (group, _) in enumerate(groups, 1)
        for place, one in enumerate(group)
    }
    words = {one.number: one.words for one in gathered.taken if one.words}
    files = []
    for number, (group, made) in enumerate(groups, 1):
        if len(groups) > 1:  # bound again, with its own title and the ways to the other volumes
            own = {one.key for one in group}
            away = {key: there for key, there in places.items() if key not in own}
            made = bind(group, f"{title}, volume {number} of {len(groups)}", away)
        gone = [
            (places[one.key].page + page, words[mark])
            for one in group
            for page, mark in every[one.key].done
            if mark in words
        ]
        prove_gone(made, gone)
        files.append(made)
    return files, {one.key: n for n, (group, _) in enumerate(groups, 1) for one in group}


def _manifest(
    gathered: Gathered,
    numbered: Sequence[Numbered],
    every: dict[str, Part],
    sections: dict[str, str],
    files: Sequence[bytes],
    volume_of: dict[str, int],
) -> dict[str, Any]:
    """What the edition is, document by document and file by file: its hash is what is recorded."""
    documents = []
    for one in numbered:
        part = every[one.key]
        documents.append(
            {
                "key": one.key,
                "section": sections.get(one.key, ""),
                "title": part.item.title,
                "dated": part.item.dated.isoformat() if part.item.dated else None,
                "source_sha256": part.item.source,
                "part_sha256": part.sha256,
                "labels": [str(label) for label in one.labels],
                "volume": volume_of[one.key],
                "ours": part.item.ours,
                "secret": part.item.secret,
                "note": part.item.note,
                "redactions": [{"page": page + 1, "number": mark} for page, mark in part.done],
            }
        )
    count = len(files)
    return {
        "case": gathered.reference,
        "pack": gathered.pack.value,
        "edition": gathered.number,
        "accessible": all(every[one.key].item.ours for one in numbered),
        "documents": documents,
        "volumes": [
            {
                "number": number,
                "sha256": sha256(content),
                "size": len(content),
                "pages": sum(len(one.labels) for one in numbered if volume_of[one.key] == number),
                "filename": filename(
                    gathered.reference, gathered.pack.value, gathered.number, number, count
                ),
                "over_limit": len(content) > gathered.volume_mb * MEGABYTE,
            }
            for number, content in enumerate(files, 1)
        ],
    }
