"""What may be done about the giving of a notice, on the case's bar and on the notice's page."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import CaseFacts, State
from enforcement.domain.permissions import Permission, can, not_yours
from enforcement.services import proposals
from enforcement.services.case_facts import FINAL, INTENT, live_notice
from enforcement.services.giving import in_doubt
from enforcement.services.work import Work
from enforcement.web import pages

DOUBT = ("Post came back, or giving is in doubt", "giving.doubt", Permission.RECORD_GIVING)
PROVE = ("Settle the doubt about giving", "giving.prove", Permission.RECORD_GIVING)
DAY = ("It was given on another day", "regiving.other_day", Permission.RECORD_GIVING)
AGAIN = ("Withdraw and give a new notice", "regiving.again", Permission.DRAFT_NOTICE)
_UNDER_WAY = (State.CLOSED, State.APPEALED, State.NO_PENALTY)

Offer = tuple[str, str, Permission]


def of_case(work: Work, case: Case, facts: CaseFacts) -> list[pages.Action]:
    """The giving of the notice last out: put in doubt, settled, or the notice given again."""
    doubted = in_doubt(work, case)
    out = [one for one in _live(work, case) if one.issued_at is not None]
    notice = next((one for one in out if one.reference == doubted), next(iter(out), None))
    if notice is None:
        return []
    if waiting := proposals.open_about(work.session, notice):
        words = f"{proposals.TITLES[waiting.kind]}: waits for a second person"
        return [pages.Action(words, _proposal_url(case, waiting.id), primary=True)]
    return [
        pages.Action(words, href=_url(endpoint, notice), reason=not_yours(work.actor, permission))
        for words, endpoint, permission in _offers(case, notice, doubted)
        if endpoint != DAY[1]  # seldom: on the notice's own page
    ]


def of_notice(work: Work, notice: Notice) -> tuple[tuple[str, str], ...]:
    """The same for one notice, as links for whoever may follow them."""
    case = notice.case
    waiting = proposals.open_about(work.session, notice)
    if waiting is not None:
        words = f"{proposals.TITLES[waiting.kind]}: waits for a second person"
        return ((words, _proposal_url(case, waiting.id)),)
    return tuple(
        (words, _url(endpoint, notice))
        for words, endpoint, permission in _offers(case, notice, in_doubt(work, case))
        if can(work.actor, permission)
    )


def _offers(case: Case, notice: Notice, doubted: str | None) -> Iterator[Offer]:
    state = State(case.state)
    if notice.kind not in (INTENT, FINAL) or notice.state not in ("issued", "given", "failed"):
        return
    if notice.state == "given" and state.live:
        if doubted is None:
            yield DOUBT
        elif doubted == notice.reference:
            yield PROVE
    if state in _UNDER_WAY:
        return
    if doubted == notice.reference or notice.state == "failed":
        yield ("Give it again to another address", *AGAIN[1:])
    else:
        yield AGAIN
    if notice.state == "given":
        yield DAY


def _live(work: Work, case: Case) -> Iterator[Notice]:
    for kind in (FINAL, INTENT):
        if (notice := live_notice(work.session, case, kind)) is not None:
            yield notice


def _url(endpoint: str, notice: Notice) -> str:
    return url_for(endpoint, reference=notice.case.reference, notice_id=notice.id)


def _proposal_url(case: Case, number: int) -> str:
    return url_for("regiving.proposal", reference=case.reference, proposal_id=number)
