"""Bundles for the tribunal and the county court: asked for, added to, found again and verified.

An edition is made by the worker and never changed. A later one keeps every page number of the one
before, unless the officer starts again from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.bundles import BundleAddition, BundleEdition, BundleOrder
from enforcement.data.cases import Case
from enforcement.domain.bundles import MADE_ANEW, BundleFacts, Pack
from enforcement.domain.bundles import gates as domain_gates
from enforcement.domain.events import fact_hash
from enforcement.domain.gates import Gate
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, GateClosed, HistoryBroken, NotFound, WrongState
from enforcement.services.bundle_giving import certificate_of_non_payment
from enforcement.services.bundle_making import latest
from enforcement.services.bundle_sheets import appeals_of
from enforcement.services.case_facts import facts_of
from enforcement.services.cases import stream
from enforcement.services.evidence import Examined
from enforcement.services.files import Kept, fetch, keep
from enforcement.services.work import Work

VOLUME_MB = (10, 25, 50, 100, 200)  # the largest file that a tribunal's or court's system takes
USUAL_MB = 50
Enqueue = Callable[[Session, int], None]


def sweep_will_find(session: Session, order_id: int) -> None:
    """The plainest way to queue: leave the order to the worker's sweep of every minute."""


def gates(work: Work, case: Case, pack: Pack) -> tuple[Gate, ...]:
    """Every gate of making this bundle now, ticks and crosses alike. Reads only."""
    held = BundleFacts(
        appeal_recorded=bool(appeals_of(work, case)),
        certificate=certificate_of_non_payment(work, case) is not None,
    )
    return domain_gates(pack, facts_of(work, case), held, work.today)


def order(
    work: Work,
    case: Case,
    pack: Pack,
    enqueue: Enqueue,
    *,
    afresh: bool = False,
    additions: Sequence[int] = (),
    volume_mb: int = USUAL_MB,
) -> BundleOrder:
    """Ask for an edition; the worker makes it.

    `afresh`: number from 1 again. `additions`: the late documents to put in (ids). Refuses
    GateClosed with each closed gate, BadInput, WrongState while one is being made, NotAllowed.
    """
    work.require(Permission.RECORD_APPEAL)
    shut = [gate for gate in gates(work, case, pack) if not gate.ok]
    if shut:
        raise GateClosed(
            " ".join(gate.sentence for gate in shut),
            rule="; ".join(dict.fromkeys(gate.rule for gate in shut if gate.rule)),
        )
    if under_way(work, case, pack) is not None:
        raise WrongState("An edition is being made. Wait until it is done.")
    if volume_mb not in VOLUME_MB:
        raise BadInput("Choose the largest size of a file from the list.")
    known = {one.id for one in additions_of(work, case, pack)}
    if not set(additions) <= known:
        raise BadInput("One of the documents to put in is not one of this bundle’s.")
    made = BundleOrder(
        case_id=case.id,
        pack=pack.value,
        afresh=afresh,
        additions=sorted(additions),
        volume_mb=volume_mb,
        state="waiting",
        message="Waiting for its turn",
        asked_by=work.actor.identity,
        asked_by_name=work.actor.name,
        asked_at=work.now,
        updated_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    work.record(
        stream(case),
        "bundle_ordered",
        {"pack": pack.value, "afresh": afresh, "additions": sorted(additions)},
        permission=Permission.RECORD_APPEAL,
    )
    enqueue(work.session, made.id)
    return made


def under_way(work: Work, case: Case, pack: Pack) -> BundleOrder | None:
    """The order that waits or is being made, if any."""
    return work.session.scalar(
        select(BundleOrder).where(
            BundleOrder.case_id == case.id,
            BundleOrder.pack == pack.value,
            BundleOrder.state.in_(("waiting", "building")),
        )
    )


def last_order(work: Work, case: Case, pack: Pack) -> BundleOrder | None:
    """The order given last, however it ended."""
    return work.session.scalar(
        select(BundleOrder)
        .where(BundleOrder.case_id == case.id, BundleOrder.pack == pack.value)
        .order_by(BundleOrder.id.desc())
        .limit(1)
    )


# --- late documents ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Late:
    """A document that came in late: what it is called, its date, what it follows."""

    title: str
    dated: date | None
    after: str


def add(work: Work, case: Case, pack: Pack, late: Late, file: Examined) -> BundleAddition:
    """Keep a late document for the next edition, behind a document of the latest one.

    Refuses BadInput (no title, a date to come, nothing to follow), NotFound before the first
    edition, NotAllowed.
    """
    work.require(Permission.RECORD_APPEAL)
    if not late.title.strip():
        raise BadInput("Give the document a title: the index shows it.", about="title")
    if late.dated is not None and late.dated > work.today:
        raise BadInput("The document’s date cannot be in the future.", about="dated")
    if late.after not in dict(followable(newest(work, case, pack))):
        raise BadInput("Choose the document that it comes after.", about="after")
    original = keep(work, file.content, file.mime)
    cleaned = keep(work, file.cleaned, file.mime) if file.cleaned is not None else None
    row = BundleAddition(
        case_id=case.id,
        pack=pack.value,
        title=late.title.strip(),
        dated=late.dated,
        after=late.after,
        name=file.name,
        kind=file.kind,
        original_sha256=original,
        cleaned_sha256=cleaned,
        size=len(file.content),
        scan=file.scan,
        added_by=work.actor.identity,
        added_by_name=work.actor.name,
        added_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        stream(case),
        "bundle_addition_kept",
        {"pack": pack.value, "sha256": original, "title": row.title, "after": row.after},
        permission=Permission.RECORD_APPEAL,
    )
    return row


def followable(edition: BundleEdition) -> list[tuple[str, str]]:
    """The documents that a late one may follow: key, and title with its last page."""
    return [
        (one["key"], f"{one['title']} (to page {one['labels'][-1]})")
        for one in edition.manifest["documents"]
        if one["key"] not in MADE_ANEW
    ]


def additions_of(work: Work, case: Case, pack: Pack) -> list[BundleAddition]:
    """Every late document of a bundle, oldest first."""
    return list(
        work.session.scalars(
            select(BundleAddition)
            .where(BundleAddition.case_id == case.id, BundleAddition.pack == pack.value)
            .order_by(BundleAddition.id)
        )
    )


def pending(work: Work, case: Case, pack: Pack) -> list[BundleAddition]:
    """The late documents that the latest edition does not hold yet."""
    last = latest(work.session, case.id, pack)
    held = {one["key"] for one in last.manifest["documents"]} if last else set()
    return [one for one in additions_of(work, case, pack) if f"addition-{one.id}" not in held]


# --- editions ---------------------------------------------------------------------------------
def editions(work: Work, case: Case, pack: Pack) -> list[BundleEdition]:
    """Every edition of a bundle, newest first."""
    return list(
        work.session.scalars(
            select(BundleEdition)
            .where(BundleEdition.case_id == case.id, BundleEdition.pack == pack.value)
            .order_by(BundleEdition.number.desc())
        )
    )


def newest(work: Work, case: Case, pack: Pack) -> BundleEdition:
    """The latest edition. Refuses NotFound before there is one."""
    found = latest(work.session, case.id, pack)
    if found is None:
        raise NotFound("Make the first edition first: pages are named by their numbers in it.")
    return found


def find(work: Work, case: Case, pack: Pack, number: int) -> BundleEdition:
    """One edition by its number, or NotFound."""
    for edition in editions(work, case, pack):
        if edition.number == number:
            return edition
    raise NotFound(f"There is no edition {number} of the {pack.label.lower()}.")


def prints_code(edition: BundleEdition) -> bool:
    """Whether a page of it carries the code with which the provider replies."""
    return any(one["secret"] for one in edition.manifest["documents"])


def volume(work: Work, edition: BundleEdition, number: int) -> tuple[str, Kept]:
    """The name and bytes of one volume. Refuses NotFound, HistoryBroken, and NotAllowed to those
    who may not see the reply code that a notice in it prints."""
    if prints_code(edition):
        work.require(Permission.READ_CODE)
    held = _volume(edition, number)
    return str(held["filename"]), fetch(work, str(held["sha256"]))


def _volume(edition: BundleEdition, number: int) -> dict[str, Any]:
    for one in edition.manifest["volumes"]:
        if one["number"] == number:
            found: dict[str, Any] = one
            return found
    raise NotFound(f"Edition {edition.number} has no volume {number}.")


def verify(work: Work, edition: BundleEdition) -> list[str]:
    """Read an edition's files again and compare them with its manifest. Reads only.

    Returns what is wrong, in sentences; nothing when all is as it was made.
    """
    wrong = []
    if fact_hash(edition.manifest) != edition.manifest_sha256:
        wrong.append("The list of the edition’s contents is no longer the one that was recorded.")
    for one in edition.manifest["volumes"]:
        try:
            fetch(work, one["sha256"])
        except (NotFound, HistoryBroken) as broken:
            wrong.append(f"Volume {one['number']}: {broken.sentence}")
    return wrong
