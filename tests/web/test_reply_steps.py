"""The steps beside the questions: the record's cells, coming back, asking, post, the last hour."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import reply_case
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from enforcement import create_reply_app
from enforcement.domain.permissions import Actor
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
RIGHT = {"location_id": "1-900000001", "postcode": "ZZ1 1ZZ"}


@pytest.fixture
def made(begin: Begin, people: dict[str, Actor]) -> Any:
    with begin(people["officer"]) as work:
        return reply_case.make(work, places=2)


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_reply_app(settings, clock=lambda: NOW)


def token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:500]
    return found.group(1)


def post(client: FlaskClient, url: str, at: str = "", **fields: Any) -> Any:
    page = client.get(at or url, follow_redirects=True).text
    hidden = dict(re.findall(r'name="(form_key)"[^>]*value="([^"]+)"', page))
    data = {"csrf_token": token(page), **hidden, **fields}
    return client.post(url, data=data, content_type="multipart/form-data")


def come_in(app: Flask, made: Any) -> FlaskClient:
    client = app.test_client()
    assert post(client, f"/r/{made.secret}", **RIGHT).headers["Location"] == "/reply"
    return client


def rows(engine: Engine, table: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text(f"SELECT * FROM {table}")))


# --- the record -------------------------------------------------------------------------------
def test_every_cell_of_the_record_leads_to_its_page_and_can_be_said_to_be_wrong(
    app: Flask, made: Any, page_checker: Any
) -> None:
    client = come_in(app, made)
    page = client.get("/reply/record").text
    page_checker(page)
    cells = sorted(set(re.findall(r'href="(/reply/record/\d+/\d{4}-\d\d)"', page)))
    assert len(cells) == 2 * 12
    counted = client.get("/reply/record/1/2026-03").text
    page_checker(counted)
    for told in (
        "8 March 2026 to 16 March 2026",
        "20 March 2026, 9:00am",
        "not counted, and the panel sees it",
        "We sent the information in time",
    ):
        assert told in counted, told
    free = client.get("/reply/record/1/2025-11").text
    page_checker(free)
    assert "We sent the information in time" not in free
    assert "Something else in the record is wrong" in free
    assert "Choose what is wrong" in post(client, "/reply/record/1/2026-03").text
    said = post(client, "/reply/record/1/2026-03", wrong="not_ours")
    assert said.headers["Location"] == "/reply/why/not_ours/kind"
    said = post(client, "/reply/record/1/2025-11", wrong="record")
    assert said.headers["Location"] == "/reply/why/record/words"
    windows = client.get("/reply/why/record/windows").text
    assert "November 2025, Sample House, care home" in windows
    assert len(re.findall(r"<input[^>]*checked", windows)) == 1


def test_a_cell_that_is_not_of_this_case_is_not_found(
    app: Flask, made: Any, begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        reply_case.make(work, 2)
    client = come_in(app, made)
    for cell in ("3/2026-03", "1/2020-01", "1/x", "99/2026-03"):
        assert client.get(f"/reply/record/{cell}").status_code == 404, cell


def test_the_rows_of_the_record_leave_as_a_file(app: Flask, made: Any) -> None:
    answer = come_in(app, made).get("/reply/record/rows.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    told = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(told) == 24
    march = next(r for r in told if r["Window"] == "2026-03" and r["Location"] == "Sample House")
    assert march["Counts towards this case"] == "yes"
    assert march["Updates outside the window"] == "2026-03-20T09:00:00+00:00 after the window"


# --- coming back ------------------------------------------------------------------------------
def test_a_return_code_is_shown_once_and_asks_for_the_second_fact(
    app: Flask, made: Any, engine: Engine, page_checker: Any
) -> None:
    client = come_in(app, made)
    post(client, "/reply/why", choice=["wrong_recipient"])
    saved = client.get("/reply/saved").text
    page_checker(saved)
    assert "Thursday 25 June 2026" in saved
    shown = post(client, "/reply/saved", email="").text
    page_checker(shown)
    code = re.search(r'app-code">([0-9A-Z-]{14})<', shown)
    assert code
    assert code.group(1) not in client.get("/reply/saved").text
    assert rows(engine, "outbox_item") == []
    stranger = app.test_client()
    answer = post(stranger, "/", code=code.group(1).lower())
    assert answer.headers["Location"] == f"/r/{made.secret}"
    assert "Sample" not in stranger.get(answer.headers["Location"]).text
    assert post(stranger, answer.headers["Location"], **RIGHT).headers["Location"] == "/reply"
    assert "Continue your reply" in stranger.get("/reply").text


def test_return_codes_are_guessed_no_faster_than_codes(
    app: Flask, made: Any, engine: Engine
) -> None:
    """Each wrong try counts against its address; a right code after sixty is answered the same."""
    client = come_in(app, made)
    shown = post(client, "/reply/saved", email="").text
    code = re.search(r'app-code">([0-9A-Z-]{14})<', shown)
    assert code
    guesser = app.test_client()
    secret = token(guesser.get("/").text)
    for _ in range(60):
        guesser.post("/", data={"csrf_token": secret, "code": "AAAA-BBBB-CCCC"})
    wrong = guesser.post("/", data={"csrf_token": secret, "code": "AAAA-BBBB-CCCC"})
    held = guesser.post("/", data={"csrf_token": secret, "code": code.group(1)})
    assert (wrong.status_code, held.status_code) == (200, 200)
    assert "That code did not work" in held.text


def test_a_wrong_address_for_the_code_keeps_what_was_typed(app: Flask, made: Any) -> None:
    answer = post(come_in(app, made), "/reply/saved", email="not an address").text
    assert "Enter an email address like" in answer
    assert 'value="not an address"' in answer


# --- asking -----------------------------------------------------------------------------------
def test_more_time_alone_takes_the_short_way_and_pressing_twice_asks_once(
    app: Flask, made: Any, engine: Engine, page_checker: Any
) -> None:
    client = come_in(app, made)
    assert post(client, "/reply/why", choice=["more_time"]).headers["Location"] == "/reply/time"
    assert post(client, "/reply/why", choice=["help"]).headers["Location"] == "/reply/format"
    assert rows(engine, "reply_draft") == []
    page = client.get("/reply/time").text
    page_checker(page)
    assert "Thursday 25 June 2026" in page
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert key
    data = {
        "csrf_token": token(page),
        "form_key": key.group(1),
        "wanted_on": ["1", "6", "2026"],
        "words": "Our manager is away.",
    }
    early = client.post("/reply/time", data=data).text
    assert "still to come" in early
    assert "Our manager is away." in early
    data["wanted_on"] = ["9", "7", "2026"]
    for _ in range(2):
        assert client.post("/reply/time", data=data).headers["Location"] == "/reply/asked"
    asked = client.get("/reply/asked").text
    page_checker(asked)
    assert "still Thursday 25 June 2026" in asked
    assert asked.count("You asked for more time") == 1
    assert len(rows(engine, "task")) == 1


def test_a_format_is_asked_for_with_words_where_they_are_needed(
    app: Flask, made: Any, engine: Engine, page_checker: Any
) -> None:
    client = come_in(app, made)
    page_checker(client.get("/reply/format").text)
    assert "Choose what would help you" in post(client, "/reply/format").text
    bare = post(client, "/reply/format", wanted="language").text
    assert "in your own words" in bare
    assert re.search(r'value="language"[^>]*checked', bare)
    asked = post(client, "/reply/format", wanted="language", words="Gujarati")
    assert asked.headers["Location"] == "/reply/asked"
    assert [row.format for row in rows(engine, "format_wish")] == ["language"]


@pytest.mark.parametrize("key", ["", "x" * 500, "a\x00b\u202e", "'; --"])
def test_a_forged_form_key_breaks_nothing(app: Flask, made: Any, engine: Engine, key: str) -> None:
    client = come_in(app, made)
    asked = {"wanted_on": ["9", "7", "2026"], "words": "Because", "form_key": key}
    assert post(client, "/reply/time", **asked).headers["Location"] == "/reply/asked"
    wish = post(client, "/reply/format", wanted="audio", form_key=key)
    assert wish.headers["Location"] == "/reply/asked"
    assert len(rows(engine, "task")) == 2
    post(client, "/reply/why", choice=["accept"])
    post(client, "/reply/why/accept/words", choice="")
    post(client, "/reply/you", name="Ann", role="Registered manager")
    sent = post(client, "/reply/check", form_key=key, declared="y")
    assert sent.status_code == 404
    assert rows(engine, "reply") == []


# --- evidence ---------------------------------------------------------------------------------
def upload(client: FlaskClient, *files: tuple[bytes, str]) -> Any:
    return post(
        client, "/reply/evidence", more="y", files=[(BytesIO(c), name) for c, name in files]
    )


def test_the_limits_are_said_first_and_too_many_files_are_not_opened(
    app: Flask, made: Any, engine: Engine, page_checker: Any
) -> None:
    client = come_in(app, made)
    page = client.get("/reply/evidence").text
    page_checker(page)
    limits = page.index("Up to 20 files, each up to 25 MB, together up to 100 MB")
    assert limits < page.index('type="file"')
    many = upload(client, *[(f"a,{n}".encode(), f"{n}.csv") for n in range(21)])
    assert "You can add 20 more files" in many.text
    assert rows(engine, "reply_file") == []
    upload(client, (b"a,b", "one.csv"))
    kept = client.get("/reply/evidence").text
    assert "Not checked for viruses" in kept
    renamed = post(client, "/reply/evidence/1/name", name="Screen of 12 March")
    assert renamed.headers["Location"] == "/reply/evidence"
    assert "Screen of 12 March.csv" in client.get("/reply/evidence").text
    assert "Enter a name" in post(client, "/reply/evidence/1/name", name=" ").text


def test_evidence_by_post_has_a_cover_sheet_with_a_reference(
    app: Flask, made: Any, page_checker: Any
) -> None:
    client = come_in(app, made)
    assert client.get("/reply/evidence/cover").headers["Location"] == "/reply/evidence/post"
    page_checker(client.get("/reply/evidence/post").text)
    told = post(client, "/reply/evidence/post", what="A letter from <b>our bank</b>")
    assert told.headers["Location"] == "/reply/evidence/cover"
    cover = client.get("/reply/evidence/cover").text
    page_checker(cover)
    for words in ("ASC-2026-000001-P1", "&lt;b&gt;our bank", "Newcastle upon Tyne"):
        assert words in cover, words
    assert "You said that this comes by post" in client.get("/reply/evidence").text
    assert post(client, "/reply/evidence/post", what="").headers["Location"] == "/reply/evidence"
    assert "comes by post" not in client.get("/reply/evidence").text


def test_a_body_of_unknown_length_is_cut_off(app: Flask, made: Any, engine: Engine) -> None:
    """Chunked, so that no length was announced: nothing of it is kept."""
    client = come_in(app, made)
    page = client.get("/reply/evidence").text
    before = rows(engine, "stored_file")
    head = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token(page)}\r\n--x\r\n'
        'Content-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        answer = client.post(
            "/reply/evidence",
            input_stream=BytesIO(head.encode() + b"a" * 200_000),
            content_type="multipart/form-data; boundary=x",
            environ_overrides={"HTTP_TRANSFER_ENCODING": "chunked"},
        )
    assert answer.status_code in (400, 411, 413)
    assert rows(engine, "stored_file") == before


# --- who replies ------------------------------------------------------------------------------
def test_whoever_acts_for_the_provider_says_who_asked(app: Flask, made: Any) -> None:
    client = come_in(app, made)
    post(client, "/reply/why", choice=["accept"])
    post(client, "/reply/why/accept/words", choice="")
    who = {"name": "Ann", "role": "Somebody acting for the provider"}
    assert "Enter who asked you" in post(client, "/reply/you", **who).text
    post(client, "/reply/you", **who, acting_for="Ben Example, director")
    page = client.get("/reply/check").text
    assert "Ben Example, director asked me to reply for this provider" in page
    assert "the provider accepts what the record shows" in page
    assert not re.search(r'name="declared"[^>]*checked', page)
