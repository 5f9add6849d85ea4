"""How the database is opened: no lost writes, reading pages that cannot write, aware times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from enforcement.data.cases import ReferenceCounter
from enforcement.data.engine import ReadOnlyWrite, read_only
from enforcement.data.history import Event, LogEntry
from enforcement.data.people import SignInAttempt
from enforcement.data.schema import config
from enforcement.domain.permissions import Actor
from enforcement.services import history
from enforcement.services.work import Work

Begin = Callable[..., AbstractContextManager[Work]]
WRITERS, TURNS = 8, 15


def _race(task: Callable[[int], None]) -> list[BaseException]:
    faults: list[BaseException] = []

    def run(number: int) -> None:
        try:
            task(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_read_then_write_from_many_threads_loses_nothing(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add(ReferenceCounter(year=2026, last=0))

    def task(_number: int) -> None:
        for _ in range(TURNS):
            with Session(engine) as session, session.begin():
                row = session.scalars(
                    select(ReferenceCounter).where(ReferenceCounter.year == 2026).with_for_update()
                ).one()
                row.last += 1

    assert _race(task) == []
    with Session(engine) as session:
        assert session.scalar(select(ReferenceCounter.last)) == WRITERS * TURNS


def test_writers_on_one_stream_wait_and_the_log_has_no_gap(
    begin: Begin, people: dict[str, Actor]
) -> None:
    def task(number: int) -> None:
        for turn in range(TURNS):
            with begin(people["officer"]) as work:
                work.record("case:HOT", "case_noted", {"note": number * 100 + turn})
                if turn % 5 == 0:
                    history.sequence(work)

    with begin(people["officer"]):
        pass
    faults = _race(task)
    # two sequencers at once may meet at the next number: one is refused and loses nothing
    assert [f for f in faults if "log" not in str(f)] == []
    with begin(people["officer"]) as work:
        history.sequence(work)
        numbers = work.session.scalars(
            select(Event.seq).where(Event.stream == "case:HOT").order_by(Event.seq)
        ).all()
        assert list(numbers) == list(range(1, len(numbers) + 1))
        assert work.session.scalar(select(func.count()).select_from(Event)) == work.session.scalar(
            select(func.count()).select_from(LogEntry)
        )


def test_a_reading_transaction_cannot_write(engine: Engine) -> None:
    with Session(engine) as session:
        read_only(session)
        session.add(ReferenceCounter(year=2026, last=0))
        with pytest.raises(ReadOnlyWrite):
            session.flush()


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with Session(engine) as writer, Session(engine) as reader:
        writer.add(ReferenceCounter(year=2026, last=0))
        writer.flush()
        read_only(reader)
        assert reader.scalar(select(func.count()).select_from(ReferenceCounter)) == 0
        writer.commit()


def test_instants_come_back_aware_and_naive_ones_are_refused(engine: Engine) -> None:
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    with Session(engine) as session:
        session.add(SignInAttempt(address="a", username="u", at=at))
        session.commit()
        assert session.scalar(select(SignInAttempt.at)) == at
        session.add(SignInAttempt(address="a", username="u", at=datetime(2026, 3, 29)))  # noqa: DTZ001 - the naive time is the point
        with pytest.raises(StatementError, match="naive"):
            session.flush()


def test_the_migrations_make_exactly_the_models(engine: Engine) -> None:
    settings = config()
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.check(settings)


def test_foreign_keys_are_held(engine: Engine) -> None:
    orphan = text(
        "INSERT INTO hold (case_id, category, reason, starts_on, started_by)"
        " VALUES (99, 'other', 'x', '2026-01-01', 'x')"
    )
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(orphan)
