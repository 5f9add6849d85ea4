"""Bad input on every form of both sites: refused in words, kept for correcting, nothing recorded.

The forms are not written out: they are read from the pages that the seeded database shows, so
that a new form is in the test as soon as it is on a page. Each is sent with one thing wrong at a
time (`form_reader.BAD`), everything else plausible.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import form_reader
import notice_story as told
import pytest
import reply_case
import test_roles as roles
from flask import Flask
from flask.testing import FlaskClient
from form_reader import Control, Form
from officer_cases import NOW, TODAY
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_reply_abuse import come_in, post, upload
from werkzeug.routing import MapAdapter, Rule

from enforcement import create_reply_app
from enforcement.data.cases import Case
from enforcement.data.engine import open_engine
from enforcement.data.giving import GivingProposal
from enforcement.data.notices import Notice
from enforcement.data.policies import Policy
from enforcement.data.replies import Reply
from enforcement.data.tasks import Task
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.replies import REASONS
from enforcement.services import (
    amounts,
    default_policies,
    doubting,
    overriding,
    policies,
    questions,
    regiving,
    reply_points,
    tasks,
    templates,
)
from enforcement.services.work import transaction
from enforcement.settings import Settings
from enforcement.web.staff.appeal_forms import STEP_FORMS

pytestmark = [pytest.mark.slow, pytest.mark.heavy]
REFUSED = {200, 400, 404, 409, 413, 422}
site = roles.site  # the database and the sessions of the role matrix
clients = roles.clients
# Where somebody with this role sees forms on pages that everybody may read.
ENOUGH = 5
SEVERAL = {"payments.enter", "policies.propose", "appeals.record"}  # a form for each kind
READERS = (Role.OFFICER, Role.SENIOR, Role.PANEL, Role.FINANCE, Role.POLICY, Role.LEADER)
# Forms that need rows which take a worker or a second file to make: sent bad input elsewhere.
ELSEWHERE = {
    **dict.fromkeys(
        ("issue_runs.freeze", "issue_runs.item_deed", "issue_runs.resume", "issue_runs.steer",
         "issue_run_approval.approve", "issue_run_approval.check", "issue_run_approval.looked",
         "issue_run_paper.make", "issue_run_paper.posted"),
        "test_issue_run_pages.py",
    ),
    **dict.fromkeys(("bundle_changes.add", "bundle_changes.redact"), "test_bundle_pages.py"),
    **dict.fromkeys(
        ("bank_files.post", "bank_files.undo", "bank_lines.match", "bank_lines.reopen",
         "bank_lines.set_aside", "bank_lines.undo", "write_offs.agree", "write_offs.refuse",
         "write_offs.take_back"),
        "test_money_pages.py",
    ),
    "amounts.acknowledge": "test_notices_pages.py",
    "directions.direction": "test_case_steps.py",
    "windows.complete": "test_imports.py",
    **dict.fromkeys(("letters.sign", "letters.discard"), "test_letters_pages.py"),
    **dict.fromkeys(
        ("imports.load_checked", "imports.release", "reviews.still_there"), "test_imports.py",
    ),
    **dict.fromkeys(
        ("reviews.approve_correction", "reviews.settle", "runs.approve"),
        "test_runs_pages.py",
    ),
}  # fmt: skip


# What these carry hidden is not what they rest on: a version, or a key against pressing twice.
UNVERSIONED = {
    "questions.concern", "tasks.add", "tasks.close", "asking.format_wanted", "format_wishes.wanted",
}  # fmt: skip
# Leaving everything empty is an answer to these.
MAY_BE_EMPTY = {"answers.detail", "asking.return_code", "attachments.post"}
# One answer for everything that does not open a case.
ONE_ANSWER = {"start.code", "start.enter", "head.add", "lost.ask"}
COUNTED = {*ONE_ANSWER, "confirm.confirm"}  # each wrong try is on record: a code or a password


# Choices that the service judges, all at once, in a sentence above the form.
SAID_BY_THE_SERVICE = {"view", "paragraph"}


@dataclass
class Found:
    """A form, the view that takes it, and who sends it."""

    endpoint: str
    form: Form
    role: Role


@dataclass
class Watch:
    """Whether anything was recorded since last asked: SQLite counts the commits of others."""

    path: str
    seen: int = 0
    reader: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.reader = sqlite3.connect(self.path)
        self.moved()

    def moved(self) -> bool:
        now = int(self.reader.execute("PRAGMA data_version").fetchone()[0])
        moved, self.seen = now != self.seen, now
        return moved


def places(site: Any) -> list[dict[str, Any]]:
    """What stands in the places of an address, for each case of the seeded database."""
    base = roles.real_values(site.engine)
    with Session(site.engine) as session:
        base |= {
            "month": "2026-06",
            "task_id": session.scalars(select(Task.id).where(Task.kind == "other")).first(),
        }
        found = [base]
        for case in session.scalars(select(Case).order_by(Case.id.desc())):
            notices = session.scalars(select(Notice).where(Notice.case_id == case.id)).all()
            ids = [notice.id for notice in notices] or [base["notice_id"]]
            mine = base | {"reference": case.reference}
            of_case = GivingProposal.notice_id.in_(ids)
            if proposal := session.scalars(select(GivingProposal.id).where(of_case)).first():
                mine |= {"proposal_id": proposal}
            found += [mine | {"notice_id": one} for one in ids]
        return found


def kinds_of(site: Any, endpoint: str) -> list[dict[str, str]]:
    """What an address names besides rows: the kind of an entry, of a policy, of a template."""
    if endpoint == "payments.enter":
        return [{"kind": kind} for kind in ("payment", "reversal", "refund", "write_off")]
    if endpoint == "payments.chase":
        return [{"action": action} for action in ("start_recovery", "apply_to_court")]
    if endpoint == "policies.propose":
        with Session(site.engine) as session:
            kinds = session.scalars(select(Policy.kind).distinct()).all()
        return [{"kind": kind} for kind in kinds if kind != "template"]
    if endpoint == "appeals.record":
        return [{"kind": kind.value} for kind in STEP_FORMS]
    return [{"kind": roles.KINDS[endpoint]}] if endpoint in roles.KINDS else [{}]


def addresses_of(site: Any, rule: Rule, given: list[dict[str, Any]]) -> list[str]:
    """The addresses of one rule: for each case where it names one, for each kind it knows."""
    values = given if "reference" in rule.arguments else given[:1]
    adapter = site.app.url_map.bind("localhost")
    return list(dict.fromkeys(
        str(adapter.build(rule.endpoint, {n: all_[n] for n in rule.arguments if n in all_}))
        for one in values
        for kind in kinds_of(site, rule.endpoint)
        if (all_ := {**dict.fromkeys(rule.arguments, 999_999), **one, **kind})
    ))  # fmt: skip


def readers(site: Any, rule: Rule) -> list[Role]:
    """Who looks at the page: whoever may do what is on it, or those who find forms on a page
    that everybody may read."""
    allowed = [role for role in Role if roles.may(site, rule, role)]
    if "POST" in (rule.methods or ()):
        return allowed[:1]
    return [role for role in READERS[: 2 if "reference" in rule.arguments else None]
            if role in allowed]  # fmt: skip


def forms_shown(site: Any, clients: dict[Role, Any]) -> list[Found]:
    """Every form that the site shows, once for each set of fields."""
    given, adapter = places(site), site.app.url_map.bind("localhost")
    found: dict[tuple[str, tuple[str, ...]], Found] = {}
    for rule in roles.addresses(site, "GET"):
        own = "POST" in (rule.methods or ())
        tried = 0
        for where in addresses_of(site, rule, given):
            # A form of its own is there or not; of a page that shows several, a few tell.
            if tried >= (1 if own and rule.endpoint not in SEVERAL else ENOUGH):
                break
            new = shown_at(adapter, clients, where, readers(site, rule))
            new = {key: one for key, one in new.items() if key not in found}
            found |= new
            tried += bool(new) if own else not new
    return list(found.values())


def shown_at(
    adapter: MapAdapter, clients: dict[Role, Any], where: str, whose: list[Role]
) -> dict[tuple[str, tuple[str, ...]], Found]:
    """The forms on one page, as these roles see it."""
    found: dict[tuple[str, tuple[str, ...]], Found] = {}
    for role in whose:
        answer = clients[role].get(where)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        for form in form_reader.forms_of(where, answer.text):
            endpoint, _ = adapter.match(form.action.partition("?")[0], method="POST")
            found.setdefault((endpoint, form.key), Found(endpoint, form, role))
    return found


def send(client: Any, form: Form, values: dict[str, Any]) -> Any:
    return client.post(form.action, data=values, content_type="multipart/form-data")


def unsaid(html: str, wrong: str, targets: list[Control]) -> Iterator[str]:
    """The page says what is wrong, and leads to the field where it is."""
    if "nhsuk-error-summary" not in html:
        yield "no word of what is wrong"
    if wrong in ("nothing", "a forged id", "a program"):
        return
    for control in targets:
        if control.name in SAID_BY_THE_SERVICE and control.kind == "choice":
            continue
        if not re.search(rf'href="#{re.escape(control.name)}(-\w+)?"', html):
            yield f"nothing leads to {control.name}"


def lost(html: str, values: dict[str, Any], form: Form) -> Iterator[str]:
    """What was typed is still there to be corrected. Characters that cannot be shown may go."""
    for name, control in form.controls.items():
        typed = values.get(name)
        if control.kind not in ("text", "money", "number") or not isinstance(typed, str):
            continue
        if typed != form_reader.UNSEEN and escape(typed) not in html and typed not in html:
            yield f"{name} was not kept"


def faults(client: Any, found: Found, watch: Watch) -> Iterator[str]:
    """Everything that is wrong with how the site takes bad input in one form."""
    for wrong, targets, values in form_reader.attacks(found.form):
        if wrong == "a forged id" and found.endpoint in UNVERSIONED:
            continue
        if wrong == "nothing" and found.endpoint in MAY_BE_EMPTY:
            continue
        answer = send(client, found.form, values)
        here = f"{found.endpoint} ({found.form.action}), {wrong}: "
        if watch.moved() and found.endpoint not in COUNTED:
            yield here + f"something was recorded ({answer.status_code})"
        elif answer.status_code not in REFUSED:
            yield here + f"answered {answer.status_code}"
        elif answer.status_code == 200:
            where = [] if found.endpoint in ONE_ANSWER else targets
            yield from (here + fault for fault in unsaid(answer.text, wrong, where))
            yield from (here + fault for fault in lost(answer.text, values, found.form))


def seed_more(site: Any) -> None:
    """Rows that the seeded database lacks and whose forms are worth trying: made by services."""

    def begin(actor: Actor, now: datetime = NOW) -> Any:
        return transaction(site.engine, actor, now, site.settings)

    stages: tuple[Callable[[told.Story], object], ...] = (
        lambda story: (story.triage(), story.draft()),
        lambda story: (story.triage(), story.draft(), story.submit()),
        lambda story: (story.triage(), story.draft(), story.submit(), story.approve()),
        lambda story: story.to_given(),
        lambda story: story.to_given(),
    )
    for number, stage in enumerate(stages, 50):
        stage(told.Story(begin, number))
    with site.work("olive") as work:
        reply = work.session.scalars(select(Reply)).one()
        reply_points.add_point(work, reply, "A point that the sorting missed.")
        questions.ask(work, reply, "On which day did you ring?", TODAY + timedelta(days=7))
        tasks.add(work, reply.case, "other", "Ring the manager back")
        last = told.Story(begin, 54)
        amounts.enter(work, last.case(work), 100_000, "CQC’s list", "cqc.csv", b"fee\n1000\n")
        again, day = told.Story(begin, 53), told.Story(begin, 54)
        doubt = "The envelope: addressee gone away"
        doubting.doubt(work, again.notice(work), "returned", doubt, TODAY)
        to = regiving.Ask(told.REGISTERED_OFFICE, Method.FIRST_CLASS, TODAY, 14)
        regiving.propose(work, again.notice(work), to, "The company has left that office.")
        overriding.propose(work, day.notice(work), TODAY, "A signature", "day.csv", b"a,b\n1,2\n")
    with site.work("polly") as work:
        body = policies.in_force(work.session, "threshold", TODAY).body
        policies.propose(work, "threshold", TODAY + timedelta(days=40), dict(body), "Invented")
        templates.propose(work, "support", "v1", TODAY + timedelta(days=40), "For the test")


@pytest.fixture(scope="module")
def shown(site: Any, clients: dict[Role, Any]) -> list[Found]:
    seed_more(site)
    return forms_shown(site, clients)


def test_every_form_is_on_a_page_or_tried_elsewhere(site: Any, shown: list[Found]) -> None:
    taken = {rule.endpoint for rule in roles.addresses(site, "POST")}
    seen = {found.endpoint for found in shown}
    assert sorted(taken - seen - set(ELSEWHERE)) == []
    assert set(ELSEWHERE) & seen == set()
    here = Path(__file__).parent
    assert [name for name in ELSEWHERE.values() if not (here / name).exists()] == []


def test_bad_input_is_told_kept_and_never_recorded(
    site: Any, shown: list[Found], clients: dict[Role, Any]
) -> None:
    watch = Watch(str(site.engine.url.database))
    found = [fault for one in shown for fault in faults(clients[one.role], one, watch)]
    if found:
        pytest.fail("\n".join(found))


# --- the provider's site ----------------------------------------------------------------------
def reply_pages(app: Flask, secret: str) -> list[str]:
    """Every page that holds a form: before the second fact, and with every reason chosen."""
    asked = [
        f"/reply/why/{reason.key}/{name}"
        for reason in REASONS.values()
        for name in reason.questions
    ]
    adapter = app.url_map.bind("localhost")
    known = {"secret": secret, "file_id": 1, "duty": 1, "month": "2026-03"}
    plain = [
        str(adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments}))
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and set(rule.arguments) <= set(known)
    ]
    return [*plain, *asked]


@pytest.fixture
def provider(migrated_sqlite: Path, tmp_path: Path) -> Iterator[tuple[Flask, FlaskClient, str]]:
    """The reply site, somebody inside it with every reason chosen and a file added."""
    file = tmp_path / "reply.sqlite3"
    file.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{file}"}
    )
    engine = open_engine(settings.database_url)
    officer = Actor("staff:o", "Officer", frozenset({Role.OFFICER, Role.POLICY, Role.LEADER}))
    with transaction(engine, officer, NOW, settings) as work:
        default_policies.install(work)
        made = reply_case.make(work, places=2)
    app = create_reply_app(settings, clock=lambda: NOW)
    client = come_in(app, made)
    post(client, "/reply/why", choice=[reason for reason in REASONS if reason != "accept"])
    upload(client, (b"a,b\n", "log.csv"))
    yield app, client, str(file)
    engine.dispose()


def test_bad_input_of_a_provider_is_told_kept_and_never_recorded(
    provider: tuple[Flask, FlaskClient, str],
) -> None:
    app, client, database = provider
    watch, found, seen = Watch(database), [], set[tuple[str, tuple[str, ...]]]()
    for place in reply_pages(app, "x" * 43):
        answer = client.get(place)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        for form in form_reader.forms_of(place, answer.text):
            endpoint, _ = app.url_map.bind("localhost").match(
                form.action.partition("?")[0], method="POST"
            )
            if endpoint != "start.leave" and (form.action, form.key) not in seen:
                seen.add((form.action, form.key))
                found += faults(client, Found(endpoint, form, Role.OFFICER), watch)
    if found:
        pytest.fail("\n".join(found))
    assert len(seen) >= 30
