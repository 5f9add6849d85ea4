"""Anybody may check a receipt: what it says is told, and nothing of the case."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.datastructures import FileStorage
from wtforms import FileField

from enforcement.domain.receipts import MOST_CHARACTERS, Receipt
from enforcement.domain.refusals import BadInput
from enforcement.domain.words import moment, weekday
from enforcement.services import receipt_papers, receipts, replies
from enforcement.web import pages
from enforcement.web.exports import download
from enforcement.web.fields import LongTextField
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access

bp = Blueprint("receipts", __name__)
MOST_BYTES = 2_000_000  # of a receipt as a file: no PDF of ours is larger


class CheckForm(NhsForm):
    words = LongTextField(
        "Paste the receipt",
        description="From “BEGIN RECEIPT” to “END RECEIPT”. The whole email will do",
        render_kw={"rows": 8, "spellcheck": False},
    )
    receipt = FileField(
        "Or give the receipt as a file",
        description="The PDF or the text file that you saved",
        render_kw={"accept": ".pdf,.txt"},
    )
    file = FileField(
        "A file that was sent with the reply (you do not have to)",
        description="We look whether it is one of the files on the receipt, and do not keep it",
    )


@bp.get("/receipts")
@access.anyone
def check_form() -> str:
    return render_template("reply/check_receipt.html", form=CheckForm(formdata=None))


@bp.post("/receipts")
@access.anyone
def check() -> str:
    form = CheckForm()
    settings = access.nobody_work().settings
    access.undo()  # nothing is read or kept: nobody waits for a large file to be compared
    try:
        receipt = receipts.check(settings, _words(form.words.data or ""))
        told = _told(receipt)
        compared = _compared(receipt, settings.max_evidence_bytes)
    except BadInput as refused:
        form.words.errors = [refused.words]
        return render_template("reply/check_receipt.html", form=form)
    return render_template(
        "reply/genuine_receipt.html", facts=told, receipt=receipt, compared=compared
    )


def _words(pasted: str) -> str:
    if pasted.strip():
        return pasted
    given = _given("receipt")
    if given is None:
        raise BadInput("Paste a receipt, or give it as a file.")
    content = given.stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadInput("That file is larger than any receipt of ours.")
    return receipts.words_of_file(content)[: MOST_CHARACTERS + 1]


def _given(name: str) -> FileStorage | None:
    given = request.files.get(name)
    return given if given is not None and given.filename else None


def _compared(receipt: Receipt, most: int) -> str | None:
    """What is said of the file handed in: None when there was none."""
    given = _given("file")
    if given is None:
        return None
    listed = receipts.listed_as(receipt, given.stream.read(most + 1))
    if listed:
        return f"The file you gave is, byte for byte, “{listed}” on this receipt."
    return "The file you gave is not one of the files on this receipt, or it was changed."


def _told(receipt: Receipt) -> list[pages.Fact]:
    in_time = "No last day was running"
    if receipt.period_ends_on is not None:
        last = weekday(receipt.period_ends_on)
        in_time = f"{'After' if receipt.late else 'In time: before the end of'} {last}"
    return [
        pages.Fact("Reply", receipt.reference),
        pages.Fact("Received", moment(receipt.received_at)),
        pages.Fact("In time", in_time),
    ]


@bp.get("/receipts/key.pem")
@access.anyone
def key() -> Response:
    pem = receipts.public_pem(access.nobody_work().settings)
    return Response(pem, mimetype="application/x-pem-file")


@bp.get("/reply/sent/<reference>/receipt.txt")
@access.needs_session
def text(reference: str) -> Any:
    """The receipt's signed lines, to keep."""
    reply = replies.find(access.work(), access.case(), reference)
    if "block" not in reply.receipt:
        abort(404)  # it came before receipts were signed
    held = f"{reply.receipt['block']}\n".encode()
    return download(held, filename=f"{reply.reference}-receipt.txt", mimetype="text/plain")


@bp.get("/reply/sent/<reference>/receipt.pdf")
@access.needs_session
def document(reference: str) -> Any:
    """The receipt as a PDF with everything that was said."""
    work, case = access.work(), access.case()
    made = receipt_papers.receipt_paper(work, case, replies.find(work, case, reference))
    return download(made.pdf, filename=f"{reference}-receipt.pdf", mimetype="application/pdf")
