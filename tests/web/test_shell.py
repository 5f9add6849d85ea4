"""The shell through Flask's own client: strict pages, escaping, headers, error pages."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient

PLACES = ["/", "/list", "/list?rows=0", "/case", "/form"]
ERRORS = [400, 403, 404, 405, 409, 413, 429, 500, 503]
Check = Callable[..., None]


@pytest.fixture(params=["staff", "reply"])
def app(request: pytest.FixtureRequest, showcase: ModuleType) -> Flask:
    made: Flask = showcase.make(request.param)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _strict(client: FlaskClient, app: Flask, **typed: object) -> str:
    app.config["WTF_CSRF_ENABLED"] = False
    return client.post("/form", data=typed, content_type="multipart/form-data").text


@pytest.mark.parametrize("place", PLACES)
def test_pages_are_strict(client: FlaskClient, page_checker: Check, place: str) -> None:
    page_checker(client.get(place).text)


def test_the_checker_can_fail(page_checker: Check) -> None:
    bad = '<!DOCTYPE html><title>x</title><h1>a</h1><h1>b</h1><input name="q"><p style="a:b">'
    with pytest.raises(AssertionError, match="one h1") as caught:
        page_checker(bad)
    for words in ("no label for 'q'", "inline style", "the title must be", "no language"):
        assert words in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
def test_hostile_words_are_escaped_everywhere(
    showcase: ModuleType, page_checker: Check, place: str
) -> None:
    body = showcase.make("staff", showcase.NASTY).test_client().get(place).text
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert" in body
    page_checker(body)


@pytest.mark.parametrize(
    "field",
    [
        "reference",
        "email",
        "phone",
        "locations",
        "share",
        "amount",
        "story",
        "reasons",
        "stage",
        "reason",
        "other",
        "windows",
        "happened_on",
        "ended_on",
        "key",
    ],
)
def test_hostile_words_in_every_kind_of_field(
    app: Flask, client: FlaskClient, showcase: ModuleType, page_checker: Check, field: str
) -> None:
    body = _strict(client, app, **{field: showcase.NASTY})
    assert "<script>alert" not in body
    page_checker(body, form_actions=False)  # CSRF is off for these posts


def test_a_date_keeps_its_boxes_and_says_what_is_wrong(app: Flask, client: FlaskClient) -> None:
    body = _strict(client, app, happened_on=["31", "2", "2025"], ended_on=["", "3", "2025"])
    assert "Date it happened must be a real date" in body
    assert "Date it ended must include a day" in body
    assert 'href="#happened_on-day"' in body
    assert 'value="31"' in body


def test_a_long_text_keeps_its_lines_and_first_newline(app: Flask, client: FlaskClient) -> None:
    body = _strict(client, app, reasons="\r\none\r\n  two")
    assert ">\n\none\n  two</textarea>" in body


def test_unseen_characters_are_refused(app: Flask, client: FlaskClient) -> None:
    assert "a character that cannot be seen (U+202E)" in _strict(client, app, reference="a\u202eb")


@pytest.mark.parametrize("place", [*PLACES, "/status/500", "/refused/same", "/no-such"])
def test_headers_stand_on_every_answer(client: FlaskClient, app: Flask, place: str) -> None:
    answer = client.get(place, base_url="https://localhost")
    policy = answer.headers["Content-Security-Policy"]
    for words in ("default-src 'none'", "font-src 'self'", "object-src 'none'", "base-uri 'none'"):
        assert f"{words};" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert answer.text.count(f'nonce="{nonce}"') == 2
    assert nonce not in client.get(place).headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    reply = app.jinja_env.globals["site"] == "reply"
    assert answer.headers["Referrer-Policy"] == ("no-referrer" if reply else "same-origin")


def test_assets_are_kept_and_pages_are_not(client: FlaskClient) -> None:
    answer = client.get("/assets/site.css?v=1")
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()
    assert client.get("/assets/none.css").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", ERRORS)
def test_error_pages_are_plain_and_numbered(
    client: FlaskClient, page_checker: Check, status: int
) -> None:
    answer = client.get(f"/status/{status}")
    assert answer.status_code == status
    assert f'<code class="app-code">{answer.headers["X-Request-ID"]}</code>' in answer.text
    page_checker(answer.text)


@pytest.mark.parametrize("place", ["/fault", "/broken"])
def test_a_fault_shows_no_inner_words(client: FlaskClient, place: str) -> None:
    answer = client.get(place)
    assert answer.status_code == 500
    for words in ("inner words", "Traceback", "no-such-page", "RuntimeError"):
        assert words not in answer.text


def test_a_broken_frame_still_answers(app: Flask) -> None:
    @app.context_processor
    def broken() -> dict[str, object]:
        raise RuntimeError("the database is down")

    answer = app.test_client().get("/no-such")
    assert answer.status_code == 404
    assert "Request number" in answer.text
    assert "database" not in answer.text


@pytest.mark.parametrize(
    ("kind", "status"), [("same", 409), ("allowed", 403), ("found", 404), ("input", 400)]
)
def test_a_refusal_says_why_and_what_to_do(
    client: FlaskClient, page_checker: Check, kind: str, status: int
) -> None:
    answer = client.get(f"/refused/{kind}")
    assert answer.status_code == status
    for words in ("You drafted it.", "SI 2022/1175 reg 5", "Ask another."):
        assert words in answer.text
    assert "<script>alert" not in answer.text
    page_checker(answer.text)


def test_a_form_without_its_token_changes_nothing(client: FlaskClient) -> None:
    answer = client.post("/form", data={"reference": "x"})
    assert answer.status_code == 400
    assert "This page was open too long" in answer.text


def test_a_wrong_method_says_which_are_allowed(client: FlaskClient) -> None:
    answer = client.open("/list", method="PUT")
    assert answer.status_code in (400, 405)
    assert "GET" in answer.headers.get("Allow", "GET")


def test_a_page_too_large_is_refused(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/form", data={"story": "x" * 200_000}).status_code == 413


def test_a_download_cannot_run_in_our_origin(showcase: ModuleType) -> None:
    answer = showcase.make("staff", 'a\r\nX: y/…"é.pdf').test_client().get("/file")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')
    assert "X" not in answer.headers
    assert "sandbox" in answer.headers["Content-Security-Policy"]
