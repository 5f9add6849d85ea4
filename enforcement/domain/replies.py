"""What a provider may say, what each reason asks, when a reply is late, and its points.

The Regulations give a right to make written representations (SI 2022/1175 reg 5) and put no form
on them: the reasons only sort what is said. "Reasonable excuse" is not defined in law; the kinds
are those of domain section 5, and the panel finds on each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from enforcement.domain.calendar import local_date
from enforcement.domain.refusals import BadInput

MAX_WORDS = 8_000  # characters in one answer: about three printed pages
VIEWS = {"accepted": "Accepted", "partly": "Accepted in part", "not_accepted": "Not accepted"}
SOURCES = {"link": "Reply site", "post": "Post", "phone": "Telephone", "email": "E-mail"}

EXCUSES = {
    "outage": "Capacity Tracker was down, or we could not get in",
    "record_wrong": "The CQC record was wrong and we had asked for it to be changed",
    "not_recorded": "We submitted, but it was not recorded",
    "incident": "A serious incident, such as a fire, flood or outbreak",
    "illness": "Illness or bereavement of the only person who could do it",
    "not_received": "We never received the letters or reminders",
    "other": "Another reason",
}


@dataclass(frozen=True)
class Reason:
    """One thing a provider may say: how it is offered, and what it asks for."""

    key: str
    title: str
    hint: str
    question: str
    examples: str
    about_windows: bool = True
    kinds: Mapping[str, str] | None = None
    words_needed: bool = True

    @property
    def questions(self) -> tuple[str, ...]:
        """The pages this reason asks, in order."""
        kind = ("kind",) if self.kinds else ()
        windows = ("windows",) if self.about_windows else ()
        return (*kind, *windows, "words")


_ALL = (
    Reason(
        "submitted",
        "We sent the information in time",
        "You saved your data in Capacity Tracker while the window was open",
        "How and when did you submit?",
        "For example: the date and time, who did it, what the screen said. "
        "A screenshot, an e-mail or a download from Capacity Tracker helps.",
    ),
    Reason(
        "good_reason",
        "We had a good reason for not sending it",
        "For example: Capacity Tracker was down, illness, a serious incident",
        "What happened, and what did you do about it?",
        "Say when it began and ended, who was responsible for the data, and what else you tried. "
        "You do not need to name anybody’s illness.",
        kinds=EXCUSES,
    ),
    Reason(
        "not_ours",
        "The service was closed, sold or not regulated then",
        "For example: it closed, it changed hands, it had not opened",
        "What changed, and on which date?",
        "If it was sold, say to whom. If you told CQC, say when.",
    ),
    Reason(
        "public_body",
        "We are a public body",
        "For example: a council or an NHS trust. A penalty cannot be given to one",
        "Which public body are you?",
        "Say what makes you a public body, such as the Act that set you up.",
        about_windows=False,
    ),
    Reason(
        "wrong_recipient",
        "This notice should have gone to somebody else",
        "It is addressed to the wrong person or organisation",
        "Who should it have gone to?",
        "Give the name and address if you know them, and why it is theirs.",
        about_windows=False,
    ),
    Reason(
        "more_time",
        "We need more time",
        "Tell us before the last day if you can",
        "How much more time do you need, and why?",
        "We will write to you with an answer. Until then the last day stays as it is.",
        about_windows=False,
    ),
    Reason(
        "help",
        "We need help, or the letter in another format",
        "Large print, easy read, another language, or a call",
        "What would help you?",
        "For example: large print, or a call in the morning on a number you give us.",
        about_windows=False,
    ),
    Reason(
        "accept",
        "We accept what you say happened",
        "You do not dispute it. You may add anything you want considered",
        "Is there anything you want us to take into account?",
        "You can leave this empty.",
        about_windows=False,
        words_needed=False,
    ),
)
REASONS: dict[str, Reason] = {reason.key: reason for reason in _ALL}
ALL_WINDOWS = "all"
OTHER = "other"
TITLES = {**{key: reason.title for key, reason in REASONS.items()}, OTHER: "Something else"}


@dataclass(frozen=True)
class Point:
    """One thing said, which the decision must answer."""

    reason: str
    text: str


@dataclass(frozen=True)
class Question:
    """One page still to be answered: of a reason, or "reasons", "sender"."""

    name: str
    reason: str = ""


def is_late(received_at: datetime, period_ends_on: date | None) -> bool:
    """Whether a reply came after the last day of the period, counted by the local date.

    SI 2022/1175 reg 5: the whole last day counts. Nothing is late while no period runs, and a
    late reply is marked, never refused: the decision-maker must be able to weigh it.
    """
    return period_ends_on is not None and local_date(received_at) > period_ends_on


def questions(answers: Mapping[str, Any], several_windows: bool) -> list[Question]:
    """Every page of this reply in order, given the reasons chosen so far."""
    asked = [Question("reasons")]
    for key in answers.get("reasons", []):
        asked += [
            Question(name, key)
            for name in REASONS[key].questions
            if name != "windows" or several_windows
        ]
    return [*asked, Question("evidence"), Question("sender")]


def answered(answers: Mapping[str, Any], question: Question) -> bool:
    """Whether this page has what it needs. Evidence is never required."""
    if question.name == "reasons":
        return bool(answers.get("reasons"))
    if question.name == "sender":
        return bool(answers.get("sender"))
    if question.name == "evidence":
        return True
    given = answers.get("details", {}).get(question.reason, {})
    if question.name == "words" and not REASONS[question.reason].words_needed:
        return "words" in given
    return bool(given.get(question.name))


def missing(answers: Mapping[str, Any], several_windows: bool) -> list[Question]:
    """The pages still unanswered; a reply is sent only when there is none."""
    return [q for q in questions(answers, several_windows) if not answered(answers, q)]


def after(answers: Mapping[str, Any], question: Question, several_windows: bool) -> Question | None:
    """The page that follows this one; None when the check page is next."""
    asked = questions(answers, several_windows)
    place = asked.index(question) + 1 if question in asked else 0
    return asked[place] if place < len(asked) else None


def before(
    answers: Mapping[str, Any], question: Question, several_windows: bool
) -> Question | None:
    """The page before this one, for the back link; None at the first."""
    asked = questions(answers, several_windows)
    place = asked.index(question) if question in asked else 0
    return asked[place - 1] if place else None


def points_of(answers: Mapping[str, Any], window_titles: Mapping[str, str]) -> list[Point]:
    """Each reason given becomes one point to answer, in the order chosen.

    `window_titles`: what each window the case rests on is called. Refuses BadInput when nothing
    is said.
    """
    found = []
    for key in answers.get("reasons", []):
        reason = REASONS.get(key)
        if reason is None:
            raise BadInput(f"There is no reason “{key}”.")
        found.append(
            Point(key, _told(reason, answers.get("details", {}).get(key, {}), window_titles))
        )
    if not found:
        raise BadInput("Choose at least one thing you want to tell us.")
    return found


def windows_told(chosen: Sequence[str], window_titles: Mapping[str, str]) -> list[str]:
    """The titles of the windows chosen; every one when "all" was."""
    if ALL_WINDOWS in chosen:
        return list(window_titles.values())
    return [window_titles[key] for key in chosen if key in window_titles]


def _told(reason: Reason, given: Mapping[str, Any], window_titles: Mapping[str, str]) -> str:
    lines = [f"{reason.title}."]
    if reason.kinds and given.get("kind"):
        lines.append(f"{reason.kinds[given['kind']]}.")
    about = windows_told(given.get("windows", []), window_titles)
    if about:
        lines.append(f"About: {'; '.join(about)}.")
    words = str(given.get("words", "")).strip()
    return "\n".join([" ".join(lines), *([words] if words else [])])
