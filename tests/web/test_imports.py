"""The pages about files and windows: bring in, check, follow, release, complete; names invented."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import form_reader
import pytest
from flask import Flask
from sqlalchemy import func, select

from enforcement import create_staff_app
from enforcement.data.files import ImportedFile, LoadProgress
from enforcement.data.register import RegisterChange
from enforcement.data.windows import WindowRow
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Actor
from enforcement.domain.windows import Month
from enforcement.services import accounts, load_progress, register, returns
from enforcement.services.loading import Incoming
from enforcement.settings import Settings
from enforcement.web.transactions import engine

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
PASSWORD = "seven green bottles hang"
Begin = Callable[..., Any]
HOMES = "Location ID,Name,Provider ID,Provider name,Service types\n" + "".join(
    f"1-90000000{n},House {n},1-800000001,Invented Ltd,Residential homes\n" for n in range(1, 6)
)
STATUS = "CQC ID,Location,{month}\n"


def status(rows: int, month: str = "May 2026", said: str = "1") -> bytes:
    lines = "".join(f"1-90000000{n},House {n},{said}\n" for n in range(1, rows + 1))
    return (STATUS.format(month=month) + lines).encode()


class Browser:
    """A signed-in browser that checks every page it is given."""

    def __init__(self, app: Flask, check: Any, username: str) -> None:
        self.client, self.check = app.test_client(), check
        self.page = self.html = ""
        self.get("/sign-in")
        self.post("/sign-in", username=username, password=PASSWORD)

    def get(self, path: str, expect: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == expect, answer.text[:2000]
        self.refresh = answer.headers.get("Refresh")
        return self._seen(answer)

    def _seen(self, answer: Any) -> str:
        self.html = answer.text if answer.mimetype == "text/html" else self.html
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303):
            self.check(self.html)
        return self.html

    def post(self, path: str, expect: int = 0, **fields: Any) -> Any:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.html)
        assert token, self.html[:500]
        answer = self.client.post(path, data={"csrf_token": token[1], **fields})
        if expect:
            assert answer.status_code == expect, answer.text[:3000]
        self._seen(answer)
        return answer

    def bring(self, kind: str, content: bytes, name: str, **fields: Any) -> str:
        """Upload a file and follow the load to its end; gives the last page."""
        self.get("/imports/new")
        sent = {"window": "", "service": "", "shape": "", **fields}
        sent |= {"kind": kind, "file": (io.BytesIO(content), name)}
        answer = self.post("/imports/new", 303, **sent)
        self.at = answer.headers["Location"]
        return self.follow()

    def follow(self) -> str:
        for _ in range(200):
            answer = self.client.get(self.at)
            if answer.status_code == 302:
                self.at = answer.headers["Location"]
                return self.get(self.at)
            if "Refresh" not in answer.headers:
                assert answer.status_code == 200, answer.text[:1000]
                return self._seen(answer)
            time.sleep(0.05)
        raise AssertionError("the load never ended")


@pytest.fixture
def sign_in(
    begin: Begin, people: dict[str, Actor], settings: Settings, page_checker: Any
) -> Iterator[Callable[[str], Browser]]:
    with begin(people["admin"]) as work:
        for number, role in enumerate(("officer", "senior", "auditor")):
            accounts.create(work, role, f"{role} Invented".title(), str(number), [role], PASSWORD)
    app = create_staff_app(settings, clock=lambda: NOW)
    yield lambda username: Browser(app, page_checker, username)
    if "enforcement.load_jobs" in app.extensions:
        app.extensions["enforcement.load_jobs"].pool.shutdown()
    with app.app_context():
        engine().dispose()


@pytest.fixture
def held(begin: Begin, people: dict[str, Actor]) -> Begin:
    with begin(people["officer"]) as work:
        register.load(work, Incoming(HOMES.encode(), "homes.csv"), as_at=date(2026, 1, 1))
    return begin


def count(begin: Begin, people: dict[str, Actor], model: Any) -> int:
    with begin(people["officer"]) as work:
        return work.session.scalar(select(func.count()).select_from(model))


def test_a_file_is_checked_then_loaded(
    sign_in: Callable[[str], Browser], begin: Begin, people: dict[str, Actor]
) -> None:
    officer = sign_in("officer")
    bad = HOMES + "not-an-id,House 9,1-800000001,Invented Ltd,Residential homes\n"
    page = officer.bring("register", bad.encode(), "homes.csv", dry_run="y")
    assert "Nothing was written" in page
    assert "6 = 5 accepted + 1 refused" in page
    assert count(begin, people, ImportedFile) == 0
    officer.post("/imports/loads/none", 404)
    answer = officer.post(officer.at, 303)
    officer.at = answer.headers["Location"]
    page = officer.follow()
    assert "6 = 5 accepted + 1 refused" in page
    assert "Officer Invented" in page
    assert count(begin, people, ImportedFile) == 1
    listing = officer.get("/imports")
    assert "homes.csv" in listing
    file_id = re.search(r"/imports/(\d+)", listing)[1]
    lines = officer.client.get(f"/imports/{file_id}/refused.csv")
    assert lines.text.splitlines()[1].startswith('"7",')
    assert officer.client.get(f"/imports/{file_id}/received").data == bad.encode()


def test_the_same_bytes_again_are_said_to_change_nothing(
    sign_in: Callable[[str], Browser],
) -> None:
    officer = sign_in("officer")
    officer.bring("register", HOMES.encode(), "homes.csv")
    assert "nothing was changed" in officer.bring("register", HOMES.encode(), "homes.csv")


def test_a_refused_file_says_why_and_keeps_nothing(
    sign_in: Callable[[str], Browser], begin: Begin, people: dict[str, Actor]
) -> None:
    officer = sign_in("officer")
    page = officer.bring("register", b"Colour,Taste\nred,sweet\n", "odd.csv")
    assert "Refused: odd.csv" in page
    assert "is a known header" in page
    assert count(begin, people, ImportedFile) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "returns", "file": "f"}, "Select the window"),
        ({"kind": "register"}, "Select a file"),
        ({"file": "f"}, "Select what kind"),
        ({"kind": "returns", "file": "f", "mapping": "no sign"}, "must be like field = heading"),
    ],
)
def test_a_form_says_what_is_missing(
    sign_in: Callable[[str], Browser], fields: dict[str, Any], said: str
) -> None:
    officer = sign_in("officer")
    officer.get("/imports/new")
    if "file" in fields:
        fields = {**fields, "file": (io.BytesIO(b"a"), "a.csv")}
    assert said in officer.post("/imports/new", 422, **fields).text


def test_a_load_that_was_cut_off_is_shown_as_interrupted(
    sign_in: Callable[[str], Browser], begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        for load_id, age in (("old", 5), ("fresh", 0)):
            work.session.add(
                LoadProgress(
                    id=load_id,
                    kind="register",
                    state="running",
                    message="Writing",
                    done=10,
                    total=20,
                    arguments={"filename": "cut.csv"},
                    started_by="staff:0",
                    updated_at=NOW - timedelta(minutes=age),
                )
            )
    officer = sign_in("officer")
    assert "Nothing of it was kept" in officer.get("/imports/loads/old")
    assert officer.refresh is None
    assert "Writing: 10 of 20 rows" in officer.get("/imports/loads/fresh")
    assert officer.refresh == "2"
    assert "was interrupted" in officer.get("/imports")
    officer.get("/imports/loads/none", 404)


def test_notes_of_loads_are_let_go_a_day_later(begin: Begin, people: dict[str, Actor]) -> None:
    ages = {"gone": timedelta(days=1), "kept": timedelta(hours=23)}
    for load_id, age in ages.items():
        with begin(people["officer"]) as work:
            load_progress.start(work.session, load_id, "register", {}, "staff:0", work.now - age)
    with begin(people["officer"]) as work:
        load_progress.start(work.session, "new", "register", {}, "staff:0", work.now)
        held = work.session.scalars(select(LoadProgress.id).order_by(LoadProgress.id))
        assert list(held) == ["kept", "new"]


def test_a_short_file_waits_and_a_senior_officer_releases_it(
    sign_in: Callable[[str], Browser], held: Begin, people: dict[str, Actor]
) -> None:
    with held(people["officer"]) as work:
        long = Incoming(status(5, "April 2026"), "april.csv")
        returns.load(work, long, Month.parse("2026-04"), service=Service.CARE_HOME)
    officer = sign_in("officer")
    fields = {"window": "2026-05", "service": "care_home"}
    page = officer.bring("returns", status(2), "may.csv", **fields)
    assert "This file waits for a person" in page
    assert "Release the file" not in page
    assert "Waiting for a person" in officer.get("/imports")
    senior = sign_in("senior")
    page = senior.get(officer.at)
    assert "Say why" in senior.post(f"{officer.at}/release", 422, reason="").text
    assert form_reader.taken(senior.client, officer.at, f"{officer.at}/release") == []
    senior.post(f"{officer.at}/release", 303, reason="The supplier confirmed it.")
    assert "Released by" in senior.get(officer.at)
    officer.get(officer.at)
    assert officer.post(f"{officer.at}/release", 403, reason="x")


def test_the_feed_is_completed_on_the_totals_that_were_shown(
    sign_in: Callable[[str], Browser], held: Begin, people: dict[str, Actor]
) -> None:
    may = Month.parse("2026-05")
    with held(people["officer"]) as work:
        returns.load(work, Incoming(status(4), "may.csv"), may, service=Service.CARE_HOME)
    senior = sign_in("senior")
    page = senior.get("/windows/2026-05")
    seen = dict(re.findall(r'name="(seen_\w+)" value="(\d+)"', page))
    assert seen["seen_submitted"] == "4"
    assert "Tick to say" in senior.post("/windows/2026-05/complete", 422, **seen).text
    stale = {**seen, "seen_submitted": "3"}
    answer = senior.post("/windows/2026-05/complete", 409, sure="y", **stale)
    assert "totals changed" in answer.text
    senior.post("/windows/2026-05/complete", 303, sure="y", note="Both files came", **seen)
    assert "Senior Invented" in senior.get("/windows/2026-05")
    assert "Feed complete" in senior.get("/windows")
    with held(people["officer"]) as work:
        assert work.session.get(WindowRow, may.number).feed_complete_by == "staff:1"


def test_an_open_window_says_why_it_cannot_be_completed(
    sign_in: Callable[[str], Browser], held: Begin
) -> None:
    senior = sign_in("senior")
    assert "is open until the end of 14 July 2026" in senior.get("/windows/2026-07")
    assert "Nothing has been loaded" in senior.get("/windows/2026-06")


def test_register_changes_are_read_in_words(
    sign_in: Callable[[str], Browser], held: Begin, people: dict[str, Actor]
) -> None:
    with held(people["officer"]) as work:
        renamed = HOMES.replace("House 1,", "Other House,").encode()
        register.load(work, Incoming(renamed, "later.csv"), as_at=date(2026, 2, 1))
    auditor = sign_in("auditor")
    assert "Was called “House 1”, now “Other House”" in auditor.get("/imports/changes")
    assert "No changes" in auditor.get("/imports/changes?kind=sold")
    auditor.get("/imports")
    auditor.get("/imports/new", 403)


def test_a_location_that_a_file_left_out_is_looked_for(
    sign_in: Callable[[str], Browser], held: Begin, people: dict[str, Actor]
) -> None:
    with held(people["officer"]) as work:
        change = {"file_id": 1, "provider_id": 1, "location_id": 5, "noticed_at": NOW}
        work.session.add(RegisterChange(kind="vanished", **change))
    officer, where = sign_in("officer"), "/providers/1-800000001/still-there/1-90000000"
    officer.get(f"{where}99", 404)
    assert form_reader.taken(officer.client, f"{where}5") == []
    officer.get(f"{where}5")
    officer.post(f"{where}5", 303, evidence="CQC’s page of today")
    officer.get(f"{where}5")
    officer.post(f"{where}5", 409, evidence="Once more")
