"""The synthetic year as made: every state there, and a history as true as that of real work."""

import json
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_year import NOW, WISH, made_year, quiet
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, Hold
from enforcement.data.engine import open_engine
from enforcement.data.finance import BankLine, Remittance, WriteOff
from enforcement.data.history import Event
from enforcement.data.issue_runs import IssueRun
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.register import Provider, RegisterChange
from enforcement.data.replies import Reply
from enforcement.data.runs import Run, RunRow
from enforcement.data.tasks import Task
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.demo import stories
from enforcement.demo.make import MARKER, SIGN_INS, Demo, prepare
from enforcement.domain.cases import State
from enforcement.domain.permissions import Role, system_actor
from enforcement.domain.refusals import WrongState
from enforcement.services import (
    accounts,
    amounts,
    certificates,
    clocks,
    drift,
    history,
    home,
    links,
    reply_sessions,
    why,
)
from enforcement.services.issue_run_reconciliation import reconcile
from enforcement.services.work import transaction
from enforcement.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.heavy]


@dataclass
class Made:
    settings: Settings
    demo: Demo
    engine: Engine


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    settings, demo = made_year(tmp_path_factory)
    engine = open_engine(settings.database_url)
    yield Made(settings, demo, engine)
    engine.dispose()


@pytest.fixture
def session(made: Made) -> Iterator[Session]:
    with Session(made.engine) as session:
        yield session


def test_every_state_is_there(session: Session) -> None:
    assert set(session.scalars(select(Case.state))) == {state.value for state in State}


def test_the_history_verifies_and_its_head_was_signed(made: Made, session: Session) -> None:
    key = made.settings.secrets().checkpoint.public_key()
    found = history.verify(session, key, made.settings.checkpoint_folder)
    assert found.broken is None
    assert found.events == found.logged > 900
    assert found.checkpoints > 40


def test_every_clock_replays_to_the_same_day(session: Session) -> None:
    assert clocks.replay(session) == []


def test_why_each_case_exists_reproduces_byte_for_byte(session: Session) -> None:
    cases = session.scalars(select(Case)).all()
    assert len(cases) >= 38
    for case in cases:
        assert why.rerun(session, case) == case.why, case.reference


def test_time_never_runs_backwards_on_a_case_nor_ahead_of_today(session: Session) -> None:
    last: dict[str, str] = {}
    for stream, body in session.execute(select(Event.stream, Event.body).order_by(Event.id)):
        at = json.loads(body)["at"]
        assert last.get(stream, "") <= at <= NOW.isoformat(timespec="microseconds")
        last[stream] = at


def test_nobody_acts_in_two_parts_and_no_act_is_the_set_ups(session: Session) -> None:
    for notice in session.scalars(select(Notice).where(Notice.approved_by.is_not(None))):
        assert notice.approved_by != notice.drafted_by
    actors = Counter(json.loads(body)["role"] for body in session.scalars(select(Event.body)))
    assert {role.value for role in Role} - {"policy", "auditor"} <= set(actors)


def test_windows_run_without_a_gap_and_each_feed_was_declared_complete(session: Session) -> None:
    windows = session.scalars(select(WindowRow).order_by(WindowRow.number)).all()
    assert len(windows) >= 14
    assert windows[-1].number - windows[0].number == len(windows) - 1
    assert windows[-1].month == "2026-11"
    assert all(window.feed_complete_at for window in windows)
    runs = session.scalars(select(Run)).all()
    assert {run.state for run in runs} == {"opened"}


def test_no_return_is_unknown(session: Session) -> None:
    """A duty the feed says nothing about would count as missed, and open a case by accident."""
    for window in session.scalars(select(WindowRow)):
        assert window.feed_totals is not None
        assert window.feed_totals["unknown"] == 0, window.month


def test_the_exceptions_are_there(session: Session) -> None:
    reasons = set(session.scalars(select(RunRow.reason)))
    assert {"public_body", "live_case"} <= reasons
    replies = session.scalars(select(Reply)).all()
    assert {reply.source for reply in replies} == {"link", "post"}
    assert any(reply.late for reply in replies)
    assert any(reply.read_at is None for reply in replies)
    per_case = Counter(reply.case_id for reply in replies)
    assert max(per_case.values()) == 2  # the two that contradict each other
    assert set(session.scalars(select(Hold.category))) == {"giving", "insolvency"}
    assert session.scalar(select(func.count()).where(RegisterChange.kind == "sold"))
    live = session.scalars(select(Case).where(Case.state != "closed")).all()
    assert any(drift.standing(session, case) for case in live)
    assert any(amounts.waiting(case) for case in live)
    late = select(ReturnRow).where(ReturnRow.counts.is_(False), ReturnRow.updated_at.is_not(None))
    assert session.scalar(late.limit(1)) is not None
    assert max(map(len, session.scalars(select(Provider.name)))) == 79


def test_everything_due_was_sent(session: Session) -> None:
    items = session.scalars(select(OutboxItem)).all()
    assert items
    assert {item.state for item in items} == {"sent"}


def test_one_issue_run_is_finished_and_one_waits_for_its_approver(made: Made) -> None:
    with transaction(made.engine, system_actor("test"), NOW, made.settings) as work:
        finished, waiting = work.session.scalars(select(IssueRun).order_by(IssueRun.id))
        assert reconcile(work, finished).verdict == "It reconciles."
        assert waiting.state == "frozen"
        assert waiting.send_on > work.today


def test_money_has_something_of_each_kind(session: Session) -> None:
    lines = set(session.scalars(select(BankLine.state)))
    assert lines == {"posted", "duplicate", "unmatched", "set_aside"}
    assert set(session.scalars(select(WriteOff.outcome))) == {"agreed", None}
    assert session.scalars(select(Remittance.number)).all() == [1]
    waiting = set(session.scalars(select(Task.kind).where(Task.closed_at.is_(None))))
    assert {"refund_due", "reminder_due", "instalments"} <= waiting


@pytest.mark.parametrize(
    ("role", "waits"),
    [
        (Role.PANEL, {"vote"}),
        (Role.SENIOR, {"approval", "proposals", "issue_runs"}),
        (Role.FINANCE, {"unpaid", "refund", "tasks_reminder", "bank_lines", "recovery"}),
        (Role.OFFICER, {"tasks_mine", "unread", "unassigned"}),
        (Role.LEADER, {"unassigned", "write_offs"}),
    ],
)
def test_the_first_sign_in_of_a_role_has_something_to_do(
    made: Made, role: Role, waits: set[str]
) -> None:
    """The first of each role is the one that is printed."""
    printed = next(one for one in made.demo.sign_ins if one.role == role.label)
    with transaction(made.engine, system_actor("test"), NOW, made.settings) as work:
        actor = accounts.actor_of(accounts.find(work, printed.username))
    with transaction(made.engine, actor, NOW, made.settings) as work:
        assert waits <= {tile.name for tile, number in home.tiles(work) if number}


def test_an_amount_and_a_certificate_wait_for_the_approver(made: Made) -> None:
    printed = next(one for one in made.demo.sign_ins if one.role == Role.SENIOR.label)
    with transaction(made.engine, system_actor("test"), NOW, made.settings) as work:
        actor = accounts.actor_of(accounts.find(work, printed.username))
    with transaction(made.engine, actor, NOW, made.settings) as work:
        cases = work.session.scalars(select(Case).where(Case.state != "closed")).all()
        assert any(amounts.waiting(case) for case in cases)
        found = [(case, one) for case in cases if (one := certificates.waiting(work, case))]
        assert [certificates.why_not_sign(work, *one) for one in found] == [()]


def test_the_printed_link_opens_with_what_is_printed(made: Made) -> None:
    shown = made.demo.link
    assert shown is not None
    assert shown.url.startswith(f"{made.settings.reply_base_url}/r/")
    with transaction(made.engine, system_actor("test"), NOW, made.settings) as work:
        link = links.find_by_secret(work, shown.url.rpartition("/")[2])
        by_code = links.find_by_code(work, shown.code)
        assert link is not None
        assert by_code is not None
        assert link.id == by_code.id
        assert reply_sessions.open_link(work, link, "127.0.0.1", shown.location_id, shown.postcode)
        work.session.rollback()


def test_the_sign_ins_work_and_only_their_owner_reads_them(made: Made) -> None:
    path = made.settings.instance / SIGN_INS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {one.role for one in made.demo.sign_ins} == {role.label for role in Role}
    with transaction(made.engine, system_actor("test"), NOW, made.settings) as work:
        for one in made.demo.sign_ins:
            account = accounts.find(work, one.username)
            assert account.password_hash is not None
            assert accounts.HASHER.verify(account.password_hash, one.password)


def test_a_second_start_changes_nothing(made: Made) -> None:
    def events() -> int:
        with Session(made.engine) as session:
            return session.scalar(select(func.count()).select_from(Event)) or 0

    before = events()
    again = prepare(made.settings, WISH, NOW, quiet)
    assert not again.made_now
    assert events() == before
    assert (again.sign_ins, again.link) == (made.demo.sign_ins, made.demo.link)


def test_a_making_that_failed_is_not_taken_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.read({"ENFORCEMENT_INSTANCE": str(tmp_path / "instance")})

    def fails(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(stories, "plan", fails)
    with pytest.raises(OSError, match="No space left"):
        prepare(settings, WISH, NOW, quiet)
    assert json.loads((settings.instance / MARKER).read_text())["state"] != "whole"
    with pytest.raises(WrongState, match="not finished") as refused:
        prepare(settings, WISH, NOW, quiet)
    assert str(settings.instance) in refused.value.fix


def test_invented_cases_are_never_put_beside_others(tmp_path: Path, made: Made) -> None:
    settings = Settings.read(
        {
            "ENFORCEMENT_INSTANCE": str(tmp_path / "other"),
            "DATABASE_URL": made.settings.database_url,
        }
    )
    with pytest.raises(WrongState, match="holds data already"):
        prepare(settings, WISH, NOW, quiet)


def test_a_year_made_just_after_christmas_is_whole_too(tmp_path: Path) -> None:
    """Holidays stretch the periods, so acts planned by days before today could come too early."""
    settings = Settings.read({"ENFORCEMENT_INSTANCE": str(tmp_path / "instance")})
    now = datetime(2027, 1, 5, 11, 0, tzinfo=UTC)
    demo = prepare(settings, WISH, now, quiet)
    assert set(demo.cases) == {state.label for state in State}
    assert demo.link is not None
    again = prepare(settings, WISH, now, quiet)
    assert (demo.made_now, again.made_now) == (True, False)
    assert (again.sign_ins, again.link, again.cases) == (demo.sign_ins, demo.link, demo.cases)
