"""What a provider asked for goes with every later letter: a copy in large print, or a task."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import notice_story as told
import pikepdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.notices import OutboxItem
from enforcement.data.tasks import Task
from enforcement.domain.giving import Method
from enforcement.domain.tasks import TaskKind
from enforcement.services import copies, files, format_wishes, letters, sending, tasks
from enforcement.services.work import Work

Begin = Callable[..., Any]


@pytest.fixture
def story(begin: Begin) -> told.Story:
    return told.Story(begin)


def wish(begin: Begin, story: told.Story, wanted: str, words: str = "") -> None:
    with begin(told.OFFICER) as work:
        format_wishes.note(work, story.case(work), wanted, words, f"{wanted}-1")


def ready(story: told.Story, send_on: date | None = None) -> None:
    story.draft(send_on=send_on)
    story.submit()
    story.approve()


def items(session: Session) -> dict[str, OutboxItem]:
    return {item.key: item for item in session.scalars(select(OutboxItem))}


def due(session: Session) -> list[Task]:
    kind = TaskKind.FORMAT_DUE.value
    return list(session.scalars(select(Task).where(Task.kind == kind).order_by(Task.id)))


def facts_in(pdf: bytes) -> Any:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return json.loads(opened.attachments["facts.json"].get_file().read_bytes())


def test_large_print_goes_with_the_notice_from_the_same_facts(
    begin: Begin, story: told.Story
) -> None:
    story.triage()
    wish(begin, story, "large_print")
    with begin(told.OFFICER) as work:
        told_now = format_wishes.what_follows(work, story.case(work))
    assert told_now == (
        "Letters in large print, asked for on 16 June 2026. When it is issued, a copy in large "
        "print goes to the same address."
    )
    ready(story)
    item_id = story.issue()
    key = f"copy-{story.reference}-N1-email-2026-06-16"
    with begin(told.OFFICER) as work:
        found = items(work.session)
        assert set(found) == {f"notice-{story.reference}-N1", key}
        copy, notice = found[key], story.notice(work)
        assert (copy.to, copy.notice_id) == (notice.recipient["email"], None)
        large = files.fetch(work, copy.payload["attach"]).content
        usual = files.fetch(work, notice.pdf_sha256 or "").content
        assert large != usual
        assert facts_in(large) == facts_in(usual)
        assert notice.pdf_sha256 == notice.approved_pdf_sha256
        assert due(work.session) == []
        copy_id = copy.id
    # The copy gives nothing: the notice is given by its own sending alone.
    assert story.deliver(copy_id) == "sent"
    with begin(told.OFFICER) as work:
        assert story.notice(work).given_on is None
    assert story.deliver(item_id) == "sent"
    with begin(told.OFFICER) as work:
        assert story.notice(work).given_on is not None


def test_a_copy_does_not_leave_when_its_notice_is_stopped(begin: Begin, story: told.Story) -> None:
    story.triage()
    wish(begin, story, "large_print")
    ready(story, told.NOW.date() + timedelta(days=1))
    story.issue()
    with begin(told.SENIOR) as work:
        waits = {item.next_try_at for item in items(work.session).values()}
        assert len(waits) == 1  # both at nine in the morning of the planned day
        letters.withdraw(work, story.case(work), "A mistake.", False, sending.sweep_will_find)
        assert {item.state for item in items(work.session).values()} == {"failed"}


@pytest.mark.parametrize(
    ("wanted", "words", "method", "says"),
    [
        ("braille", "", Method.ELECTRONIC, "Letters in braille, asked for on 16 June 2026."),
        ("language", "Welsh", Method.ELECTRONIC, "Another language, asked for on 16 June 2026. W"),
        ("large_print", "", Method.HAND, "Letters in large print, asked for on 16 June 2026."),
    ],
)
def test_what_cannot_be_sent_by_itself_is_a_task_for_each_letter(
    begin: Begin, story: told.Story, wanted: str, words: str, method: Method, says: str
) -> None:
    story.method = method
    story.recipient = told.REGISTERED_OFFICE if method is Method.HAND else story.recipient
    story.triage()
    wish(begin, story, wanted, words)
    ready(story)
    story.issue()
    with begin(told.OFFICER) as work:
        (task,) = due(work.session)
        assert task.about.startswith(f"Notice of intent {story.reference}-N1. {says}")
        assert task.due_on == date(2026, 6, 23)  # five working days
        assert not [key for key in items(work.session) if key.startswith("copy")]
        said = format_wishes.what_follows(work, story.case(work), story.notice(work))
        assert "a task with a last day opens" in said
        tasks.close_task(work, task, "done", "The agency sent it.")


def test_a_letter_follows_the_wish_too_until_it_is_taken_back(
    begin: Begin, story: told.Story
) -> None:
    def support(work: Work) -> None:
        letters.support(
            work, story.case(work), told.REGISTERED_OFFICE, Method.FIRST_CLASS,
            sending.sweep_will_find,
        )  # fmt: skip

    story.triage()
    wish(begin, story, "large_print")
    with begin(told.OFFICER) as work:
        support(work)
        assert [item.channel for item in items(work.session).values()] == ["print", "print"]
    wish(begin, story, "standard")
    with begin(told.OFFICER) as work:
        assert format_wishes.what_follows(work, story.case(work)) == ""
        support(work)
        assert len(items(work.session)) == 3
        assert due(work.session) == []


def test_a_copy_too_long_for_an_envelope_is_a_task_and_stops_nothing(
    begin: Begin, story: told.Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST_PAGES", 1)  # a smaller envelope
    story.triage()
    wish(begin, story, "large_print")
    story.method, story.recipient = Method.FIRST_CLASS, told.REGISTERED_OFFICE
    ready(story)
    assert story.issue()
    with begin(told.OFFICER) as work:
        (task,) = due(work.session)
        assert "pages, and one envelope holds 1." in task.about
        assert len(items(work.session)) == 1
