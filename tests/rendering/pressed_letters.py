"""Random invented letters for the press, and what two printings of one letter must share."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import date, timedelta

import pikepdf

from enforcement.rendering.facts import (
    AmountLine,
    MissFacts,
    NoticeFacts,
    PeriodFacts,
    ProviderFacts,
    Recipient,
    ReplyFacts,
)
from enforcement.rendering.paper import FACTS_FILE, Rendered
from enforcement.rendering.samples import AMOUNT, notice_of_intent

NAMES = ("Meadow", "Orchard", "St Sample’s", "Larch & Elm", "Gofal Tŷ Ŵyn", "Zoë", "Łódź", "Willow",
         "Riverside", "AVATAR To", "O’Invented", "The Old Example")  # fmt: skip
KINDS = ("House", "Court", "Care Home", "Lodge Residential Care Home with Nursing", "Homecare",
         "Supported Living and Domiciliary Support Services", "Limited",
         "(Sampleton) Ltd")  # fmt: skip
MONTHS = ("January", "May", "September", "November", "December")
CODE = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def _name(chance: random.Random) -> str:
    words = [chance.choice(NAMES) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    return " ".join((*words, chance.choice(KINDS)))


def _day(chance: random.Random) -> date:
    return date(2024, 1, 1) + timedelta(chance.randrange(3000))


def _recipient(chance: random.Random) -> Recipient:
    lines = [f"{chance.randrange(1, 400)} {chance.choice(NAMES)} Street", "Exampleton"]
    lines += chance.sample(["Registered office", "Invented Park", "County of Samples"], 2)
    return Recipient(
        _name(chance),
        chance.choice((None, "For the attention of the company secretary")),
        None,
        tuple(lines[: chance.randrange(1, 5)]),
        f"ZZ{chance.randrange(1, 99)} {chance.randrange(1, 9)}ZZ",
        chance.choice((None, "secretary@example.com")),
    )


def _misses(chance: random.Random) -> tuple[MissFacts, ...]:
    found = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        name, number = _name(chance), f"1-{chance.randrange(10**8, 10**9)}"
        service = chance.choice(("Care home", "Home care"))
        for _ in range(chance.choice((3, 3, 4))):
            opens = _day(chance).replace(day=8 if chance.random() < 0.97 else 28)
            late = chance.random() < 0.1
            found.append(
                MissFacts(
                    name,
                    number,
                    service,
                    f"{chance.choice(MONTHS)} {opens.year}",
                    opens,
                    opens + timedelta(chance.choice((6, 8))),
                    "Return made after the window closed" if late else "No return made",
                )
            )
    return tuple(found)


def random_letter(number: int) -> NoticeFacts:
    """Return the invented notice of intent that `number` stands for, always the same."""
    chance = random.Random(number)  # noqa: S311 - invented letters, no secret
    misses = _misses(chance)
    locations = {miss.location_id: miss.location_name for miss in misses}
    lines = tuple(
        AmountLine(
            f"{name} ({number})",
            f"Care home, {chance.randrange(1, 99)} places",
            chance.randrange(10_000, 99_999_999),
        )
        for number, name in locations.items()
    )
    sent = _day(chance)
    period = sent + timedelta(chance.randrange(4, 9))
    code = "-".join("".join(chance.choices(CODE, k=4)) for _ in range(3))
    company = chance.choice((None, f"{chance.randrange(10**8):08}"))
    return notice_of_intent(
        reference=f"ASC-2026-{chance.randrange(10**6):06}",
        notice_reference=f"ASC-2026-{chance.randrange(10**6):06}-N{chance.randrange(1, 9)}",
        dated=sent,
        recipient=_recipient(chance),
        provider=ProviderFacts(
            _name(chance), f"1-{chance.randrange(10**8, 10**9)}", company,
            chance.choice((None, None, f"{chance.randrange(10**7):07}")),
        ),
        misses=misses,
        support_contacts=tuple(
            f"{chance.randrange(1, 28)} {chance.choice(MONTHS)} 2024: help with the return"
            for _ in range(chance.randrange(3))
        ),
        given_on=sent + timedelta(3),
        method=f"It was sent by first class post to your registered office on {sent.day} "
        f"{chance.choice(MONTHS)} {sent.year}.",
        amount=replace(AMOUNT, pence=sum(line.pence for line in lines), lines=lines),
        period=PeriodFacts(period, period + timedelta(14), period + timedelta(42)),
        reply=ReplyFacts(
            "reply.example/r", code, f"https://reply.example/r#{code.replace('-', '')}"
        ),
    )  # fmt: skip


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
    found = {}
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
