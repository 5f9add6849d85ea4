"""A notice from facts to PDF: the same facts give the same bytes, on any machine.

The page is laid out by WeasyPrint with our own stylesheet, typeface and templates; nothing is read
from outside. What comes back has been checked: every character printable, every legally required
element in the text, every mark where the posting service allows it, at most 10 pages.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import cache
from typing import Any

from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from enforcement.domain.refusals import BadInput, CannotPrint, MissingElement, OutsideFetch
from enforcement.rendering import templates
from enforcement.rendering.archive import VARIANT, AccessibleArchiveMetadata, add_header_scopes
from enforcement.rendering.elements import check_elements
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.fetchers import ClosedFetcher, TypefaceFetcher
from enforcement.rendering.geometry import (
    MOST_PAGES,
    Mark,
    at_foot,
    check_geometry,
    page_marks,
)
from enforcement.rendering.templates import PAPER, folder_sha256, paper_version
from enforcement.rendering.typefaces import refuse_unprintable
from enforcement.rendering.wording import refuse_unpostable
from enforcement.rendering.words import (
    FACTS_FILE,
    MOST_BYTES,
    NO_BREAK,
    Rendered,
    html_twin,
    words,
)

__all__ = ["FACTS_FILE", "Rendered", "html_twin", "render", "words"]


# WeasyPrint's layout shares one font map between calls, which is not safe in two threads at once.
layout_lock = threading.Lock()


def typography(version: str = "v1", large: bool = False) -> tuple[FontConfiguration, CSS]:
    """One font map and one parsed stylesheet for each version of the paper: without it memory
    grows for ever."""
    return _typography(version, large)


@cache
def _typography(version: str, large: bool) -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    sheets = ("letter.css", "large.css") if large else ("letter.css",)
    css = CSS(
        string="\n".join(
            (templates.TEMPLATES / PAPER / version / sheet).read_text(encoding="utf-8")
            for sheet in sheets
        ),
        font_config=fonts,
        url_fetcher=TypefaceFetcher(),
    )
    return fonts, css


def render(facts: NoticeFacts, large: bool = False) -> Rendered:
    """Return the notice as PDF/A-3a and PDF/UA-1 with the facts attached as JSON.

    `large` gives the same words in large print, at least 16 point, for a person who asks for it;
    such a copy may take more pages than one envelope holds, so look at `pages` before posting.

    Refuses CannotPrint (character, address, length, place on the page), OutsideFetch (something
    tried to read a file or an address) and MissingElement (a required element is not in the text).
    """
    _refuse_changed_template(facts)
    for text in strings(facts.to_json()):
        refuse_unprintable(text)
    html = words(facts, "letter.html")
    with layout_lock:
        pdf, marks, heard = _print(html, facts, large)
    return checked(facts, html, pdf, marks, heard, large)


def _refuse_changed_template(facts: NoticeFacts) -> None:
    """A draft seen in one wording is not printed in another."""
    now = folder_sha256(facts.kind, facts.template_version)
    if facts.template_sha256 not in ("", now):
        raise BadInput(
            f"The template {facts.kind} {facts.template_version} is not the one that this notice "
            "was drafted in.",
            fix="Save the draft again and read it.",
        )


def checked(
    facts: NoticeFacts, html: str, pdf: bytes, marks: tuple[Mark, ...],
    heard: tuple[str, ...] = (), large: bool = False,
) -> Rendered:  # fmt: skip
    """Return what was printed, if it fits its pages and says all that it must.

    Refuses CannotPrint and MissingElement.
    """
    if facts.posted:
        refuse_unpostable(facts.recipient)
    _refuse_unfit(facts, pdf, marks, large)
    text = _read_back(marks)
    absent = [item for item in check_elements(facts, text) if not item.present]
    if absent:
        raise MissingElement(
            "The notice does not set out: " + "; ".join(item.element for item in absent) + ".",
            rule=absent[0].citation,
        )
    return Rendered(
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        html=html,
        pages=max(mark.page for mark in marks),
        text=text,
        marks=marks,
        warnings=heard,
    )


def strings(plain: object) -> list[str]:
    """Return every text in plain JSON values."""
    if isinstance(plain, str):
        return [plain]
    values: list[object] = []
    if isinstance(plain, dict):
        values = list(plain.values())
    elif isinstance(plain, list):
        values = plain
    return [text for value in values for text in strings(value)]


class _Listener(logging.Handler):
    """Keeps what WeasyPrint warns of while one notice is made."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []
        self.unread: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            # WeasyPrint keeps this level for resources that could not be read.
            self.unread.append(record.getMessage())
        else:
            self.heard.append(record.getMessage())


def _print(
    html: str, facts: NoticeFacts, large: bool
) -> tuple[bytes, tuple[Mark, ...], tuple[str, ...]]:
    listener = _Listener()
    log = logging.getLogger("weasyprint")
    log.addHandler(listener)
    try:
        pdf, marks = lay_out(html, facts, large=large)
    except FatalURLFetchingError as stop:
        raise OutsideFetch(f"No notice was made. {stop}.") from None
    finally:
        log.removeHandler(listener)
    if listener.unread:
        raise OutsideFetch(f"No notice was made. A notice may not read this: {listener.unread[0]}.")
    for line in listener.heard:
        if "notdef" in line:
            raise CannotPrint(f"A character cannot be printed: {line.rpartition(': ')[2]}.")
    return pdf, marks, tuple(listener.heard)


Step = Callable[[Any], None]


def lay_out(
    html: str, facts: NoticeFacts, before: Step | None = None, after: Step | None = None,
    large: bool = False,
) -> tuple[bytes, tuple[Mark, ...]]:  # fmt: skip
    """Return the PDF and its marks. `before` sees the laid-out document, `after` the PDF's objects.

    To be called with `layout_lock` held.
    """
    fonts, css = typography(paper_version(facts.kind, facts.template_version), large)
    source = HTML(string=html, url_fetcher=ClosedFetcher())
    document = source.render(font_config=fonts, stylesheets=[css], pdf_variant=VARIANT)
    document.metadata.__class__ = AccessibleArchiveMetadata
    if document.metadata.attachments:
        raise OutsideFetch("No notice was made. A notice may not read a file to attach it.")
    document.metadata.attachments = [_attached(facts)]
    marks = page_marks(document.pages)
    if before:
        before(document)

    def finish(document: Any, pdf: Any) -> None:
        add_header_scopes(document, pdf)
        if after:
            after(pdf)

    with warnings.catch_warnings():
        # WeasyPrint 70 leaves its colour profile's file to be closed by the collector.
        warnings.filterwarnings("ignore", "unclosed file.*sRGB2014", ResourceWarning)
        pdf: Any = document.write_pdf(
            pdf_variant=VARIANT, finisher=finish, full_fonts=False, hinting=False
        )
    return bytes(pdf), marks


def attached_text(facts: NoticeFacts) -> str:
    """Return the facts as the text of the attached file."""
    return json.dumps(facts.to_json(), ensure_ascii=False, indent=1, sort_keys=True)


def _attached(facts: NoticeFacts) -> Attachment:
    """The facts, so that the file explains itself; dated by the notice, never by the clock."""
    midnight = datetime.combine(facts.dated, time(), UTC)
    return Attachment(
        string=attached_text(facts),
        url_fetcher=ClosedFetcher(),
        name=FACTS_FILE,
        description="The facts that this notice was made from",
        relationship="Data",
        created=midnight,
        modified=midnight,
    )


def _refuse_unfit(facts: NoticeFacts, pdf: bytes, marks: tuple[Mark, ...], large: bool) -> None:
    most = MOST_PAGES if facts.posted and not large else None
    faults = check_geometry(marks, facts.posted, most)
    if faults:
        raise CannotPrint(
            "The notice does not fit its pages: "
            + "; ".join(fault.reason for fault in faults[:3])
            + ".",
            rule="GOV.UK Notify precompiled letters: printable area, address window, 10 pages",
            fix="Shorten the address or the text, or split the case.",
        )
    if len(pdf) > MOST_BYTES:
        raise CannotPrint(f"The notice is {len(pdf):,} bytes; at most {MOST_BYTES:,} can be sent.")


def _read_back(marks: tuple[Mark, ...]) -> str:
    """The words in reading order, then the foot of each page: a sentence may go over two pages."""
    texts = sorted((mark for mark in marks if mark.kind == "text"), key=at_foot)
    return "\n".join(mark.words for mark in texts).replace(NO_BREAK, " ")
