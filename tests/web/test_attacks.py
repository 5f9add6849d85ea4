"""The attacks on links, uploads and access that we know of: each is a test, here or where named.

The list is that of OWASP ASVS 5.0 and of public faults in like products (mail scanners that press
buttons, links told apart by their answer, uploads that run). A row whose test is renamed or gone
fails `test_every_attack_has_its_test`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import form_reader
import pytest
import reply_case
import test_roles as roles
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from officer_cases import NOW
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_reply_abuse import come_in

from enforcement import create_reply_app
from enforcement.data.cases import Case, ClockRow
from enforcement.data.notices import Notice
from enforcement.data.people import Account
from enforcement.domain.permissions import Actor, Role
from enforcement.services import accounts
from enforcement.settings import Settings
from enforcement.web.staff.sign_in import safe_next

pytestmark = pytest.mark.slow
TESTS = Path(__file__).parent.parent
ABUSE, REPLIES = "web/test_reply_abuse.py", "services/test_replies.py"
EVIDENCE, HERE = "services/test_evidence.py", "web/test_attacks.py"
# What is attacked, how, and the test that holds against it.
ATTACKS: list[tuple[str, str, str, str]] = [
    # links
    ("link", "a mail scanner fetches every address", ABUSE,
     "test_a_scanner_that_follows_everything_changes_nothing"),
    ("link", "a mail scanner presses every button it finds", HERE,
     "test_a_scanner_that_presses_every_button_lets_nobody_in"),
    ("link", "the link is guessed, or read from a stolen database", REPLIES,
     "test_the_link_is_derived_and_stored_nowhere"),
    ("link", "the second fact is guessed", REPLIES, "test_a_wrong_second_fact_lets_nobody_in"),
    ("link", "many guesses at one link", REPLIES,
     "test_five_wrong_tries_lock_for_an_hour_and_fifteen_until_reissued"),
    ("link", "fast guesses at one link", REPLIES, "test_wrong_tries_slow_a_link_down"),
    ("link", "guesses spread over many links", REPLIES, "test_wrong_tries_slow_an_address_down"),
    ("link", "guesses at codes from one address", REPLIES,
     "test_an_address_that_fails_too_often_is_held_without_telling"),
    ("link", "telling failures apart by their answer", ABUSE,
     "test_every_failure_gets_one_answer"),
    ("link", "telling an ended link from an unknown one", ABUSE,
     "test_a_dead_link_is_answered_like_an_unknown_one"),
    ("link", "reading the case before the second fact", ABUSE,
     "test_the_page_before_the_second_fact_says_nothing_of_the_case"),
    ("link", "finding the secret in a log or the database", ABUSE,
     "test_no_secret_in_the_database_or_the_log"),
    ("link", "an old letter after the link was made anew", REPLIES,
     "test_reissuing_ends_the_older_secret_code_and_sessions"),
    ("link", "a session that outlives its link", ABUSE, "test_ending_the_link_ends_the_session"),
    ("link", "a session left open, or kept busy", ABUSE,
     "test_a_session_ends_after_four_hours_however_busy"),
    ("link", "words sent into a session that has ended", ABUSE,
     "test_a_session_that_did_not_merely_sleep_takes_no_words"),
    ("link", "another case named in the address", ABUSE, "test_another_case_cannot_be_named"),
    ("link", "another provider's case beside one's own", "web/test_head_office.py",
     "test_without_every_proof_nothing_opens"),
    ("link", "sending the same reply twice", ABUSE,
     "test_pressing_twice_or_going_back_is_one_reply"),
    ("link", "a form made by somebody else's page", ABUSE,
     "test_nothing_is_taken_without_the_form_token"),
    ("link", "a host name put into the request", ABUSE, "test_the_host_header_leads_nowhere"),
    ("link", "a cookie of the staff site, or made up", ABUSE,
     "test_no_other_cookie_opens_the_site"),
    ("link", "a cookie read by script or sent in clear", ABUSE,
     "test_the_cookie_is_closed_to_script_and_bound_to_https"),
    ("link", "asking for a lost link to learn who has a case", "web/test_lost_link_site.py",
     "test_everybody_gets_the_same_answer"),
    ("link", "asking for a lost link to flood a mailbox", "services/test_lost_links.py",
     "test_asking_again_within_a_day_sends_nothing_more"),
    ("link", "everybody at once in the last hour", "faults/test_reply_storm.py",
     "test_sixty_replies_at_once_are_sixty_replies"),
    ("link", "a forged or changed receipt", "web/test_receipts_site.py",
     "test_one_letter_changed_is_not_genuine"),
    # uploads
    ("upload", "a program or page under another name, a bomb, macros, entities, a pixel flood",
     EVIDENCE, "test_what_is_not_what_it_says_is_refused_with_a_sentence"),
    ("upload", "a PDF that acts when it is opened", EVIDENCE,
     "test_the_cleaned_pdf_has_nothing_that_acts"),
    ("upload", "a picture that tells where it was taken", EVIDENCE,
     "test_the_cleaned_picture_has_lost_its_place_and_comments"),
    ("upload", "a name that leads elsewhere", EVIDENCE, "test_a_name_keeps_nothing_to_trip_on"),
    ("upload", "a virus", EVIDENCE, "test_what_the_scanner_finds_is_refused"),
    ("upload", "a scanner that is down", EVIDENCE, "test_a_dead_scanner_never_means_clean"),
    ("upload", "one bad file among good ones", ABUSE,
     "test_bad_files_are_refused_and_good_ones_beside_them_kept"),
    ("upload", "more than we can hold", ABUSE, "test_too_large_a_request_is_refused_whole"),
    ("upload", "too many files", REPLIES, "test_files_are_counted_and_the_same_bytes_are_one_file"),
    ("upload", "removing somebody else's file", REPLIES,
     "test_a_file_of_another_link_cannot_be_removed"),
    ("upload", "a file that runs in our pages", "web/test_reply_staff.py",
     "test_a_file_leaves_only_as_an_attachment"),
    ("upload", "a download name that is a header", "web/test_exports.py",
     "test_any_name_makes_a_safe_disposition"),
    ("upload", "a formula in an export", "web/test_exports.py",
     "test_nothing_that_could_run_begins_a_cell"),
    ("upload", "a letter with markup for a name", "rendering/test_bad_inputs.py", ""),
    ("upload", "a broken or hostile register file", "register/test_bad_files.py", ""),
    # access
    ("access", "a page or form of another role", "web/test_roles.py",
     "test_every_form_as_every_role_and_a_refused_one_changes_nothing"),
    ("access", "a page that was given no rule", "web/test_every_address.py",
     "test_every_staff_view_declares_what_it_needs"),
    ("access", "nobody signed in", "web/test_every_address.py",
     "test_nobody_signed_in_is_led_to_the_sign_in_page_or_refused"),
    ("access", "a change by reading", "web/test_roles.py",
     "test_every_page_as_every_role_and_reading_changes_nothing"),
    ("access", "an auditor who changes something", "web/test_roles.py",
     "test_an_auditor_is_let_through_by_no_form_but_the_verification"),
    ("access", "a row of another case under an address of this one", HERE,
     "test_no_row_of_another_case_is_reached_through_this_one"),
    ("access", "a form made by somebody else's page", HERE,
     "test_no_form_of_the_staff_site_is_taken_without_its_token"),
    ("access", "a method that no view takes", HERE, "test_a_method_nobody_offers_is_refused"),
    ("access", "a sign-in that leads to another site", HERE,
     "test_signing_in_leads_to_no_other_site"),
    ("access", "fields that the form does not have", HERE,
     "test_a_field_that_is_not_in_the_form_changes_nothing"),
    ("access", "a right that was taken away", HERE, "test_a_right_taken_away_ends_at_once"),
    ("access", "guessing a password", "services/test_sign_in.py",
     "test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour"),
    ("access", "a session after signing out", "services/test_sign_in.py",
     "test_leaving_and_disabling_end_a_session_at_once"),
    ("access", "one person in two parts", "services/test_separation.py",
     "test_nobody_does_both_halves_under_any_mix_of_roles"),
    ("access", "SQL past every rule of the code", "services/test_two_people.py",
     "test_what_the_database_takes"),
    ("access", "the reply site writing what is not a reply", "data/test_roles.py",
     "test_the_reply_site_cannot_write_what_is_not_a_reply"),
    ("access", "the history changed by the application", "data/test_roles.py",
     "test_no_role_can_touch_the_history"),
    ("access", "a parameter given twice", "web/test_exports.py",
     "test_a_parameter_given_twice_is_refused"),
    ("access", "script in somebody's words", "web/test_shell_in_browser.py",
     "test_hostile_words_run_nothing"),
    ("access", "inner words of a fault", "web/test_shell.py",
     "test_a_fault_shows_no_inner_words"),
    ("access", "a page without its headers", "web/test_shell.py",
     "test_headers_stand_on_every_answer"),
]  # fmt: skip
site = roles.site
clients = roles.clients


def test_every_attack_has_its_test() -> None:
    gone = [
        (attack, place, name)
        for _, attack, place, name in ATTACKS
        if not (TESTS / place).exists()
        or not re.search(rf"^def {name or 'test_'}", (TESTS / place).read_text(), re.M)
    ]
    assert gone == []
    assert len({(what, attack) for what, attack, *_ in ATTACKS}) == len(ATTACKS)


# --- links ------------------------------------------------------------------------------------
def test_a_scanner_that_presses_every_button_lets_nobody_in(
    begin: Callable[..., Any], people: dict[str, Actor], settings: Settings
) -> None:
    with begin(people["officer"], NOW) as work:
        made = reply_case.make(work)
    app = create_reply_app(settings, clock=lambda: NOW)
    scanner = app.test_client()
    for _ in range(6):
        for place in ("/", f"/r/{made.secret}", "/lost", "/receipts"):
            for form in form_reader.forms_of(place, scanner.get(place).text):
                sent = {
                    name: control.values[0] if control.values else ""
                    for name, control in form.controls.items()
                }
                scanner.post(form.action, data=sent)
        assert scanner.get("/reply").status_code == 401
    # the provider is not locked out by what the scanner did
    assert come_in(app, made).get("/reply").status_code == 200


# --- access -----------------------------------------------------------------------------------
def _foreign(site: Any) -> tuple[str, dict[str, Any]]:
    """The reference of one case, and the rows of another."""
    theirs = roles.real_values(site.engine)
    with Session(site.engine) as session:
        mine = session.scalars(select(Case).where(Case.state == "panel")).one()
        assert session.scalars(select(Notice).where(Notice.case_id == mine.id)).all()
        assert session.scalars(select(ClockRow).where(ClockRow.case_id == mine.id)).all()
        return mine.reference, theirs


IDS = ("notice_id", "clock_id", "reply_reference", "task_id", "proposal_id", "digest")


def test_no_row_of_another_case_is_reached_through_this_one(
    site: Any, clients: dict[Role, Any]
) -> None:
    mine, theirs = _foreign(site)
    values, before = theirs | {"reference": mine}, roles.dump(site.engine)
    tried, wrong = 0, []
    for method in ("GET", "POST"):
        for rule in roles.addresses(site, method):
            named = [name for name in IDS if name in rule.arguments and name in theirs]
            if "reference" not in rule.arguments or not named:
                continue
            where = roles.address(site, rule, values)
            for role in (role for role in Role if roles.may(site, rule, role)):
                tried += 1
                answer = clients[role].open(where, method=method)
                # Who has not declared their interests is sent to do so, whatever they asked for.
                undeclared = answer.headers.get("Location", "").endswith(f"{mine}/decision")
                if answer.status_code != 404 and not undeclared:
                    wrong.append((role.value, method, where, answer.status_code))
    assert wrong == []
    assert tried > 60
    assert roles.changed(before, roles.dump(site.engine)) == []


def test_no_form_of_the_staff_site_is_taken_without_its_token(
    site: Any, clients: dict[Role, Any]
) -> None:
    values, before = roles.real_values(site.engine), roles.dump(site.engine)
    site.app.config["WTF_CSRF_CHECK_DEFAULT"] = True
    try:
        taken = [
            where
            for rule in roles.addresses(site, "POST")
            for where in [roles.address(site, rule, values)]
            for role in [next(role for role in Role if roles.may(site, rule, role))]
            if clients[role].post(where).status_code != 400
        ]
    finally:
        site.app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    assert taken == []
    assert roles.changed(before, roles.dump(site.engine)) == []


def test_a_method_nobody_offers_is_refused(site: Any, clients: dict[Role, Any]) -> None:
    values, wrong = roles.real_values(site.engine), []
    for rule in site.app.url_map.iter_rules():
        offered = {
            method
            for other in site.app.url_map.iter_rules()
            if other.rule == rule.rule
            for method in other.methods or ()
        }
        where = roles.address(site, rule, values | {"filename": "site.css"})
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - offered:
            answer = clients[Role.OFFICER].open(where, method=method)
            if answer.status_code not in (404, 405):  # 404: another rule has the same shape
                wrong.append((method, where, answer.status_code))
    assert wrong == []


LEADS = Flask("leads")
LEADS.add_url_rule("/", "home.home", str)
SITES = st.sampled_from(["evil.example", "evil.example:80", "@evil.example", "evil.example/x"])
SIGNS = st.text(alphabet="/\\\t\n\r @:.?#%", max_size=6)


@given(st.one_of(st.text(max_size=40), st.builds("".join, st.tuples(SIGNS, SITES)),
                 st.builds("https:{}{}".format, SIGNS, SITES)))  # fmt: skip
def test_signing_in_leads_to_no_other_site(wanted: str) -> None:
    with LEADS.test_request_context():
        found = safe_next(wanted)
    seen = re.sub(r"[\t\n\r]", "", found).replace("\\", "/")  # as a browser reads it
    assert seen.startswith("/")
    assert not seen.startswith("//")
    assert not urlsplit(seen).netloc


def test_a_field_that_is_not_in_the_form_changes_nothing(
    site: Any, clients: dict[Role, Any]
) -> None:
    with Session(site.engine) as session:
        case = session.scalars(select(Case).where(Case.state == "triage")).one()
        where, was = f"/cases/{case.reference}/notes", (case.state, case.amount_pence, case.version)
        number = case.id
    more = {"state": "closed", "amount_pence": "1", "officer_id": "1", "roles": "admin", "id": "1"}
    client = clients[Role.OFFICER]
    form = next(f for f in form_reader.forms_of(where, client.get(where).text) if f.action == where)
    answer = client.post(where, data=form_reader.plausible(form) | more)
    assert answer.status_code in (302, 303)
    with Session(site.engine) as session:
        case = session.get_one(Case, number)
        assert (case.state, case.amount_pence) == was[:2]


def test_a_right_taken_away_ends_at_once(site: Any) -> None:
    client = site.client("oscar")
    assert client.get("/cases").status_code == 200
    with Session(site.engine) as session:
        version = session.scalars(select(Account).filter_by(username="oscar")).one().version
    with site.work("adair") as work:
        accounts.change_roles(work, "oscar", [Role.FINANCE.value], version)
    assert client.get("/cases").status_code in (302, 303)
