"""What a notice says of the replies: that they came, when, and that a late one counted too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import notice_story as told
import pytest

from enforcement.domain.giving import Method
from enforcement.domain.permissions import Role
from enforcement.services import notice_facts, policies, replies, reply_points
from enforcement.services.case_facts import live_decision, live_notice, period_end
from enforcement.services.notice_facts import Plan
from enforcement.services.replies import Keyed, Sender

ENDED = date(2026, 7, 3)
IN_TIME, LATE, LATER = date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 6)


@pytest.mark.parametrize(
    ("received", "said"),
    [
        ([], "You did not send us representations in the period."),
        (
            [IN_TIME],  # the whole last day counts
            "We received one reply from you, on 3 July 2026, and considered all of it.",
        ),
        (
            [LATE],
            "We received one reply from you, on 4 July 2026. It came after the period for "
            "representations ended on 3 July 2026; we considered all of it all the same.",
        ),
        (
            [LATE, IN_TIME],  # keyed in another order than it came
            "We received 2 replies from you, on 3 July 2026 and 4 July 2026, and considered all "
            "of them. The reply of 4 July 2026 came after the period for representations ended on "
            "3 July 2026.",
        ),
        (
            [IN_TIME, LATE, LATER],
            "We received 3 replies from you, on 3 July 2026, 4 July 2026 and 6 July 2026, and "
            "considered all of them. The replies of 4 July 2026 and 6 July 2026 came after the "
            "period for representations ended on 3 July 2026.",
        ),
        (
            [LATE, LATER],
            "We received 2 replies from you, on 4 July 2026 and 6 July 2026, and considered all "
            "of them. They came after the period for representations ended on 3 July 2026.",
        ),
    ],
)
def test_what_is_said_of_replies(received: list[date], said: str) -> None:
    assert notice_facts.replies_sentence(received, ENDED) == said


@pytest.mark.parametrize("outcome", ["impose", "no_penalty"])
def test_the_letter_says_that_a_reply_came_late(begin: Any, outcome: str) -> None:
    story = told.Story(begin)
    story.to_given()
    later = told.NOW + timedelta(days=20)
    with begin(told.OFFICER, later) as work:
        case = story.case(work)
        ended = period_end(work.session, case)
        assert ended is not None
        after = ended + timedelta(days=1)
        words = "We moved house."
        sender = Sender("Pat Example", "Manager")
        reply = replies.key(work, case, Keyed("post", after, sender, (), words, "late-1"))
        assert reply.late
        reply_points.read(work, reply)
        for point in reply.points:
            reply_points.answer_point(work, point, "We looked.", "Our record.", "not_accepted")
    story.decide(later, outcome)
    with begin(told.OFFICER, later) as work:
        case = story.case(work)
        decision = live_decision(work.session, case)
        notice = live_notice(work.session, case, "notice_of_intent")
        assert decision is not None
        assert notice is not None
        facts = notice_facts.decision_facts(work.session, case, decision, notice)
        assert facts.replies == notice_facts.replies_sentence([after], ended)
        assert "all the same" in facts.replies


def test_a_tribunal_policy_older_than_its_words_on_applying_still_says_how(begin: Any) -> None:
    story = told.Story(begin)
    story.to_given()
    later = told.NOW + timedelta(days=20)
    story.decide(later)
    with begin(told.person("polly", Role.POLICY), later) as work:
        older = {**policies.in_force(work.session, "tribunal", work.today).body}
        del older["form"]
        row = policies.propose(work, "tribunal", work.today, older, "As it stood before")
    with begin(told.person("leith", Role.LEADER), later) as work:
        policies.approve(work, row.id)
    with begin(told.OFFICER, later) as work:
        case = story.case(work)
        plan = Plan("final_notice", "R", told.SECRETARY, Method.ELECTRONIC, work.today, 28)
        assert notice_facts.final(work, case, plan).appeal.form == notice_facts.HOW_TO_APPEAL
