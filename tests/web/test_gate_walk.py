"""No walk over the pages, issue runs, the command line and the jobs goes round a gate either.

The walks of `gate_walk`, but most steps are taken as people take them: a person of any role opens
a page, fills in a form that stands there and sends it; sends a form seen earlier, when it no
longer fits; posts to an address never shown; makes issue runs; types commands; and the jobs run
between. Refusals are fine, a fault is not. The rows are judged after every step.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import notice_story as story
import pytest
from click.testing import CliRunner
from form_reader import Form, forms_of
from gate_judgement import case_of, fresh_recovery
from gate_walk import PEOPLE, S, Walk, without
from issue_run_story import add_account
from signed_in import COOKIE, signed_in
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, Rule

from enforcement import create_staff_app
from enforcement.commands import opening
from enforcement.commands.cases import cases as case_commands
from enforcement.commands.issue_runs import issue_runs as run_commands
from enforcement.data.issue_runs import IssueRun
from enforcement.data.notices import Notice
from enforcement.data.people import Account
from enforcement.data.replies import Reply
from enforcement.domain import cases as table
from enforcement.domain import gates
from enforcement.domain.cases import State
from enforcement.domain.refusals import Refusal
from enforcement.services import issue_run_work, sending
from enforcement.settings import Settings

pytestmark = pytest.mark.slow
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LENGTH = 120
RUNS = "issue_run"  # the part of an endpoint's name that says it is about issue runs
# Pages of other matters: they move no case, and signing in and out would end the walk.
ELSEWHERE = ("sign_in", "accounts", "imports", "policies", "templates", "windows", "static",
             "history", "bundles", "bundle_changes")  # fmt: skip


class PageWalk(Walk):
    """A walk whose steps are mostly taken on the site, at the command line and by the jobs."""

    def on(self, settings: Settings, patch: pytest.MonkeyPatch) -> PageWalk:
        self.settings = settings
        self.app = create_staff_app(settings, clock=lambda: self.now)
        self.app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the gate must refuse, not the token
        self.seen: list[Form] = []
        self.sent, self.moved = 0, 0
        self.rules = [rule for rule in self.app.url_map.iter_rules() if self._about(rule)]
        patch.setattr(opening, "now", lambda: self.now)
        patch.setenv("DATABASE_URL", settings.database_url)
        patch.setenv("ENFORCEMENT_INSTANCE", str(settings.instance))
        with self.begin(story.OFFICER, self.now) as work:
            known = work.session.scalar(select(Account.id).limit(1)) is not None
            for who in () if known else PEOPLE:
                add_account(work, who)
        return self

    def _about(self, rule: Rule) -> bool:
        known = {"reference", "notice_id", "number", "reply_reference", "run_reference",
                 "position", "action", "kind", "deed"}  # fmt: skip
        near = "reference" in rule.arguments or RUNS in rule.endpoint
        return near and rule.arguments <= known and rule.endpoint.partition(".")[0] not in ELSEWHERE

    def step(self, state: State) -> None:
        act = self.pick((super().step, 45), (self._page, 40), (self._again, 6), (self._post, 4),
                        (self._command, 3), (self._jobs, 2))  # fmt: skip
        if act == super().step:
            super().step(state)
        else:
            act()
        after = self.state()
        self.moved += after is not state
        if state is S.PAYMENT and after is S.RECOVERY:
            with Session(self.engine) as session:
                fresh_recovery(session, case_of(session, self.reference))

    # --- on the site -------------------------------------------------------------------------
    def _client(self) -> Any:
        who = self.luck.choice(PEOPLE).identity.removeprefix("staff:")
        client = self.app.test_client()
        client.set_cookie(COOKIE, signed_in(self.engine, who, self.now))
        return client

    def _values(self) -> dict[str, Any]:
        with Session(self.engine) as session:
            notices = select(Notice.id).join(Notice.case).order_by(Notice.id.desc())
            replies = select(Reply.reference).order_by(Reply.id.desc())
            return {
                "reference": self.reference,
                "notice_id": session.scalar(notices.limit(1)) or 1,
                "reply_reference": session.scalar(replies.limit(1)) or "none",
                "run_reference": session.scalar(
                    select(IssueRun.reference).order_by(IssueRun.id.desc()).limit(1)
                )
                or "IR-2026-0001",
                "number": 1,
                "position": 1,
                "action": "start_recovery",
                "kind": "payment",
                "deed": "resume",
            }

    def _address(self, method: str) -> str:
        rules = [rule for rule in self.rules if method in (rule.methods or ())]
        runs = [rule for rule in rules if RUNS in rule.endpoint]
        rule = self.luck.choice(runs if self.luck.random() < 0.15 else rules)
        values = self._values()
        offered = {
            name: sorted(one.items)
            for name, one in rule._converters.items()
            if isinstance(one, AnyConverter)
        }
        given = {
            name: self.luck.choice(offered[name]) if name in offered else values[name]
            for name in rule.arguments
        }
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            return str(adapter.build(rule.endpoint, given, method=method))

    def _page(self) -> None:
        """Open a page and send a form that stands on it, as the same person."""
        client, where = self._client(), self._address("GET")
        answer = client.get(where)
        assert answer.status_code < 500, (where, answer.status_code)
        if answer.mimetype != "text/html":
            return
        found = [
            f for f in forms_of(where, answer.get_data(as_text=True)) if "sign" not in f.action
        ]
        self.seen += found
        if found:
            self._send(client, self.luck.choice(found))

    def _again(self) -> None:
        """A form seen earlier, by somebody else perhaps."""
        if self.seen:
            self._send(self._client(), self.luck.choice(self.seen))

    def _post(self) -> None:
        """Straight to an address, with whatever any form seen ever asked."""
        controls = {name: c for form in self.seen for name, c in form.controls.items()}
        self._send(self._client(), Form(self._address("POST"), controls))

    def _send(self, client: Any, form: Form) -> None:
        data = {name: self._fill(control) for name, control in form.controls.items()}
        answer = client.post(form.action, data=data, content_type="multipart/form-data")
        assert answer.status_code < 500, (form.action, data, answer.status_code)
        self.sent += 1

    def _fill(self, control: Any) -> Any:
        offered = [value for value in control.values if value]
        match control.kind:
            case "choice":
                return self.luck.choice(offered or [""])
            case "tick":
                return self.luck.sample(offered, self.luck.randint(0, len(offered)))
            case "hidden" | "button":
                return offered[0] if offered else ""
            case "money":
                return self.pick(("2388.00", 9), ("100.00", 1))
            case "number":
                return self.pick(("14", 3), ("28", 3), ("1", 1))
            case "date":
                return [str(self.now.day), str(self.now.month), str(self.now.year)]
            case "file":
                return (BytesIO(story.LETTER), "fee.eml")
        return "Invented words"

    # --- at the command line, and by itself --------------------------------------------------
    def _command(self) -> None:
        run = self._values()["run_reference"]
        name = self.luck.choice(PEOPLE).identity.removeprefix("staff:")
        who = self.pick(([], 1), (["--as", name], 3))
        day = f"{self.now:%Y-%m-%d}"
        command, words = self.pick(
            ((run_commands, ["make", "--all", "--method", "first_class", "--send-on", day]), 2),
            ((run_commands, ["freeze", run]), 2),
            ((run_commands, ["resume", run]), 1),
            ((run_commands, ["pause", run, "--reason", "Invented"]), 1),
            ((run_commands, ["cancel", run, "--reason", "Invented"]), 1),
            ((case_commands, ["open", "--window", "2026-05"]), 1),
        )
        outcome = CliRunner().invoke(command, [*words, *who])
        fault = outcome.exception
        assert fault is None or isinstance(fault, SystemExit | Refusal), (words, fault)

    def _jobs(self) -> None:
        """What the worker sweeps: runs to take up, the outbox."""
        with Session(self.engine) as session:
            runs = list(session.scalars(select(IssueRun.id)))
        for run in runs:
            issue_run_work.work_on(self.engine, self.settings, run, lambda: self.now, most=3)
        sending.deliver_ready(self.engine, self.settings, lambda: self.now, "walk")


@pytest.fixture
def walks(
    begin: Callable[..., Any], engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int, State], PageWalk]:
    def walk(number: int, start: State) -> PageWalk:
        walk = PageWalk(begin, engine, number, start, ends=(S.CLOSED,))
        return walk.on(settings, monkeypatch)

    return walk


@SQLITE
@pytest.mark.parametrize(("seed", "start"), [(5, S.TRIAGE), (8, S.IMPOSE), (4, S.PAYMENT)])
def test_no_walk_over_the_pages_passes_a_failed_gate(
    walks: Callable[[int, State], PageWalk], seed: int, start: State
) -> None:
    assert walks(seed, start).go(LENGTH).sent > 5


@SQLITE
def test_the_walks_over_the_pages_notice_a_gate_that_is_gone(
    walks: Callable[[int, State], PageWalk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """About every second of them comes as far as the money; the first that does is told on."""
    monkeypatch.setattr(table, "BY_ACTION", without(gates.amount_confirmed))
    with pytest.raises(AssertionError, match="an estimate"):
        [walks(seed, S.IMPOSE).go(LENGTH) for seed in range(7, 17)]
