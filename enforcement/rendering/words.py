"""The words of a notice, from its facts and template: what is laid out, and the twin on screen.

Needs no layout engine, so that a site or worker that only shows words stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from enforcement.domain.words import day, pounds, weekday
from enforcement.rendering import templates
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.geometry import Mark
from enforcement.rendering.wording import (
    MOST_SINGLE,
    days_to,
    miss_rows,
    miss_windows,
    qr_code,
    window_lines,
)

NO_BREAK = "\u00a0"
FACTS_FILE = "facts.json"  # attached to every PDF
MOST_BYTES = 2_000_000  # the posting service takes files of at most 2 MB


@dataclass(frozen=True)
class Rendered:
    """A notice on paper. `sha256` is of `pdf`; `text` is read back from the pages themselves."""

    pdf: bytes
    sha256: str
    html: str
    pages: int
    text: str
    marks: tuple[Mark, ...] = ()
    warnings: tuple[str, ...] = ()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": unbroken_day, "days_to": days_to, "pounds": pounds}
    environment.filters |= {
        "weekday": unbroken_weekday, "miss_rows": miss_rows, "miss_windows": miss_windows,
    }  # fmt: skip
    environment.globals["most_single"] = MOST_SINGLE
    return environment


def unbroken_day(value: date) -> str:
    """A date that never breaks over two lines."""
    return day(value).replace(" ", NO_BREAK)


def unbroken_weekday(value: date) -> str:
    """A date with its weekday, which never breaks over two lines."""
    return weekday(value).replace(" ", NO_BREAK)


def words(facts: NoticeFacts, layout: str) -> str:
    """Return the notice in HTML; `layout` is "letter.html" or "twin.html". Refuses BadInput."""
    return (
        _environment()
        .get_template(templates.words_path(facts.kind, facts.template_version))
        .render(
            facts=facts,
            layout=layout,
            window=window_lines(facts.recipient) if facts.posted else (),
            qr=qr_code(facts.reply.link) if facts.reply else (0, ""),
        )
    )


def html_twin(facts: NoticeFacts) -> str:
    """Return the notice as an HTML article for the screen: the same words, the same order."""
    return words(facts, "twin.html")
