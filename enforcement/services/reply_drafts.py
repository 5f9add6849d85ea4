"""What a provider has entered and not yet sent: kept page by page, with its files, by link."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.replies import ReplyDraft, ReplyFile, ReplyLink
from enforcement.domain.cases import State
from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.replies import (
    ALL_WINDOWS,
    MAX_WORDS,
    REASONS,
    WRONG_CELL,
    Question,
    check_dates,
    date_keys,
)
from enforcement.domain.windows import Month
from enforcement.services import files
from enforcement.services.cases import stream
from enforcement.services.evidence import Examined, safe_name
from enforcement.services.work import Work
from enforcement.settings import MEGABYTE

MAX_FILES = 20  # in one reply
MAX_FILES_A_CASE = 200  # ever, removed ones included: bytes once kept are never deleted
HEARD = {
    State.TRIAGE,
    State.INTENT_DRAFT,
    State.INTENT_REVIEW,
    State.INTENT_APPROVED,
    State.INTENT_ISSUED,
    State.REPRESENTATIONS,
    State.PANEL,
}


def accepting(case: Case) -> bool:
    """Whether replies are still taken: until the decision, however late (late ones are marked)."""
    return State(case.state) in HEARD


def refuse_decided(case: Case) -> None:
    """Refuse WrongState once the case is decided: a reply can no longer change it here."""
    if not accepting(case):
        raise WrongState(
            "The decision has been made, so a reply here can no longer change it.",
            fix="Ring or write to us; if a penalty was imposed, the notice says how to appeal.",
        )


def window_titles(case: Case) -> dict[str, str]:
    """What each missed window of the case is called: "March 2025", with the place if several."""
    places = {miss.duty_id for miss in case.misses}
    found = {}
    for miss in case.misses:
        month = Month(miss.window_no).title
        place = f"{miss.duty.location.name}, {Service(miss.duty.service).title.lower()}"
        found[str(miss.id)] = f"{month}, {place}" if len(places) > 1 else month
    return found


def told_titles(case: Case, answers: Mapping[str, Any]) -> dict[str, str]:
    """What may be named in a reply: the missed windows, and any other cell marked as wrong."""
    found = window_titles(case)
    marked = answers.get("details", {}).get("record", {}).get("windows", [])
    duties = {miss.duty_id: miss.duty for miss in case.misses}
    for key in marked:
        duty_id, window_no = cell_of(key)
        if duty_id in duties:
            month = Month(window_no).title
            duty = duties[duty_id]
            place = f"{duty.location.name}, {Service(duty.service).title.lower()}"
            found[key] = f"{month}, {place}" if len(duties) > 1 else month
    return found


def cell_key(case: Case, duty_id: int, window_no: int) -> str:
    """What a cell of the record is called in a draft: its miss, or its service and month."""
    for miss in case.misses:
        if (miss.duty_id, miss.window_no) == (duty_id, window_no):
            return str(miss.id)
    return f"{duty_id}.{window_no}"


def cell_of(key: str) -> tuple[int, int]:
    """The service and month of such a key; (0, 0) for the key of a miss."""
    duty_id, dot, window_no = key.partition(".")
    return (int(duty_id), int(window_no)) if dot else (0, 0)


def current(work: Work, link: ReplyLink) -> ReplyDraft | None:
    """The draft that is being written, if any. Reads only."""
    return work.session.scalar(
        select(ReplyDraft)
        .where(ReplyDraft.link_id == link.id, ReplyDraft.sent_at.is_(None))
        .order_by(ReplyDraft.id.desc())
        .limit(1)
    )


def ensure(work: Work, link: ReplyLink) -> ReplyDraft:
    """The draft that is being written, begun if there is none. Refuses WrongState when decided."""
    refuse_decided(link.case)
    draft = current(work, link)
    if draft is None:
        draft = ReplyDraft(
            link_id=link.id,
            form_key=secrets.token_urlsafe(24),
            answers={},
            updated_at=work.now,
        )
        work.session.add(draft)
        work.session.flush()
    return draft


def save(work: Work, link: ReplyLink, question: Question, given: Any) -> ReplyDraft:
    """Keep the answer of one page; the other pages stay, so two tabs do not undo each other.

    Refuses BadInput with the sentence to show beside the question, WrongState when decided.
    """
    draft = ensure(work, link)
    answers = deepcopy(draft.answers)
    if question.name == "reasons":
        answers["reasons"] = _reasons(given)
    elif question.name == "sender":
        answers["sender"] = dict(given)
    elif question.name == "posting":
        answers["posting"] = {
            "what": checked_words(given, needed=False),
            "reference": f"{link.case.reference}-P{draft.id}",
        }
    else:
        if question.reason not in answers.get("reasons", []):
            raise NotFound("That question is not part of this reply.")
        kept = answers.setdefault("details", {}).setdefault(question.reason, {})
        titles = told_titles(link.case, answers)
        kept[question.name] = _checked(work, question, given, kept, titles)
    _unpark(answers, question)
    _keep(work, draft, answers)
    return draft


def mark(work: Work, link: ReplyLink, reason: str, key: str) -> ReplyDraft:
    """Say of one cell of the record that it is wrong: the reason and the month go into the draft.

    Refuses BadInput as `save` does, WrongState when decided.
    """
    if reason not in WRONG_CELL:
        raise BadInput("Choose what is wrong.")
    if reason != "record" and key not in window_titles(link.case):
        raise BadInput("This month does not count towards the case.")
    draft = ensure(work, link)
    answers = deepcopy(draft.answers)
    answers["reasons"] = _reasons([*answers.get("reasons", []), reason])
    kept = answers.setdefault("details", {}).setdefault(reason, {})
    named = kept.get("windows", [])
    if ALL_WINDOWS not in named and key not in named:
        kept["windows"] = [*named, key]
    _keep(work, draft, answers)
    return draft


def park(work: Work, link: ReplyLink, question: Question, words: str) -> bool:
    """Keep words that came after the session had ended: offered again once somebody is back in.

    Nothing is shown to whoever sent them, and what was saved before stays. Only words, only of a
    page this draft asks, once: a second try replaces the first. False when nothing was kept.
    """
    draft = current(work, link)
    if draft is None or not accepting(link.case) or not words.strip():
        return False
    asked = question.reason in draft.answers.get("reasons", [])
    if not asked or question.name not in REASONS[question.reason].questions:
        return False
    answers = deepcopy(draft.answers)
    answers.setdefault("parked", {})[_parking(question)] = words.replace("\x00", "")[:MAX_WORDS]
    _keep(work, draft, answers)
    return True


def parked(draft: ReplyDraft, question: Question) -> str:
    """The words that wait for this page, or nothing."""
    return str(draft.answers.get("parked", {}).get(_parking(question), ""))


def _parking(question: Question) -> str:
    return f"{question.reason} {question.name}"


def _unpark(answers: dict[str, Any], question: Question) -> None:
    waiting = answers.get("parked", {})
    waiting.pop(_parking(question), None)
    if not waiting:
        answers.pop("parked", None)


def _keep(work: Work, draft: ReplyDraft, answers: dict[str, Any]) -> None:
    if answers != draft.answers:
        draft.answers, draft.updated_at = answers, work.now
        work.session.flush()


def _reasons(given: Sequence[str]) -> list[str]:
    chosen = [key for key in REASONS if key in given]
    if not chosen:
        raise BadInput("Choose at least one thing you want to tell us.")
    if "accept" in chosen and "submitted" in chosen:
        raise BadInput(
            "“We sent the information in time” and “We accept what you say happened” cannot both "
            "be right. Choose one of them."
        )
    return chosen


def _checked(
    work: Work,
    question: Question,
    given: Any,
    kept: Mapping[str, Any],
    titles: Mapping[str, str],
) -> Any:
    reason = REASONS[question.reason]
    if question.name == "kind":
        if given not in (reason.kinds or {}):
            raise BadInput(f"Choose an answer: {reason.kind_question.lower()}")
        return given
    if question.name == "windows":
        chosen = [key for key in (ALL_WINDOWS, *titles) if key in given]
        if not chosen:
            raise BadInput("Choose at least one month.")
        return [ALL_WINDOWS] if ALL_WINDOWS in chosen else chosen
    if question.name == "dates":
        asked = date_keys(reason, kept, titles)
        return check_dates(reason, {k: given[k] for k in asked if k in given}, work.today)
    return checked_words(given, needed=question.name == "words" and reason.words_needed)


def checked_words(given: str, *, needed: bool) -> str:
    """The words without space around them. Refuses BadInput when empty or too long."""
    words = given.replace("\x00", "").strip()
    if needed and not words:
        raise BadInput("Tell us in your own words. One sentence is enough.")
    if len(words) > MAX_WORDS:
        raise BadInput(
            f"Your answer is {len(words):,} characters; the most is {MAX_WORDS:,}. "
            "Put the rest in a file and add it as evidence."
        )
    return words


# --- evidence ---------------------------------------------------------------------------------
def files_of(work: Work, draft: ReplyDraft | None) -> list[ReplyFile]:
    """The files kept with a draft, in the order they were added."""
    if draft is None:
        return []
    return list(
        work.session.scalars(
            select(ReplyFile).where(ReplyFile.draft_id == draft.id).order_by(ReplyFile.id)
        )
    )


def add_file(work: Work, link: ReplyLink, examined: Examined) -> ReplyFile:
    """Keep a file with the draft. The same bytes twice are one file.

    Refuses BadInput: more than twenty files, too much together, too many over time.
    """
    draft = ensure(work, link)
    there = files_of(work, draft)
    digest = files.sha256(examined.content)
    for one in there:
        if one.original_sha256 == digest:
            return one
    if len(there) >= MAX_FILES:
        raise BadInput(
            f"You can send {MAX_FILES} files with one reply. Remove one first, or send this reply "
            "and then add more."
        )
    most = work.settings.max_reply_bytes
    if sum(one.size for one in there) + len(examined.content) > most:
        raise BadInput(f"Together your files are larger than {most // MEGABYTE} MB.")
    if _ever(work, link) >= MAX_FILES_A_CASE:
        raise BadInput("Too many files have been added to this case. Ring us, or post them.")
    row = keep_file(work, link.case, examined)
    row.draft_id, draft.updated_at = draft.id, work.now
    work.session.flush()
    return row


def keep_file(work: Work, case: Case, examined: Examined) -> ReplyFile:
    """Store original and cleaned copy by hash, and record that evidence was received."""
    cleaned = None
    if examined.cleaned is not None:
        cleaned = files.keep(work, examined.cleaned, examined.mime)
    row = ReplyFile(
        name=examined.name,
        kind=examined.kind,
        original_sha256=files.keep(work, examined.content, examined.mime),
        cleaned_sha256=cleaned,
        size=len(examined.content),
        scan=examined.scan,
        added_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        stream(case),
        "evidence_received",
        {"sha256": row.original_sha256, "size": row.size, "kind": row.kind},
        texts={"name": row.name},
    )
    return row


def rename_file(work: Work, link: ReplyLink, file_id: int, name: str) -> ReplyFile:
    """Give a file of the draft another name; its ending stays, for it says what the file is.

    Refuses NotFound, BadInput without a name.
    """
    row = file_of_draft(work, link, file_id)
    ending = row.name.rpartition(".")[2]
    wanted = name.strip()
    if wanted.lower().endswith(f".{ending.lower()}"):
        wanted = wanted[: -len(ending) - 1]
    if not wanted.strip(" ."):
        raise BadInput("Enter a name for the file.")
    row.name = safe_name(f"{wanted.strip(' .')}.{ending}")
    work.session.flush()
    return row


def file_of_draft(work: Work, link: ReplyLink, file_id: int) -> ReplyFile:
    """A file of the draft that is being written. Refuses NotFound for any other."""
    draft = current(work, link)
    row = work.session.get(ReplyFile, file_id)
    if draft is None or row is None or row.draft_id != draft.id or row.reply_id is not None:
        raise NotFound("That file is not part of this reply.")
    return row


def remove_file(work: Work, link: ReplyLink, file_id: int) -> None:
    """Take a file out of the draft; its bytes and the event that it came stay. Refuses NotFound."""
    row = file_of_draft(work, link, file_id)
    ensure(work, link).updated_at = work.now
    work.session.delete(row)
    work.session.flush()


def _ever(work: Work, link: ReplyLink) -> int:
    return (
        work.session.scalar(
            select(func.count()).where(
                Event.stream == stream(link.case), Event.kind == "evidence_received"
            )
        )
        or 0
    )
