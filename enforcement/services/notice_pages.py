"""The page of a notice: laid out from its facts, read back, shown to whoever may see it."""

from __future__ import annotations

from functools import lru_cache

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import CannotPrint, MissingElement
from enforcement.rendering import samples
from enforcement.rendering.elements import check_elements
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.print_room import standing
from enforcement.rendering.words import Rendered, html_twin
from enforcement.services.files import Kept, fetch
from enforcement.services.notice_facts import stored_facts, with_secret
from enforcement.services.work import Work
from enforcement.settings import Settings

PDF = "application/pdf"


@lru_cache(maxsize=64)
def _page(facts: NoticeFacts, pressed: bool) -> Rendered:
    """The page of these facts. Drafting, looking and submitting ask for the very same one, and the
    same facts give the same bytes, so it is made once."""
    return standing(pressed).render(facts)


def page_of(work: Work, facts: NoticeFacts) -> Rendered:
    """The page of a notice or letter: from the press, or laid out in full where that is off.

    Refuses CannotPrint, MissingElement, and what else `rendering.paper` refuses.
    """
    return _page(facts, work.settings.press)


def get_ready(settings: Settings, kind: str) -> None:
    """Print the sample of a kind, and throw it away: the print room is open and warm after that,
    and no transaction waits for it. Two to three seconds, once a process."""
    _page(samples.sample(kind), settings.press)


def look_at_page(work: Work, case: Case, notice: Notice) -> Rendered | None:
    """Make the page and keep what was found on it; a draft that cannot be printed says why."""
    facts = stored_facts(notice)
    try:
        made = page_of(work, with_secret(work, case, facts))
    except (MissingElement, CannotPrint) as refusal:
        notice.pages = None
        notice.checks = [
            {
                "element": refusal.sentence.rstrip("."),
                "citation": refusal.rule,
                "ok": False,
                "where": "",
            }
        ]
        return None
    notice.pages = made.pages
    notice.checks = _checks(facts, made)
    return made


def _checks(facts: NoticeFacts, made: Rendered) -> list[dict[str, Fact]]:
    """The legal elements as read back from the page, and its geometry. Facts without a secret."""
    found: list[dict[str, Fact]] = [
        {"element": one.element, "citation": one.citation, "ok": one.present, "where": one.where}
        for one in check_elements(facts, made.text)
    ]
    found.append(
        {
            "element": "everything inside the printable area and the address window",
            "citation": "GOV.UK Notify precompiled letters",
            "ok": True,  # `render` refuses any other page
            "where": f"{made.pages} pages",
        }
    )
    return found


def preview(work: Work, case: Case, notice: Notice) -> Kept:
    """The PDF: as submitted or issued, byte for byte; a draft is made on the spot, not stored.

    Reads only. Refuses NotAllowed to those who may not see the reply code printed on it,
    CannotPrint or MissingElement for a draft that cannot be printed.
    """
    if prints_code(notice):
        work.require(Permission.READ_CODE)
    if notice.pdf_sha256 is not None:
        return fetch(work, notice.pdf_sha256)
    made = page_of(work, with_secret(work, case, stored_facts(notice)))
    return Kept(made.sha256, PDF, made.pdf)


def prints_code(notice: Notice) -> bool:
    """Whether the page carries the code with which a provider replies."""
    return bool(notice.facts.get("reply"))


def may_open(work: Work, notice: Notice) -> bool:
    """Whether this person may open the paper itself; everybody may read its words."""
    return not prints_code(notice) or can(work.actor, Permission.READ_CODE)


def twin(notice: Notice) -> str:
    """The same words as HTML for the screen, without the reply code."""
    return html_twin(stored_facts(notice))
