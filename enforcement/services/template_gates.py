"""What must hold of a version of the words before a second person may approve it.

Computed once, when the version is proposed, on its sample and on its worst case; kept with the
proposal, so that the approver sees what was found and not what would be found another day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from enforcement.domain.events import Fact
from enforcement.domain.refusals import Refusal
from enforcement.rendering import templates as folders
from enforcement.rendering.elements import check_elements
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.geometry import MOST_PAGES
from enforcement.rendering.inspection import inspect
from enforcement.rendering.print_room import standing
from enforcement.rendering.samples import sample, worst
from enforcement.rendering.words import MOST_BYTES, Rendered

NOTIFY = "GOV.UK Notify precompiled letters"
MOST_SHOWN = 240  # characters of what was found: the worst case finds hundreds of places
ACCESSIBLE = "Equality Act 2010; PDF/UA-1; WCAG 2.2 AA"


@dataclass(frozen=True)
class Check:
    """A tick or a cross: what must hold, whether it does, what was found, the rule."""

    title: str
    ok: bool
    detail: str = ""
    rule: str = ""

    def as_json(self) -> dict[str, Fact]:
        return {"title": self.title, "ok": self.ok, "detail": self.detail, "rule": self.rule}


@dataclass(frozen=True)
class _Trial:
    """One invented notice made with the version, or why it could not be made."""

    name: str
    facts: NoticeFacts
    made: Rendered | None
    refused: str
    large: bool = False


def gates(kind: str, version: str) -> list[Check]:
    """Every gate of a version, ticks and crosses. Refuses BadInput for an unknown version."""
    sha256 = folders.folder_sha256(kind, version)
    named = {"template_version": version, "template_sha256": sha256}
    usual, hardest = sample(kind, **named), worst(kind, **named)
    trials = [
        _try("the sample", usual),
        _try("the worst case", hardest),
        _try("the sample in large print", usual, large=True),
    ]
    return [
        Check("The folder and its paper have a fingerprint", True, f"SHA-256 {sha256}"),
        *(_made(trial) for trial in trials),
        *_elements(trials[:2]),
        *(_inspected(trial) for trial in trials),
        _proven(kind, version),
        _pressed(kind, version),
    ]


def _try(name: str, facts: NoticeFacts, *, large: bool = False) -> _Trial:
    try:
        return _Trial(name, facts, standing(False).render(facts, large=large), "", large)
    except Refusal as refusal:
        return _Trial(name, facts, None, refusal.sentence, large)


def _made(trial: _Trial) -> Check:
    """Laid out inside the printable area and, for post, within its limits (`render` refuses
    any other)."""
    limits = trial.facts.posted and not trial.large
    title = f"Inside the printable area{', page and size limits' if limits else ''}: {trial.name}"
    if trial.made is None:
        return Check(title, False, trial.refused, NOTIFY)
    said = f"{trial.made.pages} pages, {len(trial.made.pdf) // 1000} kB"
    most = f"; at most {MOST_PAGES} pages, {MOST_BYTES // 1000} kB" if limits else ""
    return Check(title, True, said + most, NOTIFY)


def _elements(trials: list[_Trial]) -> Iterator[Check]:
    """Each element the Regulations require, looked for on the words of both pages."""
    for trial in trials:
        if trial.made is None:
            title = f"What the Regulations require is on {trial.name}"
            yield Check(title, False, trial.refused)
            continue
        for one in check_elements(trial.facts, trial.made.text):
            title = f"{one.element[:1].upper()}{one.element[1:]}: on {trial.name}"
            yield Check(title, one.present, one.where[:MOST_SHOWN], one.citation)


def _inspected(trial: _Trial) -> Check:
    """Headings, tables, contrast, typefaces, bookmarks: read back from the finished file."""
    title = f"Headings, tables, contrast and tags of {trial.name}"
    if trial.made is None:
        return Check(title, False, "It could not be made.", ACCESSIBLE)
    posted = trial.facts.posted and not trial.large
    found = inspect(trial.made.pdf, MOST_PAGES if posted else None)
    return Check(title, not found, "; ".join(one.reason for one in found[:5]), ACCESSIBLE)


def _proven(kind: str, version: str) -> Check:
    """veraPDF's verdict, kept beside the templates for one fingerprint."""
    faults = folders.unproven(kind, version)
    return Check(
        "veraPDF passed PDF/A-3a and PDF/UA-1 for this very fingerprint",
        not faults,
        " ".join(faults[:3]),
        "ISO 19005-3; ISO 14289-1",
    )


def _pressed(kind: str, version: str) -> Check:
    """The press gives what the full layout gives, object by object, or leaves the kind to it."""
    # Layout is loaded here only, once for each proposal; every page is made in the print room.
    from enforcement.rendering.press.equality import equal_to_full

    title = "The press gives the same page as the full layout: the sample"
    try:
        differs = equal_to_full(kind, version)
    except Refusal as refusal:
        return Check(title, False, refusal.sentence)
    return Check(title, not differs, f"Not the same: {differs}." if differs else "")
