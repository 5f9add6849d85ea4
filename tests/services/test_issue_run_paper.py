"""What surrounds an issue run: choosing its cases, its print files, posting, reconciliation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
import sqlalchemy as sa
from issue_run_story import NOW, OLIVE, SAM, RunStory
from notice_story import person

from enforcement.data.cases import Case
from enforcement.data.issue_runs import IssueItem
from enforcement.data.notices import Notice
from enforcement.data.print_files import PrintLetter
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Role
from enforcement.domain.refusals import BadInput, NotAllowed, WrongState
from enforcement.services import (
    cases,
    issue_run_choice,
    issue_run_items,
    issue_run_steering,
    letters,
    print_file,
    sending,
)
from enforcement.services.issue_run_items import Filters
from enforcement.services.issue_run_reconciliation import reconcile
from enforcement.services.worklist import Filters as CaseFilters

Begin = Callable[..., Any]
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def story(begin: Begin, engine: Any, settings: Any) -> RunStory:
    return RunStory(begin, engine, settings, cases=3)


def issued(story: RunStory) -> None:
    """All issued, and the worker has placed them for the post room."""
    story.to_approved()
    story.work_on()
    sending.deliver_ready(story.engine, story.settings, lambda: NOW, "test-worker")


# --- choosing ---------------------------------------------------------------------------------
def chosen(story: RunStory, method: Method = Method.FIRST_CLASS, **filters: Any) -> dict[str, str]:
    with story.begin(OLIVE) as work:
        found = issue_run_choice.candidates(work, CaseFilters(**filters), method)
        return {one.case.reference[-1]: one.reason for one in found}


def test_a_case_that_cannot_be_drafted_says_why(story: RunStory) -> None:
    story.cases = 7
    story.open()
    with story.begin(OLIVE) as work:
        held, public, gone, nowhere, unknown = (
            cases.find(work, f"ASC-2026-00000{n}") for n in (2, 3, 4, 5, 6)
        )
        cases.hold(work, held, "insolvency", "Counsel is asked.")
        public.provider.public_body = None
        gone.provider.deregistered_on = date(2026, 6, 1)
        nowhere.provider.postcode = None
        unknown.provider.ownership_type = "Consortium"
    said = chosen(story)
    assert said["1"] == said["7"] == ""
    assert said["2"] == issue_run_choice.HELD
    assert said["3"] == issue_run_choice.UNREVIEWED
    assert said["4"] == issue_run_choice.GONE
    assert said["5"] == issue_run_choice.NO_ADDRESS
    assert "Consortium" in said["6"]
    assert set(chosen(story, Method.ELECTRONIC).values()) >= {issue_run_choice.NO_EMAIL}
    assert list(chosen(story, text="ASC-2026-000003")) == ["3"]


def test_what_is_said_to_be_ready_is_drafted_and_what_is_in_a_run_is_not_ready(
    story: RunStory,
) -> None:
    story.open()
    assert set(chosen(story).values()) == {""}
    story.make()
    assert set(chosen(story).values()) == {issue_run_choice.IN_A_RUN}
    story.work_on()
    assert story.states() == ["drafted"] * 3


# --- print files ------------------------------------------------------------------------------
def make(story: RunStory, pages: int = 1000, now: datetime = NOW, most: int = 9) -> list[str]:
    """Make what can be made; the hashes of the files."""
    with story.begin(OLIVE, now) as work:
        small = replace(work, settings=replace(work.settings, print_file_pages=pages))
        return [row.sha256 for row in print_file.make(small, story.run(work), most)]


def test_the_files_hold_every_letter_once_and_match_their_list(story: RunStory) -> None:
    issued(story)
    hashes = make(story, pages=2)
    with story.begin(OLIVE) as work:
        run = story.run(work)
        rows = print_file.files_of(work.session, run)
        assert [(row.number, row.parts) for row in rows] == [(1, 3), (2, 3), (3, 3)]
        found = []
        for row, digest in zip(rows, hashes, strict=True):
            kept = print_file.content(work, row)
            assert hashlib.sha256(kept.content).hexdigest() == digest == row.sha256
            with pikepdf.open(BytesIO(kept.content)) as pdf:
                assert len(pdf.pages) == row.pages
            found += [(one.position, one.notice_id) for one in print_file.letters_of(
                work.session, row
            )]  # fmt: skip
        assert [position for position, _ in found] == [1, 2, 3]
        assert len({notice for _, notice in found}) == 3
        with pytest.raises(WrongState, match="Every letter"):
            print_file.make(work, run)


def test_the_archival_letters_stay_as_they_were(story: RunStory) -> None:
    issued(story)
    kept = sa.select(Notice.reference, Notice.pdf_sha256, Notice.version)
    with story.begin(OLIVE) as work:
        before = sorted(map(tuple, work.session.execute(kept)))
    make(story)
    with story.begin(OLIVE) as work:
        assert sorted(map(tuple, work.session.execute(kept))) == before


def test_the_database_keeps_a_letter_in_one_file_and_files_as_they_are(story: RunStory) -> None:
    issued(story)
    make(story)
    for statement in (
        "update print_letter set position = 9",
        "delete from print_letter",
        "update print_file set pages = 1",
        "delete from print_file",
    ):
        with pytest.raises(sa.exc.DatabaseError, match="never"), story.begin(OLIVE) as work:
            work.session.execute(sa.text(statement))


def test_a_print_file_is_made_and_opened_only_by_those_who_may(story: RunStory) -> None:
    who = person("leo", Role.LEADER)
    issued(story)
    with pytest.raises(NotAllowed), story.begin(who) as work:
        print_file.make(work, story.run(work))
    make(story)
    with story.begin(who) as work:
        row = print_file.find(work, story.run(work), 1)
        with pytest.raises(NotAllowed):
            print_file.content(work, row)


def test_no_file_before_the_run_rests_and_none_for_emails(story: RunStory) -> None:
    story.to_approved()
    with story.begin(OLIVE) as work:
        run = story.run(work)
        with pytest.raises(WrongState, match="still to be issued"):
            print_file.make(work, run)
        run.method = Method.ELECTRONIC.value
        with pytest.raises(WrongState, match="nothing to print"):
            print_file.make(work, run)
        work.session.rollback()


def test_a_withdrawn_letter_is_in_no_file_made_afterwards(story: RunStory) -> None:
    issued(story)
    with story.begin(SAM) as work:
        case = cases.find(work, "ASC-2026-000002")
        letters.withdraw(work, case, "The provider was sold.", False, sending.sweep_will_find)
    make(story)
    with story.begin(OLIVE) as work:
        positions = list(work.session.scalars(sa.select(PrintLetter.position)))
        assert positions == [1, 3]


# --- posting ----------------------------------------------------------------------------------
def post(story: RunStory, now: datetime = LATER, **given: Any) -> print_file.Posted:
    with story.begin(OLIVE, now) as work:
        run = story.run(work)
        row = print_file.find(work, run, 1)
        values = {"sent_on": work.today, "evidence": "Cover signed by the post room"} | given
        return print_file.record_posted(work, run, row, **values)


def test_recording_the_posting_gives_each_notice_and_leaves_those_not_posted(
    story: RunStory,
) -> None:
    issued(story)
    make(story)
    done = post(story, not_posted={2})
    assert (len(done.given), done.refused, done.left) == (2, (), 0)
    with story.begin(OLIVE) as work:
        states = [
            (item.position, item.notice.state)
            for item in work.session.scalars(sa.select(IssueItem).order_by(IssueItem.position))
        ]
        assert states == [(1, "given"), (2, "issued"), (3, "given")]
        case = work.session.scalars(sa.select(Case).order_by(Case.reference)).first()
        assert case is not None
        assert {clock.kind for clock in case.clocks} >= {"representations"}


def test_a_letter_whose_dates_no_longer_hold_is_listed_and_the_others_go_on(
    story: RunStory,
) -> None:
    issued(story)
    make(story)
    late = NOW + timedelta(days=6)
    done = post(story, late)
    assert done.given == ()
    assert len(done.refused) == 3
    assert "it says" in done.refused[0][1]
    with story.begin(OLIVE) as work:
        assert set(work.session.scalars(sa.select(Notice.state))) == {"issued"}
    on_time = post(story, late, sent_on=NOW.date())
    assert len(on_time.given) == 3


def test_a_long_list_is_recorded_in_several_goes(story: RunStory) -> None:
    issued(story)
    make(story)
    first = post(story, most=2)
    assert (len(first.given), first.left) == (2, 1)
    assert len(post(story, most=2).given) == 1


def test_a_posting_that_cannot_be_is_refused_for_all(story: RunStory) -> None:
    issued(story)
    make(story)
    for given, words in (
        ({"evidence": " "}, "what shows it"),
        ({"sent_on": date(2026, 6, 17)}, "still to come"),
        ({"not_posted": {9}}, "Number 9"),
    ):
        with pytest.raises(BadInput, match=words):
            post(story, **given)


@pytest.mark.parametrize(
    ("text", "expected"), [("", set()), ("3, 17 20", {3, 17, 20}), ("x", None), ("1-3", None)]
)
def test_numbers_as_the_post_room_writes_them(text: str, expected: set[int] | None) -> None:
    if expected is None:
        with pytest.raises(BadInput):
            print_file.numbers(text)
    else:
        assert print_file.numbers(text) == expected


# --- reconciliation ---------------------------------------------------------------------------
def sheet(story: RunStory) -> Any:
    with story.begin(OLIVE, LATER) as work:
        found = reconcile(work, story.run(work))
        for row in found.rows:
            if row.filters is not None:
                lines = issue_run_items.page(work, story.run(work), row.filters, most=99)
                assert len(lines) == row.number, row.title
        return found


def test_a_finished_run_reconciles_and_each_number_is_its_list(story: RunStory) -> None:
    story.to_frozen()
    with story.begin(SAM) as work:
        issue_run_steering.take_out(work, story.run(work), 3, "Another address is meant.")
    story.look()
    story.approve()
    assert sheet(story).verdict == "It adds up so far; the run has not ended."
    story.work_on()
    sending.deliver_ready(story.engine, story.settings, lambda: NOW, "test-worker")
    make(story)
    post(story)
    found = sheet(story)
    assert found.verdict == "It reconciles."
    numbers = {row.title: row.number for row in found.rows}
    assert (numbers["Cases chosen"], numbers["Issued"], numbers["Taken out by a person"]) == (
        3,
        2,
        1,
    )
    assert (numbers["Given"], numbers["In a print file"]) == (2, 2)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update notice set reference = 'X' where id = (select max(id) from notice)", "frozen"),
        ("update outbox_item set key = 'other' where id = 1", "outbox"),
        ("update issue_item set state = 'issued' where position = 3", "history"),
    ],
)
def test_it_says_what_does_not_reconcile(story: RunStory, statement: str, words: str) -> None:
    story.to_frozen()
    with story.begin(SAM) as work:
        issue_run_steering.take_out(work, story.run(work), 3, "Another address is meant.")
    story.look()
    story.approve()
    story.work_on()
    with story.begin(OLIVE) as work:
        if "max(id)" in statement:
            statement = statement.replace("max(id)", "min(id)")
        work.session.execute(sa.text(statement))
    found = sheet(story)
    assert found.verdict.startswith("It does not reconcile")
    assert [c.title for c in found.checks if not c.ok and words in c.title.lower()]


def test_a_list_of_items_refuses_a_filter_that_nobody_offers(story: RunStory) -> None:
    story.to_frozen()
    with story.begin(OLIVE) as work, pytest.raises(BadInput, match="sending"):
        issue_run_items.count(work, story.run(work), Filters(sending="perhaps"))
