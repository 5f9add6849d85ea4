"""A refused file or value is shown beside its field, and the summary leads there."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import notice_story as story
import pytest
from test_case_steps import CASE, PANEL_DAY, Form, Site

from enforcement.services import amounts, replies
from enforcement.services.replies import Keyed, Sender
from enforcement.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REPLY = "/replies/ASC-2026-000001-R1"
STANDARD = "The return was due and nothing stopped you from making it."


@pytest.fixture
def site(settings: Settings, begin: Callable[..., Any], page_checker: Any) -> Site:
    found = Site(settings, begin, page_checker)
    found.tale.to_given()
    with begin(story.OFFICER, PANEL_DAY) as work:
        sender = Sender("Pat Example", "Manager")
        keyed = Keyed("post", work.today, sender, (), "We forgot.", "field-1")
        replies.key(work, found.tale.case(work), keyed)
    return found


def refused(html: str) -> list[tuple[str, str]]:
    """The summary's entries, each with the field it leads to, where its sentence stands again."""
    summary = html[html.index("nhsuk-error-summary") :]
    links = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', summary[: summary.index("</ul>")])
    found = [(anchor, " ".join(sentence.split())) for anchor, sentence in links]
    for anchor, sentence in found:
        assert f'id="{anchor}"' in html, anchor
        assert " ".join(html.split()).count(sentence) == 2, sentence
    return found


def file(name: str, content: bytes = b"no such thing") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


FIGURE = {"pounds": "3268", "evidence": "Letter of 1 June"}
ANSWER = {"evidence_looked_at": "Our record.", "view": "accepted", "answer": "We agree."}
KEYED = {
    "source": "post", "received_on": ["1", "7", "2026"], "name": "Pat", "role": "Manager",
    "words": "We forgot.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("where", "to", "sent", "field", "says"),
    [
        ("/amount", "/amount/entered", FIGURE | {"file": file("fee.pdf")}, "file", "not really"),
        ("/amount", "/amount/entered", FIGURE | {"file": file("a.exe")}, "file", "cannot be taken"),
        ("/amount", "/amount/entered", FIGURE | {"file": file("fee.csv", b"")}, "file", "is empty"),
        (
            "/amount", "/amount/entered", FIGURE | {"pounds": "0", "file": file("a.csv", b"a,b\n")},
            "pounds", "above zero",
        ),
        (
            "/amount", "/amount/entered",
            FIGURE | {"evidence": "  ", "file": file("a.csv", b"a,b\n")}, "evidence", "evidence",
        ),
        (f"{REPLY}/points/1", "", ANSWER | {"view": ""}, "view", "Choose whether"),
        (f"{REPLY}/points/1", "", ANSWER | {"answer": " "}, "answer", "will read these words"),
        (
            f"{REPLY}/points/1", "", ANSWER | {"evidence_looked_at": ""}, "evidence_looked_at",
            "even if it is only our own record",
        ),
        (f"{REPLY}/points/1/split", "", {"parts": "One."}, "parts", "at least two points"),
        ("/replies/key", "", KEYED | {"files": file("a.pdf")}, "files", "not really"),
        (
            "/replies/key", "", KEYED | {"received_on": ["1", "1", "2030"]}, "received_on-day",
            "cannot be in the future",
        ),
        (
            "/notices/1/other-day", "",
            {"given_on": ["20", "6", "2026"], "words": "It came so.", "file": file("a.png")},
            "file", "not really",
        ),
        (
            "/notices/1/other-day", "",
            {"given_on": ["1", "1", "2026"], "words": "So.", "file": file("a.csv", b"a,b\n")},
            "given_on-day", "between the day it was sent and today",
        ),
    ],
)  # fmt: skip
def test_a_refusal_stands_beside_its_field(
    site: Site, where: str, to: str, sent: dict[str, Any], field: str, says: str
) -> None:
    form = Form(site, site.client("olive"), where)
    form.path = CASE + (to or where)
    ((anchor, sentence),) = refused(form.send(200, **sent))
    assert anchor == field
    assert says in sentence


def test_what_the_second_person_reads_otherwise_stands_beside_it(site: Site) -> None:
    with site.begin(story.OTHER_OFFICER, PANEL_DAY) as work:
        amounts.enter(work, site.tale.case(work), 326_800, "Letter", "fee.eml", story.LETTER)
    form = Form(site, site.client("olive"), "/amount")
    form.path = f"{CASE}/amount/confirmed"
    ((anchor, sentence),) = refused(form.send(200, read="3286"))
    assert anchor == "read"
    assert "You read £3,286.00" in sentence


def test_a_review_without_evidence_leads_to_it(site: Site) -> None:
    client = site.client("olive")
    path = "/providers/1-900000001/review"
    token = site.token(client.get(path).text)
    typed = {"csrf_token": token, "public_body": "yes", "evidence": " ", "version": ""}
    answer = client.post(path, data=typed)
    assert refused(answer.text) == [("evidence", "Say what the finding rests on.")]
