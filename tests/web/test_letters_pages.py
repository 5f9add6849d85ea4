"""The letters, certificates and copies as officers, finance and a signer use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import appeal_story
import form_reader
import notice_story as story
import pytest
from test_case_steps import CASE, Site

from enforcement.data.replies import FormatWish
from enforcement.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AFTER_DUE = story.NOW + timedelta(days=56)  # 11 August 2026: payment was due on the 4th


@pytest.fixture
def site(settings: Settings, begin: Callable[..., Any], page_checker: Any) -> Site:
    return Site(settings, begin, page_checker)


@pytest.fixture
def overdue(site: Site) -> Site:
    site.tale.to_final_given()
    site.now = AFTER_DUE
    return site


def test_support_is_offered_from_the_case(site: Site) -> None:
    site.tale.triage()
    assert "Offer support by letter" in site.page("olive", "")
    form = site.form("olive", "/letters/support")
    assert "Choose how the letter is sent" in form.send(200)
    form.send(303, who="0", method="first_class")
    assert "Letter offering support" in site.page("ada", "/notices")
    site.page("ada", "/notices/1/words")


def test_a_reminder_and_why_not_a_second(overdue: Site) -> None:
    page = overdue.page("fin", "/money")
    assert "Send a payment reminder" in page
    overdue.form("fin", "/letters/reminder").send(303)
    page = overdue.page("olive", "")
    assert "A reminder went on 11 August 2026: the next may go on 25 August 2026." in page
    again = overdue.form("olive", "/letters/reminder").send(200)
    assert "the next may go on 25 August 2026" in again
    assert "Payment reminder" in overdue.page("ada", "/notices")
    assert "This is done by: Enforcement officer or Finance." in overdue.page("ada", "/money")


def test_a_certificate_of_non_payment_takes_two_people(overdue: Site) -> None:
    with overdue.begin(story.FINANCE, AFTER_DUE) as work:
        appeal_story.recover(work, overdue.tale.case(work))
    form = overdue.form("fin", "/certificates/non-payment")
    assert "The day must be over" in form.send(200, not_received_by=["11", "8", "2026"])
    form.send(303, not_received_by=["10", "8", "2026"])
    page = overdue.page("fin", "/notices/3")
    assert "Awaiting signature" in page
    assert "This is done by: Senior officer" in page
    sign = overdue.form("sam", "/notices/3/sign")
    assert "Your name is printed as Sam, Senior officer." in sign.html
    pdf = overdue.client("sam").get(f"{CASE}/notices/3/to-sign.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert "not the one you were shown" in overdue.form("sam", "/notices/3/sign").send(
        200, sha256="0" * 64
    )
    assert form_reader.taken(overdue.client("sam"), f"{CASE}/notices/3/sign") == []
    sign.send(303)
    kept = overdue.client("ada").get(f"{CASE}/notices/3/document.pdf")
    assert kept.data == pdf.data
    assert "£2,388.00" in overdue.page("ada", "/notices/3")
    assert "Certificate of non-payment signed" in overdue.page("ada", "/history")


def test_a_certificate_nobody_signs_is_discarded_with_a_reason(overdue: Site) -> None:
    with overdue.begin(story.FINANCE, AFTER_DUE) as work:
        appeal_story.recover(work, overdue.tale.case(work))
    overdue.form("fin", "/certificates/non-payment").send(303, not_received_by=["10", "8", "2026"])
    unversioned = ("a forged id",)  # discarding rests on the certificate's state
    where = f"{CASE}/notices/3/discard"
    assert form_reader.taken(overdue.client("fin"), where, spare=unversioned) == []
    overdue.form("fin", "/notices/3/discard").send(303, reason="The money came today.")
    assert "Discarded" in overdue.page("fin", "/notices/3")


def test_anybody_opens_the_certificate_of_giving_and_an_officer_keeps_it(overdue: Site) -> None:
    opened = overdue.client("ada").get(f"{CASE}/notices/2/giving-certificate.pdf")
    assert opened.data.startswith(b"%PDF-")
    page = overdue.page("ada", "/notices/2")
    assert "Open the certificate of giving" in page
    client = overdue.client("olive")
    token = overdue.token(client.get(f"{CASE}/notices/2").text)
    answer = client.post(f"{CASE}/notices/2/giving-certificate", data={"csrf_token": token})
    assert answer.status_code == 303
    assert "Kept" in overdue.page("ada", "/notices/3")
    assert "Certificate of giving made" in overdue.page("ada", "/history")


def test_a_format_asked_for_is_told_where_the_letter_is_made(site: Site) -> None:
    tale = site.tale
    tale.triage()
    with site.begin(story.OFFICER) as work:
        case = tale.case(work)
        work.session.add(
            FormatWish(
                provider_id=case.provider_id, case_id=case.id, format="large_print", words="",
                form_key="wish-1", asked_at=work.now, asked_by="provider",
            )
        )  # fmt: skip
    says = "a copy in large print goes to the same address"
    assert says in site.page("olive", "/notices/intent")
    assert says in site.page("olive", "/letters/support")
    tale.draft()
    assert says in site.page("olive", "/notices/1")
    tale.submit()
    tale.approve()
    tale.issue()
    page = site.page("olive", "/notices/1")
    assert says not in page
    assert "Waiting to be sent" in page
    assert "Copy sent out: Letters in large print" in site.page("ada", "/history")


def test_a_copy_in_large_print_goes_once_a_day_and_gives_nothing(overdue: Site) -> None:
    opened = overdue.client("ada").get(f"{CASE}/notices/2/large-print.pdf")
    assert opened.data.startswith(b"%PDF-")
    form = overdue.form("olive", "/notices/2/copy")
    form.send(303, way="email")
    page = overdue.page("olive", "/notices/2")
    assert "Waiting to be sent" in page
    assert "Copy sent out: Letters in large print" in overdue.page("ada", "/history")
    assert "goes that way today already" in overdue.form("olive", "/notices/2/copy").send(
        200, way="email"
    )
    hidden = overdue.client("pat").get(f"{CASE}/notices/1/large-print.pdf")
    assert hidden.status_code == 403  # it carries the reply code
    assert overdue.page("pat", "/notices/2")
