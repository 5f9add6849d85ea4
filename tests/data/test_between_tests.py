"""What one test leaves in the database of its process never reaches the next."""

from __future__ import annotations

from typing import Any

import notice_story as told
import pytest
import sqlalchemy as sa
from one_postgres import OnePostgres
from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.engine import open_engine
from enforcement.data.history import Event


def counted(url: str) -> tuple[int, int]:
    """How many policies there are, and the number that the next one gets."""
    engine = open_engine(url)
    with engine.begin() as connection:
        rows = connection.execute(sa.text("SELECT count(*) FROM policy")).scalar_one()
        number = connection.execute(sa.text("SELECT nextval('policy_id_seq')")).scalar_one()
    engine.dispose()
    return rows, number


@pytest.mark.pg
def test_rows_are_gone_and_counters_begin_again(one_postgres: OnePostgres) -> None:
    url = one_postgres.emptied()
    assert counted(url) == (0, 1)
    assert counted(url) == (0, 2)
    assert one_postgres.emptied() == url
    assert counted(url) == (0, 1)


@pytest.mark.pg
@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "GRANT DELETE ON event TO PUBLIC",
        "ALTER TABLE event DROP COLUMN kind CASCADE",
        "CREATE TABLE left_behind (id int)",
        "CREATE SCHEMA left_behind",
    ],
)
def test_whoever_changed_more_than_rows_gets_a_new_database(
    one_postgres: OnePostgres, change: str
) -> None:
    url = one_postgres.emptied()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(change))
    engine.dispose()
    assert one_postgres.emptied() != url


TELLINGS: list[str] = []


@pytest.mark.parametrize("time", ["told", "copied"])
def test_a_story_told_again_leaves_what_it_left_the_first_time(begin: Any, time: str) -> None:
    def tell() -> str:
        TELLINGS.append(begin.engine.dialect.name)
        story = told.Story(begin)
        story.triage()
        story.draft()
        return story.reference

    reference = begin.once("told by this test", tell)
    assert TELLINGS.count(begin.engine.dialect.name) == 1
    with begin(told.OFFICER) as work:
        case = work.session.scalars(select(Case)).one()
        assert (case.reference, case.state) == (reference, "intent_draft")
        kinds = select(Event.kind).where(Event.stream == f"case:{reference}").order_by(Event.seq)
        left = list(work.session.scalars(kinds))
        assert left == ["amount_recomputed", "link_issued", "intent_drafted"]
    told.Story(begin, number=2).to_given()  # not the first thing that happens: told, not copied
    with begin(told.OFFICER) as work:
        assert work.session.scalar(select(func.count(Case.id))) == 2
