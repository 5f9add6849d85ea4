"""Every address of the staff site as every role: who is let in, and that reading changes nothing.

The expected table is not written out: it follows from the permission each view declares and from
what each role is granted, so that a new address is in it as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import officer_cases
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from enforcement.data.cases import Case
from enforcement.data.engine import open_engine
from enforcement.data.files import ImportedFile
from enforcement.data.notices import Notice
from enforcement.data.policies import Policy
from enforcement.data.register import Duty, Provider
from enforcement.data.replies import Reply
from enforcement.domain.permissions import GRANTS, Role
from enforcement.services import drift
from enforcement.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.heavy]
# One person of each role; the accounts page shows another officer, so that nobody here is touched.
WHO = {
    Role.OFFICER: "olive", Role.SENIOR: "senna", Role.PANEL: "petra", Role.FINANCE: "fern",
    Role.LEADER: "leith", Role.POLICY: "polly", Role.ADMIN: "adair", Role.AUDITOR: "audra",
}  # fmt: skip
SHOWN = {200, 302, 404}
# What a form without its fields, or about a case that is not there, is answered.
ANSWERED = {200, 302, 303, 400, 404, 409, 422}
# No issue run is seeded: the journey and the walk over the synthetic year open these pages.
ISSUE_RUN_PAGES = {
    "issue_runs.run", "issue_runs.progress_frame", "issue_runs.manifest", "issue_runs.steer",
    "issue_runs.items", "issue_runs.export", "issue_runs.item", "issue_run_approval.look",
    "issue_run_approval.next_check", "issue_run_approval.check", "issue_run_paper.files",
    "issue_run_paper.file", "issue_run_paper.pdf", "issue_run_paper.manifest",
    "issue_run_paper.reconciliation", "issue_run_paper.reconciliation_csv",
}  # fmt: skip
# No bank file, write-off or remittance is seeded: their own tests open these pages.
MONEY_PAGES = {
    "bank_files.file", "bank_files.undo", "bank_files.received", "bank_files.refused",
    "bank_lines.line", "bank_lines.match", "bank_lines.set_aside", "bank_lines.reopen",
    "bank_lines.undo", "write_offs.one", "write_offs.agree", "write_offs.refuse",
    "write_offs.take_back", "remittances.sent", "remittances.sent_csv",
}  # fmt: skip
# Addresses whose row the seeded database does not hold: they answer 404 to whoever may read.
NO_ROW = {
    *ISSUE_RUN_PAGES,
    *MONEY_PAGES,
    "imports.load", "runs.run", "runs.rows", "runs.candidate", "reviews.settle", "history.note",
    "cases.document", "giving.settle", "replies.split", "replies.point", "why.case_why",
    "questions.close",
    "reply_receipts.receipt",  # the seeded reply came before receipts were signed
    "reviews.still_there", "tasks.close", "regiving.proposal", "regiving.evidence",
    "letters.sign", "letters.to_sign", "letters.discard", "amounts.evidence",
    "bundles.edition", "bundles.verify", "bundles.volume", "bundle_changes.add",
    "bundle_changes.redact", "directions.direction",
}  # fmt: skip
# The seeded notices hold no facts to print, which is said with 400.
NO_FACTS = {
    "notices.notice", "notices.words", "letters.giving_certificate", "letters.large_print",
}  # fmt: skip
VERIFY = "history.run_verify"


@pytest.fixture(scope="module")
def site(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("roles")
    database = folder / "roles.sqlite3"
    database.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(folder), "DATABASE_URL": f"sqlite:///{database}"}
    )
    engine = open_engine(settings.database_url)
    made = officer_cases.make_site(engine, settings)
    with Session(engine) as session, session.begin():
        for case in session.scalars(sa.select(Case)):
            case.snapshot = drift.snapshot(case.provider)
    made.app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the role must refuse, not the token
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def clients(site: Any) -> dict[Role, Any]:
    assert set(WHO) == set(Role)
    return {role: site.client(name) for role, name in WHO.items()}


def addresses(site: Any, method: str) -> Iterator[Rule]:
    for rule in site.app.url_map.iter_rules():
        needs = getattr(site.app.view_functions[rule.endpoint], "needs", "anyone")
        if method in (rule.methods or ()) and needs != "anyone":
            yield rule


def may(site: Any, rule: Rule, role: Role) -> bool:
    needs = site.app.view_functions[rule.endpoint].needs
    return needs is None or needs in GRANTS[role]


def real_values(engine: Engine) -> dict[str, Any]:
    """What stands in the places of an address, from rows that are there."""
    with Session(engine) as session:
        reply = session.scalars(sa.select(Reply)).one()
        case = reply.case
        notice = session.scalars(sa.select(Notice).where(Notice.case_id == case.id)).one()
        duty = session.scalars(sa.select(Duty).where(Duty.provider_id == case.provider_id)).first()
        file = session.scalars(sa.select(ImportedFile)).first()
        policy = session.scalars(sa.select(Policy)).first()
        assert duty is not None
        assert file is not None
        assert policy is not None
        return {
            "reference": case.reference, "notice_id": notice.id, "clock_id": case.clocks[0].id,
            "cqc_id": session.get_one(Provider, case.provider_id).cqc_id, "duty_id": duty.id,
            "month": "2026-05", "reply_reference": reply.reference, "number": 1,
            "pack": "tribunal", "volume": 1,
            "username": "oscar", "policy_id": policy.id, "file_id": file.id, "copy": "original",
            "item_id": 1, "run_id": 1, "pair_id": 1, "correction_id": 1, "load_id": "none",
            "run_reference": "IR-2026-0001", "position": 1, "deed": "pause", "doing": "retry",
            "size": 1, "digest": "0" * 64, "direction_id": 1, "kind": "threshold",
            "version": "v1", "which": "sample",
        }  # fmt: skip


VERSIONS = ("templates.version", "templates.preview", "templates.words", "templates.compare",
            "templates.propose")  # fmt: skip
KINDS = dict.fromkeys(VERSIONS, "support") | {
    "worklist.export": "csv",
    "issue_runs.export": "csv",
    "payments.enter": "payment",
    "appeals.record": "decided",
}
NOWHERE = {
    "reference": "ASC-2099-000001", "username": "nobody", "cqc_id": "1-1", "month": "2099-01",
    "run_reference": "IR-2099-0001", "deed": "pause", "doing": "retry",
    "load_id": "none", "kind": "none", "reply_reference": "none",
    "pack": "tribunal",
}  # fmt: skip


def address(site: Any, rule: Rule, values: dict[str, Any]) -> str:
    """The rule's address with values in its places; a number that no row has where none is."""
    given = {name: values.get(name, 999_999) for name in rule.arguments}
    if "kind" in given and rule.endpoint in KINDS:
        given["kind"] = KINDS[rule.endpoint]
    with site.app.test_request_context():
        built = site.app.url_map.bind("localhost").build(rule.endpoint, given)
    return str(built)


def dump(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for the row that says a session is awake."""
    with engine.connect() as connection:
        return {
            table: sorted(
                map(tuple, connection.execute(sa.text(f'SELECT * FROM "{table}"'))), key=str
            )
            for table in sa.inspect(connection).get_table_names()
            if table != "staff_session"
        }


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [table for table in before if before[table] != after[table]]


def test_every_page_as_every_role_and_reading_changes_nothing(
    site: Any, clients: dict[Role, Any]
) -> None:
    values, before = real_values(site.engine), dump(site.engine)
    wrong, seen = [], set()
    for rule in addresses(site, "GET"):
        where = address(site, rule, values)
        for role, client in clients.items():
            shown = SHOWN | {400} if rule.endpoint in NO_FACTS else SHOWN
            expected = shown if may(site, rule, role) else {403}
            for answer in (client.get(where), client.head(where)):
                if answer.status_code not in expected:
                    wrong.append((role.value, where, answer.status_code))
                if answer.status_code in (200, 302):
                    seen.add(rule.endpoint)
    assert wrong == []
    assert {rule.endpoint for rule in addresses(site, "GET")} - seen == NO_ROW | NO_FACTS
    assert changed(before, dump(site.engine)) == []


def test_every_form_as_every_role_and_a_refused_one_changes_nothing(
    site: Any, clients: dict[Role, Any]
) -> None:
    before, wrong = dump(site.engine), []
    for rule in addresses(site, "POST"):
        if rule.endpoint == VERIFY:
            continue
        where = address(site, rule, NOWHERE)
        for role, client in clients.items():
            expected = ANSWERED if may(site, rule, role) else {403}
            answer = client.post(where)
            if answer.status_code not in expected:
                wrong.append((role.value, where, answer.status_code))
    assert wrong == []
    assert changed(before, dump(site.engine)) == []


def test_an_auditor_is_let_through_by_no_form_but_the_verification(
    site: Any, clients: dict[Role, Any]
) -> None:
    values, before = real_values(site.engine), dump(site.engine)
    answers = {
        rule.endpoint: clients[Role.AUDITOR].post(address(site, rule, values)).status_code
        for rule in addresses(site, "POST")
    }
    assert answers.pop(VERIFY) == 303
    assert answers.pop("confirm.confirm") == 200  # no password in it: asked for again
    assert set(answers.values()) == {403}
    # The verification writes that it was done, and nothing else.
    assert set(changed(before, dump(site.engine))) <= {"event", "history_event"}
