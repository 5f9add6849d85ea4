"""The receipt of a reply for officers: to post to whoever replied on paper or by telephone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for

from enforcement.domain.permissions import Permission
from enforcement.services import cases, receipt_papers, replies
from enforcement.web import access
from enforcement.web.exports import download
from enforcement.web.staff.decision_record import papers_hidden

bp = Blueprint("reply_receipts", __name__, url_prefix="/cases/<reference>/replies")


@bp.get("/<reply_reference>/receipt.pdf")
@access.needs(Permission.READ_CASES)
def receipt(reference: str, reply_reference: str) -> Any:
    """What was received, word for word, as the person who replied is given it."""
    work = access.work()
    case = cases.find(work, reference)
    if papers_hidden(work, case):
        return redirect(url_for("decisions.decision", reference=case.reference), 303)
    made = receipt_papers.receipt_paper(work, case, replies.find(work, case, reply_reference))
    name = f"{reply_reference}-receipt.pdf"
    return download(made.pdf, filename=name, mimetype="application/pdf")
