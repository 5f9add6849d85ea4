"""Finance's own pages: a bank file from upload to posting and back, write-offs, the Fund."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import form_reader
import money_story
import notice_story as story
import pytest
from test_case_steps import CASE, Site

from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.work import Work
from enforcement.settings import Settings

REFERENCE = "ASC-2026-000001-N2"
BANK = f"""Date,Amount,Reference,Payer
14/07/2026,"1,000.00",{REFERENCE},Invented Meadow
14/07/2026,"1,000.00",{REFERENCE},Invented Meadow
15/07/2026,50.00,ASC-2026-0O0001-N2,Invented Meadow Care Limited
15/07/2026,7.00,=HYPERLINK("x"),
15/07/2026,abc,,
"""


class Office:
    """The site with one penalty to be paid, and what people do on its pages."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clients: dict[str, Any] = {}
        with site.begin(story.OFFICER, money_story.GIVEN) as work:
            money_story.owing(work)
        site.now = money_story.GIVEN + timedelta(days=10)

    def client(self, who: str) -> Any:
        if who not in self.clients:
            self.clients[who] = self.site.client(who)
        return self.clients[who]

    def page(self, path: str, who: str = "fin", expect: int = 200) -> str:
        answer = self.client(who).get(path)
        assert answer.status_code == expect, answer.text[:1500]
        if expect == 200 and answer.mimetype == "text/html":
            self.site.check(answer.text)
        return str(answer.get_data(as_text=True))

    def send(self, path: str, who: str = "fin", expect: int = 303, **typed: Any) -> str:
        """Open a form's page, fill it and send it."""
        client = self.client(who)
        html = client.get(path).text
        self.site.check(html)
        hidden = dict(
            re.findall(r'<input id="[^"]*" name="([^"]+)" type="hidden" value="([^"]*)"', html)
        )
        data = {**hidden, "csrf_token": self.site.token(html), **typed}
        answer = client.post(path, data=data)
        assert answer.status_code == expect, answer.text[:3000]
        if expect != 303:
            self.site.check(answer.text)
        return str(answer.headers.get("Location") or answer.text)

    def press(self, shown_on: str, path: str, who: str = "fin") -> None:
        client = self.client(who)
        token = self.site.token(client.get(shown_on).text)
        assert client.post(path, data={"csrf_token": token}).status_code == 303

    def upload(self, content: str = BANK, expect: int = 303, **typed: Any) -> str:
        file = (BytesIO(content.encode()), "bank.csv")
        return self.send("/money/files/new", expect=expect, file=file, **typed)

    def balance(self) -> int:
        def owed(work: Work) -> int:
            penalty = penalty_of(work.session, self.site.tale.case(work))
            assert penalty is not None
            return balance(work.session, penalty)

        with self.site.begin(story.FINANCE, self.site.now) as work:
            return owed(work)


@pytest.fixture
def office(settings: Settings, begin: Callable[..., Any], page_checker: Any) -> Office:
    return Office(Site(settings, begin, page_checker))


def test_a_bank_file_from_upload_to_posting_and_back(office: Office) -> None:
    assert "Bring a bank file in" in office.page("/money/files")
    where = office.upload()
    shown = office.page(where)
    assert "5 = 4 taken + 1 refused" in shown
    assert "is not a sum in pounds" in shown
    assert office.balance() == money_story.OWED
    office.press(where, f"{where}/post")
    assert office.balance() == money_story.OWED - 1_000_00
    assert "Nothing was left to post" in follow(office, where)
    assert office.upload() == where  # the same bytes
    assert office.page(f"{where}/received") == BANK
    exported = office.page("/money/lines/export.csv?state=all")
    assert '"\'=HYPERLINK(""x"")"' in exported
    assert exported.count("\n") == 5
    assert "is not a sum" in office.page(f"{where}/refused.csv")
    assert form_reader.taken(office.client("fin"), f"{where}/undo") == []
    office.send(f"{where}/undo", reason="The wrong account’s statement.")
    assert office.balance() == money_story.OWED


def follow(office: Office, where: str) -> str:
    client = office.client("fin")
    token = office.site.token(client.get(where).text)
    return str(client.post(f"{where}/post", data={"csrf_token": token}, follow_redirects=True).text)


def test_a_line_is_matched_by_a_person_and_undone(office: Office) -> None:
    office.upload()
    waiting = office.page("/money/lines")
    assert "4 lines" in waiting
    assert "1 line" in office.page("/money/lines?state=duplicate")
    office.page("/money/lines?state=nonsense", expect=400)
    line = office.page("/money/lines/3")
    assert "letters and figures that look alike" in line
    typed = {"penalty": REFERENCE, "kind": "entry"}
    assert "Enter how you know" in office.send("/money/lines/3/match", expect=422, **typed)
    unknown = {"penalty": "other", "other": "ASC-2026-000009-N2", "words": "Rang.", "kind": "entry"}
    assert "No penalty has" in office.send("/money/lines/3/match", expect=409, **unknown)
    assert form_reader.taken(office.client("fin"), "/money/lines/3/match") == []
    office.send("/money/lines/3/match", words="Rang the payer.", **typed)
    assert office.balance() == money_story.OWED - 50_00
    assert "Line 4" in office.site.page("fin", "/money")
    assert form_reader.taken(office.client("fin"), "/money/lines/3/undo") == []
    office.send("/money/lines/3/undo", words="It was another’s.")
    assert office.balance() == money_story.OWED
    assert form_reader.taken(office.client("fin"), "/money/lines/4/set-aside") == []
    office.send("/money/lines/4/set-aside", words="Not ours.")
    assert form_reader.taken(office.client("fin"), "/money/lines/4/reopen") == []
    office.send("/money/lines/4/reopen", words="Ours after all.")
    again = office.page("/money/lines/2")
    assert "It is another payment" in again
    assert "Match it" in again
    assert "Waits" not in office.page("/money/lines/4", who="olive")


def test_headings_that_differ_are_typed_once(office: Office) -> None:
    content = f"Booked,Sum total,What for\n14/07/2026,5.00,{REFERENCE}\n"
    assert "known header" in office.upload(content, expect=409)
    assert "must be like" in office.upload(content, expect=422, mapping="on is Booked")
    mapping = "on = Booked\namount = Sum total\nreference = What for"
    assert "on = Booked" in office.page(office.upload(content, mapping=mapping))
    second = office.page(office.upload(content.replace("5.00", "6.00")))
    assert "read as saved" in second
    assert "Select a file" in office.send("/money/files/new", expect=422)


def test_a_write_off_above_the_limit_waits_for_the_leader(office: Office) -> None:
    site = office.site
    typed = {"on": ["16", "7", "2026"], "reason": "Dissolved.", "authority": "Head of finance"}
    form = site.form("fin", "/money/write_off")
    assert "Above £100.00 in all" in form.html
    form.send(pence="2388", **typed)
    assert office.balance() == money_story.OWED
    assert "waits for a second person" in site.page("fin", "/money")
    assert "You asked for it" in site.page("fin", "/money/write-offs/1")
    assert "Waits" in office.page("/money/write-offs", who="lee")
    assert "write-off to answer" in office.page("/", who="lee")
    agree = site.form("lee", "/money/write-offs/1/agree")
    assert form_reader.taken(office.client("lee"), f"{CASE}/money/write-offs/1/agree") == []
    agree.send()
    agree.send(409)  # it is answered
    assert office.balance() == 0
    assert "Agreed" in office.page("/money/write-offs")


def test_a_write_off_is_refused_or_taken_back(office: Office) -> None:
    site = office.site
    typed = {"on": ["16", "7", "2026"], "reason": "Dissolved.", "authority": "Head of finance"}
    site.form("fin", "/money/write_off").send(pence="2388", **typed)
    assert form_reader.taken(office.client("lee"), f"{CASE}/money/write-offs/1/refuse") == []
    site.form("lee", "/money/write-offs/1/refuse").send(reason="The company is alive.")
    site.form("fin", "/money/write_off").send(pence="200", **typed)
    back = site.form("fin", "/money/write-offs/2/take-back")
    back.send()
    assert "answered" in back.send(200)
    shown = office.page("/money/write-offs")
    assert ("Refused" in shown, "Taken back" in shown) == (True, True)


def test_what_is_owed_and_a_request_for_instalments(office: Office) -> None:
    assert "Wanted from" in office.page("/money/owed") or "may go from" in office.page(
        "/money/owed"
    )
    asked = office.site.form("olive", "/money/instalments")
    assert "no power to agree instalments" in asked.html
    asked.send(words="Rang: £200 a month.")
    shown = office.site.page("fin", "/money")
    assert "Rang: £200 a month." in shown
    assert "the whole sum stays due" in shown


def test_money_is_sent_to_the_fund_once(office: Office) -> None:
    where = office.upload()
    office.press(where, f"{where}/post")
    assert "To be sent: £1,000.00" in office.page("/money/fund")
    typed = {"sent_on": ["16", "7", "2026"], "reference": "CHAPS 1"}
    stale = office.send("/money/fund/record", expect=409, pence="5", **typed)
    assert "£1,000.00 by now" in stale
    sent = office.send("/money/fund/record", **typed)
    assert "CHAPS 1" in office.page(sent)
    assert f'"{REFERENCE}"' in office.page(f"{sent}.csv")
    assert "To be sent: £0.00" in office.page("/money/fund", who="ada")
    days = "first=1&first=7&first=2026&last=31&last=7&last=2026"
    assert "In all: £1,000.00" in office.page(f"/remittance?{days}")
    assert '"1000"' in office.page(f"/remittance.csv?{days}")
    assert '"1000"' in office.page("/remittance.csv")  # this month so far
    office.page("/remittance.csv?first=1", expect=400)
    assert CASE.rpartition("/")[2] in office.page(f"/remittance.csv?{days}")
