"""Making an edition: the worker's job. Gathered in one reading, laid out with no transaction open,
kept in one writing: a job that is killed leaves nothing behind but its order, which is taken up
again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.bundles import BundleAddition, BundleEdition, BundleOrder
from enforcement.data.cases import Case
from enforcement.data.engine import read_only
from enforcement.domain.bundles import MADE_ANEW, Pack
from enforcement.domain.events import fact_hash
from enforcement.domain.permissions import system_actor
from enforcement.domain.refusals import Refusal
from enforcement.domain.words import day, moment
from enforcement.rendering.bundle.front import Cover
from enforcement.services import bundle_orders, bundle_redactions, bundle_sheets
from enforcement.services.bundle_binding import Gathered, Made, Tell, made_of
from enforcement.services.bundle_contents import gather
from enforcement.services.cases import stream
from enforcement.services.files import fetch, keep
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

WORKER = system_actor("worker")
PDF = "application/pdf"
log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


def make(engine: Engine, settings: Settings, order_id: int, clock: Clock) -> str:
    """Make the edition of an order. Returns how it ended: done, failed, or taken (not ours).

    A refusal (a redaction that cannot be placed, say) ends the order as failed, with the sentence.
    """
    if not bundle_orders.claim(engine, order_id, clock()):
        return "taken"
    try:
        with Session(engine) as session:
            read_only(session)
            gathered = _gathered(Work(session, WORKER, clock(), settings), order_id)
        made = made_of(gathered, _teller(engine, order_id, clock))
        with transaction(engine, WORKER, clock(), settings) as work:
            _kept(work, gathered, made)
    except Refusal as refusal:
        bundle_orders.fail(engine, order_id, refusal.words, clock())
        return "failed"
    except Exception:
        log.exception("the bundle of order %s could not be made", order_id)
        words = "The bundle could not be made through a fault of ours. Nothing of it was kept."
        bundle_orders.fail(engine, order_id, words, clock())
        return "failed"
    return "done"


def make_waiting(engine: Engine, settings: Settings, clock: Clock) -> dict[int, str]:
    """The sweep: make what waits and what a killed worker left. Safe to run twice."""
    waiting = bundle_orders.waiting(engine, clock())
    return {order_id: make(engine, settings, order_id, clock) for order_id in waiting}


def _teller(engine: Engine, order_id: int, clock: Clock) -> Tell:
    told = ""

    def tell(message: str, done: int, total: int) -> None:
        nonlocal told
        tens = f"{message}{done * 10 // max(total, 1)}"  # a tenth at a time is enough to see
        if tens != told:
            told = tens
            bundle_orders.tell(engine, order_id, message, done, total, clock())

    return tell


# --- reading ----------------------------------------------------------------------------------
def _gathered(work: Work, order_id: int) -> Gathered:
    session = work.session
    order = session.get_one(BundleOrder, order_id)
    case, pack = session.get_one(Case, order.case_id), Pack(order.pack)
    last = latest(session, case.id, pack)
    follows = None if order.afresh else last
    before = tuple(follows.manifest["documents"]) if follows else ()
    added = set(order.additions) | {_addition_id(one["key"]) for one in before}
    additions = [
        one
        for one in session.scalars(
            select(BundleAddition)
            .where(BundleAddition.case_id == case.id, BundleAddition.pack == pack.value)
            .order_by(BundleAddition.id)
        )
        if one.id in added
    ]
    items = tuple(gather(work, case, pack, additions))
    held = {one["key"]: one["part_sha256"] for one in before if one["key"] not in MADE_ANEW}
    wanted = {*held.values(), *(i.bound for i in items if i.bound and i.key not in held)}
    number = last.number + 1 if last else 1
    return Gathered(
        order_id=order.id,
        reference=case.reference,
        pack=pack,
        number=number,
        follows=follows.id if follows else None,
        before=before,
        items=items,
        stored={digest: fetch(work, digest).content for digest in sorted(wanted)},
        taken=tuple(bundle_redactions.in_force(session, case.id, pack)),
        cover=_cover(work, case, pack, number),
        volume_mb=order.volume_mb,
        asked_by=order.asked_by,
        asked_by_name=order.asked_by_name,
    )


def _addition_id(key: str) -> int:
    head, _, number = key.partition("-")
    return int(number) if head == "addition" else 0


def latest(session: Session, case_id: int, pack: Pack) -> BundleEdition | None:
    """The edition made last, if there is one."""
    return session.scalar(
        select(BundleEdition)
        .where(BundleEdition.case_id == case_id, BundleEdition.pack == pack.value)
        .order_by(BundleEdition.number.desc())
        .limit(1)
    )


def _cover(work: Work, case: Case, pack: Pack, number: int) -> Cover:
    appeals = bundle_sheets.appeals_of(work, case)
    rows = [("Our reference", case.reference)]
    if pack is Pack.TRIBUNAL:
        parties = (
            f"{case.provider.name} (appellant) and NHS Business Services Authority (respondent)"
        )
        rows += [("Tribunal reference", one.tribunal_reference) for one in appeals[-1:]]
        rows += [("Appeal made", day(one.lodged_on)) for one in appeals[-1:]]
    else:
        parties = (
            f"NHS Business Services Authority (applicant) and {case.provider.name} (respondent)"
        )
    rows += [("Edition", str(number)), ("Made", moment(work.now))]
    note = (
        "Every page carries its number at its top right. The number of a page never changes in a "
        "later edition: what came in later has a letter after the number."
    )
    return Cover(pack.label, parties, tuple(rows), note)


# --- keeping ----------------------------------------------------------------------------------
def _kept(work: Work, gathered: Gathered, made: Made) -> None:
    """Keep the files and the edition, with its event; the order is done. One transaction."""
    order = work.session.get_one(BundleOrder, gathered.order_id, populate_existing=True)
    case = work.session.get_one(Case, order.case_id)
    for part in made.parts:
        keep(work, part.pdf, PDF, secret=part.item.secret)
    secret = any(part.item.secret for part in made.parts)
    volumes = [keep(work, content, PDF, secret=secret) for content in made.files]
    digest = fact_hash(made.manifest)
    edition = BundleEdition(
        case_id=case.id,
        pack=gathered.pack.value,
        number=gathered.number,
        order_id=order.id,
        follows_id=gathered.follows,
        manifest=made.manifest,
        manifest_sha256=digest,
        pages=sum(one["pages"] for one in made.manifest["volumes"]),
        asked_by=gathered.asked_by,
        asked_by_name=gathered.asked_by_name,
        made_at=work.now,
    )
    work.session.add(edition)
    order.state, order.message, order.updated_at = "done", "", work.now
    order.done = order.total
    work.session.flush()
    work.record(
        stream(case),
        "bundle_made",
        {
            "pack": gathered.pack.value,
            "edition": gathered.number,
            "pages": edition.pages,
            "manifest_sha256": digest,
            "files": volumes,
            "asked_by": gathered.asked_by,
        },
    )
