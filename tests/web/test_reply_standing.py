"""Where you stand: what counts, when it drops off, what one more miss does; and the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
import reply_case
from test_reply_site import Browser

from enforcement import create_reply_app
from enforcement.data.cases import Case, CaseMiss
from enforcement.data.register import Duty
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.outlook import Level
from enforcement.domain.permissions import Actor
from enforcement.domain.windows import Month
from enforcement.services import reply_standing
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
JULY = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)


def complete(work: Work, latest: str) -> None:
    """Call every feed up to this window complete."""
    for row in work.session.query(WindowRow):
        if row.number <= Month.parse(latest).number:
            row.feed_complete_at = work.now


def returned(work: Work, duty: int, month: str) -> None:
    inside = datetime(int(month[:4]), int(month[5:]), 8, 12, 0, tzinfo=UTC)
    kept = work.session.query(ReturnRow).first()
    assert kept is not None
    work.session.add(
        ReturnRow(
            duty_id=duty, window_no=Month.parse(month).number, counts=True, kind="update",
            updated_at=inside, file_id=kept.file_id, line=900 + duty,
        )
    )  # fmt: skip
    work.session.flush()


def told(work: Work, reference: str) -> reply_standing.StandingTold:
    case = work.session.query(Case).filter_by(reference=reference).one()
    return reply_standing.standing_of(work, case)


def test_what_counts_and_when_it_drops_off(begin: Begin, people: dict[str, Actor]) -> None:
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
        complete(work, "2026-05")
        found = told(work, made.reference)
        one = found.services[0]
        assert [str(miss.month) for miss in one.misses] == ["2026-03", "2026-04", "2026-05"]
        assert [str(miss.until) for miss in one.misses] == ["2027-03", "2027-04", "2027-05"]
        assert one.misses[0].until_day == date(2027, 3, 15)  # the 14th is a Sunday
        assert all(miss.in_case for miss in one.misses)
        assert one.outlook.level is Level.MET
        assert len(found.months) == 12
        # June closed yesterday and nobody has said that its report is complete
        assert [str(window.month) for window in found.waiting] == ["2026-06"]
        assert (str(found.coming.month), found.open_now) == ("2026-07", False)


def test_nothing_is_called_missed_before_its_report_is_complete(
    begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
        assert told(work, made.reference).services == ()
        complete(work, "2026-03")
        one = told(work, made.reference).services[0]
        assert [str(miss.month) for miss in one.misses] == ["2026-03"]
        assert one.outlook.level is Level.SOME


def test_a_concluded_case_uses_its_windows_up(begin: Begin, people: dict[str, Actor]) -> None:
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
        complete(work, "2026-05")
        for miss in work.session.query(CaseMiss):
            miss.consumed = True
        one = told(work, made.reference).services[0]
        assert one.misses == ()
        assert [str(month) for month in one.used] == ["2026-03", "2026-04", "2026-05"]
        assert one.outlook.level is Level.CLEAR


def test_every_service_of_the_provider_and_of_no_other(
    begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        made = reply_case.make(work, places=2)
        other = reply_case.make(work, 2)
        complete(work, "2026-05")
        assert len(told(work, made.reference).services) == 2
        assert len(told(work, other.reference).services) == 1


def test_the_open_window_is_told_with_what_we_have(begin: Begin, people: dict[str, Actor]) -> None:
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
        complete(work, "2026-04")  # March and April count: one more meets it
    with begin(people["officer"], JULY) as work:
        found = told(work, made.reference)
        assert (str(found.coming.month), found.open_now) == ("2026-07", True)
        assert found.services[0].outlook.level is Level.ONE_MORE
        assert not found.services[0].returned
        returned(work, work.session.query(Duty).one().id, "2026-07")
        assert told(work, made.reference).services[0].returned


@pytest.fixture
def inside(
    begin: Begin, people: dict[str, Actor], settings: Settings, page_checker: Any
) -> Browser:
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
        complete(work, "2026-05")
    browser = Browser(create_reply_app(settings, clock=lambda: NOW).test_client(), page_checker)
    browser.get(f"/r/{made.secret}")
    browser.post(f"/r/{made.secret}", location_id="1-900000001", postcode="zz11zz")
    return browser


def test_the_page_says_it_in_words(inside: Browser) -> None:
    assert "/reply/standing" in inside.get("/reply")
    page = inside.get("/reply/standing")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for words in (
        "Sample House has 3 missed windows that count.",
        "This meets the threshold for a case.",
        "Drops off when the March 2027 window closes, Monday 15 March 2027",
        "If you do not reply by the end of Thursday 25 June 2026, the panel decides",
        "Note the next window: Wednesday 8 July 2026 to Tuesday 14 July 2026",
        "open the July 2026 window there: it reminds you at 9am on Wednesday 8 July 2026 and on "
        "Monday 13 July 2026.",
        "The June 2026 window closed on 15 June 2026. Its report is not complete yet",
        "misses 3 windows in a row, or any 4 of the last 12",
        "Capacity Tracker support",
    ):
        assert words in text, words


def test_a_miss_whose_year_is_over_waits_for_the_report(
    begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        reply_case.make(work)
        complete(work, "2026-05")
        other = reply_case.make(work, 2, places=2)
        assert other.reference == "ASC-2026-000002"
        found = told(work, other.reference)
        oldest = found.services[0].misses[0]
        assert (str(oldest.month), str(oldest.until)) == ("2025-06", "2026-06")
        assert oldest.until in {window.month for window in found.waiting}


def test_the_calendar_is_for_anybody_and_has_no_case(
    settings: Settings, begin: Begin, people: dict[str, Actor]
) -> None:
    client = create_reply_app(settings, clock=lambda: NOW).test_client()
    answer = client.get("/windows.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    raw = answer.get_data()
    assert raw.endswith(b"END:VCALENDAR\r\n")
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    text = raw.decode().replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 12
    # July's window is the 8th to the 14th; a calendar counts up to the day after
    assert "UID:window-2026-07@" in text
    assert "DTSTART;VALUE=DATE:20260708\r\nDTEND;VALUE=DATE:20260715" in text
    assert "window-2026-06" not in text
    # 9am of the first day; 39 hours before the end of the last: what the page says to look for
    for trigger in ("TRIGGER:PT9H", "TRIGGER;RELATED=END:-PT39H"):
        assert text.count(f"{trigger}\r\nEND:VALARM") == 12
    assert "ASC-" not in text
