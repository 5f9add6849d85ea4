"""The reply site under abuse: scanners, guessers, dead links, double presses, forged cookies."""

from __future__ import annotations

import gc
import logging
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import reply_case
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from reply_case import NOW, Clock
from sqlalchemy import Engine

from enforcement import create_reply_app
from enforcement.domain.permissions import Actor
from enforcement.services import cases, links
from enforcement.services.work import Work
from enforcement.settings import MEGABYTE, Settings

Begin = Callable[..., AbstractContextManager[Work]]
RIGHT = {"location_id": "1-900000001", "postcode": "ZZ1 1ZZ"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(begin: Begin, people: dict[str, Actor]) -> Any:
    with begin(people["officer"]) as work:
        return reply_case.make(work)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Flask:
    return create_reply_app(settings, clock=clock)


def token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:500]
    return found.group(1)


def post(client: FlaskClient, url: str, at: str = "", **fields: Any) -> Any:
    page = client.get(at or url, follow_redirects=True).text
    data = {"csrf_token": token(page), **fields}
    return client.post(url, data=data, content_type="multipart/form-data")


def come_in(app: Flask, made: Any) -> FlaskClient:
    client = app.test_client()
    answer = post(client, f"/r/{made.secret}", **RIGHT)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"] == "/reply"
    return client


def fill(client: FlaskClient) -> str:
    """A reply with nothing left to ask; its form key."""
    post(client, "/reply/why", choice=["accept"])
    post(client, "/reply/why/accept/words", choice="")
    post(client, "/reply/you", name="Ann", role="Registered manager")
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', client.get("/reply/check").text)
    assert found
    return found.group(1)


def dump(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {
            table: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {table}"))))
            for table in sa.inspect(connection).get_table_names()
        }


def shown(answer: Any) -> tuple[int, str]:
    """Status and body, but for the random nonce and form token that every answer has."""
    body = re.sub(r'nonce="[^"]*"', "", answer.text)
    return answer.status_code, re.sub(r'(csrf_token"[^>]*value=")[^"]+', r"\1", body)


def test_a_scanner_that_follows_everything_changes_nothing(
    app: Flask, made: Any, engine: Engine
) -> None:
    before = dump(engine)
    client = app.test_client()
    places = ["/", f"/r/{made.secret}", "/left", "/privacy", "/reply", "/reply/check"]
    places += ["/reply/evidence", "/reply/why", "/reply/sent/ASC-2026-000001-R1"]
    places += ["/reply/record", "/reply/record/rows.csv", "/reply/record/1/2026-03"]
    places += ["/reply/saved", "/reply/time", "/reply/format", "/reply/asked"]
    places += ["/reply/evidence/post", "/reply/evidence/cover", "/reply/evidence/1/name"]
    for place in places:
        for method in ("get", "head", "options"):
            client.open(place, method=method, follow_redirects=True)
    assert dump(engine) == before


def test_the_page_before_the_second_fact_says_nothing_of_the_case(app: Flask, made: Any) -> None:
    answer = app.test_client().get(f"/r/{made.secret}")
    for word in ("Sample", "ASC-2026", "1-900000001", "ZZ1", "missed"):
        assert word not in answer.text, word
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_every_failure_gets_one_answer(app: Flask, made: Any) -> None:
    client = app.test_client()
    wrong = [
        shown(post(client, f"/r/{made.secret}", location_id="1-900000001", postcode="ZZ9 9ZZ")),
        *(
            shown(post(client, f"/r/{made.secret}", location_id="1-900000001", postcode="ZZ9 9ZZ"))
            for _ in range(5)
        ),
    ]
    locked = shown(post(client, f"/r/{made.secret}", **{**RIGHT, "postcode": "ZZ9 9ZZ"}))
    right_but_locked = shown(post(client, f"/r/{made.secret}", **RIGHT))
    assert len({*wrong, locked}) == 1
    assert right_but_locked[1].replace("ZZ1 1ZZ", "ZZ9 9ZZ") == locked[1]
    assert right_but_locked[0] == locked[0]


ENDS = {
    "expired": lambda work, case: None,
    "revoked": lambda work, case: links.revoke(work, case, "x"),
    "reissued": lambda work, case: links.reissue(work, case),
    "closed": lambda work, case: setattr(case, "state", "closed"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_dead_link_is_answered_like_an_unknown_one(
    app: Flask, made: Any, begin: Begin, people: dict[str, Actor], clock: Clock, end: str
) -> None:
    with begin(people["officer"]) as work:
        ENDS[end](work, cases.find(work, made.reference))
        work.session.flush()
    if end == "expired":
        clock.now = NOW + timedelta(days=90)
    client = app.test_client()
    unknown = shown(client.get("/r/" + "A" * 43))
    assert unknown[0] == 404
    assert shown(client.get(f"/r/{made.secret}")) == unknown
    page = client.get("/").text
    data = {"csrf_token": token(page), **RIGHT}
    assert shown(client.post(f"/r/{made.secret}", data=data)) == unknown
    assert shown(client.post("/r/" + "A" * 43, data=data)) == unknown
    wrong_code = shown(post(client, "/", code="AAAA-BBBB-CCCC"))
    ended_code = shown(post(client, "/", code=made.code))
    assert ended_code[1].replace(made.code, "AAAA-BBBB-CCCC") == wrong_code[1]


def test_ending_the_link_ends_the_session(
    app: Flask, made: Any, begin: Begin, people: dict[str, Actor]
) -> None:
    client = come_in(app, made)
    assert client.get("/reply").status_code == 200
    with begin(people["officer"]) as work:
        links.reissue(work, cases.find(work, made.reference))
    assert client.get("/reply").status_code == 401


def test_two_tabs_do_not_undo_each_other(app: Flask, made: Any) -> None:
    one = come_in(app, made)
    two = come_in(app, made)
    post(one, "/reply/why", choice=["accept", "help"])
    post(two, "/reply/you", name="Ann", role="Registered manager")
    post(one, "/reply/why/help/words", choice="Large print")
    post(two, "/reply/why/accept/words", choice="Sorry")
    page = one.get("/reply/check").text
    for word in ("Ann", "Large print", "Sorry"):
        assert word in page


def test_a_lapsed_session_tells_how_to_come_back_and_the_draft_survives(
    app: Flask, made: Any, clock: Clock, engine: Engine
) -> None:
    client = come_in(app, made)
    address = "/reply/why/wrong_recipient/words"
    post(client, "/reply/why", choice=["wrong_recipient"])
    page = client.get(address).text
    clock.now = NOW + timedelta(minutes=31)
    sent = {"csrf_token": token(page), "choice": "Words typed too late"}
    late = client.post(address, data=sent)
    assert late.status_code == 401
    assert "What you were typing is kept" in late.text
    for told in ("Words typed too late", "Sample", "ASC-2026"):
        assert told not in late.text
    # nothing is shown until somebody is back in, and it is no answer until it is saved
    again = come_in(app, made)
    assert "Continue your reply" in again.get("/reply").text
    waiting = again.get(address).text
    assert "Words typed too late" in waiting
    assert "when your session ended" in waiting
    assert again.get("/reply/check").headers["Location"] == address
    post(again, address, choice="Checked words")
    assert "Words typed too late" not in repr(dump(engine)["reply_draft"])


@pytest.mark.parametrize("ended", ["left", "revoked", "reissued", "long ago", "nobody"])
def test_a_session_that_did_not_merely_sleep_takes_no_words(
    app: Flask,
    made: Any,
    begin: Begin,
    people: dict[str, Actor],
    clock: Clock,
    engine: Engine,
    ended: str,
) -> None:
    client = come_in(app, made)
    address = "/reply/why/wrong_recipient/words"
    post(client, "/reply/why", choice=["wrong_recipient"])
    secret = token(client.get(address).text)
    cookie = client.get_cookie("reply-session")
    assert cookie is not None
    if ended == "left":
        post(client, "/leave", at="/reply")
        client.set_cookie("reply-session", cookie.value)
    if ended in ("revoked", "reissued"):
        with begin(people["officer"]) as work:
            ENDS[ended](work, cases.find(work, made.reference))
    if ended == "nobody":
        client.set_cookie("reply-session", "x" * 43)
    clock.now = NOW + (timedelta(days=2) if ended == "long ago" else timedelta(minutes=31))
    before = dump(engine)
    late = client.post(address, data={"csrf_token": secret, "choice": "Words"})
    assert late.status_code == 401
    assert "is kept." not in late.text.split("<main")[1].split("already")[0]
    assert dump(engine) == before


def test_a_session_ends_after_four_hours_however_busy(app: Flask, made: Any, clock: Clock) -> None:
    client = come_in(app, made)
    for _ in range(11):
        clock.now += timedelta(minutes=20)
        assert client.get("/reply").status_code == 200
    clock.now += timedelta(minutes=21)
    assert client.get("/reply").status_code == 401


def test_pressing_twice_or_going_back_is_one_reply(app: Flask, made: Any, engine: Engine) -> None:
    client = come_in(app, made)
    key = fill(client)
    page = client.get("/reply/check").text
    data = {"csrf_token": token(page), "form_key": key, "declared": "y"}
    places = {client.post("/reply/check", data=data).headers["Location"] for _ in range(3)}
    assert places == {"/reply/sent/ASC-2026-000001-R1"}
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM reply")) == 1
    assert client.get("/reply/check").status_code == 302
    # more may be added, as another reply
    data["form_key"] = fill(client)
    assert client.post("/reply/check", data=data).headers["Location"].endswith("R2")


def test_another_case_cannot_be_named(
    app: Flask, made: Any, begin: Begin, people: dict[str, Actor]
) -> None:
    first = come_in(app, made)
    fields = {"csrf_token": "", "form_key": fill(first), "declared": "y"}
    with begin(people["officer"]) as work:
        other = reply_case.make(work, 2)
    client = app.test_client()
    post(client, f"/r/{other.secret}", location_id="1-90000020 09", postcode="ZZ1 1ZZ")
    assert client.get("/reply").status_code == 200
    fields["csrf_token"] = token(client.get("/reply").text)
    fill(client)
    assert client.post("/reply/check", data=fields).status_code == 404
    assert client.get("/reply/letters/ASC-2026-000001-N1").status_code == 404
    assert first.get("/reply/letters/ASC-2026-000001-N1").status_code == 200
    assert client.get("/reply/sent/ASC-2026-000001-R1").status_code == 404


def upload(client: FlaskClient, *files: tuple[bytes, str]) -> Any:
    return post(
        client, "/reply/evidence", more="y", files=[(BytesIO(c), name) for c, name in files]
    )


def test_bad_files_are_refused_and_good_ones_beside_them_kept(app: Flask, made: Any) -> None:
    client = come_in(app, made)
    answer = upload(client, (b"a,b\n", "../../../good.csv"), (b"MZ\x90\0", "run.pdf"))
    assert "not really" in answer.text
    assert "good.csv" in answer.text
    assert ".." not in answer.text


def test_too_large_a_request_is_refused_whole(
    settings: Settings, made: Any, engine: Engine, clock: Clock
) -> None:
    small = replace(settings, max_evidence_bytes=MEGABYTE, max_reply_bytes=2 * MEGABYTE)
    client = come_in(create_reply_app(small, clock=clock), made)
    with warnings.catch_warnings():
        # A refused body's spool file is the test client's to close, and is closed by collecting.
        warnings.simplefilter("ignore", ResourceWarning)
        assert "larger than 1 MB" in upload(client, (b"a" * (MEGABYTE + 1), "a.csv")).text
        gc.collect()
        before = dump(engine)
        assert upload(client, (b"a" * (3 * MEGABYTE), "a.csv")).status_code == 413
        gc.collect()
    assert dump(engine) == before


def test_nothing_is_taken_without_the_form_token(app: Flask, made: Any, engine: Engine) -> None:
    client = come_in(app, made)
    before = dump(engine)
    for place in ("/", f"/r/{made.secret}", "/reply/why", "/reply/evidence", "/reply/check"):
        assert client.post(place, data=RIGHT).status_code == 400, place
    assert dump(engine) == before


@pytest.mark.parametrize("name", ["staff-session", "__Host-staff-session", "reply-session"])
def test_no_other_cookie_opens_the_site(app: Flask, made: Any, name: str) -> None:
    client = app.test_client()
    client.set_cookie(name, "x" * 43)
    assert client.get("/reply").status_code == 401


def test_the_cookie_is_closed_to_script_and_bound_to_https(
    settings: Settings, made: Any, clock: Clock
) -> None:
    public = replace(settings, reply_base_url="https://reply.example.org")
    client = create_reply_app(public, clock=clock).test_client()
    base = "https://reply.example.org"
    page = client.get(f"/r/{made.secret}", base_url=base).text
    answer = client.post(
        f"/r/{made.secret}",
        data={"csrf_token": token(page), **RIGHT},
        base_url=base,
        headers={"Referer": f"{base}/"},
    )
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if "reply-session" in c)
    assert cookie.startswith("__Host-reply-session=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_the_host_header_leads_nowhere(app: Flask, made: Any) -> None:
    client = app.test_client()
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    page = client.get(f"/r/{made.secret}", headers=headers)
    assert "evil" not in page.text
    answer = client.post(
        f"/r/{made.secret}", data={"csrf_token": token(page.text), **RIGHT}, headers=headers
    )
    assert answer.headers["Location"] == "/reply"


def test_no_secret_in_the_database_or_the_log(
    app: Flask, made: Any, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = come_in(app, made)
    post(client, "/", code=made.code)
    cookie = client.get_cookie("reply-session")
    assert cookie is not None
    everything = repr(dump(engine)) + caplog.text
    for secret in (made.secret, made.code, made.code.replace("-", ""), cookie.value):
        assert secret not in everything


def test_a_late_reply_is_taken_and_marked(app: Flask, made: Any, clock: Clock) -> None:
    clock.now = datetime(2026, 6, 26, 9, 0, tzinfo=UTC)
    client = come_in(app, made)
    assert "mark it as late" in client.get("/reply").text
    key = fill(client)
    answer = post(client, "/reply/check", form_key=key, declared="y")
    assert "marked late" in client.get(answer.headers["Location"]).text


@pytest.mark.parametrize("state", ["impose", "payment", "closed"])
def test_after_the_decision_the_page_says_where_to_write(
    app: Flask, made: Any, begin: Begin, people: dict[str, Actor], state: str
) -> None:
    client = come_in(app, made)
    with begin(people["officer"]) as work:
        cases.find(work, made.reference).state = state
    page = client.get("/reply")
    assert page.status_code == 200
    assert "Newcastle upon Tyne" in page.text
    if state != "closed":
        assert client.get("/reply/why").status_code == 409
