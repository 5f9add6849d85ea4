"""Random walks towards money, and what must be true of the stored rows after every step.

Seeded, on a real database: people of every role, some of several, each step one person and one
service. Refusals are fine. The rows are judged on their own, not through `CaseFacts`, so that a
gate left out or asking the wrong rows shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import notice_story as story
from gate_judgement import FINAL, INTENT, case_of, judge
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.register import RegisterChange
from enforcement.domain.cases import TABLE, Action, Guard, State, Transition
from enforcement.domain.drift import Meaning
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Actor, Permission, Role, can
from enforcement.domain.refusals import Refusal
from enforcement.domain.windows import Month
from enforcement.services import (
    amounts,
    cases,
    corrections,
    decisions,
    declarations,
    drift,
    notices,
    replies,
    reply_points,
    reviews,
    sending,
)
from enforcement.services.case_facts import live_decision
from enforcement.services.files import keep
from enforcement.services.work import Work

P, R, S = Permission, Role, State
PENCE = 238_800  # CQC's figure agrees with our working of the invented home
PEOPLE = [
    story.person(f"p{number}", *roles)
    for number, roles in enumerate(
        [
            (R.OFFICER,), (R.OFFICER,), (R.OFFICER,),
            (R.SENIOR,), (R.SENIOR,),
            (R.PANEL,), (R.PANEL,), (R.PANEL,),
            (R.FINANCE, R.ADMIN), (R.LEADER, R.AUDITOR), (R.POLICY,),
            (R.OFFICER, R.SENIOR, R.PANEL),
            (R.OFFICER, R.SENIOR, R.PANEL, R.FINANCE, R.LEADER),
        ]
    )
]  # fmt: skip
Act = Callable[["Walk", Work, Case], Any]


@dataclass
class Walk:
    """One case, the hour it is, and the luck of one seed."""

    begin: Callable[..., Any]
    engine: Engine
    number: int
    start: State = S.TRIAGE  # the straight road as far as this is told beforehand
    now: datetime = story.NOW
    issued: int = 0
    ends: tuple[State, ...] = (S.PAYMENT, S.NO_PENALTY, S.CLOSED)

    def __post_init__(self) -> None:
        self.luck = random.Random(self.number)  # noqa: S311 - repeatable, nothing secret
        tale = story.Story(self.begin, self.number)
        self.reference = tale.reference
        if self.start is S.TRIAGE:
            tale.triage(self.now)
        elif self.start is S.PAYMENT:
            self.now = tale.to_final_given()
        else:
            tale.to_given(self.now)
        with self.begin(story.OFFICER, self.now) as work:
            case = tale.case(work)
            case.snapshot = drift.snapshot(case.provider)
        if self.start is S.IMPOSE:
            self.now += timedelta(20)
            tale.decide(self.now)

    def go(self, length: int) -> Walk:
        """Walk until the final notice is given or the steps are spent."""
        for _ in range(length):
            state = self.state()
            if state in self.ends:
                break
            self.now += timedelta(minutes=3)
            self.step(state)
            with Session(self.engine) as session:
                self.issued += judge(session, self.reference, self.now)
        return self

    def state(self) -> State:
        with Session(self.engine) as session:
            return State(case_of(session, self.reference).state)

    def step(self, state: State) -> None:
        """Mostly something that belongs to the stage, by somebody who may; else anything."""
        usual = self.luck.random() < 0.86
        name = self.luck.choice(USUAL.get(state) or [*ANY]) if usual else self.luck.choice([*ANY])
        if name in OUTSIDE:
            OUTSIDE[name](self)
            return
        permission, act = ACTS[name]
        able = [who for who in PEOPLE if can(who, permission)]
        who = self.luck.choice(able if self.luck.random() < 0.9 else PEOPLE)
        self.attempt(who, act)

    def attempt(self, who: Actor, act: Act) -> None:
        """One committed transaction, or a refusal and nothing; whatever else comes is a failure."""
        with suppress(Refusal), self.begin(who, self.now) as work:
            act(self, work, cases.find(work, self.reference))

    def pick(self, *weighted: tuple[Any, int]) -> Any:
        return self.luck.choices([one for one, _ in weighted], [n for _, n in weighted])[0]


# --- what people do ---------------------------------------------------------------------------
def draft(kind: str) -> Act:
    def act(walk: Walk, work: Work, case: Case) -> None:
        make = notices.draft_intent if kind == INTENT else notices.draft_final
        make(work, case, story.SECRETARY, Method.ELECTRONIC, work.today)

    return act


def with_notice(kind: str, act: Callable[..., Any], *args: Any) -> Act:
    def on_notice(walk: Walk, work: Work, case: Case) -> None:
        for notice in [n for n in notices.of_case(work.session, case) if n.kind == kind][-1:]:
            seen = [notice.pdf_sha256] if act is notices.approve else []
            act(work, case, notice, *seen, *args)

    return on_notice


def enter(walk: Walk, work: Work, case: Case) -> None:
    pence = walk.pick((PENCE, 9), (PENCE - 100, 1))
    words = f"CQC letter, invented, {work.now}"
    amounts.enter(work, case, pence, words, "fee.eml", story.LETTER)


def confirm(walk: Walk, work: Work, case: Case) -> None:
    entered = amounts.waiting(case)
    amounts.confirm(work, case, entered["pence"] if entered else PENCE)


def check_register(walk: Walk, work: Work, case: Case) -> None:
    """Sometimes with reasons for whatever there is, even for what no reason lifts."""
    found = drift.differences(work.session, case)
    some = [one.key for one in found if one.meaning is not Meaning.NOTE]
    accepted = some if walk.luck.random() < 0.5 else ()
    drift.check_register(work, case, accepted, "We asked CQC.")


def key_reply(walk: Walk, work: Work, case: Case) -> None:
    received = work.today - timedelta(walk.luck.choice([0, 0, 3]))
    sender = replies.Sender("Una Example", "Invented director")
    key = f"{case.reference}-{work.now.timestamp()}"
    keyed = replies.Keyed("post", received, sender, ["excuse"], "We were away.", key)
    replies.key(work, case, keyed)


def read_all(walk: Walk, work: Work, case: Case) -> None:
    for reply in replies.of_case(work, case):
        reply_points.read(work, reply)


def answer_all(walk: Walk, work: Work, case: Case) -> None:
    for reply in replies.of_case(work, case):
        for point in reply.points:
            reply_points.answer_point(work, point, "We looked.", "Our own record", "not_accepted")


def propose(walk: Walk, work: Work, case: Case) -> None:
    decisions.propose(work, case, "impose", "Three returns were not made.", "No excuse was found.")


def vote(walk: Walk, work: Work, case: Case) -> None:
    decision = live_decision(work.session, case)
    cast = walk.pick(("impose", 8), ("no_penalty", 1), ("recused", 1))
    conflict = "A cousin works there." if cast == "recused" else ""
    seen = decision.reasons_sha256 if decision else ""
    if decision and declarations.declared(work.session, decision, work.actor.identity) is None:
        decisions.declare(work, case, "")
    decisions.vote(work, case, cast, "As the papers show.", conflict, seen_sha256=seen)


def decide(walk: Walk, work: Work, case: Case) -> None:
    decisions.decide(work, case, walk.pick(("impose", 9), ("no_penalty", 1)))


def review(public: bool) -> Act:
    def act(walk: Walk, work: Work, case: Case) -> None:
        reviews.review(work, case.provider, public, "Invented: a search of public registers")

    return act


ACTS: dict[str, tuple[Permission, Act]] = {
    "enter": (P.CONFIRM_AMOUNT, enter),
    "confirm": (P.CONFIRM_AMOUNT, confirm),
    "recompute": (P.CONFIRM_AMOUNT, lambda w, work, case: amounts.recompute(work, case)),
    "acknowledge": (
        P.CONFIRM_AMOUNT,
        lambda w, work, case: amounts.acknowledge(work, case, "CQC's figure stands."),
    ),
    "check register": (P.DRAFT_NOTICE, check_register),
    "key reply": (P.KEY_REPLY, key_reply),
    "read": (P.ANSWER_REPLY, read_all),
    "answer": (P.ANSWER_REPLY, answer_all),
    "propose": (P.PROPOSE_DECISION, propose),
    "set aside": (
        P.PROPOSE_DECISION,
        lambda w, work, case: decisions.set_aside(work, case, "Better words are coming."),
    ),
    "vote": (P.DECIDE, vote),
    "decide": (P.DECIDE, decide),
    "hold": (P.HOLD, lambda w, work, case: cases.hold(work, case, "police", "Asked to wait.")),
    "release": (P.HOLD, lambda w, work, case: cases.release(work, case)),
    "find public": (P.REVIEW_PUBLIC_BODY, review(True)),
    "find private": (P.REVIEW_PUBLIC_BODY, review(False)),
    **{
        f"{verb} {kind}": (permission, act)
        for kind in (INTENT, FINAL)
        for verb, permission, act in (
            ("draft", P.DRAFT_NOTICE, draft(kind)),
            ("submit", P.DRAFT_NOTICE, with_notice(kind, notices.submit)),
            ("return", P.APPROVE_NOTICE, with_notice(kind, notices.give_back, "Draft it again.")),
            ("approve", P.APPROVE_NOTICE, with_notice(kind, notices.approve)),
            (
                "issue",
                P.ISSUE_NOTICE,
                with_notice(kind, notices.issue, sending.sweep_will_find),
            ),
        )
    },
}


# --- what happens without anybody -------------------------------------------------------------
def wait(*days: int) -> Callable[[Walk], None]:
    def act(walk: Walk) -> None:
        walk.now = walk.now.replace(hour=9, minute=0) + timedelta(walk.luck.choice(days))

    return act


def deliver(walk: Walk) -> None:
    with walk.begin(story.OFFICER, walk.now) as work:
        settings = work.settings
    sending.deliver_ready(walk.engine, settings, lambda: walk.now, "walk")


REGISTER = "changes-of-the-walk"
# What CQC's file may say of the provider next: a few stop the case, one waits for reasons.
TURNS: dict[str, tuple[str | None, str | None]] = {
    "renamed": ("the old name", "the new name"),
    "legal_form": ("Organisation, 09999999", "Society, 09999999"),
    "legal_person": ("Organisation, 09999999", "Organisation, 08888888"),
    "closed": (None, None),
    "reopened": ("1 June 2026", None),
    "vanished": (None, None),
    "returned": (None, None),
    "moved": ("14 Sample Street, Exampleton, ZZ99 9ZZ", "1 Elsewhere, ZZ98 1ZZ"),
}


def change_register(walk: Walk) -> None:
    """A file of the register brings a change, as the loading writes it."""
    kind = walk.luck.choice([*TURNS])
    before, after = TURNS[kind]
    with walk.begin(story.OFFICER, walk.now) as work:
        case = cases.find(work, walk.reference)
        work.session.add(
            RegisterChange(
                file_id=register_file(work).id,
                provider_id=case.provider_id,
                location_id=case.misses[0].duty.location_id
                if kind in ("vanished", "returned")
                else None,
                kind=kind.replace("legal_form", "legal_person"),
                before=before,
                after=after,
                effective_on=None if kind == "closed" else work.today,
                noticed_at=work.now,
            )
        )


def register_file(work: Work) -> ImportedFile:
    found = work.session.scalar(select(ImportedFile).where(ImportedFile.filename == REGISTER))
    if found is None:
        found = ImportedFile(
            kind="register", shape="api", filename=REGISTER, sha256=keep(work, b"x", "text/csv"),
            as_at=work.today, loaded_at=work.now, loaded_by="staff:walk", rows_in=1, accepted=1,
            rejected=[], notices=[], mapping={}, changes={}, state="loaded",
        )  # fmt: skip
        work.session.add(found)
        work.session.flush()
    return found


def correct(walk: Walk) -> None:
    """Two people of another team find that one of the misses is excused."""
    with walk.begin(PEOPLE[0], walk.now) as work:
        miss = walk.luck.choice(cases.find(work, walk.reference).misses)
        month = Month(miss.window_no)
        row = corrections.propose(work, miss.duty_id, month, "excused", "A flood", "A letter")
    with walk.begin(PEOPLE[3], walk.now) as work:
        corrections.approve(work, row.id)


OUTSIDE: dict[str, Callable[[Walk], None]] = {
    "wait": wait(1),
    "wait long": wait(15, 16, 20),
    "wait for the money": wait(30),
    "deliver": deliver,
    "change register": change_register,
    "correct": correct,
}
PREPARE = [
    "enter", "confirm", "confirm", "recompute", "recompute", "check register", "check register",
    "release",
]  # fmt: skip
MONEY = [*PREPARE, "acknowledge", "find private"]
USUAL: dict[State, list[str]] = {
    S.TRIAGE: ["recompute", "release", "find private", *[f"draft {INTENT}"] * 4],
    S.INTENT_DRAFT: ["release", "find private", f"draft {INTENT}", *[f"submit {INTENT}"] * 6],
    S.INTENT_REVIEW: ["release", "find private", *[f"approve {INTENT}"] * 6],
    S.INTENT_APPROVED: [
        "release", "find private", f"return {INTENT}", *[f"issue {INTENT}"] * 6,
    ],
    S.INTENT_ISSUED: ["deliver"],
    S.REPRESENTATIONS: [
        "wait long", "key reply", "read", "read", "answer", "answer", *["propose"] * 6,
    ],
    S.PANEL: [
        *["vote"] * 6, *["decide"] * 4, "read", "read", "answer", "answer", "key reply",
        "release", "find private",
    ],
    S.IMPOSE: [*MONEY, "change register", *[f"draft {FINAL}"] * 8],
    S.FINAL_DRAFT: [*MONEY, f"draft {FINAL}", *[f"submit {FINAL}"] * 8],
    S.FINAL_REVIEW: [*MONEY, f"return {FINAL}", *[f"approve {FINAL}"] * 8],
    S.FINAL_APPROVED: [*MONEY, "change register", f"return {FINAL}", *[f"issue {FINAL}"] * 9],
    S.FINAL_ISSUED: ["deliver"],
    S.PAYMENT: ["wait", "read", "answer", "release", "wait for the money"],
}  # fmt: skip
# Drawn seldom enough that some walks come as far as the money.
ANY = [
    *(name for name in (*ACTS, *OUTSIDE) if not name.startswith("wait ")),
    "wait",
    "hold",
    "find public",
]


def without(guard: Guard) -> Mapping[Action, Transition]:
    """The table of what may be done, with this gate taken out of every row."""
    return {
        row.action: replace(row, guards=tuple(g for g in row.guards if g is not guard))
        for row in TABLE
    }
