"""The officers' site: sign-in, navigation and every page, one module per noun."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, request, url_for
from flask_login import current_user

from enforcement.domain.permissions import ROLE_TITLES, Actor, Permission, Role, can
from enforcement.web import access
from enforcement.web.pages import Account, NavItem
from enforcement.web.staff import (
    accounts,
    amounts,
    appeals,
    bank_files,
    bank_lines,
    bundle_changes,
    bundles,
    case_actions,
    cases,
    clocks,
    confirm,
    decisions,
    directions,
    format_wishes,
    gate,
    giving,
    history,
    home,
    imports,
    issue_run_approval,
    issue_run_new,
    issue_run_paper,
    issue_runs,
    letters,
    notices,
    owed,
    payments,
    policies,
    providers,
    questions,
    recovery,
    register_check,
    regiving,
    remittances,
    replies,
    reply_links,
    reply_receipts,
    reviews,
    runs,
    sign_in,
    tasks,
    templates,
    why,
    windows,
    worklist,
    write_offs,
)

# Every page of the site. A module's blueprint carries its noun as name.
BLUEPRINTS: tuple[Blueprint, ...] = (
    sign_in.bp,
    confirm.bp,
    imports.bp,
    windows.bp,
    runs.bp,
    issue_run_new.bp,
    issue_runs.bp,
    issue_run_approval.bp,
    issue_run_paper.bp,
    why.bp,
    providers.bp,
    reviews.bp,
    replies.bp,
    reply_links.bp,
    questions.bp,
    reply_receipts.bp,
    home.bp,
    worklist.bp,
    cases.bp,
    payments.bp,
    bank_files.bp,
    bank_lines.bp,
    owed.bp,
    write_offs.bp,
    remittances.bp,
    decisions.bp,
    case_actions.bp,
    format_wishes.bp,
    appeals.bp,
    directions.bp,
    recovery.bp,
    bundles.bp,
    bundle_changes.bp,
    notices.bp,
    letters.bp,
    giving.bp,
    regiving.bp,
    tasks.bp,
    amounts.bp,
    register_check.bp,
    gate.bp,
    clocks.bp,
    history.bp,
    policies.bp,
    templates.bp,
    accounts.bp,
)

# Where the navigation leads: words, endpoint, the permission (or one of several) without which
# it is not shown.
POLICY_PEOPLE = frozenset({Permission.PROPOSE_POLICY, Permission.APPROVE_POLICY})
NAVIGATION: tuple[tuple[str, str, Permission | frozenset[Permission] | None], ...] = (
    ("Home", "home.home", None),
    ("Worklist", "worklist.worklist", Permission.READ_CASES),
    ("Tasks", "tasks.tasks", Permission.READ_CASES),
    ("Providers", "providers.providers", Permission.READ_CASES),
    ("At risk", "providers.at_risk", Permission.READ_CASES),
    ("Windows", "windows.windows", Permission.READ_CASES),
    ("Imports", "imports.imports", Permission.READ_CASES),
    ("Runs", "runs.runs", Permission.READ_CASES),
    ("Issue runs", "issue_runs.runs", Permission.READ_CASES),
    ("Money", "bank_files.files", Permission.READ_CASES),
    ("Policies", "policies.policies", Permission.READ_CASES),
    ("Templates", "templates.templates", POLICY_PEOPLE),
    ("History", "history.history", Permission.READ_HISTORY),
    ("Accounts", "accounts.accounts", Permission.MANAGE_ACCOUNTS),
)


def install(app: Flask) -> None:
    """Recognise who asks, and put every page in place."""
    access.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(frame)


def frame() -> dict[str, Any]:
    """What the frame of every page shows: who is signed in and where they may go."""
    if not current_user.is_authenticated:
        return {"account": None, "nav": [], "home_url": "/"}
    actor = current_user.actor
    roles = [role for role in Role if role in actor.roles]
    return {
        "account": Account(
            name=actor.name,
            role=", ".join(ROLE_TITLES[role] for role in roles),
            sign_out_url=url_for("sign_in.sign_out"),
            account_url=url_for("sign_in.my_account"),
            read_only=actor.roles == {Role.AUDITOR},
        ),
        "nav": [
            NavItem(words, url_for(endpoint), current=_in(endpoint))
            for words, endpoint, permission in NAVIGATION
            if _shown(actor, permission)
        ],
        "home_url": url_for("home.home"),
    }


def _shown(actor: Actor, needs: Permission | frozenset[Permission] | None) -> bool:
    if isinstance(needs, frozenset):
        return bool(needs & actor.permissions)
    return needs is None or can(actor, needs)


def _in(endpoint: str) -> bool:
    if request.endpoint == endpoint:
        return True
    part = endpoint.partition(".")[0]
    return request.blueprint == part and part not in ("home", "providers")
