"""What one person proposes about the giving of a notice, and a second person agrees to or not.

Two kinds: another day of giving (`overriding`), and giving again at another address
(`regiving`). Nothing happens before a second person agrees; what is agreed happens whole, in
one transaction.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.giving import GivingProposal
from enforcement.data.notices import Notice
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, SamePerson, WrongState
from enforcement.services.cases import stream
from enforcement.services.work import Work, changed_meanwhile

OTHER_DAY, GIVE_AGAIN = "other_day", "give_again"
TITLES = {OTHER_DAY: "Another day of giving", GIVE_AGAIN: "Give again"}
# Who may propose, and which second person may agree.
PROPOSES = {OTHER_DAY: Permission.RECORD_GIVING, GIVE_AGAIN: Permission.DRAFT_NOTICE}
AGREES = {OTHER_DAY: Permission.APPROVE_NOTICE, GIVE_AGAIN: Permission.WITHDRAW}


def put_up(
    work: Work,
    notice: Notice,
    kind: str,
    asked: dict[str, Any],
    words: str,
    evidence: tuple[str, str] | None = None,
) -> GivingProposal:
    """Put a proposal up for a second person; `evidence` is the hash and name of a kept file.

    Refuses WrongState while another proposal about this notice is open, BadInput without
    words, NotAllowed.
    """
    work.require(PROPOSES[kind])
    if not words.strip():
        raise BadInput("Say why, and what shows it.")
    if open_about(work.session, notice) is not None:
        raise WrongState(
            f"A proposal about {notice.reference} already waits for a second person.",
            fix="Have it agreed or refused, or take it back.",
        )
    row = GivingProposal(
        case_id=notice.case_id,
        notice_id=notice.id,
        kind=kind,
        asked=asked,
        words=words.strip(),
        evidence_sha256=evidence[0] if evidence else None,
        evidence_name=evidence[1][:200] if evidence else None,
        proposed_by=work.actor.identity,
        proposed_by_name=work.actor.name,
        proposed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    facts: dict[str, Fact] = {**_facts(row, notice), "asked": _plain(asked)}
    if row.evidence_sha256:
        facts["evidence_sha256"] = row.evidence_sha256
    work.record(
        stream(notice.case), "giving_proposed", facts,
        texts={"words": row.words}, permission=PROPOSES[kind],
    )  # fmt: skip
    return row


def _plain(asked: dict[str, Any]) -> dict[str, Fact]:
    """What the history names: days and methods. The recipient is on the notice it leads to."""
    return {name: value for name, value in asked.items() if isinstance(value, str | int)}


def _facts(row: GivingProposal, notice: Notice) -> dict[str, Fact]:
    return {"proposal": row.id, "notice": notice.reference, "kind": row.kind}


def refuse_own(work: Work, row: GivingProposal) -> None:
    """Refuse SamePerson: whoever proposed does not also agree."""
    if row.proposed_by == work.actor.identity:
        raise SamePerson(
            f"{work.actor.name} proposed this, so may not agree to it.",
            rule="Separation of duties",
            fix="Ask a colleague who may agree to it.",
        )


def agreed(work: Work, row: GivingProposal, version: int | None) -> Permission:
    """Write that a second person agrees; the caller then does what was proposed.

    Refuses WrongState (settled already), SamePerson, StaleVersion, NotAllowed.
    """
    needed = AGREES[row.kind]
    work.require(needed)
    _still_open(row, version)
    refuse_own(work, row)
    _settle(work, row, "agreed", "", needed)
    return needed


def refuse(work: Work, row: GivingProposal, words: str, version: int | None = None) -> None:
    """Say no to a proposal, with the reason. Refuses BadInput, WrongState, NotAllowed."""
    work.require(AGREES[row.kind])
    _still_open(row, version)
    if not words.strip():
        raise BadInput("Say why not.")
    _settle(work, row, "refused", words.strip(), AGREES[row.kind])


def take_back(work: Work, row: GivingProposal, version: int | None = None) -> None:
    """Take back what one proposed. Refuses NotAllowed for anybody else, WrongState."""
    work.require(PROPOSES[row.kind])
    _still_open(row, version)
    if row.proposed_by != work.actor.identity:
        raise WrongState("Only the person who proposed it takes it back.")
    _settle(work, row, "taken_back", "", PROPOSES[row.kind])


def _still_open(row: GivingProposal, version: int | None) -> None:
    if row.outcome is not None:
        raise WrongState("This proposal has been settled already.")
    if version is not None and row.version != version:
        raise changed_meanwhile()


def _settle(
    work: Work, row: GivingProposal, outcome: str, words: str, permission: Permission
) -> None:
    row.outcome, row.settled_words, row.settled_at = outcome, words, work.now
    row.settled_by, row.settled_by_name = work.actor.identity, work.actor.name
    work.session.flush()
    work.record(
        stream(row.case),
        "giving_proposal_settled",
        {**_facts(row, row.notice), "outcome": outcome, "proposed_by": row.proposed_by},
        texts={"words": words} if words else None,
        permission=permission,
    )


def open_about(session: Session, notice: Notice) -> GivingProposal | None:
    """The proposal about this notice that waits for a second person, or None."""
    return session.scalar(
        select(GivingProposal).where(
            GivingProposal.notice_id == notice.id, GivingProposal.outcome.is_(None)
        )
    )


def of_notice(session: Session, notice: Notice) -> list[GivingProposal]:
    """Every proposal about a notice, oldest first."""
    return list(
        session.scalars(
            select(GivingProposal)
            .where(GivingProposal.notice_id == notice.id)
            .order_by(GivingProposal.id)
        )
    )


def find(work: Work, case: Case, proposal_id: int) -> GivingProposal:
    """The proposal of this case with this number, or NotFound."""
    row = work.session.get(GivingProposal, proposal_id)
    if row is None or row.case_id != case.id:
        raise NotFound(f"The case {case.reference} has no such proposal.")
    return row
