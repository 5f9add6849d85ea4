"""Closing a case: what to look at first, the letter that tells the outcome, and the record of it.

Only an unsettled account keeps a case open (the table's gate). Everything else that is unfinished
is shown, and closing all the same takes a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import CaseFacts, State
from enforcement.domain.gates import Gate, nothing_owed, replies_answered
from enforcement.domain.letters import Letter
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import TaskKind
from enforcement.services import cases, letter_rules, letters, tasks
from enforcement.services.case_facts import facts_of
from enforcement.services.sending import Enqueue
from enforcement.services.work import Work


@dataclass(frozen=True)
class Closing:
    """Why a case is closed, what is learnt from it, and whether the outcome is told by letter."""

    reason: str
    lesson: str = ""
    words: str = ""
    tell: bool = False


def checks(work: Work, case: Case, facts: CaseFacts | None = None) -> list[Gate]:
    """What to look at before closing, ticks and crosses alike. Reads only."""
    facts = facts or facts_of(work, case)
    return list(_checks(work, case, facts))


def _checks(work: Work, case: Case, facts: CaseFacts) -> Iterator[Gate]:
    yield nothing_owed(facts, work.today)
    if facts.state is State.NO_PENALTY:
        told = not untold(work, case, facts)
        said = "told of the outcome." if told else "not told of the outcome yet."
        yield Gate("provider_told", told, f"The provider was {said}")
    yield replies_answered(facts, work.today)
    waiting = tasks.open_of(work.session, case)
    named = "; ".join(TaskKind(one.kind).label for one in waiting)
    yield Gate(
        "no_open_task", not waiting, f"Still to do: {named}." if waiting else "Nothing is to do."
    )
    failed = work.session.scalar(
        select(func.count()).where(Notice.case_id == case.id, Notice.state == "failed")
    )
    yield Gate(
        "everything_sent",
        not failed and not facts.giving_in_doubt,
        "Nothing failed to be sent, and no giving is in doubt."
        if not failed and not facts.giving_in_doubt
        else "A sending failed, or giving is in doubt.",
    )
    yield Gate(
        "not_on_hold", not facts.on_hold, "The case is on hold." if facts.on_hold else "No hold."
    )


def untold(work: Work, case: Case, facts: CaseFacts | None = None) -> bool:
    """Whether the closing letter of a decision on no penalty is still to be written."""
    return any(
        letter is Letter.NO_PENALTY
        and not letter_rules.facts_of_letters(work, case, facts).told_no_penalty
        for letter, _ in letter_rules.offers(work, case, facts)
    )


def close(
    work: Work, case: Case, closing: Closing, enqueue: Enqueue, version: int | None = None
) -> None:
    """Close a case: the outcome told first if asked for, tasks ended, how long it is kept stored.

    Refuses BadInput (no reason or lesson; something unfinished and no sentence about it), and what
    `cases.close` and, with `tell`, `letters.no_penalty` refuse.
    """
    cases.expect(case, version)
    if not closing.lesson:
        raise BadInput("Choose what is to be learnt.")
    if closing.tell:
        letters.no_penalty(work, case, enqueue)
    crosses = [gate for gate in checks(work, case) if not gate.ok and gate.name != "nothing_owed"]
    if crosses and not closing.words.strip():
        raise BadInput(
            "Not everything is finished: say why the case is closed all the same.",
            fix=" ".join(gate.sentence for gate in crosses),
        )
    cases.close(work, case, closing.reason, lesson=closing.lesson, words=closing.words)
    tasks.settle(work, case, set(TaskKind), "The case was closed.")
