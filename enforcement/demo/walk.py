"""What people do to one case, in the words of the stories: each is one or more acts of services.

Moments are given as days before today, so that a year made today always ends today. An act falls
on a working day, after the act before it on the same case.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.register import Provider
from enforcement.demo import fees, panel
from enforcement.demo.generator import Firm
from enforcement.demo.months import run_day
from enforcement.demo.stage import Schedule, Stage
from enforcement.domain.calendar import local_instant
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS
from enforcement.domain.giving import Method
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import provider_actor
from enforcement.domain.replies import REASONS, Question
from enforcement.services import (
    amounts,
    cases,
    decisions,
    drift,
    evidence_looks,
    giving,
    letters,
    links,
    notices,
    payments,
    recipients,
    regiving,
    replies,
    reply_drafts,
    reply_points,
    reply_sessions,
    reviews,
)
from enforcement.services.case_facts import FINAL, INTENT, balance, penalty_of
from enforcement.services.case_facts import live_notice as live
from enforcement.services.replies import Keyed, Sender
from enforcement.services.sending import sweep_will_find
from enforcement.services.work import Work, transaction

Do = Callable[[Work, Case], None]
_BETWEEN = timedelta(minutes=7)


class Walk:
    """One case's acts, put into the schedule."""

    def __init__(self, schedule: Schedule, stage: Stage, firm: Firm, number: int) -> None:
        if firm.part is None:
            raise ValueError(f"{firm.name} plays no part")
        self._schedule, self._stage, self.firm, self._number = schedule, stage, firm, number
        self.number, self.today = number, stage.today
        self._title = firm.part.key
        self.officer = "officer" if number % 2 else "officer2"
        self.senior = "senior" if number % 3 else "senior2"
        opened = run_day(stage.windows[-1 - firm.part.opened], stage.calendar)
        self._last = local_instant(opened, time(9))
        #: How many days ago the latest register came.
        self.register_ago = (stage.today - stage.windows[-1].opens_on).days

    # --- when -------------------------------------------------------------------------------
    def _moment(self, days_ago: int) -> datetime:
        start = local_instant(self._stage.working_day(days_ago), time(9, 5))
        at = start + timedelta(minutes=11 * (self._number % 30))
        self._last = max(at, self._last + _BETWEEN)
        return self._last

    def day(self, days_ago: int) -> date:
        return self._stage.working_day(days_ago)

    def _add(self, at: datetime, title: str, act: Callable[[Stage, datetime], None]) -> None:
        self._schedule.add(at, f"{self._title}: {title}", act)

    def do(self, days_ago: int, who: str, title: str, do: Do) -> None:
        """One person's act on the case."""

        def act(stage: Stage, at: datetime) -> None:
            with stage.work(who, at) as work:
                do(work, self._case(work))

        self._add(self._moment(days_ago), title, act)

    def _case(self, work: Work) -> Case:
        found = work.session.scalar(
            select(Case)
            .join(Provider, Provider.id == Case.provider_id)
            .where(Provider.cqc_id == self.firm.cqc_id)
            .order_by(Case.id)
        )
        if found is None:
            raise LookupError(f"no case was opened for the story “{self._title}”")
        return found

    # --- before any notice ------------------------------------------------------------------
    def take_up(self, ago: int) -> None:
        """A leader gives the case to an officer, who checks that it is not a public body."""
        officer = self._stage.people[self.officer].account_id or 0
        self.do(ago, "leader", "assign", lambda work, case: cases.assign(work, case, officer))
        self.do(ago, self.officer, "public body review", lambda work, case: _not_public(work, case))

    def found_public(self, ago: int) -> None:
        """The provider is reviewed and found to be a public body: no case may open."""

        def act(stage: Stage, at: datetime) -> None:
            with stage.work(self.officer, at) as work:
                provider = work.session.scalar(
                    select(Provider).where(Provider.cqc_id == self.firm.cqc_id)
                )
                if provider is not None:
                    evidence = "The council's constitution; it runs the home itself."
                    reviews.review(work, provider, True, evidence)

        self._add(self._moment(ago), "public body review", act)

    def note(self, ago: int, kind: str, words: str) -> None:
        self.do(ago, self.officer, kind, lambda work, case: _note(work, case, kind, words))

    def hold(self, ago: int, category: str, reason: str) -> None:
        self.do(
            ago, self.officer, "hold", lambda w, case: _done(cases.hold(w, case, category, reason))
        )

    def check_register(self, ago: int) -> None:
        """The officer looks the provider up again; what changed closes the gates."""
        self.do(ago, self.officer, "register", lambda w, case: _done(drift.check_register(w, case)))

    # --- notices ----------------------------------------------------------------------------
    def draft(self, ago: int, kind: str, send_ago: int) -> None:
        """Draft a notice for sending on a planned day (below 0: days still to come)."""
        send_on = self._send_day(send_ago)

        def do(work: Work, case: Case) -> None:
            chosen = next(iter(recipients.choices(work.session, case)))
            method = Method.FIRST_CLASS
            for choice in recipients.choices(work.session, case):
                if choice.email and recipients.judge(case, choice, Method.ELECTRONIC).ok:
                    chosen, method = choice, Method.ELECTRONIC
            make = notices.draft_intent if kind == INTENT else notices.draft_final
            make(work, case, chosen, method, send_on)

        self._fresh(ago, kind)
        self.do(ago, self.officer, f"draft {kind}", do)

    def _send_day(self, send_ago: int) -> date:
        if send_ago > 0:
            return self.day(send_ago)
        return self._stage.calendar.on_or_after(self._stage.today + timedelta(days=1 - send_ago))

    def _fresh(self, ago: int, kind: str) -> None:
        """Before money, register and amount are looked at again on the very day."""
        if kind == FINAL:
            self.do(ago, self.officer, "register and amount", _fresh)

    def submit(self, ago: int, kind: str) -> None:
        self._fresh(ago, kind)
        self.do(
            ago, self.officer, f"submit {kind}",
            lambda work, case: _done(notices.submit(work, case, _notice(work, case, kind))),
        )  # fmt: skip

    def give_back(self, ago: int, kind: str, reason: str) -> None:
        self.do(
            ago, self.senior, f"return {kind}",
            lambda w, case: _done(notices.give_back(w, case, _notice(w, case, kind), reason)),
        )  # fmt: skip

    def approve(self, ago: int, kind: str) -> None:
        def do(work: Work, case: Case) -> None:
            notice = _notice(work, case, kind)
            notices.approve(work, case, notice, notice.pdf_sha256 or "")

        self._fresh(ago, kind)
        self.do(ago, self.senior, f"approve {kind}", do)

    def issue(self, ago: int, kind: str) -> None:
        """Issue, and let the worker mail it or put it with the letters for the post room."""
        self._fresh(ago, kind)
        self.do(
            ago, self.officer, f"issue {kind}",
            lambda w, case: _done(notices.issue(w, case, _notice(w, case, kind), sweep_will_find)),
        )  # fmt: skip
        self._add(self._moment(ago), "send", lambda stage, at: stage.post(at))

    def posted(self, ago: int, kind: str) -> None:
        """The post room's list comes back: a letter is recorded as sent (mail records itself)."""
        day = self.day(ago)

        def do(work: Work, case: Case) -> None:
            notice = _notice(work, case, kind)
            if notice.sent_at is None:
                words = f"Post room list of {day.day} {day:%B %Y}, line {self._number + 1}"
                giving.record_by_person(work, notice, day, Method(notice.method), words)

        self.do(ago, self.officer, f"{kind} posted", do)

    def post_returned(self, ago: int, words: str) -> None:
        """The letter comes back: giving is in doubt and the case held until that is settled."""
        self.do(
            ago, self.officer, "returned post",
            lambda w, case: giving.doubt(w, _notice(w, case, INTENT), "returned", words),
        )  # fmt: skip

    def give_again(self, ago: int, reason: str) -> None:
        """The officer proposes to give the notice of intent again, by recorded delivery."""
        send_on = self._send_day(0)

        def do(work: Work, case: Case) -> None:
            notice = _notice(work, case, INTENT)
            to = recipients.choices(work.session, case)[0]
            days = notice.period_days or MINIMUM_REPRESENTATIONS_DAYS
            regiving.propose(work, notice, regiving.Ask(to, Method.RECORDED, send_on, days), reason)

        self.do(ago, self.officer, "give again", do)

    def intent(self, ago: int) -> None:
        """A notice of intent from taking up the case to its sending so many days ago."""
        self.take_up(ago + 7)
        self.draft(ago + 5, INTENT, ago)
        self.submit(ago + 4, INTENT)
        self.approve(ago + 2, INTENT)
        self.issue(ago, INTENT)
        self.posted(ago, INTENT)

    def final(self, ago: int) -> None:
        """A final notice, sent so many days ago: all of it on one day, so that its checks are."""
        for act in (self._draft_now, self.submit, self.approve, self.issue, self.posted):
            act(ago, FINAL)

    def _draft_now(self, ago: int, kind: str) -> None:
        self.draft(ago, kind, ago)

    def withdraw(self, ago: int, reason: str) -> None:
        self.do(
            ago, self.senior, "withdraw",
            lambda w, case: _done(letters.withdraw(w, case, reason, False, sweep_will_find)),
        )  # fmt: skip
        self._add(self._moment(ago), "send", lambda stage, at: stage.post(at))

    def tell_no_penalty(self, ago: int) -> None:
        self.do(
            ago, self.officer, "letter: no penalty",
            lambda work, case: _done(letters.no_penalty(work, case, sweep_will_find)),
        )  # fmt: skip
        self._add(self._moment(ago), "send", lambda stage, at: stage.post(at))

    # --- replies ----------------------------------------------------------------------------
    def reply(self, ago: int, reason: str, words: str, kind: str = "") -> None:
        """The provider opens the printed link and replies on the reply site."""
        sender = Sender(self.firm.person, "Director", "reply@provider.example.org")

        def act(stage: Stage, at: datetime) -> None:
            visitor = provider_actor(self.firm.cqc_id, self.firm.name)
            with transaction(stage.engine, visitor, at, stage.settings) as work:
                case = self._case(work)
                link = links.current(work, case)
                if link is None:
                    raise LookupError("the case has no reply link")
                place = case.misses[0].duty.location
                reply_sessions.open_link(
                    work, link, "127.0.0.1", place.cqc_id, place.postcode or ""
                )
                reply_drafts.save(work, link, Question("reasons"), [reason])
                sort = kind or next(iter(REASONS[reason].kinds or {}), "")
                for name, given in (("kind", sort), ("windows", ["all"]), ("words", words)):
                    if name in REASONS[reason].questions:
                        reply_drafts.save(work, link, Question(name, reason), given)
                draft = reply_drafts.save(work, link, Question("sender"), sender.as_json())
                replies.send(work, link, draft.form_key)

        self._add(self._moment(ago), "reply", act)

    def reply_by_post(self, ago: int, reason: str, words: str, name: str, role: str) -> None:
        keyed = Keyed(
            "post", self.day(ago), Sender(name, role), [reason], words, f"demo-{self._title}-{ago}"
        )
        self.do(ago, self.officer, "key reply", lambda w, case: _done(replies.key(w, case, keyed)))

    def answer(self, ago: int, words: str, view: str = "not_accepted") -> None:
        """Read every reply and answer every point."""

        def do(work: Work, case: Case) -> None:
            for reply in replies.of_case(work, case):
                reply_points.read(work, reply)
                for file in reply.files:
                    evidence_looks.opened(work, reply, file, "original")
                for point in reply.points:
                    reply_points.answer_point(
                        work, point, words, "Capacity Tracker's own record", view
                    )

        self.do(ago, self.officer, "answer", do)

    # --- the panel --------------------------------------------------------------------------
    def propose(self, ago: int, outcome: str, reasons: str, excuse: str) -> None:
        self.do(
            ago, self.officer, "put to the panel",
            lambda w, case: panel.put(w, case, outcome, reasons, excuse),
        )  # fmt: skip

    def vote(self, ago: int, who: str, cast: str, conflict: str = "") -> None:
        self.do(ago, who, "vote", lambda w, case: panel.vote(w, case, cast, conflict))

    def decide(self, ago: int, outcome: str) -> None:
        """Put to the panel nine days before, voted on twice, decided so many days ago."""
        reasons, excuse = panel.FINDINGS[outcome]
        self.propose(ago + 6, outcome, reasons, excuse)
        self.vote(ago + 3, "panel", outcome)
        self.vote(ago + 2, "panel2", outcome)
        self.do(
            ago, "panel2", "decide",
            lambda work, case: _done(decisions.decide(work, case, outcome)),
        )  # fmt: skip

    def imposed(self, sent: int, decided: int) -> None:
        """From the notice of intent to a decision to impose, with CQC's own figure."""
        self.intent(sent)
        self.decide(decided, "impose")
        self.confirm_amount(decided)

    def enter_amount(self, ago: int) -> None:
        """CQC's figure as the officer reads it in the letter: it waits for a second person."""
        self.do(ago, self.officer, "CQC's figure", fees.enter)

    def confirm_amount(self, ago: int) -> None:
        """CQC's figure as the officer reads it in the letter, and as the senior officer does."""
        self.enter_amount(ago)
        self.do(ago, self.senior, "CQC's figure checked", fees.check)

    def penalised(self, final: int) -> None:
        """All the way to a final notice sent so many days ago."""
        self.imposed(final + 38, final + 3)
        self.final(final)

    # --- money ------------------------------------------------------------------
    def pay(self, ago: int, share: float = 1.0, kind: Kind = Kind.PAYMENT, why: str = "") -> None:
        """Enter a share of what is owed (of the overpayment, for a refund)."""
        day = self.day(ago)

        def do(work: Work, case: Case) -> None:
            penalty = penalty_of(work.session, case)
            owed = balance(work.session, penalty) if penalty else 0
            pence = round(abs(owed) * share)
            authority = "Head of finance (invented)" if kind is Kind.WRITE_OFF else ""
            ask = Ask(kind, pence, day, reason=why, authority=authority)
            key = payments.entry_key("demo", case.reference, kind.value, ago)
            payments.record(work, case, ask, key=key, payment_reference=f"BACS {case.reference}")

        self.do(ago, "finance", kind.label, do)

    def send(self, ago: int) -> None:
        """What waits in the outbox goes out."""
        self._add(self._moment(ago), "send", lambda stage, at: stage.post(at))

    def close(self, ago: int, reason: str, lesson: str = "none") -> None:
        self.do(
            ago, self.senior, "close",
            lambda w, case: _done(cases.close(w, case, reason, lesson=lesson)),
        )  # fmt: skip


def _done(result: object) -> None:
    """An act is done for what it changes; what it returns is for other callers."""


def _not_public(work: Work, case: Case) -> None:
    evidence = "Companies House and the provider's statement of purpose: a private body."
    reviews.review(work, case.provider, False, evidence)


def _note(work: Work, case: Case, kind: str, words: str) -> None:
    cases.note(work, case, kind, words)


def _notice(work: Work, case: Case, kind: str) -> Notice:
    notice = live(work.session, case, kind)
    if notice is None:
        raise LookupError(f"{case.reference} has no {kind}")
    return notice


def _fresh(work: Work, case: Case) -> None:
    drift.check_register(work, case)
    amounts.recompute(work, case)
