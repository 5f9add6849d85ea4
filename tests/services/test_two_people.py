"""Two people, held by the database itself: raw SQL that goes round every rule of the code.

Eleven tries on both engines, each from a fresh open proposal: eight are refused by a constraint
or a guard, three are the honest road (propose, decided by another, the notice).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import notice_story as story
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

PROPOSE = """
    insert into decision (id, case_id, proposed_by, proposed_at, recommendation, reasons,
                          excuse_finding, reasons_sha256, superseded, version)
    values ({id}, 1, 'staff:olive', '2026-07-02 09:00:00+00', 'impose', 'words', 'none', 'aa',
            false, 1)"""
BORN_DECIDED = """
    insert into decision (id, case_id, proposed_by, proposed_at, recommendation, reasons,
                          excuse_finding, reasons_sha256, superseded, version, outcome, decided_by)
    values (9, 1, 'staff:olive', '2026-07-02 09:00:00+00', 'impose', 'words', 'none', 'aa',
            false, 1, 'impose', 'staff:pat')"""
DECIDE = "update decision set outcome = 'impose', decided_by = 'staff:pat'{more} where id = 1"
NOTICE = """
    insert into notice (id, case_id, reference, kind, sequence, state, template_version, facts,
                        facts_sha256, checks, recipient, method, drafted_by, drafted_by_name,
                        drafted_at, giving_receipt, version)
    values ({id}, 1, 'N-{id}', 'final_notice', {id}, '{state}', 'v1', '{{}}', 'aa', '[]', '{{}}',
            'email', 'staff:olive', 'Olive', '2026-07-02 09:00:00+00', '[]', 1)"""
APPROVE = """
    update notice set state = 'approved', approved_by = {by}, approved_pdf_sha256 = pdf_sha256,
                      approved_facts_sha256 = {facts}{more} where id = 1"""
SUBMIT = "update notice set state = 'submitted' where id = 1"
OPEN = [PROPOSE.format(id=1)]
DECIDED = [*OPEN, DECIDE.format(more="")]
DRAFTED = [*DECIDED, NOTICE.format(id=1, state="draft")]
SUBMITTED = [*DRAFTED, SUBMIT]
SEALED = {"by": "'staff:sam'", "facts": "facts_sha256", "more": ""}

# what is tried, what stands before it, the statement, whether the database takes it
TRIES: list[tuple[str, list[str], str, bool]] = [
    ("propose", [], PROPOSE.format(id=1), True),
    ("a second open proposal", OPEN, PROPOSE.format(id=2), False),
    ("born decided", [], BORN_DECIDED, False),
    ("a notice before a decision", OPEN, NOTICE.format(id=1, state="draft"), False),
    ("deciding one's own", OPEN, DECIDE.format(more="").replace("pat", "olive"), False),
    (
        "swapping the proposer while deciding",
        OPEN,
        DECIDE.format(more=", proposed_by = 'staff:other'"),
        False,
    ),
    (
        "changing the reasons while deciding",
        OPEN,
        DECIDE.format(more=", reasons = 'other words'"),
        False,
    ),
    ("decided by another", OPEN, DECIDE.format(more=""), True),
    (
        "deciding twice",
        DECIDED,
        DECIDE.format(more=", decided_on = '2026-07-09'").replace("pat", "quinn"),
        False,
    ),
    ("the notice", DECIDED, NOTICE.format(id=1, state="draft"), True),
    ("a second notice", DRAFTED, NOTICE.format(id=2, state="draft"), False),
    # and the same care for the approval of the notice itself
    ("a notice born approved", DECIDED, NOTICE.format(id=1, state="approved"), False),
    ("approving an unsubmitted draft", DRAFTED, APPROVE.format(**SEALED), False),
    (
        "approving one's own notice",
        SUBMITTED,
        APPROVE.format(**{**SEALED, "by": "'staff:olive'"}),
        False,
    ),
    (
        "swapping the drafter while approving",
        SUBMITTED,
        APPROVE.format(**{**SEALED, "more": ", drafted_by = 'staff:other'"}),
        False,
    ),
    (
        "changing the facts while approving",
        SUBMITTED,
        APPROVE.format(**{**SEALED, "more": ", facts_sha256 = 'bb'"}),
        False,
    ),
    ("a seal of other facts", SUBMITTED, APPROVE.format(**{**SEALED, "facts": "'bb'"}), False),
    ("the notice approved by another", SUBMITTED, APPROVE.format(**SEALED), True),
    (
        "changing what was approved",
        [*SUBMITTED, APPROVE.format(**SEALED)],
        "update notice set facts_sha256 = 'bb' where id = 1",
        False,
    ),
    ("throwing a decision away", DECIDED, "delete from decision", False),
    ("throwing a notice away", DRAFTED, "delete from notice", False),
]


@pytest.fixture
def database(begin: Callable[..., Any], engine: Engine) -> Engine:
    """One case at triage, whose id is 1."""
    story.Story(begin).triage()
    return engine


@pytest.mark.parametrize(
    ("before", "tried", "taken"), [t[1:] for t in TRIES], ids=[t[0] for t in TRIES]
)
def test_what_the_database_takes(
    database: Engine, before: list[str], tried: str, taken: bool
) -> None:
    with database.connect() as connection:
        for statement in before:
            connection.execute(text(statement))
        connection.commit()
        if taken:
            assert connection.execute(text(tried)).rowcount == 1
        else:
            with pytest.raises(DatabaseError):
                connection.execute(text(tried))


def test_the_proposer_casts_no_vote_and_votes_stand(database: Engine) -> None:
    vote = """
        insert into panel_vote (id, decision_id, member, member_name, vote, reasons, conflict,
                                reasons_sha256, voted_at)
        values ({id}, 1, '{member}', 'A', 'impose', 'r', '', 'aa', '2026-07-02 09:00:00+00')"""
    refused = [
        vote.format(id=1, member="staff:olive"),
        vote.format(id=3, member="staff:pat"),  # the second vote of one member
        "update panel_vote set vote = 'no_penalty'",
        "delete from panel_vote",
        "update decision set reasons_sha256 = 'bb', reasons = 'other'",
    ]
    with database.connect() as connection:
        connection.execute(text(PROPOSE.format(id=1)))
        connection.execute(text(vote.format(id=2, member="staff:pat")))
        connection.commit()
        for statement in refused:
            with pytest.raises(DatabaseError):
                connection.execute(text(statement))
            connection.rollback()
