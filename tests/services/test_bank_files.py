"""Bank files on real databases: posted once, by exact reference alone, undone by reversal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import money_story
import notice_story as story
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from enforcement.data.finance import BankLine
from enforcement.data.payments import LedgerEntry
from enforcement.domain.finance import LineState
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import (
    BadInput,
    NotAllowed,
    NotFound,
    Refusal,
    StaleVersion,
    UnknownHeader,
    WrongState,
)
from enforcement.domain.tasks import TaskKind
from enforcement.services import (
    appeals,
    bank_accounts,
    cases,
    files,
    finance_files,
    payments,
    posting,
    tasks,
)
from enforcement.services.case_facts import FINAL, balance, live_notice, penalty_of
from enforcement.services.loading import Incoming, Loaded
from enforcement.services.posting import Filters
from enforcement.services.work import Work

OWED = 2_388_00
HEADER = "Date,Amount,Reference,Payer,Transaction ID"
S = LineState


class Desk:
    """Finance at work on bank files, with one penalty raised."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at = money_story.GIVEN
        self.reference = self.read(money_story.owing, story.OFFICER).reference
        self.at += timedelta(days=10)

    def read(self, act: Callable[[Work], Any], who: Any = story.FINANCE) -> Any:
        with self.begin(who, self.at) as work:
            return act(work)

    def day(self, ago: int = 1) -> str:
        return (self.at - timedelta(days=ago)).strftime("%d/%m/%Y")

    def row(self, amount: str = "2,388.00", reference: str = "", ago: int = 1, **more: str) -> str:
        said = reference or self.reference
        return f'{self.day(ago)},"{amount}",{said},{more.get("payer", "")},{more.get("bank", "")}'

    def load(
        self, *rows: str, header: str = HEADER, who: Any = story.FINANCE, **more: Any
    ) -> Loaded:
        content = "\n".join((header, *rows)).encode()
        loaded: Loaded = self.read(
            lambda w: finance_files.load(w, Incoming(content, "bank.csv"), **more), who
        )
        return loaded

    def post(self, loaded: Loaded) -> finance_files.Posted:
        done: finance_files.Posted = self.read(lambda w: finance_files.post(w, _id(loaded)))
        return done

    def states(self) -> list[LineState]:
        rows = self.read(lambda w: w.session.scalars(select(BankLine).order_by(BankLine.id)).all())
        return [S(row.state) for row in rows]

    def line(self, act: Callable[..., Any], *args: Any, at: int = -1, **more: Any) -> Any:
        def do(work: Work) -> Any:
            rows = work.session.scalars(select(BankLine).order_by(BankLine.id)).all()
            return act(work, rows[at], *args, **more)

        return self.read(do)

    def balance(self) -> int:
        def owed(work: Work) -> int:
            penalty = penalty_of(work.session, self.tale.case(work))
            assert penalty is not None
            return balance(work.session, penalty)

        return int(self.read(owed))

    def open_tasks(self) -> list[str]:
        found = self.read(lambda w: tasks.open_of(w.session, self.tale.case(w)))
        return [task.kind for task in found]


def _id(loaded: Loaded) -> int:
    assert loaded.file_id is not None
    return loaded.file_id


@pytest.fixture
def desk(begin: Callable[..., Any]) -> Desk:
    return Desk(begin)


def test_a_file_is_judged_kept_and_posts_nothing_by_itself(desk: Desk) -> None:
    rows = [
        desk.row("1,000.00"),
        desk.row("5.00", "ASC-2026-000009-N2"),
        desk.row("-7.00", "Bank charge"),
        desk.row("abc"),
        desk.row("8.00", ago=-1),
    ]
    loaded = desk.load(*rows)
    assert desk.states() == [S.MATCHED, S.UNMATCHED, S.UNMATCHED]
    assert [one["line"] for one in loaded.rejected] == [5, 6]
    assert loaded.changes == {"matched": 1, "unmatched": 2}
    assert (loaded.rows_in, loaded.accepted, desk.balance()) == (5, 3, OWED)
    kept = desk.read(lambda w: files.fetch(w, loaded.sha256).content)
    assert kept == "\n".join((HEADER, *rows)).encode()


def test_posting_is_one_step_that_posts_once(desk: Desk) -> None:
    loaded = desk.load(desk.row("1,000.00"), desk.row("88.00", ago=2), desk.row("5.00", "who?"))
    assert desk.post(loaded) == finance_files.Posted(2, 1_088_00)
    assert desk.balance() == OWED - 1_088_00
    assert desk.post(loaded) == finance_files.Posted(0, 0)
    assert desk.load(
        desk.row("1,000.00"), desk.row("88.00", ago=2), desk.row("5.00", "who?")
    ).already_loaded
    assert desk.states() == [S.POSTED, S.POSTED, S.UNMATCHED]
    entries = desk.read(lambda w: w.session.scalar(select(func.count()).select_from(LedgerEntry)))
    assert entries == 3  # the penalty and two payments


def test_posting_is_all_or_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = desk.load(desk.row("1.00"), desk.row("2.00"), desk.row("3.00"))
    real, done = payments.record, []

    def fails_at_the_third(*args: Any, **more: Any) -> Any:
        done.append(1)
        if len(done) == 3:
            raise RuntimeError("the power fails")
        return real(*args, **more)

    monkeypatch.setattr(payments, "record", fails_at_the_third)
    with pytest.raises(RuntimeError):
        desk.post(loaded)
    monkeypatch.undo()
    assert (desk.balance(), set(desk.states())) == (OWED, {S.MATCHED})
    assert desk.post(loaded).lines == 3


def test_the_same_movement_counts_once_from_whichever_file(desk: Desk) -> None:
    first = desk.load(desk.row("100.00"), desk.row("100.00"), desk.row("100.00", ago=2))
    assert desk.states() == [S.MATCHED, S.DUPLICATE, S.MATCHED]
    desk.post(first)
    again = desk.load(desk.row("100.00"), desk.row("4.00"))
    assert desk.states()[3:] == [S.DUPLICATE, S.MATCHED]
    assert desk.post(again).lines == 1
    assert desk.balance() == OWED - 204_00


def test_the_banks_own_number_tells_movements_apart_and_together(desk: Desk) -> None:
    desk.load(desk.row("100.00", bank="A1"), desk.row("100.00", bank="A2"))
    assert desk.states() == [S.MATCHED, S.MATCHED]
    desk.load(desk.row("100.00", "other words", bank="A2"), desk.row("100.00"))
    assert desk.states()[2:] == [S.DUPLICATE, S.DUPLICATE]


def test_a_person_says_that_a_line_seen_before_is_another_payment(desk: Desk) -> None:
    desk.post(desk.load(desk.row("100.00"), desk.row("100.00")))
    with pytest.raises(WrongState, match="seen before"):
        desk.line(posting.match, desk.reference, "The bank says there were two.")
    desk.line(posting.reopen, "The bank says there were two.")
    desk.line(posting.match, desk.reference, "The bank says there were two.")
    assert desk.balance() == OWED - 200_00
    desk.load(desk.row("100.00"), desk.row("1.00"))
    assert desk.states()[2:] == [S.DUPLICATE, S.MATCHED]


def test_slips_are_offered_and_never_posted(desk: Desk) -> None:
    wrong = desk.reference.replace("000001", "000007")
    loaded = desk.load(desk.row("2,388.00", wrong))
    assert desk.post(loaded).lines == 0
    [offer] = desk.line(posting.offers)
    assert offer.account.reference == desk.reference
    assert "one slip" in offer.why[0]
    with pytest.raises(NotFound, match="000007"):
        desk.line(posting.match, wrong, "It says so.")
    entry = desk.line(posting.match, desk.reference.lower().replace("-", " "), "Rang the payer.")
    assert (entry.kind, entry.pence, desk.balance()) == ("payment", -OWED, 0)
    with pytest.raises(WrongState, match="posted"):
        desk.line(posting.match, desk.reference, "Twice.")


def test_a_posting_is_undone_by_a_reversal_and_can_be_matched_again(desk: Desk) -> None:
    loaded = desk.load(desk.row("100.00"), desk.row("50.00"))
    desk.post(loaded)
    desk.line(posting.undo, "Wrong provider.", at=0)
    assert (desk.states(), desk.balance()) == ([S.UNMATCHED, S.POSTED], OWED - 50_00)
    desk.line(posting.match, desk.reference, "It was right after all.", at=0)
    assert desk.balance() == OWED - 150_00
    assert desk.read(lambda w: finance_files.undo(w, _id(loaded), "A test file.")) == 2
    assert (desk.states(), desk.balance()) == ([S.UNMATCHED, S.UNMATCHED], OWED)
    kinds = desk.read(
        lambda w: [e.kind for e in w.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))]
    )
    assert (kinds.count("payment"), kinds.count("reversal")) == (3, 3)


def test_an_entry_reversed_on_the_money_page_is_not_reversed_twice(desk: Desk) -> None:
    desk.post(desk.load(desk.row("100.00")))

    def by_hand(work: Work) -> None:
        case = desk.tale.case(work)
        penalty = penalty_of(work.session, case)
        ask = Ask(Kind.REVERSAL, None, work.today, penalty.entries[-1].id, "By hand.")
        payments.record(work, case, ask, key="by-hand")

    desk.read(by_hand)
    desk.line(posting.undo, "Reversed by hand before.")
    assert (desk.states(), desk.balance()) == ([S.UNMATCHED], OWED)


def test_money_for_a_withdrawn_notice_is_credit_with_a_task(desk: Desk) -> None:
    loaded = desk.load(desk.row("2,388.00"))

    def withdraw(work: Work) -> None:
        case = desk.tale.case(work)
        final = live_notice(work.session, case, FINAL)
        assert final is not None
        final.state, final.withdrawn_at, case.state = "withdrawn", work.now, "withdrawn"
        payments.cancel(work, case, "The amount was wrong.")

    desk.read(withdraw, story.SENIOR)
    desk.post(loaded)
    assert (desk.balance(), desk.open_tasks()) == (-OWED, [TaskKind.REFUND_DUE])
    assert "withdrawn or quashed: £2,388.00" in desk.line(lambda w, row: row.why)
    desk.load(desk.row("-2,388.00", "Refund to payer"))
    [offer] = desk.line(posting.offers)
    assert "exactly the credit" in offer.why[0]
    desk.line(posting.match, desk.reference, "Our own refund.")
    assert (desk.balance(), desk.open_tasks()) == (0, [])


def test_money_while_an_appeal_runs_is_taken_and_flagged(desk: Desk) -> None:
    def lodge(work: Work) -> None:
        appeals.lodge(work, desk.tale.case(work), work.today, work.today, "INV/1", "Grounds")

    desk.read(lodge, story.OFFICER)
    desk.post(desk.load(desk.row("2,400.00")))
    why = desk.line(lambda w, row: row.why)
    assert "£12.00 is to be repaid" in why
    assert "appeal is under way" in why


def test_a_returned_payment_takes_back_the_entry_of_its_sum(desk: Desk) -> None:
    desk.post(desk.load(desk.row("100.00"), desk.row("40.00")))
    desk.load(desk.row("-100.00", "UNPAID", ago=0))
    with pytest.raises(WrongState, match="credit to refund is nothing"):
        desk.line(posting.match, desk.reference, "Bounced.")
    desk.line(posting.match, desk.reference, "Bounced.", undoes=True)
    assert desk.balance() == OWED - 40_00
    desk.load(desk.row("-9.00", "UNPAID", ago=0))
    with pytest.raises(NotFound, match="can be taken back"):
        desk.line(posting.match, desk.reference, "Bounced.", undoes=True)


def test_a_line_is_set_aside_with_a_reason_and_comes_back(desk: Desk) -> None:
    desk.load(desk.row("5.00", "Library fine"))
    with pytest.raises(BadInput, match="why"):
        desk.line(posting.set_aside, " ")
    desk.line(posting.set_aside, "Not ours.")
    waiting = desk.read(lambda w: posting.count(w, Filters()))
    assert (desk.states(), waiting) == ([S.SET_ASIDE], 0)
    with pytest.raises(WrongState):
        desk.line(posting.set_aside, "Again.")
    desk.line(posting.reopen, "It is ours.")
    assert desk.read(lambda w: posting.count(w, Filters())) == 1
    with pytest.raises(StaleVersion):
        desk.line(posting.set_aside, "An old page.", version=1)


def test_headings_are_remembered_for_the_next_file(desk: Desk) -> None:
    mapping = {"on": "Booked", "amount": "Summe", "reference": "Zweck"}
    header, more = "Booked,Summe,Zweck", f"{desk.day()},10.00,{desk.reference}"
    with pytest.raises(UnknownHeader):
        desk.load(more, header=header)
    desk.load(more, header=header, mapping=mapping)
    second = desk.load(f"{desk.day()},11.00,{desk.reference}", header=header)
    assert "read as saved" in second.notices[0]
    plain = desk.load(desk.row("12.00"))
    assert plain.notices == []
    assert set(desk.states()) == {S.MATCHED}


def test_only_finance_touches_bank_files(desk: Desk) -> None:
    loaded = desk.load(desk.row())
    acts: list[Callable[[Work], Any]] = [
        lambda w: finance_files.load(w, Incoming(b"Date,Amount,Details\n1,2,3", "b.csv")),
        lambda w: finance_files.post(w, _id(loaded)),
        lambda w: finance_files.undo(w, _id(loaded), "No."),
        lambda w: posting.set_aside(w, w.session.get_one(BankLine, 1), "No."),
    ]
    for who in (story.OFFICER, story.SENIOR):
        for act in acts[:2] + acts[3:]:
            with pytest.raises(NotAllowed):
                desk.read(act, who)
    with pytest.raises(NotFound):
        desk.read(lambda w: finance_files.post(w, 999))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"a,b\n1,2", "known header"), (b"x" * (10 * 1024 * 1024 + 1), "larger than")],
)
def test_a_bad_file_leaves_nothing(desk: Desk, content: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        desk.read(lambda w: finance_files.load(w, Incoming(content, "bank.csv")))
    assert desk.states() == []


@pytest.mark.parametrize(
    "statement",
    [
        "update bank_line set pence = 1",
        "update bank_line set reference = 'x'",
        "delete from bank_line",
    ],
)
def test_what_the_bank_said_stays(desk: Desk, statement: str) -> None:
    desk.load(desk.row("5.00"))
    with desk.begin(story.FINANCE) as work, pytest.raises(DatabaseError, match="bank_line"):
        work.session.execute(text(statement))


def test_accounts_tell_what_is_owed_received_and_whether_it_stands(desk: Desk) -> None:
    desk.post(desk.load(desk.row("100.00"), desk.row("7.00")))
    desk.line(posting.undo, "Wrong.")
    [account] = desk.read(lambda w: bank_accounts.everything(w.session))
    assert (account.owed, account.received, account.case) == (
        OWED - 100_00,
        100_00,
        desk.tale.reference,
    )
    assert (account.ended, account.suspended, account.closed) == (False, False, False)
    with desk.begin(story.OFFICER, desk.at) as work:
        assert cases.find(work, account.case).provider.name == account.provider
