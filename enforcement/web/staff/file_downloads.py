"""What leaves of a file that was brought in: the file as received, and its refused lines."""

from __future__ import annotations

from flask import Response

from enforcement.data.files import ImportedFile
from enforcement.services import files
from enforcement.services.work import Work
from enforcement.web.exports import csv_response, download
from enforcement.web.listing import Column

REFUSED = (Column("line", "Line"), Column("reason", "Reason"), Column("text", "What it says"))


def as_received(work: Work, row: ImportedFile) -> Response:
    """The file byte for byte."""
    kept = files.fetch(work, row.sha256)
    return download(kept.content, filename=row.filename, mimetype="application/octet-stream")


def refused_lines(row: ImportedFile) -> Response:
    return csv_response(row.rejected, REFUSED, f"refused lines of {row.filename}.csv")
