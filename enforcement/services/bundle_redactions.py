"""Redactions of a bundle: marked with a reason, lifted with a reason, never edited.

A mark takes effect in the next edition; editions made before stay as they were. The originals are
not touched. The words taken out are kept here (they are what is looked for) and beside the
history under a salted hash; neither the list for the tribunal nor the event repeats them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.bundles import BundleEdition, BundleRedaction
from enforcement.data.cases import Case
from enforcement.domain.bundles import MADE_ANEW, Label, Pack
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.rendering.bundle.redaction import pages_with, plain
from enforcement.services.bundle_parts import Taken
from enforcement.services.cases import stream
from enforcement.services.files import fetch
from enforcement.services.work import Work

PAGE, DOCUMENT, BUNDLE, WHOLE = "page", "document", "bundle", "whole"
SCOPES = {
    PAGE: "These words on this page",
    DOCUMENT: "These words everywhere in this document",
    BUNDLE: "These words everywhere in the bundle",
    WHOLE: "This whole page",
}
SHORTEST = 3  # letters; fewer would black out half a page


@dataclass(frozen=True)
class Spot:
    """A page of the latest edition: its document in the manifest, and its place in it, from 1."""

    document: dict[str, object]
    page: int


def of_case(session: Session, case_id: int, pack: Pack) -> list[BundleRedaction]:
    """Every row of a bundle's redactions, marks and liftings, oldest first."""
    return list(
        session.scalars(
            select(BundleRedaction)
            .where(BundleRedaction.case_id == case_id, BundleRedaction.pack == pack.value)
            .order_by(BundleRedaction.number)
        )
    )


def in_force(session: Session, case_id: int, pack: Pack) -> list[Taken]:
    """The redactions that the next edition carries out."""
    rows = of_case(session, case_id, pack)
    lifted = {row.lifts_id for row in rows}
    return [
        Taken(row.number, row.document, row.document_sha256, row.page, row.words, row.reason)
        for row in rows
        if row.lifts_id is None and row.id not in lifted
    ]


def spot(edition: BundleEdition, page: str) -> Spot:
    """The page of an edition that carries this number. Refuses BadInput, NotFound."""
    label = str(Label.parse(page))
    for document in edition.manifest["documents"]:
        if label in document["labels"]:
            if document["key"] in MADE_ANEW:
                raise BadInput("The cover, the index and the list of redactions are made anew "
                               "in every edition: mark the document itself.")  # fmt: skip
            return Spot(document, document["labels"].index(label) + 1)
    raise NotFound(f"The edition has no page {label}.")


def mark(
    work: Work, case: Case, edition: BundleEdition, scope: str, page: str, words: str, reason: str
) -> BundleRedaction:
    """Mark words, or a page, for taking out from the next edition on.

    `page`: the number printed at the page's top. Refuses BadInput (no reason, no or too few
    words, words that are not there as text), NotFound (no such page), NotAllowed.
    """
    work.require(Permission.RECORD_APPEAL)
    pack, wanted = Pack(edition.pack), " ".join(words.split())
    if scope not in SCOPES:
        raise BadInput("Choose what to take out.")
    if not reason.strip():
        raise BadInput("Give the reason: the tribunal reads it beside the bar.")
    found = None if scope == BUNDLE else spot(edition, page)
    if scope != WHOLE:
        _refuse_missing(work, edition, found, scope, wanted)
    row = BundleRedaction(
        case_id=case.id,
        pack=pack.value,
        number=_next(work, case, pack),
        document=str(found.document["key"]) if found else "",
        document_sha256=str(found.document["part_sha256"]) if found else "",
        page=found.page if found and scope in (PAGE, WHOLE) else None,
        words=None if scope == WHOLE else wanted,
        reason=reason.strip(),
        made_by=work.actor.identity,
        made_by_name=work.actor.name,
        made_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    where = f"{found.document['title']}, page {found.page}" if found else "every page"
    work.record(
        stream(case),
        "bundle_redacted",
        {"pack": pack.value, "redaction": row.number, "scope": scope},
        texts={"words": row.words or "", "where": where, "reason": row.reason},
        permission=Permission.RECORD_APPEAL,
    )
    return row


def _refuse_missing(
    work: Work, edition: BundleEdition, found: Spot | None, scope: str, words: str
) -> None:
    """The words must be somewhere they would be taken from, as text."""
    if len(plain(words)) < SHORTEST:
        raise BadInput(f"Give the exact words to take out, at least {SHORTEST} letters.")
    documents = [found.document] if found else edition.manifest["documents"]
    for document in documents:
        pages = pages_with(fetch(work, str(document["part_sha256"])).content, words)
        if any(scope != PAGE or found is None or found.page - 1 == page for page in pages):
            return
    where = "on that page" if scope == PAGE else "there"
    raise BadInput(
        f"Those words are not {where} as text.",
        fix="Copy them from the page. If the page is a picture, take out the whole page.",
    )


def _next(work: Work, case: Case, pack: Pack) -> int:
    last = work.session.scalar(
        select(func.max(BundleRedaction.number)).where(
            BundleRedaction.case_id == case.id, BundleRedaction.pack == pack.value
        )
    )
    return (last or 0) + 1


def lift(work: Work, case: Case, pack: Pack, number: int, reason: str) -> BundleRedaction:
    """Take a redaction back from the next edition on. Refuses NotFound, BadInput, NotAllowed."""
    work.require(Permission.RECORD_APPEAL)
    rows = {row.number: row for row in of_case(work.session, case.id, pack)}
    lifted = {row.lifts_id for row in rows.values()}
    row = rows.get(number)
    if row is None or row.lifts_id is not None or row.id in lifted:
        raise NotFound(f"There is no redaction R{number} in force.")
    if not reason.strip():
        raise BadInput("Say why it is lifted.")
    made = BundleRedaction(
        case_id=case.id,
        pack=pack.value,
        number=_next(work, case, pack),
        reason=reason.strip(),
        lifts_id=row.id,
        made_by=work.actor.identity,
        made_by_name=work.actor.name,
        made_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    work.record(
        stream(case),
        "bundle_redaction_lifted",
        {"pack": pack.value, "redaction": number},
        texts={"reason": made.reason},
        permission=Permission.RECORD_APPEAL,
    )
    return made
