"""How a provider asked to be written to, and what that means for the next letter."""

from __future__ import annotations

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.replies import FormatWish
from enforcement.domain.calendar import local_date
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import FORMATS, WRITTEN
from enforcement.domain.words import day
from enforcement.services.cases import stream
from enforcement.services.reply_drafts import checked_words
from enforcement.services.work import Work

LARGE_PRINT = "large_print"
STANDARD = "standard"
HEARD = (*WRITTEN, STANDARD)  # what an officer may note; whatever else is asked is a task


def keep(work: Work, case: Case, wanted: str, words: str, key: str) -> str | None:
    """Keep how the case's provider wants to be written to; the latest wish is the one that counts.

    Returns the words as kept, or None when this very request (`key`) is kept already. Refuses
    BadInput for no choice, and without words where they are needed.
    """
    if wanted not in FORMATS:
        raise BadInput("Choose what would help.", about="wanted")
    said = checked_words(words, needed=FORMATS[wanted].needs)
    if work.session.scalar(select(FormatWish.id).where(FormatWish.form_key == key)) is not None:
        return None
    work.session.add(
        FormatWish(
            provider_id=case.provider_id,
            case_id=case.id,
            format=wanted,
            words=said,
            form_key=key,
            asked_at=work.now,
            asked_by=work.actor.identity,
        )
    )
    return said


def note(work: Work, case: Case, wanted: str, words: str, key: str) -> None:
    """Note a format that the provider asked for outside the reply site, in a call or a letter.

    Reasonable adjustments do not hang on the way they are asked for (Equality Act 2010 s.20).
    Refuses as `keep` does, and BadInput for help that is answered once: that is a task.
    """
    work.require(Permission.NOTE)
    if wanted not in HEARD:
        raise BadInput("Choose how the letters are to come.", about="wanted")
    if FORMATS[wanted].needs and not words.strip():
        raise BadInput("Say which one.", about="words")
    said = keep(work, case, wanted, words, key)
    if said is not None:
        work.record(
            stream(case), "format_noted", {"format": wanted}, texts={"words": said},
            permission=Permission.NOTE,
        )  # fmt: skip


def wish_of(work: Work, case: Case) -> FormatWish | None:
    """How the case's provider wants to be written to: the latest wish, of any of its cases.

    A call or other help asked for once does not undo a format asked for earlier.
    """
    return work.session.scalar(
        select(FormatWish)
        .where(
            FormatWish.provider_id == case.provider_id,
            FormatWish.format.in_((*WRITTEN, STANDARD)),
        )
        .order_by(FormatWish.id.desc())
        .limit(1)
    )


def standing_wish(work: Work, case: Case) -> FormatWish | None:
    """The format that the next letter has to have besides the usual one; None for none."""
    wish = wish_of(work, case)
    return wish if wish is not None and wish.format in WRITTEN else None


def what_follows(work: Work, case: Case, notice: Notice | None = None) -> str:
    """What goes with the next letter because of it, in a sentence; "" when nothing was asked."""
    wish = standing_wish(work, case)
    if wish is None:
        return ""
    asked = f"{FORMATS[wish.format].title}, asked for on {day(local_date(wish.asked_at))}."
    by_hand = notice is not None and notice.method == Method.HAND
    if wish.format == LARGE_PRINT and not by_hand:
        return f"{asked} When it is issued, a copy in large print goes to the same address."
    return f"{asked} We cannot make this by ourselves: a task with a last day opens at issue."
