"""Another day of giving than the one regulation 7 counts, on evidence and a second person's word.

The regulation says when a notice is taken as given and names no exception: it displaces the
ordinary course of post, which could be rebutted (Interpretation Act 1978 s.7). So the count
stands unless a file kept as evidence shows the contrary and two people say so. Never before the
day it was sent; and nothing that was already done on the count may lose the law's minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from enforcement.data.cases import ClockRow
from enforcement.data.giving import GivingProposal
from enforcement.data.notices import Notice
from enforcement.domain.calendar import local_date
from enforcement.domain.cases import State
from enforcement.domain.clocks import Clock, ClockKind
from enforcement.domain.refusals import BadInput, DatesFallShort, WrongState, about
from enforcement.domain.words import day
from enforcement.services import links, proposals
from enforcement.services.case_clocks import PERIOD_OVER, start_clock
from enforcement.services.case_facts import FINAL, INTENT, live_decision, live_notice
from enforcement.services.cases import stream
from enforcement.services.doubting import clear_doubt, put_in_doubt, short_as_given
from enforcement.services.evidence import examine
from enforcement.services.files import keep
from enforcement.services.giving import clocks_of
from enforcement.services.policies import calendar
from enforcement.services.work import Work

_FROM_GIVING = (ClockKind.REPRESENTATIONS, ClockKind.PAYMENT)
_FIRST_RULES = ("representations-after-given", "payment-after-given")


@dataclass(frozen=True)
class Move:
    """One deadline that runs from giving: as it stands, and as it would be."""

    kind: ClockKind
    due_on: date
    would_be: date


@dataclass(frozen=True)
class Effect:
    """What another day of giving would do; `short` says how the paper would state too little."""

    was: date
    given_on: date
    moves: tuple[Move, ...]
    short: str


def effect(work: Work, notice: Notice, given_on: date) -> Effect:
    """What would happen if the notice was given on `given_on`. Changes nothing.

    Refuses WrongState (not recorded as given, an appeal is live, the case is closed), BadInput
    (before it was sent, in the future, or the day already counted), DatesFallShort when a
    decision or a final notice rests on it and the period stated would be under the minimum.
    """
    was = _refuse(work, notice, given_on)
    moves = tuple(
        Move(clock.kind, row.due_on, clock.due_on)
        for row, clock in _replaced(work, notice, given_on, "")
    )
    short = short_as_given(work, notice, given_on)
    if short and _rests(work, notice):
        raise DatesFallShort(
            f"{short} What was decided rests on it.",
            fix="Withdraw what was decided on it first, then give the notice again.",
        )
    return Effect(was, given_on, moves, short)


def propose(
    work: Work, notice: Notice, given_on: date, words: str, name: str, content: bytes
) -> GivingProposal:
    """Propose another day, with words and a file that shows it; kept by its hash.

    Refuses what `effect` refuses, what `evidence.examine` refuses of the file, an open
    proposal, NotAllowed.
    """
    found = effect(work, notice, given_on)
    with about("file"):
        file = examine(name, content, work.settings)
    digest = keep(work, file.content, file.mime)
    asked = {"given_on": given_on.isoformat(), "was": found.was.isoformat()}
    return proposals.put_up(work, notice, proposals.OTHER_DAY, asked, words, (digest, file.name))


def asked_day(row: GivingProposal) -> date:
    """The day a proposal says the notice was given on."""
    return date.fromisoformat(row.asked["given_on"])


def agree(work: Work, row: GivingProposal, version: int | None = None) -> Effect:
    """A second person agrees: the day, the receipt and the clocks, with the reason in each.

    Printed dates that fall short now put the giving in doubt; otherwise a doubt about this
    notice is settled. Refuses SamePerson, StaleVersion, NotAllowed and what `effect` refuses.
    """
    proposals.agreed(work, row, version)
    notice, given_on = row.notice, asked_day(row)
    found = effect(work, notice, given_on)
    because = (
        f"Regulation 7 counts {day(found.was)}; found on evidence to have been given on "
        f"{day(given_on)} (agreed by {work.actor.name} on {day(work.today)})."
    )
    replaced = _replaced(work, notice, given_on, because)
    notice.given_on = given_on
    line = {"day": given_on.isoformat(), "number": None, "note": because}
    notice.giving_receipt = [*notice.giving_receipt, line]
    work.record(
        stream(notice.case),
        "giving_corrected",
        {
            "notice": notice.reference,
            "was": found.was.isoformat(),
            "given_on": given_on.isoformat(),
            "evidence_sha256": row.evidence_sha256,
            "proposal": row.id,
        },
        texts={"evidence": row.words},
        permission=proposals.AGREES[row.kind],
    )
    for old, clock in replaced:
        _replace(work, notice, old, clock)
    if found.short:
        put_in_doubt(work, notice, found.short)
    else:
        clear_doubt(work, notice.case, notice)
    if notice.kind == INTENT:
        links.ensure(work, notice.case, notice)
    work.session.flush()
    return found


def _refuse(work: Work, notice: Notice, given_on: date) -> date:
    state = State(notice.case.state)
    if notice.kind not in (INTENT, FINAL) or notice.state != "given":
        raise WrongState("Only a notice that is recorded as given has a day of giving to correct.")
    if state in (State.CLOSED, State.APPEALED):
        raise WrongState(f"The day cannot be corrected while the case is “{state.label}”.")
    assert notice.sent_at is not None  # noqa: S101 - a given notice has both
    assert notice.given_on is not None  # noqa: S101 - the same
    if not local_date(notice.sent_at) <= given_on <= work.today:
        raise BadInput("The day must be between the day it was sent and today.", about="given_on")
    if given_on == notice.given_on:
        raise BadInput("That is the day on which it is taken as given already.", about="given_on")
    return notice.given_on


def _rests(work: Work, notice: Notice) -> bool:
    """Whether a decision or an issued final notice rests on this notice of intent."""
    if notice.kind != INTENT:
        return False
    decision = live_decision(work.session, notice.case)
    final = live_notice(work.session, notice.case, FINAL)
    decided = decision is not None and decision.outcome is not None
    return decided or (final is not None and final.issued_at is not None)


def _replaced(
    work: Work, notice: Notice, given_on: date, because: str
) -> list[tuple[ClockRow, Clock]]:
    """Each stored deadline that runs from giving, with the one that takes its place.

    One that an appeal began again, or that was met, no longer runs from giving.
    """
    found = []
    for clock in clocks_of(work, notice, given_on, calendar(work.session), because):
        rows = [row for row in notice.case.clocks if row.kind == clock.kind]
        counts = bool(rows) and rows[-1].rule in _FIRST_RULES
        if clock.kind in _FROM_GIVING and counts and rows[-1].ended_because in (None, PERIOD_OVER):
            found.append((rows[-1], clock))
    return found


def _replace(work: Work, notice: Notice, old: ClockRow, clock: Clock) -> None:
    old.ended_at, old.ended_because = old.ended_at or work.now, "superseded"
    row = start_clock(work, notice.case, clock)
    if clock.kind is ClockKind.REPRESENTATIONS and clock.due_on < work.today:
        row.ended_at, row.ended_because = work.now, PERIOD_OVER
