"""The panel's, finance's and appeals' pages, and what is done to a case as a whole; a walk."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import appeal_story
import form_reader
import notice_story as story
import pytest
from sqlalchemy import select

from enforcement import create_staff_app
from enforcement.data.decisions import PanelVote
from enforcement.data.payments import LedgerEntry
from enforcement.data.people import Account
from enforcement.domain.permissions import Role
from enforcement.services import accounts, cases
from enforcement.settings import Settings

PASSWORD = "seven green bottles hang"
CASE = "/cases/ASC-2026-000001"


PANEL_DAY: datetime = story.NOW + timedelta(days=16)
ROLES = {
    "olive": Role.OFFICER,
    "sam": Role.SENIOR,
    "pat": Role.PANEL,
    "quinn": Role.PANEL,
    "fin": Role.FINANCE,
    "ada": Role.AUDITOR,
    "lee": Role.LEADER,
}


class Site:
    """The staff site on one case, with a clock the test moves and a person per role."""

    def __init__(self, settings: Settings, begin: Callable[..., Any], check: Any) -> None:
        self.now = PANEL_DAY
        self.begin, self.check = begin, check
        self.tale = story.Story(begin)
        with begin(story.person("admin", Role.ADMIN)) as work:
            for name, role in ROLES.items():
                accounts.create(
                    work, username=name, name=name.title(), staff_number=name,
                    roles=[role], password=PASSWORD,
                )  # fmt: skip
        self.app = create_staff_app(settings, clock=lambda: self.now)

    def client(self, name: str) -> Any:
        client = self.app.test_client()
        token = self.token(client.get("/sign-in").text)
        client.post(
            "/sign-in",
            data={"csrf_token": token, "username": name, "password": PASSWORD},
            base_url="http://localhost",
        )
        return client

    @staticmethod
    def token(html: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
        return found[1] if found else ""

    def page(self, name: str, path: str, expect: int = 200) -> str:
        answer = self.client(name).get(CASE + path)
        assert answer.status_code == expect, answer.text[:1500]
        if expect == 200:
            self.check(answer.text)
        return str(answer.text)

    def form(self, name: str, path: str) -> Form:
        return Form(self, self.client(name), path)

    def state(self) -> str:
        with self.begin(story.OFFICER) as work:
            return str(cases.find(work, self.tale.reference).state)


class Form:
    """A form page opened once; `send` posts its hidden fields with what is typed."""

    def __init__(self, site: Site, client: Any, path: str) -> None:
        self.site, self.client, self.path = site, client, CASE + path
        answer = client.get(self.path)
        assert answer.status_code == 200, answer.text[:1500]
        site.check(answer.text)
        self.html = answer.text

    def send(self, expect: int = 303, **typed: Any) -> str:
        hidden = dict(
            re.findall(r'<input id="[^"]*" name="([^"]+)" type="hidden" value="([^"]*)"', self.html)
        )
        hidden["csrf_token"] = self.site.token(self.html)
        answer = self.client.post(self.path, data={**hidden, **typed})
        assert answer.status_code == expect, answer.text[:3000]
        if expect != 303:
            self.html = answer.text
            self.site.check(answer.text)
        return str(answer.text)


@pytest.fixture
def site(settings: Settings, begin: Callable[..., Any], page_checker: Any) -> Site:
    return Site(settings, begin, page_checker)


def put_to_panel(site: Site) -> None:
    site.form("olive", "/decision/propose").send(
        recommendation="impose", reasons="Not made.", excuse_finding="None was given."
    )


def declare(site: Site, *names: str) -> None:
    for name in names:
        site.form(name, "/decision/declare").send(connected="no")


def test_the_panel_decides_through_its_pages(site: Site) -> None:
    site.tale.to_given()
    page = site.page("olive", "/decision")
    assert "Nothing is before the panel" in page
    assert "3 checks of 9 not passed" in page
    put_to_panel(site)
    assert site.state() == "panel"
    page = site.page("pat", "/decision")
    assert "Declare first whether anything connects you" in page
    assert "Not made." not in page
    assert "Not made." in site.page("ada", "/decision")
    declare(site, "pat", "quinn")
    page = site.page("pat", "/decision")
    assert "Nobody has voted yet." in page
    for name in ("pat", "quinn"):
        site.form(name, "/decision/vote").send(vote="impose", reasons="As the papers show.")
    site.form("pat", "/decision/decide").send(outcome="impose")
    assert site.state() == "impose"
    assert "Impose the penalty</strong>, decided on 2 July 2026" in site.page("ada", "/decision")


def test_the_provider_is_told_once_that_there_is_no_penalty(site: Site) -> None:
    site.tale.to_given()
    put_to_panel(site)
    declare(site, "pat", "quinn")
    for name in ("pat", "quinn"):
        site.form(name, "/decision/vote").send(vote="no_penalty", reasons="The excuse is good.")
    site.form("pat", "/decision/decide").send(outcome="no_penalty")
    assert "Tell the provider: no penalty" in site.page("olive", "")
    site.form("olive", "/no-penalty-letter").send()
    assert "Tell the provider: no penalty" not in site.page("olive", "")
    assert "told already" in site.form("olive", "/no-penalty-letter").send(200)


def test_errors_keep_what_was_typed(site: Site) -> None:
    site.tale.to_given()
    page = site.form("olive", "/decision/propose").send(200, reasons="Words I do not want to lose.")
    assert "Choose what you recommend" in page
    assert "Words I do not want to lose." in page
    put_to_panel(site)
    declared = site.form("pat", "/decision/declare")
    assert "Say what connects you" in declared.send(200, connected="yes")
    assert "answer yes" in declared.send(200, connected="no", conflict="My cousin works there.")
    declare(site, "pat")
    page = site.form("pat", "/decision/vote").send(
        200, vote="impose", reasons="Mine.", conflict="My cousin is a director."
    )
    assert "stands aside and does not vote" in page
    assert "My cousin is a director." in page
    page = site.form("pat", "/decision/decide").send(200, outcome="impose")
    assert "member who voted" in page


@pytest.mark.parametrize("name", ["olive", "sam"])
def test_drafter_and_approver_take_no_part_in_the_panel_whatever_their_roles(
    site: Site, name: str
) -> None:
    site.tale.to_given()
    with site.begin(story.SENIOR, PANEL_DAY) as work:
        account = work.session.scalars(select(Account).where(Account.username == name)).one()
        account.roles = [*account.roles, Role.PANEL.value]
    put_to_panel(site)
    page = site.page(name, "/decision")
    assert "Not made." in page  # they work on the case: its papers are theirs to read
    assert "/decision/declare" not in page
    declared = site.form(name, "/decision/declare").send(200, connected="no")
    assert "may not" in declared
    refused = site.form(name, "/decision/vote").send(200, vote="impose", reasons="Mine.")
    assert "may not" in refused
    decided = site.form(name, "/decision/decide").send(200, outcome="impose")
    assert "may not" in decided or "member who voted" in decided
    with site.begin(story.OFFICER) as work:
        assert work.session.scalars(select(PanelVote)).all() == []
    assert site.state() == "panel"


def test_a_vote_on_words_that_were_replaced_is_not_cast(site: Site) -> None:
    site.tale.to_given()
    put_to_panel(site)
    declare(site, "pat")
    form = site.form("pat", "/decision/vote")
    site.form("olive", "/decision/propose").send(
        recommendation="impose", reasons="Other words.", excuse_finding="None was given."
    )
    page = form.send(409, vote="impose", reasons="My long reasons.")
    assert "What changed while you had this page open" in page
    assert "My long reasons." in page
    assert "Other words." in page
    with site.begin(story.OFFICER) as work:
        assert work.session.scalars(select(PanelVote)).all() == []
    form.send(303, vote="impose", reasons="My long reasons.")


def test_a_stale_page_keeps_the_words_and_says_what_changed(site: Site) -> None:
    site.tale.to_given()
    first = site.form("olive", "/hold")
    with site.begin(story.SENIOR, PANEL_DAY) as work:
        lee = work.session.scalar(select(Account.id).where(Account.username == "olive"))
        cases.assign(work, cases.find(work, site.tale.reference), lee)
    page = first.send(409, category="legal_query", reason="Counsel is asked about the address.")
    assert "Counsel is asked about the address." in page
    assert "Assigned" in page or "assigned" in page
    first.send(303, category="legal_query", reason="Counsel is asked about the address.")
    assert "On hold" in site.page("olive", "") or "on hold" in site.page("olive", "")
    site.form("olive", "/release").send()


def test_money_comes_in_once_and_the_page_says_what_next(site: Site) -> None:
    at = site.tale.to_final_given()
    site.now = at + timedelta(days=2)
    form = site.form("fin", "/money/payment")
    sent = {"pence": "£1,000", "on": ["7", "7", "2026"], "payment_reference": "BACS 7"}
    form.send(**sent)
    form.send(**sent)  # the second click of a double click
    with site.begin(story.FINANCE) as work:
        assert len(work.session.scalars(select(LedgerEntry)).all()) == 2
    page = site.page("fin", "/money")
    assert "£1,388.00 is owed." in page
    page = site.form("fin", "/money/refund").send(
        200, pence="1", on=["7", "7", "2026"], reason="Asked for it."
    )
    assert "The credit to refund is nothing." in page
    site.form("fin", "/money/payment").send(pence="1388", on=["8", "7", "2026"])
    assert "Next: close the case" in site.page("fin", "/money")
    close = site.form("olive", "/close")
    assert re.search(r'value="paid" checked', close.html)
    close.send(reason="paid", lesson="none")
    assert site.state() == "closed"
    answer = site.client("ada").get(
        "/remittance?first=1&first=7&first=2026&last=31&last=7&last=2026"
    )
    site.check(answer.text)
    assert "In all: £2,388.00" in answer.text


def test_an_appeal_suspends_and_its_end_starts_payment_again(site: Site) -> None:
    at = site.tale.to_final_given()
    site.now = at + timedelta(days=10)
    site.form("olive", "/appeal/lodge").send(
        tribunal_reference="GRC/2026/0001",
        lodged_on=["14", "7", "2026"],
        received_on=["16", "7", "2026"],
    )
    assert site.state() == "appealed"
    assert "suspended" in site.page("olive", "/appeal")
    decided = {"outcome": "dismissed", "words": "The duty is in the formal notice."}
    page = site.form("olive", "/appeal/record/decided").send(200, on=["1", "1", "2027"], **decided)
    assert "still to come" in page
    assert "The duty is in the formal notice." in page
    site.form("olive", "/appeal/record/decided").send(on=["16", "7", "2026"], **decided)
    assert site.state() == "appealed"
    page = site.page("ada", "/appeal")
    assert "The First-tier Tribunal decided: dismissed: the penalty stands." in page
    assert "Due 13 August 2026, 5pm" in page  # the time for going on
    determine = site.form("olive", "/appeal/determine")
    assert "Enter the day on which they said so" in determine.send(200)
    determine.send(said_on=["16", "7", "2026"], words="The provider's letter.")
    assert site.state() == "payment"


def test_a_direction_from_its_page_to_its_end(site: Site) -> None:
    site.now = site.tale.to_final_given() + timedelta(days=10)
    site.form("olive", "/appeal/lodge").send(
        tribunal_reference="GRC/2026/0001",
        lodged_on=["14", "7", "2026"],
        received_on=["16", "7", "2026"],
    )
    form = site.form("olive", "/appeal/directions/new")
    page = form.send(
        200, what="Send the bundle.", whose="us",
        given_on=["16", "7", "2026"], due_on=["16", "7", "2026"],
    )  # fmt: skip
    assert "comes after the direction" in page
    form.send(
        what="Send the bundle.", whose="us",
        given_on=["16", "7", "2026"], due_on=["8", "8", "2026"],
    )  # fmt: skip
    assert "Direction of the tribunal, 5pm" in site.page("ada", "")
    assert "Direction 1: Send the bundle." in site.page("ada", "/tasks")
    page = site.page("ada", "/appeal")
    assert "8 August 2026, 5pm" in page
    assert "/appeal/directions/1" not in page  # an auditor only reads
    assert "/appeal/directions/1" in site.page("olive", "/appeal")
    one = f"{CASE}/appeal/directions/1"
    assert form_reader.taken(site.client("olive"), one) == []
    unsaid = {"what": "extended", "on": ["16", "7", "2026"], "words": "Illness."}
    assert "enter a date" in site.form("olive", "/appeal/directions/1").send(200, **unsaid)
    site.form("olive", "/appeal/directions/1").send(
        what="extended", on=["16", "7", "2026"], until=["1", "9", "2026"], words="Illness."
    )
    assert "First set for 8 August 2026. Illness." in site.page("ada", "/appeal")
    site.form("sam", "/appeal/directions/1").send(
        what="done", on=["16", "7", "2026"], words="Sent by email."
    )
    assert "Done, 16 July 2026" in site.page("ada", "/appeal")
    assert "Nothing is to do" not in site.page("olive", "/tasks")


def test_recovery_shows_what_stands_in_its_way(site: Site) -> None:
    sent = site.tale.to_final_given()
    site.now = sent + timedelta(days=30)
    page = site.page("fin", "/recovery")
    assert "No reminder was sent since the period for payment began." in page
    site.form("fin", "/letters/reminder").send(303)
    site.now = sent + timedelta(days=42)
    assert "All 7 checks passed" in site.page("ada", "/recovery")
    site.form("fin", "/recovery/start").send()
    assert site.state() == "recovery"
    page = site.page("fin", "/recovery")
    assert "No certificate of non-payment is signed." in page
    refused = site.form("fin", "/recovery/apply").send(
        200, court="County Court at Exampleton", on=["17", "8", "2026"]
    )
    assert "No certificate of non-payment is signed." in refused
    assert "County Court at Exampleton" in refused
    with site.begin(story.FINANCE, site.now) as work:
        appeal_story.certify(work, cases.find(work, site.tale.reference))
    with site.begin(story.SENIOR, site.now) as work:
        appeal_story.sign(work, cases.find(work, site.tale.reference))
    site.form("fin", "/recovery/apply").send(
        court="County Court at Exampleton", on=["17", "8", "2026"]
    )
    site.form("fin", "/recovery/order").send(
        on=["17", "8", "2026"], court_reference="EX7", pence="2388", pay_by=["31", "8", "2026"]
    )
    page = site.page("ada", "/recovery")
    assert "Order made: the sum is recoverable" in page
    form = site.form("fin", "/recovery/received")
    for _ in range(2):
        form.send(pence="1000", on=["17", "8", "2026"])
    assert "£1,388.00 is owed." in site.page("ada", "/recovery")
    site.form("fin", "/recovery/refused").send(on=["17", "8", "2026"], reason="Set aside.")
    assert site.state() == "recovery"


def test_closing_says_what_is_unfinished_and_how_long_it_is_kept(site: Site) -> None:
    site.tale.to_given()
    site.tale.decide(site.now + timedelta(days=4), "no_penalty")
    site.now += timedelta(days=5)
    form = site.form("olive", "/close")
    assert "The provider was not told of the outcome yet." in form.html
    assert "3 years: no penalty, notice withdrawn" in form.html
    page = form.send(200, reason="no_penalty", lesson="none", tell="no")
    assert "say why the case is closed all the same" in page
    form.send(reason="no_penalty", lesson="support", tell="yes")
    assert site.state() == "closed"
    assert "Kept until 7 July 2029" in site.page("ada", "")


def test_withdrawing_and_starting_again(site: Site) -> None:
    site.tale.to_given()
    assert site.client("olive").get(f"{CASE}/withdraw").status_code == 403
    site.form("sam", "/withdraw").send(reason="Sent to the wrong office.", follows="yes")
    assert site.state() == "withdrawn"
    site.form("olive", "/restart").send(reason="A new notice to the right office.")
    assert site.state() == "triage"
    site.form("lee", "/assign").send(officer="1")
    site.form("olive", "/close").send(reason="dissolved", lesson="none")
    site.form("sam", "/reopen").send(reason="It was restored to the register.")
    assert site.state() == "triage"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/decision", set(ROLES)),
        ("/money", set(ROLES)),
        ("/appeal", set(ROLES)),
        ("/decision/propose", {"olive"}),
        ("/decision/set-aside", {"olive"}),
        ("/decision/vote", {"pat", "quinn"}),
        ("/decision/decide", {"pat", "quinn"}),
        ("/money/payment", {"fin"}),
        ("/money/write_off", {"fin"}),
        ("/recovery", set(ROLES)),
        ("/recovery/start", {"fin"}),
        ("/recovery/apply", {"fin"}),
        ("/recovery/order", {"fin"}),
        ("/recovery/refused", {"fin"}),
        ("/recovery/received", {"fin"}),
        ("/appeal/lodge", {"olive", "sam"}),
        ("/appeal/record/decided", {"olive", "sam"}),
        ("/appeal/withdrawn", {"olive", "sam"}),
        ("/appeal/determine", {"olive", "sam"}),
        ("/appeal/directions/new", {"olive", "sam"}),
        ("/hold", {"olive", "sam"}),
        ("/release", {"olive", "sam"}),
        ("/assign", {"sam", "lee"}),
        ("/close", {"olive", "sam"}),
        ("/reopen", {"sam"}),
        ("/restart", {"olive"}),
        ("/withdraw", {"sam"}),
    ],
)
def test_who_sees_which_page(site: Site, path: str, allowed: set[str]) -> None:
    site.tale.triage()
    for name in ROLES:
        site.page(name, path, 200 if name in allowed else 403)


def test_money_pages_that_do_not_exist(site: Site) -> None:
    site.tale.triage()
    site.page("fin", "/money/penalty", 404)
    site.page("olive", "/appeal/record/lapsed", 404)
    site.page("olive", "/appeal/record/nonsense", 404)
    site.page("olive", "/appeal/directions/9", 404)


def test_a_format_asked_for_in_a_call_holds_for_the_letters_that_follow(site: Site) -> None:
    site.tale.triage()
    assert "/format" in site.page("olive", "/notes")
    form = site.form("olive", "/format")
    assert "Say which one." in form.send(200, wanted="language", words="")
    form.send(wanted="large_print", words="Their manager rang on Monday.")
    form.send(wanted="large_print", words="Their manager rang on Monday.")  # pressed twice
    assert "Asked for: letters in large print" in site.page("olive", "")
    assert "Letters in large print, asked for on 2 July 2026." in site.page("olive", "/format")
    told = site.page("olive", "/history")
    assert told.count("The provider asked for letters in another way") == 1
    site.page("ada", "/format", 403)
