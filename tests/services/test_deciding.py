"""What a decision rests on, on both engines: files opened, questions, more time, concerns,
findings, declared interests, similar decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import notice_story as story
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from enforcement.data.cases import Case, ClockRow
from enforcement.data.decisions import Decision
from enforcement.data.history import Event, EventText
from enforcement.data.notices import OutboxItem
from enforcement.data.replies import Reply
from enforcement.domain.findings import Finding, FindingKind
from enforcement.domain.permissions import Actor
from enforcement.domain.precedents import ENOUGH
from enforcement.domain.refusals import (
    BadInput,
    GateClosed,
    NotAllowed,
    NotFound,
    SamePerson,
    WrongState,
)
from enforcement.services import (
    cases,
    clocks,
    concerns,
    decisions,
    declarations,
    default_policies,
    evidence_looks,
    extending,
    notice_facts,
    paragraphs,
    precedents,
    questions,
    replies,
    reply_points,
    tasks,
)
from enforcement.services.case_facts import INTENT, facts_of, live_decision, live_notice
from enforcement.services.evidence import examine
from enforcement.services.work import Work

OFFICER, PAT, QUINN, RAY = story.OFFICER, *story.PANEL
DAY_AFTER = story.NOW + timedelta(days=1)  # 17 June 2026, the day the notice is given
PANEL_DAY = story.NOW + timedelta(days=16)  # 2 July, the day after the period
STATED, DECIDE_BY = date(2026, 7, 1), date(2026, 7, 29)
WORDS = ("impose", "Three returns were due and not made.", "The outage came later.")


class Desk:
    """A given notice, one reply that offers an excuse, and the steps around it."""

    def __init__(self, begin: Callable[..., Any], *, files: bool = False) -> None:
        self.begin, self.tale = begin, story.Story(begin)
        self.tale.to_given()
        self.reply = self.key("good_reason", files=files)

    def key(
        self,
        reason: str,
        *,
        files: bool = False,
        email: str = "ann@example.org",
        at: Any = DAY_AFTER,
    ) -> str:
        with self.begin(OFFICER, at) as work:
            content = b"window,state\n2026-03,down\n"
            sent = [examine("outage.csv", content, work.settings)] if files else []
            sender = replies.Sender("Ann Example", "Director", email)
            found = self.case(work)
            keyed = replies.Keyed(
                "email", work.today, sender, [reason], "It was down.", f"{reason}-{email}", sent
            )
            return replies.key(work, found, keyed).reference

    def case(self, work: Work) -> Case:
        return cases.find(work, self.tale.reference)

    def found(self, work: Work) -> Reply:
        return replies.find(work, self.case(work), self.reply)

    def do(self, step: Callable[[Work], Any], who: Actor = OFFICER, at: Any = DAY_AFTER) -> Any:
        with self.begin(who, at) as work:
            return step(work)

    def answer(
        self, view: str = "not_accepted", words: str = "It was later.", why: str = ""
    ) -> None:
        def step(work: Work) -> None:
            for one in replies.of_case(work, self.case(work)):
                reply_points.read(work, one)
                for point in one.points:
                    reply_points.answer_point(work, point, words, "Its log", view, not_opened=why)

        self.do(step)

    def finding(self, work: Work, found: str = "no") -> list[Finding]:
        return [
            Finding(FindingKind.EXCUSE, found, "The outage was in June.", point.id, "outage")
            for one in replies.of_case(work, self.case(work))
            for point in one.points
            if point.reason == "good_reason"
        ]

    def propose(self, *, differs: str = "") -> None:
        self.do(
            lambda work: decisions.propose(
                work, self.case(work), *WORDS, made=self.finding(work), differs=differs
            ),
            at=PANEL_DAY,
        )

    def vote(self, *members: Actor, cast: str = "impose") -> None:
        for member in members:

            def step(work: Work) -> None:
                decision = live_decision(work.session, self.case(work))
                assert decision is not None
                decisions.declare(work, self.case(work), "")
                decisions.vote(
                    work, self.case(work), cast, "Clear.", seen_sha256=decision.reasons_sha256
                )

            self.do(step, member, PANEL_DAY)

    def decide(self) -> None:
        self.do(lambda w: decisions.decide(w, self.case(w), "impose"), PAT, PANEL_DAY)

    def kinds(self) -> list[str]:
        with self.begin(OFFICER, PANEL_DAY) as work:
            return list(
                work.session.scalars(
                    select(Event.kind)
                    .where(Event.stream == f"case:{self.tale.reference}")
                    .order_by(Event.seq)
                )
            )


# --- evidence looked at -----------------------------------------------------------------------
def test_a_point_is_not_answered_before_its_files_were_opened_or_words_say_why(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin, files=True)
    with pytest.raises(BadInput, match=r"not opened: outage\.csv"):
        desk.answer()
    desk.answer(why="The same file came with the earlier reply.")

    def look(work: Work) -> None:
        reply = desk.found(work)
        for _ in range(2):
            evidence_looks.opened(work, reply, reply.files[0], "original")
        with pytest.raises(NotFound):
            evidence_looks.opened(work, reply, reply.files[0], "thumbnail")

    desk.do(look)
    desk.answer(words="Its log shows June.")
    with begin(story.OTHER_OFFICER, DAY_AFTER) as work:
        reply = desk.found(work)
        assert [row.name for row in evidence_looks.unopened(work, reply)] == ["outage.csv"]
        (seen,) = evidence_looks.looks(work.session, reply)[reply.files[0].id]
        assert (seen.person, seen.at) == (OFFICER.identity, DAY_AFTER)
        assert reply.points[0].not_opened is None
        with pytest.raises(BadInput, match="not opened"):
            reply_points.answer_point(work, reply.points[0], "Other.", "Log", "partly")
    with begin(PAT, DAY_AFTER) as work, pytest.raises(NotAllowed):
        evidence_looks.opened(work, desk.found(work), desk.found(work).files[0], "original")
    assert desk.kinds().count("reply_file_opened") == 1


def test_standard_words_alone_turn_no_point_down(begin: Callable[..., Any]) -> None:
    desk = Desk(begin)

    def install(work: Work) -> str:
        default_policies.install(work)
        return paragraphs.in_force(work.session, work.today)[0].text

    words = desk.do(install)
    with pytest.raises(BadInput, match="Standard words alone"):
        desk.answer(words=words)
    desk.answer("accepted", words=words)
    desk.answer(words=f"{words} Your own log shows that you saved nothing on 9 March.")


# --- unread, hold, questions ------------------------------------------------------------------
def test_an_unread_reply_holds_the_case(begin: Callable[..., Any]) -> None:
    desk = Desk(begin)
    with pytest.raises(GateClosed, match="nothing goes on until an officer has read it"):
        desk.propose()


def test_a_question_is_sent_shown_and_closed_by_the_reply_that_answers_it(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin)
    due = date(2026, 6, 24)
    desk.do(lambda w: questions.ask(w, desk.found(w), "Which days was it down?", due))
    with begin(OFFICER, DAY_AFTER) as work:
        (row,) = questions.of_case(work, desk.case(work))
        assert (row.number, row.due_on, row.sent_to) == (1, due, "ann@example.org")
        mail = work.session.scalars(
            select(OutboxItem).where(OutboxItem.key.startswith("question"))
        ).one()
        assert "Which days was it down?" in mail.payload["text"]
        assert [t.kind for t in tasks.open_of(work.session, desk.case(work))] == ["question"]
        with pytest.raises(BadInput):
            questions.close(work, row, "", " ")
    later = desk.key("submitted")
    with begin(OFFICER, DAY_AFTER) as work:
        row = questions.find(work, desk.case(work), 1)
        questions.close(work, row, later, "")
        assert tasks.open_of(work.session, desk.case(work)) == []
        with pytest.raises(WrongState):
            questions.close(work, row, "", "Again")
        with pytest.raises(NotFound):
            questions.find(work, desk.case(work), 2)


@pytest.mark.parametrize(
    ("words", "due"), [(" ", date(2026, 6, 24)), ("x" * 2001, date(2026, 6, 24)),
                       ("When?", date(2026, 6, 17))],
)  # fmt: skip
def test_questions_that_are_refused(begin: Callable[..., Any], words: str, due: date) -> None:
    desk = Desk(begin)
    with pytest.raises(BadInput):
        desk.do(lambda w: questions.ask(w, desk.found(w), words, due))
    with pytest.raises(NotAllowed):
        desk.do(lambda w: questions.ask(w, desk.found(w), "When?", date(2026, 6, 24)), PAT)


# --- more time --------------------------------------------------------------------------------
def test_more_time_keeps_the_first_date_and_never_moves_the_decision(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin)
    for last_day in (date(2026, 7, 8), date(2026, 7, 10)):
        desk.do(lambda w, d=last_day: extending.extend(w, desk.case(w), d, "Their manager is ill."))
    with begin(OFFICER, DAY_AFTER) as work:
        case = desk.case(work)
        rows = extending.of_case(work, case)
        assert [(r.was_ends_on.day, r.ends_on.day) for r in rows] == [(1, 8), (8, 10)]
        intent = live_notice(work.session, case, INTENT)
        assert intent is not None
        assert intent.period_ends_on == STATED  # what was sent is never rewritten
        facts = facts_of(work, case)
        assert (facts.period_ends_on, facts.decide_by) == (date(2026, 7, 10), DECIDE_BY)
        (running,) = [c for c in case.clocks if c.kind == "representations" and not c.ended_at]
        assert running.due_on == date(2026, 7, 10)
        notes = {line["day"]: line["note"] for line in running.receipt}
        assert "The last day that the notice states." in notes["2026-07-01"]
        assert notes["2026-07-02"] == "More time was agreed."
        assert notes["2026-07-10"].endswith("Due by the end of the day.")
        assert clocks.replay(work.session) == []
        mails = work.session.scalars(
            select(OutboxItem).where(OutboxItem.key.startswith("extension"))
        ).all()
        assert {m.to for m in mails} == {"secretary@example.com", "ann@example.org"}
        assert "Friday 10 July 2026" in mails[-1].payload["text"]
    later = story.NOW + timedelta(days=20)  # 6 July: within the longer period
    late = desk.key("submitted", email="b@example.org", at=later)
    with begin(OFFICER, later) as work:
        assert replies.find(work, desk.case(work), late).late is False
    desk.answer()
    with pytest.raises(GateClosed, match="10 July 2026"):
        desk.propose()


@pytest.mark.parametrize(
    ("last_day", "reason", "words"),
    [
        (STATED, "Ill.", "never shrinks"),
        (date(2026, 6, 30), "Ill.", "never shrinks"),
        (DECIDE_BY, "Ill.", "29 July 2026"),
        (date(2026, 7, 8), " ", "Say why"),
    ],
)
def test_more_time_that_is_refused(
    begin: Callable[..., Any], last_day: date, reason: str, words: str
) -> None:
    desk = Desk(begin)
    with pytest.raises(BadInput, match=words):
        desk.do(lambda w: extending.extend(w, desk.case(w), last_day, reason))
    with begin(OFFICER, DAY_AFTER) as work:
        assert work.session.scalars(
            select(ClockRow.due_on).where(ClockRow.kind == "representations")
        ).all() == [STATED]


def test_no_more_time_once_the_panel_has_started(begin: Callable[..., Any]) -> None:
    desk = Desk(begin)
    desk.answer()
    desk.propose()
    with pytest.raises(WrongState, match="before the panel starts"):
        desk.do(lambda w: extending.extend(w, desk.case(w), date(2026, 7, 8), "Ill."), at=PANEL_DAY)


# --- concerns ---------------------------------------------------------------------------------
def test_a_concern_goes_on_the_same_day_without_its_words_and_the_case_stays(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin)
    secret = "A resident is left alone at night."
    desk.do(default_policies.install)
    before = desk.do(lambda w: desk.case(w).state)
    desk.do(lambda w: concerns.route(w, desk.case(w), "safeguarding", secret, desk.found(w)))
    with begin(OFFICER, DAY_AFTER) as work:
        case = desk.case(work)
        (row,) = concerns.of_case(work, case)
        mail = work.session.scalars(
            select(OutboxItem).where(OutboxItem.key == f"concern-{row.id}")
        ).one()
        assert mail.to == row.sent_to
        assert secret not in str(mail.payload)
        assert work.session.scalars(select(EventText.text).where(EventText.text == secret)).one()
        event = work.session.scalars(select(Event).where(Event.kind == "concern_routed")).one()
        assert secret not in event.body
        assert case.state == before
        assert len(tasks.open_of(work.session, case)) == 1
        for kind, words in (("gossip", "x"), ("complaint", " ")):
            with pytest.raises(BadInput):
                concerns.route(work, case, kind, words)


# --- findings ---------------------------------------------------------------------------------
def test_no_decision_without_a_finding_on_each_excuse_even_one_that_came_later(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin)
    desk.answer()
    with pytest.raises(BadInput, match="finding on an excuse"):
        desk.do(lambda w: decisions.propose(w, desk.case(w), *WORDS), at=PANEL_DAY)
    desk.propose()
    desk.vote(PAT, QUINN)
    desk.key("good_reason", email="later@example.org")
    desk.answer()
    with pytest.raises(GateClosed, match="No finding is recorded on an excuse"):
        desk.decide()


def test_the_letter_carries_each_point_and_its_answer(begin: Callable[..., Any]) -> None:
    desk = Desk(begin)
    desk.answer(words="Our own record shows that it was up.")
    desk.propose()
    desk.vote(PAT, QUINN)
    desk.decide()
    with begin(OFFICER, PANEL_DAY) as work:
        case = desk.case(work)
        decision, intent = (
            live_decision(work.session, case),
            live_notice(work.session, case, INTENT),
        )
        assert decision is not None
        assert intent is not None
        told = notice_facts.decision_facts(work.session, case, decision, intent)
        assert [point.answer for point in told.points] == ["Our own record shows that it was up."]
        assert told.findings == (WORDS[1], WORDS[2])


def test_findings_and_declarations_only_grow(begin: Callable[..., Any]) -> None:
    desk = Desk(begin)
    desk.answer()
    desk.propose()
    desk.vote(PAT)
    for table, column in (("finding", "reasons"), ("panel_declaration", "conflict")):
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            refused = pytest.raises(DBAPIError, match="append-only")
            with refused, begin(OFFICER, PANEL_DAY) as work:
                work.session.execute(text(statement))


# --- interests --------------------------------------------------------------------------------
def test_interests_are_declared_before_a_vote_and_hold_for_the_round(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin)
    desk.answer()
    desk.propose()

    def cast(work: Work) -> None:
        decision = live_decision(work.session, desk.case(work))
        assert decision is not None
        decisions.vote(
            work, desk.case(work), "impose", "Clear.", seen_sha256=decision.reasons_sha256
        )

    with pytest.raises(WrongState, match="declares interests before"):
        desk.do(cast, PAT, PANEL_DAY)
    desk.do(lambda w: decisions.declare(w, desk.case(w), ""), PAT, PANEL_DAY)
    desk.do(lambda w: decisions.declare(w, desk.case(w), "My sister works there."), RAY, PANEL_DAY)
    with pytest.raises(WrongState, match="already declared"):
        desk.do(lambda w: decisions.declare(w, desk.case(w), ""), RAY, PANEL_DAY)
    with pytest.raises((SamePerson, WrongState)):
        desk.do(cast, RAY, PANEL_DAY)
    for who in (OFFICER, story.SENIOR):
        everything = Actor(who.identity, who.name, frozenset(PAT.roles | who.roles))
        with pytest.raises(SamePerson):
            desk.do(lambda w: decisions.declare(w, desk.case(w), ""), everything, PANEL_DAY)
    # other words are put: what was declared still holds, the recusal too
    desk.do(lambda w: decisions.set_aside(w, desk.case(w), "A slip."), at=PANEL_DAY)
    desk.propose()
    desk.do(cast, PAT, PANEL_DAY)
    with pytest.raises(WrongState, match="stood aside"):
        desk.do(cast, RAY, PANEL_DAY)
    with begin(OFFICER, PANEL_DAY) as work:
        decision = live_decision(work.session, desk.case(work))
        assert decision is not None
        told = declarations.of_decision(work.session, decision)
        assert [(d.member, d.conflict) for d in told] == [
            (PAT.identity, ""),
            (RAY.identity, "My sister works there."),
        ]


# --- similar decisions ------------------------------------------------------------------------
def past(work: Work, number: int, outcome: str, reason: str = "good_reason") -> None:
    """A decided case of another provider, with one reply that gave `reason`."""
    case = story.open_case(work, number)
    work.session.add(
        Reply(
            case_id=case.id, reference=f"P-{number}", form_key=f"p{number}", source="post",
            received_at=work.now, keyed_by="staff:x", late=False, sender_name="Private Person",
            sender_role="Director", answers={}, receipt={}, read_at=work.now,
        )
    )  # fmt: skip
    work.session.flush()
    row = work.session.scalars(select(Reply).where(Reply.reference == f"P-{number}")).one()
    reply_points.add_point(work, row, "It was down.", reason)
    name = case.provider.name
    decision = Decision(
        case_id=case.id, proposed_by="staff:x", proposed_at=work.now, recommendation=outcome,
        reasons=f"{name} sent nothing for Invented Meadow House.", excuse_finding="None.",
        reasons_sha256="0" * 64,
    )  # fmt: skip
    work.session.add(decision)
    work.session.flush()
    decision.outcome, decision.decided_by, decision.decided_by_name = outcome, "staff:y", "Y"
    decision.decided_on, decision.decided_at = work.today, work.now
    case.state = "closed"
    work.session.flush()


def test_similar_decisions_are_shown_without_names_and_a_different_one_says_why(
    begin: Callable[..., Any],
) -> None:
    desk = Desk(begin)
    desk.answer()
    for number in range(2, 2 + ENOUGH - 1):
        desk.do(lambda w, n=number: past(w, n, "no_penalty"))
    desk.do(lambda w: past(w, 50, "impose", "public_body"))
    with begin(OFFICER, PANEL_DAY) as work:
        found = precedents.similar(work.session, desk.case(work))
        assert (found.imposed, found.spared) == (0, ENOUGH - 1)
        assert not found.unlike("impose")  # too few to differ from
        shown = str(found)
        assert "[name] sent nothing for [name]." in shown
        for private in ("Private Person", "Invented Care", "Meadow"):
            assert private not in shown
    desk.do(lambda w: past(w, 60, "no_penalty"))
    with pytest.raises(BadInput, match="went the other way"):
        desk.propose()
    desk.propose(differs="Here the log shows that the system was up.")
    with begin(OFFICER, PANEL_DAY) as work:
        decision = live_decision(work.session, desk.case(work))
        assert decision is not None
        assert decision.differs == "Here the log shows that the system was up."
