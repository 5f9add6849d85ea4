"""The officers' screens on a real database: what each shows, who may use it, what it changes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import officer_cases
import openpyxl
import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from enforcement.data.history import Event
from enforcement.domain.closing import YEARS_KEPT
from enforcement.domain.events import leaf_hash
from enforcement.domain.permissions import GRANTS, Permission, Role
from enforcement.domain.tasks import TaskKind
from enforcement.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Check = Callable[..., None]
MINE = {"home", "worklist", "cases", "clocks", "history", "accounts", "policies"}


@pytest.fixture
def site(engine: Engine, settings: Settings) -> Any:
    return officer_cases.make_site(engine, settings)


def addresses(site: Any) -> list[str]:
    """Every page of this slice that can be read, with real values in its address."""
    case = site.seeded.cases["late"].reference
    clock = site.seeded.cases["late"].clocks[0].id
    return [
        *("/", "/cases", "/cases?stage=any&only=overdue&only=hold", "/cases?text=no+such+thing"),
        *(f"/cases/{case}", f"/cases/{case}/notes", f"/cases/{case}/documents"),
        *(f"/cases/{case}/history", f"/cases/{case}/history?kind=case&by=person"),
        *(f"/cases/{case}/clocks/{clock}", "/history", "/history?kind=case&who=olive"),
        *("/history/verify", "/policies", "/policies/threshold", "/policies/calendar_day"),
        *(f"/cases/{one.reference}" for one in site.seeded.cases.values()),
    ]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@contextmanager
def counted(app: Any) -> Iterator[list[str]]:
    """The statements the site sends while this is open."""
    found: list[str] = []
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine

    def listen(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    yield found
    event.remove(engine, "before_cursor_execute", listen)


def post(client: Any, page: str, url: str, **fields: Any) -> Any:
    """Send a form with the token of a page that was opened first."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert token is not None, page
    return client.post(url, data={"csrf_token": token[1], **fields}, follow_redirects=True)


def test_every_page_holds_the_rules_of_a_page(site: Any, page_checker: Check) -> None:
    for who in ("olive", "leith", "audra"):
        client = site.client(who)
        for address in addresses(site):
            answer = client.get(address)
            assert answer.status_code == 200, (who, address)
            page_checker(answer.text)
    for who, address in (("adair", "/accounts"), ("adair", "/accounts/new"),
                         ("adair", "/accounts/olive"), ("adair", "/accounts/adair")):  # fmt: skip
        page_checker(site.client(who).get(address).text)


def test_an_auditor_reads_everything_and_changes_nothing(site: Any) -> None:
    client = site.client("audra")
    for address in addresses(site):
        assert client.get(address).status_code == 200, address
    reading = {Permission.READ_CASES, Permission.READ_HISTORY, Permission.READ_CODE}
    assert GRANTS[Role.AUDITOR] == reading
    views = site.app.view_functions
    changing = {
        rule.endpoint
        for rule in site.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in MINE
    }
    open_to_auditors = {e for e in changing if views[e].needs in GRANTS[Role.AUDITOR]}
    assert open_to_auditors == {"history.run_verify"}  # which only records that it was run
    with Session(site.engine) as session:
        before = session.scalar(select(func.count()).select_from(Event))
    case = site.seeded.cases["open"]
    tries = {
        "/cases/assign": {"case": case.reference, "officer": "1"},
        f"/cases/{case.reference}/notes": {"kind": "note", "text": "x"},
        "/accounts/new": {},
        "/policies/threshold/propose": {},
        "/policies/rows/1/approve": {},
    }
    for url, fields in tries.items():
        answer = post(client, "/history/verify", url, **fields)
        assert answer.status_code == 403, url
    with Session(site.engine) as session:
        assert session.scalar(select(func.count()).select_from(Event)) == before


@pytest.mark.parametrize("who", list(officer_cases.PEOPLE))
def test_home_needs_few_statements(site: Any, who: str) -> None:
    client = site.client(who)
    client.get("/")
    with counted(site.app) as statements:
        assert client.get("/").status_code == 200
    assert len(statements) <= 15, statements


def test_the_worklist_needs_few_statements_whatever_it_shows(site: Any) -> None:
    client = site.client("leith")
    for address in ("/cases?stage=any", "/cases?text=nothing+of+that+name"):
        client.get(address)
        with counted(site.app) as statements:
            client.get(address)
        assert len(statements) <= 15, statements


@pytest.mark.parametrize(
    ("who", "number", "phrase"),
    [
        ("leith", 1, "case without an officer"),
        ("leith", 1, "overdue"),
        ("olive", 1, "new reply to read"),
        ("olive", 1, "sending failed or uncertain"),
        ("senna", 1, "waiting for my approval"),
        ("petra", 1, "case waiting for my vote"),
        ("piers", 0, "cases waiting for my vote"),
        ("fern", 1, "payment overdue"),
        ("fern", 0, "refunds due"),
        ("adair", 10, "active accounts"),
    ],
)
def test_home_counts_what_waits_and_links_to_it(
    site: Any, who: str, number: int, phrase: str
) -> None:
    client = site.client(who)
    page = client.get("/").text
    assert f"{number} {phrase}" in words(page)
    link = re.search(rf'href="([^"]+)"><span class="app-count__number">{number}</span> '
                     rf'<span class="app-count__text">{phrase}<', page)  # fmt: skip
    assert link is not None
    listed = client.get(link[1].replace("&amp;", "&"))
    assert listed.status_code == 200
    if link[1].startswith("/cases"):
        assert f"{number} case" in words(listed.text)


@pytest.mark.parametrize(
    ("query", "stages"),
    [
        ("", {"triage", "review", "open", "late", "panel", "paying"}),
        ("stage=any", {"triage", "review", "open", "late", "panel", "paying", "closed"}),
        ("stage=closed", {"closed"}),
        ("only=overdue", {"paying"}),
        ("only=hold&only=unread", {"late"}),
        ("only=doubt", {"late"}),
        ("officer=nobody", {"triage"}),
        ("region=North+East", {"triage"}),
        ("window=24316", {"triage", "review", "open", "late", "panel", "paying"}),
        ("window=24315", set()),
        ("text=asc 2026 000003", {"open"}),
        ("text=ASC2026000003", {"open"}),
        ("text=3", {"open"}),
        ("text=THISTLEDOWN", {"open"}),
        ("text=owaka and sons", {"review"}),
        ("text=1-900000007", {"closed"}),
        ("text=1 - 910000004", {"late"}),
        ("text=zz49qx", {"late"}),
        ("text=ZZ4 9QX", {"late"}),
    ],
)
def test_the_worklist_finds(site: Any, query: str, stages: set[str]) -> None:
    page = site.client("olive").get(f"/cases?{query}").text
    found = set(re.findall(r">(ASC-2026-\d+)</a>", page))
    assert found == {site.seeded.cases[stage].reference for stage in stages}


def test_filters_stand_in_the_address_and_can_be_taken_away(site: Any) -> None:
    page = site.client("olive").get("/cases?only=hold&only=unread&stage=any").text
    assert 'href="/cases?only=unread&amp;stage=any"' in page
    assert 'href="/cases?only=hold&amp;only=unread"' in page


@pytest.mark.parametrize("query", ["stage=x", "only=x", "officer=x", "window=x", "after=x"])
def test_a_filter_nobody_offers_is_refused(site: Any, query: str) -> None:
    assert site.client("olive").get(f"/cases?{query}").status_code == 400


def test_exports_hold_what_is_shown(site: Any) -> None:
    client = site.client("olive")
    lines = list(csv.DictReader(io.StringIO(
        client.get("/cases/export.csv?only=overdue").get_data().decode("utf-8-sig"))))  # fmt: skip
    assert [line["Reference"] for line in lines] == ["ASC-2026-000006"]
    assert lines[0]["Next date"] == "2026-05-29"
    assert lines[0]["Amount"] == "3268"
    book = openpyxl.load_workbook(io.BytesIO(client.get("/cases/export.xlsx?stage=any").data))
    assert book.active is not None
    assert book.active.max_row == 8


def test_a_leader_assigns_several_and_is_told_of_each_refused(site: Any) -> None:
    client, oscar = site.client("leith"), site.seeded.accounts["oscar"].id
    fresh, stale = site.seeded.cases["triage"], site.seeded.cases["review"]
    answer = post(client, "/cases", "/cases/assign", officer=str(oscar), back="/cases?stage=any",
                  case=[f"{fresh.reference}:{fresh.version}", f"{stale.reference}:99"])  # fmt: skip
    assert answer.request.full_path == "/cases?stage=any"
    assert "1 case assigned" in answer.text
    assert f"Not assigned. {stale.reference}" in answer.text
    with Session(site.engine) as session:
        kinds = session.scalars(
            select(Event.kind).where(Event.stream == f"case:{fresh.reference}").order_by(Event.seq)
        ).all()
    assert kinds[-1] == "case_assigned"


def test_bulk_assignment_leads_nowhere_else(site: Any) -> None:
    answer = post(site.client("leith"), "/cases", "/cases/assign", back="https://evil.example/")
    assert answer.request.full_path.rstrip("?") == "/cases"


def test_the_case_says_what_happened_and_what_is_next(site: Any) -> None:
    page = words(site.client("olive").get("/cases/ASC-2026-000004").text)
    for said in (
        "The case was opened on 7 May 2026 on 3 missed returns: 3 windows at 1 location.",
        "representations until the end of 3 June 2026",
        "1 reply was received, the last on 14 June 2026.",
        "The period for representations ended on 3 June 2026.",
        "a hold never stops the time to decide",
        "Late reply",
        "Giving in doubt",
        "£3,268.00 our estimate",
        "Drafter Olive Marsh",
        "Approver Senna Thorpe",
    ):
        assert said in page, said


def test_a_note_is_kept_with_its_words_in_the_history(site: Any) -> None:
    client = site.client("olive")
    where = "/cases/ASC-2026-000003/notes"
    empty = post(client, where, where, kind="call", text=" ")
    assert "Write what happened" in empty.text
    answer = post(client, where, where, kind="support", text="Rang support. <i>")
    assert "Contact with Capacity Tracker support added" in answer.text
    told = client.get("/cases/ASC-2026-000003/history").text
    assert "Rang support. &lt;i&gt;" in told
    assert "Contact logged: Capacity Tracker support" in told


def test_a_document_is_given_by_its_hash_to_its_own_case_only(site: Any) -> None:
    client = site.client("olive")
    page = client.get("/cases/ASC-2026-000004/documents").text
    links = re.findall(r'href="(/cases/ASC-2026-000004/documents/[0-9a-f]{64})"', page)
    assert len(links) == 2
    assert client.get(links[0]).data.startswith(b"%PDF")
    assert client.get(links[1]).headers["Content-Disposition"].startswith("attachment")
    assert client.get(links[0].replace("000004", "000003")).status_code == 404


def test_a_receipt_counts_each_day_and_counts_again(site: Any) -> None:
    clock = site.seeded.cases["open"].clocks[0]
    page = words(site.client("olive").get(f"/cases/ASC-2026-000003/clocks/{clock.id}").text)
    assert "Monday 8 June 2026 – The notice of intent is given; this day is not counted." in page
    assert "Tuesday 9 June 2026 1 Day 1: the day after." in page
    assert "SI 2022/1175 reg 5" in page
    assert "Counted again: the same day and the same count" in page
    other = site.seeded.cases["late"].reference
    assert site.client("olive").get(f"/cases/{other}/clocks/{clock.id}").status_code == 404


def test_a_receipt_that_was_tampered_with_says_so(site: Any) -> None:
    case = site.seeded.cases["open"]
    with site.work("leith") as work:
        row = work.session.get(type(case.clocks[0]), case.clocks[0].id)
        row.receipt = [*row.receipt[:-1], {**row.receipt[-1], "note": "forged"}]
    page = site.client("olive").get(f"/cases/{case.reference}/clocks/{case.clocks[0].id}").text
    assert "Counted again: different" in page


def test_the_history_is_filtered_and_paged(site: Any) -> None:
    with site.work("olive") as work:
        for number in range(60):
            work.record("case:ASC-2026-000003", "case_noted", {"note": number})
    client = site.client("audra")
    page = client.get("/history?kind=case_noted&who=Olive").text
    assert page.count("app-timeline__title") == 50
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    rest = client.get(older[1].replace("&amp;", "&")).text
    assert rest.count("app-timeline__title") == 11
    assert "No event matches" in client.get("/history?who=staff:4001&kind=case").text
    assert "No event matches" in client.get("/history?last=1&last=1&last=2020").text
    assert client.get("/history?first=31&first=2&first=2026").status_code == 400
    assert client.get("/history?kind=nothing").status_code == 400


def test_a_case_is_exported_so_that_anybody_can_check_it(site: Any) -> None:
    body = site.client("audra").get("/cases/ASC-2026-000004/history.jsonl").text
    lines = [json.loads(line) for line in body.splitlines()]
    assert len(lines) > 5
    previous = "0" * 64
    for line in lines:
        assert leaf_hash(line["body"]) == line["hash"]
        assert json.loads(line["body"])["previous"] == previous
        previous = line["hash"]


def test_verifying_tells_the_truth_and_is_recorded(site: Any, page_checker: Check) -> None:
    client = site.client("audra")
    assert "Not verified here yet" in client.get("/history/verify").text
    answer = post(client, "/history/verify", "/history/verify")
    page_checker(answer.text)
    assert "Nothing was changed, removed or cut" in answer.text
    assert "Nothing was changed or cut" in client.get("/").text


def test_accounts_are_made_changed_and_disabled(site: Any) -> None:
    client = site.client("adair")
    made = {
        "username": "nina", "name": "Nina Holt", "staff_number": "5000", "roles": "officer",
        "password": "a long enough one",
    }  # fmt: skip
    weak = post(client, "/accounts/new", "/accounts/new", **{**made, "password": "short"})
    assert "A password has at least 12 characters" in weak.text
    assert 'value="Nina Holt"' in weak.text
    both = post(client, "/accounts/new", "/accounts/new", **{**made, "roles": ["admin", "panel"]})
    assert "takes no other role" in both.text
    assert (
        "Account made for Nina Holt" in post(client, "/accounts/new", "/accounts/new", **made).text
    )
    assert (
        "changed"
        in post(client, "/accounts/nina", "/accounts/nina", roles="panel", version="1").text
    )
    stale = post(client, "/accounts/nina", "/accounts/nina", roles="officer", version="1")
    assert "Somebody changed this" in stale.text
    unsure = post(client, "/accounts/nina", "/accounts/nina/disable")
    assert unsure.status_code == 400
    gone = post(client, "/accounts/nina", "/accounts/nina/disable", sure="yes")
    assert "disabled and signed out" in gone.text
    assert post(client, "/accounts/new", "/accounts/adair/disable", sure="yes").status_code == 403


def test_only_an_administrator_sees_accounts(site: Any) -> None:
    for who in officer_cases.PEOPLE:
        wanted = 200 if who == "adair" else 403
        assert site.client(who).get("/accounts").status_code == wanted, who


DAY = ["1", "7", "2026"]
PROPOSALS: dict[str, dict[str, Any]] = {
    "threshold": {"consecutive": "2", "total": "4", "span": "12", "first_countable": "2023-04",
                  "at_risk_consecutive": "1", "at_risk_total": "3"},
    "periods": {"representations_days": "21", "representations_roll": "y", "payment_days": "28",
                "appeal_days": "28", "link_days_after_deadline": "14"},
    "calendar_day": {"day": DAY, "reason": "Invented holiday"},
    "window_override": {"month": "2026-08", "closes_on": ["20", "8", "2026"], "reason": "Outage"},
    "panel": {"quorum": "3"},
    "recovery": {"reminder_needed": "y", "reminder_wait": "14", "next_step_days": "28"},
    "retention": dict.fromkeys(YEARS_KEPT, "6"),
    "tasks": dict.fromkeys(TaskKind, "5"),
    "signatory": {"name": "Head of Enforcement", "role": "For the Secretary of State"},
    "contact_block": {"phone": "0300", "hours": "9 to 5", "email": "a@b.example", "post": "Street",
                      "who_to_ask": "This | Us | Ring"},
}  # fmt: skip


@pytest.mark.parametrize("kind", PROPOSALS)
def test_a_policy_is_proposed_by_one_and_approved_by_another(
    site: Any, kind: str, page_checker: Check
) -> None:
    polly, leith = site.client("polly"), site.client("leith")
    where = f"/policies/{kind}/propose"
    answer = post(polly, where, where, effective_from=DAY, citation="Decision of 1 June",
                  **PROPOSALS[kind])  # fmt: skip
    assert "It waits for a second person" in answer.text
    assert "You proposed it: a second person approves." in answer.text
    assert "What it touches." in answer.text
    page_checker(answer.text)
    url = re.search(r'action="(/policies/rows/\d+/approve)"', leith.get("/policies").text)
    assert url is not None
    approved = post(leith, "/policies", url[1])
    assert "approved, in force from 1 July 2026" in approved.text
    page_checker(approved.text)


@pytest.mark.parametrize(
    ("kind", "change", "sentence"),
    [
        ("periods", {"representations_days": "13"}, "no fewer than 14 days"),
        ("threshold", {"consecutive": "13"}, "between 1 and its span"),
        ("threshold", {"at_risk_total": "9"}, "must come before the threshold"),
        ("threshold", {"first_countable": "soon"}, "is not a month"),
        ("window_override", {"closes_on": ["", "", ""]}, "or both"),
        ("contact_block", {"who_to_ask": "nobody"}, "three parts"),
        ("calendar_day", {"day": ["31", "2", "2026"]}, "must be a real date"),
        ("retention", {"paid": "0"}, "between 1 and 999"),
    ],
)
def test_a_policy_the_rules_cannot_use_is_refused_with_its_reason(
    site: Any, kind: str, change: dict[str, Any], sentence: str
) -> None:
    where = f"/policies/{kind}/propose"
    fields = {**PROPOSALS[kind], **change}
    answer = post(site.client("polly"), where, where, effective_from=DAY, citation="X", **fields)
    assert sentence in answer.text


def test_policies_and_roles_are_told_in_words(site: Any) -> None:
    client = site.client("polly")
    scheme = client.get("/policies/fee_scheme").text
    assert "Home care: base of the fee" in scheme
    assert "£54.305" in scheme
    assert "Both fees, added up" in scheme
    assert "7 years" in client.get("/policies/retention").text
    mine = client.get("/my-account").text
    assert ("Policy administrator" in mine, "policies.propose" in mine) == (True, False)


def test_a_fee_scheme_is_checked_before_it_is_proposed(site: Any) -> None:
    client, where = site.client("polly"), "/policies/fee_scheme/propose"
    broken = post(client, where, where, effective_from=DAY, citation="X", scheme="{")
    assert "This is not JSON" in broken.text
    lacking = post(client, where, where, effective_from=DAY, citation="X", scheme="{}")
    assert "cannot be read" in lacking.text
