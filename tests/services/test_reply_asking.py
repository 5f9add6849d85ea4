"""What a provider does beside replying: marks a window, comes back by a code, asks for things."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import reply_case
from reply_case import the
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from enforcement.data.history import Event
from enforcement.data.notices import OutboxItem
from enforcement.data.replies import ReturnCode
from enforcement.data.tasks import Task
from enforcement.domain.permissions import Actor, provider_actor
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.replies import Question
from enforcement.services import (
    cases,
    files,
    format_wishes,
    links,
    replies,
    reply_asking,
    reply_drafts,
    return_codes,
    sending,
)
from enforcement.services.evidence import examine
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
PROVIDER = provider_actor("ASC-2026-000001-L1", "Sample Meadow Care Ltd")
SENDER = replies.Sender("Ann Example", "Director", acting_for="").as_json()


@pytest.fixture
def made(begin: Begin, people: dict[str, Actor]) -> Any:
    with begin(people["officer"]) as work:
        return reply_case.make(work)


def told(work: Work, made: Any, kind: str) -> list[dict[str, Any]]:
    found = select(Event).where(Event.stream == f"case:{made.reference}", Event.kind == kind)
    return list(work.session.scalars(found))  # type: ignore[arg-type]  # only counted


# --- the link's two halves --------------------------------------------------------------------
def test_neither_the_database_nor_the_secret_alone_makes_the_link(
    begin: Begin, made: Any, settings: Settings
) -> None:
    with begin(PROVIDER) as work:
        _, link = the(work, made)
        assert link.seed is not None
        assert len(bytes.fromhex(link.seed)) == 32
        seed = link.seed
        # whoever has the secret and guesses the reference, which counts up, still has no link
        link.seed = None
        assert links.printed(settings, link).url != made.url
        link.seed = "0" * 64
        assert links.printed(settings, link).url != made.url
        link.seed = seed
        assert links.printed(settings, link).url == made.url
        # whoever has the database and another secret has none either
        other = replace(settings, link_secret="another secret of thirty-two signs")
        assert links.printed(other, link).url != made.url
        assert links.find_by_secret(work, made.secret) is link


def test_a_link_on_paper_from_before_seeds_still_opens(
    begin: Begin, people: dict[str, Actor], made: Any, settings: Settings
) -> None:
    with begin(people["officer"]) as work:
        case, link = the(work, made)
        link.seed = None
        hashes = links._hashes(settings, link.reference, link.generation, None)
        link.secret_hash, link.code_hash = hashes["secret_hash"], hashes["code_hash"]
        old = links.printed(settings, link)
        assert links.find_by_code(work, old.code) is link
        links.reissue(work, case)
        assert link.seed is not None
        assert links.find_by_code(work, old.code) is None


# --- coming back ------------------------------------------------------------------------------
def test_a_return_code_leads_to_its_link_until_the_link_is_reissued(
    begin: Begin, people: dict[str, Actor], made: Any, engine: Engine
) -> None:
    with begin(PROVIDER) as work:
        _, link = the(work, made)
        code = return_codes.make(work, link, "ann@example.org")
        again = return_codes.make(work, link)
        assert code != again
        for typed in (code, code.lower().replace("-", " "), again):
            assert return_codes.find(work, typed) is link
        assert return_codes.find(work, "AAAA-BBBB-CCCC") is None
        assert return_codes.find(work, code[:-1]) is None
        # it is no other way in: the same page, so the same second fact, slowing down and locks
        assert links.secret_of(work, return_codes.find(work, code)) == made.secret
    with engine.connect() as connection:
        for table in ("return_code", "event", "event_text", "outbox_item", "stored_file"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).fetchall())
            assert code not in rows, table
            assert code.replace("-", "") not in rows, table
    with begin(people["officer"]) as work:
        case, link = the(work, made)
        links.reissue(work, case)
        assert return_codes.find(work, code) is None
        assert return_codes.find(work, again) is None


@pytest.mark.parametrize("end", ["revoked", "over", "closed"])
def test_a_return_code_opens_nothing_of_a_dead_link(
    begin: Begin, people: dict[str, Actor], made: Any, end: str
) -> None:
    with begin(PROVIDER) as work:
        code = return_codes.make(work, the(work, made)[1])
    later = NOW + timedelta(days=90) if end == "over" else NOW
    with begin(people["officer"], later) as work:
        case, _ = the(work, made)
        if end == "revoked":
            links.revoke(work, case, "sent to the wrong home")
        if end == "closed":
            case.state = "closed"
        assert links.secret_of(work, return_codes.find(work, code)) is None


def test_the_mail_with_the_code_is_kept_encrypted_and_sent_in_words(
    begin: Begin, made: Any
) -> None:
    with begin(PROVIDER) as work:
        _, link = the(work, made)
        code = return_codes.make(work, link, "ann@example.org")
        item = work.session.scalars(select(OutboxItem)).one()
        assert item.to == "ann@example.org"
        kept = files.fetch(work, item.payload["sealed"]).content.decode()
        assert code in kept
        for word in ("Sample", "ASC-2026", "1-900000001", made.secret):
            assert word not in kept, word
        parcel = sending._pack(work, item)
        assert parcel.mail is not None
        assert code in parcel.mail.text


def test_codes_are_limited_and_never_changed_or_deleted(
    begin: Begin, made: Any, engine: Engine
) -> None:
    with begin(PROVIDER) as work:
        _, link = the(work, made)
        for _ in range(return_codes.MOST):
            return_codes.make(work, link)
        with pytest.raises(BadInput, match="Too many"):
            return_codes.make(work, link)
        assert len(list(work.session.scalars(select(ReturnCode)))) == return_codes.MOST
    for verb in ("DELETE FROM return_code", "UPDATE return_code SET generation = 9"):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(verb))


# --- "I think this is wrong" ------------------------------------------------------------------
def test_a_window_marked_as_wrong_is_in_the_reply_with_its_reason(begin: Begin, made: Any) -> None:
    with begin(PROVIDER) as work:
        case, link = the(work, made)
        miss = case.misses[1]
        counted = reply_drafts.cell_key(case, miss.duty_id, miss.window_no)
        assert counted == str(miss.id)
        reply_drafts.mark(work, link, "good_reason", counted)
        reply_drafts.mark(work, link, "good_reason", counted)
        reply_drafts.mark(work, link, "good_reason", str(case.misses[0].id))
        other = reply_drafts.cell_key(case, miss.duty_id, miss.window_no - 5)
        draft = reply_drafts.mark(work, link, "record", other)
        details = draft.answers["details"]
        assert details["good_reason"]["windows"] == [counted, str(case.misses[0].id)]
        assert reply_drafts.told_titles(case, draft.answers)[other] == "November 2025"
        for name, given in (("kind", "outage"), ("words", "Down.")):
            reply_drafts.save(work, link, Question(name, "good_reason"), given)
        reply_drafts.save(work, link, Question("words", "record"), "We sent it on the 9th.")
        key = reply_drafts.save(work, link, Question("sender"), SENDER).form_key
        reply = replies.send(work, link, key)
        points = [point.text for point in reply.points]
        assert "About: March 2026; April 2026." in points[0]
        assert "About: November 2025.\nWe sent it on the 9th." in points[1]
        assert "may reply for this provider" in reply.answers["declared"][0]


BAD_MARKS = {
    "no reason": ("", "1", "Choose what is wrong"),
    "no such reason": ("accept", "1", "Choose what is wrong"),
    "a month that does not count": ("submitted", "1.24310", "does not count"),
}


@pytest.mark.parametrize("case", BAD_MARKS)
def test_a_mark_that_makes_no_sense_is_refused(begin: Begin, made: Any, case: str) -> None:
    reason, key, sentence = BAD_MARKS[case]
    with begin(PROVIDER) as work, pytest.raises(BadInput, match=sentence):
        reply_drafts.mark(work, the(work, made)[1], reason, key)


def test_a_mark_against_what_was_accepted_is_refused(begin: Begin, made: Any) -> None:
    with begin(PROVIDER) as work:
        case, link = the(work, made)
        reply_drafts.save(work, link, Question("reasons"), ["accept"])
        with pytest.raises(BadInput, match="cannot both"):
            reply_drafts.mark(work, link, "submitted", str(case.misses[0].id))


def test_a_cell_of_another_case_names_nothing(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    with begin(people["officer"]) as work:
        other = cases.find(work, reply_case.make(work, 2).reference)
        case, link = the(work, made)
        foreign = f"{other.misses[0].duty_id}.{other.misses[0].window_no}"
        draft = reply_drafts.mark(work, link, "record", foreign)
        assert foreign not in reply_drafts.told_titles(case, draft.answers)


# --- asking -----------------------------------------------------------------------------------
def test_more_time_reaches_an_officer_once_with_the_date(begin: Begin, made: Any) -> None:
    for _ in range(2):
        with begin(PROVIDER) as work:
            _, link = the(work, made)
            reply_asking.ask_time(work, link, date(2026, 7, 9), "Our manager is away.", "key")
    with begin(PROVIDER) as work:
        case, _ = the(work, made)
        task = work.session.scalars(select(Task)).one()
        assert task.kind == "more_time"
        assert task.about == "Asked for until Thursday 9 July 2026. Our manager is away."
        assert len(told(work, made, "time_requested")) == 1
        assert [done for _, _, done in reply_asking.asked(work, case)] == [False]
        bodies = " ".join(work.session.scalars(select(Event.body)))
        assert "manager is away" not in bodies


BAD_TIMES = {
    "today": (date(2026, 6, 16), "Because"),
    "gone by": (date(2026, 6, 1), "Because"),
    "in ten years": (date(2036, 6, 1), "Because"),
    "no reason": (date(2026, 7, 9), " "),
}


@pytest.mark.parametrize("case", BAD_TIMES)
def test_more_time_without_sense_is_refused(begin: Begin, made: Any, case: str) -> None:
    with begin(PROVIDER) as work:
        with pytest.raises(BadInput):
            reply_asking.ask_time(work, the(work, made)[1], *BAD_TIMES[case], "key")
        assert list(work.session.scalars(select(Task))) == []


def test_no_more_time_is_asked_for_once_decided(begin: Begin, made: Any) -> None:
    with begin(PROVIDER) as work:
        case, link = the(work, made)
        case.state = "payment"
        with pytest.raises(WrongState):
            reply_asking.ask_time(work, link, date(2026, 7, 9), "Because", "key")


def test_the_latest_format_of_a_provider_holds_and_a_call_does_not_undo_it(
    begin: Begin, made: Any, engine: Engine
) -> None:
    with begin(PROVIDER) as work:
        case, link = the(work, made)
        assert format_wishes.wish_of(work, case) is None
        for wanted, words, key in (
            ("braille", "", "1"),
            ("large_print", "", "2"),
            ("large_print", "", "2"),
            ("call", "Ring 0300 in the morning", "3"),
        ):
            reply_asking.ask_format(work, link, wanted, words, key)
        wish = format_wishes.wish_of(work, case)
        assert wish is not None
        assert wish.format == "large_print"
        kinds = [task.kind for task in work.session.scalars(select(Task))]
        assert kinds == ["format"] * 3
        for wanted, words in (("", ""), ("nonsense", ""), ("language", " ")):
            with pytest.raises(BadInput):
                reply_asking.ask_format(work, link, wanted, words, "4")
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text("DELETE FROM format_wish"))


def test_time_asked_for_and_post_told_of_in_a_reply_reach_an_officer(
    begin: Begin, made: Any
) -> None:
    with begin(PROVIDER) as work:
        case, link = the(work, made)
        reply_drafts.save(work, link, Question("reasons"), ["wrong_recipient", "more_time"])
        reply_drafts.save(work, link, Question("words", "wrong_recipient"), "Our landlord.")
        wanted = {"all": [date(2026, 7, 9)]}
        reply_drafts.save(work, link, Question("dates", "more_time"), wanted)
        reply_drafts.save(work, link, Question("words", "more_time"), "To find the lease.")
        draft = reply_drafts.save(work, link, Question("posting"), "The lease, 12 pages")
        reference = draft.answers["posting"]["reference"]
        assert reference.startswith(f"{case.reference}-P")
        key = reply_drafts.save(work, link, Question("sender"), SENDER).form_key
        replies.send(work, link, key)
        replies.send(work, link, key)
        found = {task.kind: task.about for task in work.session.scalars(select(Task))}
        assert set(found) == {"more_time", "post_coming"}
        assert "9 July 2026" in found["more_time"]
        assert found["post_coming"] == f"To know it by: {reference}. The lease, 12 pages"


# --- words that came too late, files ----------------------------------------------------------
def test_parked_words_wait_and_are_no_answer(begin: Begin, made: Any) -> None:
    with begin(PROVIDER) as work:
        _, link = the(work, made)
        words = Question("words", "wrong_recipient")
        assert not reply_drafts.park(work, link, words, "No draft yet")
        reply_drafts.save(work, link, Question("reasons"), ["wrong_recipient"])
        assert not reply_drafts.park(work, link, Question("words", "help"), "Not asked")
        assert not reply_drafts.park(work, link, words, "  ")
        assert reply_drafts.park(work, link, words, "Half a senten\x00ce")
        draft = reply_drafts.current(work, link)
        assert draft is not None
        assert reply_drafts.parked(draft, words) == "Half a sentence"
        reply_drafts.save(work, link, Question("sender"), SENDER)
        with pytest.raises(BadInput):
            replies.send(work, link, draft.form_key)
        reply_drafts.save(work, link, words, "A whole sentence")
        assert "parked" not in draft.answers
        reply_drafts.park(work, link, words, "Later words")
        assert "parked" not in replies.send(work, link, draft.form_key).answers


NAMES = {
    "Screen of 12 March": "Screen of 12 March.csv",
    "Screen.csv": "Screen.csv",
    "../../etc/passwd": "passwd.csv",
    'bad"name<script>': "badnamescript.csv",
    "invoice.exe": "invoice.exe.csv",
}


@pytest.mark.parametrize("given", NAMES)
def test_a_file_is_renamed_and_stays_what_it_is(
    begin: Begin, made: Any, settings: Settings, given: str
) -> None:
    with begin(PROVIDER) as work:
        _, link = the(work, made)
        row = reply_drafts.add_file(work, link, examine("a.csv", b"a,b", settings))
        assert reply_drafts.rename_file(work, link, row.id, given).name == NAMES[given]
        with pytest.raises(BadInput):
            reply_drafts.rename_file(work, link, row.id, " . ")


def test_a_file_of_another_link_is_not_renamed(
    begin: Begin, people: dict[str, Actor], made: Any, settings: Settings
) -> None:
    with begin(people["officer"]) as work:
        other = reply_case.make(work, 2)
        _, link = the(work, made)
        row = reply_drafts.add_file(work, link, examine("a.csv", b"a", settings))
        with pytest.raises(NotFound):
            reply_drafts.rename_file(work, the(work, other)[1], row.id, "x")
