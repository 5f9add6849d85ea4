"""The providers' site. Imports nothing of the staff site; no account, no navigation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, url_for

from enforcement.domain.refusals import NotFound
from enforcement.services.policies import in_force
from enforcement.web import transactions
from enforcement.web.pages import HelpLine
from enforcement.web.reply import (
    access,
    answers,
    asking,
    attachments,
    case,
    contact,
    head,
    lost,
    pay,
    receipts,
    record,
    sending,
    standing,
    start,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    start.bp,
    lost.bp,
    case.bp,
    record.bp,
    answers.bp,
    asking.bp,
    attachments.bp,
    sending.bp,
    receipts.bp,
    standing.bp,
    pay.bp,
    contact.bp,
    head.bp,
)


def install(app: Flask) -> None:
    """Put every page of the reply site in place."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(frame)
    app.after_request(access.keep_awake)


def frame() -> dict[str, Any]:
    """The help line of every page, from the contact block in force today."""
    return {"help_line": help_line(), "home_url": url_for("start.start"), "beside": head.beside}


def help_line() -> HelpLine:
    today = transactions.now().date()
    try:
        block = in_force(transactions.session(), "contact_block", today).body
    except NotFound:
        return HelpLine()
    return HelpLine(phone=block["phone"], email=block["email"], hours=block["hours"])
