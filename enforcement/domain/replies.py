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
from enforcement.domain.words import day

MAX_WORDS = 8_000  # characters in one answer: about three printed pages
VIEWS = {"accepted": "Accepted", "partly": "Accepted in part", "not_accepted": "Not accepted"}
SOURCES = {"link": "Reply site", "post": "Post", "phone": "Telephone", "email": "Email"}

EXCUSES = {
    "outage": "Capacity Tracker was down, or we could not get in",
    "record_wrong": "The CQC record was wrong and we had asked for it to be changed",
    "not_recorded": "We submitted, but it was not recorded",
    "incident": "A serious incident, such as a fire, flood or outbreak",
    "illness": "Illness or bereavement of the only person who could do it",
    "not_received": "We never received the letters or reminders",
    "other": "Another reason",
}
NOT_OURS = {
    "sold": "It was sold, or another provider ran it",
    "closed": "It had closed",
    "not_regulated": "It was not regulated by CQC for that care",
    "not_open": "It had not opened yet",
    "dormant": "It was dormant: nobody was cared for",
}
MOST_DATES = 12  # asked one by one on a page; beyond that the dates go into the words or a file
ONCE = "once"  # one date for the whole reason
EACH = "each"  # one date for each month
SPAN = "span"  # from one date to another, for each month or for all of them together


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
    kind_question: str = "What kind of reason was it?"
    dates: str = ""  # ONCE, EACH, SPAN, or none asked
    dates_question: str = ""
    dates_hint: str = "Leave empty what you do not know."
    extras: tuple[str, ...] = ()  # of EXTRAS
    declares: str = ""  # what sending this reason declares, besides that it is true

    @property
    def questions(self) -> tuple[str, ...]:
        """The pages this reason asks, in order."""
        kind = ("kind",) if self.kinds else ()
        windows = ("windows",) if self.about_windows else ()
        dates = ("dates",) if self.dates else ()
        return (*kind, *windows, *dates, "words", *self.extras)


# Pages that may be left empty: the answer's name, its question, and the words that help.
EXTRAS: dict[str, tuple[str, str]] = {
    "responsible": (
        "Who was responsible for sending the data then?",
        "A job title is enough, and who stood in when they were away. You can leave this empty.",
    ),
    "tried": (
        "What else did you try?",
        "For example: another person’s account, ringing the Capacity Tracker helpdesk, sending "
        "it as soon as you could. You can leave this empty.",
    ),
}


_ALL = (
    Reason(
        "submitted",
        "We sent the information in time",
        "You saved your data in Capacity Tracker while the window was open",
        "How and when did you submit?",
        "For example: the date and time, who did it, what the screen said. "
        "A screenshot, an email or a download from Capacity Tracker helps.",
        dates=EACH,
        dates_question="On which day did you save the data?",
        declares="the information was saved in Capacity Tracker when I say it was",
    ),
    Reason(
        "good_reason",
        "We had a good reason for not sending it",
        "For example: Capacity Tracker was down, illness, a serious incident",
        "What happened, and what did you do about it?",
        "What stopped you, and what you did when it was over. "
        "You do not need to name anybody’s illness.",
        kinds=EXCUSES,
        dates=SPAN,
        dates_question="When did it begin and end?",
        dates_hint="Leave empty what you do not know, or an end that has not come yet.",
        extras=("responsible", "tried"),
        declares="the reason I give is what kept us from sending the information",
    ),
    Reason(
        "not_ours",
        "The service was closed, sold or not regulated then",
        "For example: it closed, it changed hands, it had not opened",
        "What changed, and on which date?",
        "If it was sold, say to whom. If you told CQC, say when. A letter or a registration "
        "certificate helps.",
        kinds=NOT_OURS,
        kind_question="What was it then?",
        dates=ONCE,
        dates_question="On which date did it change?",
        dates_hint="Leave it empty if you do not know.",
        declares="the service was as I say in the months I name",
    ),
    Reason(
        "record",
        "Something else in the record is wrong",
        "For example: the wrong service or place, or a month shown wrongly",
        "What is wrong, and what should it say?",
        "Say how you know. A screenshot or a download from Capacity Tracker helps.",
    ),
    Reason(
        "public_body",
        "We are a public body",
        "For example: a council or an NHS trust. A penalty cannot be given to one",
        "Which public body are you?",
        "Say what makes you a public body, such as the Act that set you up.",
        about_windows=False,
        declares="the provider is a public body",
    ),
    Reason(
        "wrong_recipient",
        "This notice should have gone to somebody else",
        "It is addressed to the wrong person or organisation",
        "Who should it have gone to?",
        "Give the name and address if you know them, and why it is theirs.",
        about_windows=False,
        declares="the notice is not for this provider",
    ),
    Reason(
        "more_time",
        "We need more time",
        "Tell us before the last day if you can",
        "Why do you need more time?",
        "We will write to you with an answer. Until then the last day stays as it is.",
        about_windows=False,
        dates=ONCE,
        dates_question="Until which date do you need?",
        dates_hint="Choose a day by which you can be sure to reply.",
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
        declares="the provider accepts what the record shows",
    ),
)
REASONS: dict[str, Reason] = {reason.key: reason for reason in _ALL}
ALL_WINDOWS = "all"
OTHER = "other"
# What may be said of one cell of the record with "I think this is wrong".
WRONG_CELL = ("submitted", "good_reason", "not_ours", "record")
TITLES = {**{key: reason.title for key, reason in REASONS.items()}, OTHER: "Something else"}


@dataclass(frozen=True)
class Format:
    """One way a provider wants to be written to or helped."""

    title: str
    hint: str = ""
    needs: bool = False  # words


FORMATS: dict[str, Format] = {
    "large_print": Format("Letters in large print"),
    "easy_read": Format("Letters in easy read", "Short sentences with pictures"),
    "braille": Format("Letters in braille"),
    "audio": Format("Letters read out on audio"),
    "language": Format("Another language", "Say which below", needs=True),
    "call": Format("A call to talk it through", "Give a number and a good time below", needs=True),
    "other": Format("Something else", "Say what would help below", needs=True),
    "standard": Format("Nothing special: ordinary letters from now on"),
}
# Formats of letters, which hold for those that follow; the others are answered once.
WRITTEN = ("large_print", "easy_read", "braille", "audio", "language")


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
    if question.name in ("evidence", "dates", *EXTRAS):
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
    return [title for key, title in window_titles.items() if key in chosen]


def date_keys(
    reason: Reason, given: Mapping[str, Any], window_titles: Mapping[str, str]
) -> dict[str, str]:
    """What a date is asked for on this reason's page of dates: each key with its title.

    ONCE is one date without a title. EACH asks for every month chosen, and for none when there
    are more than fit a page. SPAN asks month by month too, or once when all months were chosen.
    """
    if reason.dates == ONCE:
        return {ALL_WINDOWS: ""}
    chosen = given.get("windows") or [ALL_WINDOWS]
    every = ALL_WINDOWS in chosen
    found = {k: t for k, t in window_titles.items() if every or k in chosen}
    if reason.dates == SPAN and len(found) > 1 and (every or len(found) > MOST_DATES):
        return {ALL_WINDOWS: "all the months you chose"}
    return found if len(found) <= MOST_DATES else {}


def check_dates(
    reason: Reason, told: Mapping[str, Sequence[date | None]], today: date
) -> dict[str, list[str]]:
    """The dates as they are kept: for each key the first and, for a SPAN, the last, or "".

    Refuses BadInput for an end before its beginning, a day to come where something happened,
    and a day gone by where more time is asked for.
    """
    for days in told.values():
        known = [one for one in days if one is not None]
        if reason.key == "more_time" and any(one <= today for one in known):
            raise BadInput("Choose a day that is still to come.")
        if reason.key != "more_time" and any(one > today for one in known):
            raise BadInput("A date of something that happened cannot be in the future.")
        if len(known) == 2 and known[1] < known[0]:
            raise BadInput("The end cannot be before the beginning.")
    return {
        key: [one.isoformat() if one else "" for one in days]
        for key, days in told.items()
        if any(days)
    }


def dates_told(given: Mapping[str, Any], window_titles: Mapping[str, str]) -> list[str]:
    """The dates given, one phrase each: "March 2026: 3 March 2026 to 9 March 2026"."""
    found = []
    for key, days in given.get("dates", {}).items():
        first, last = (day(date.fromisoformat(one)) if one else "" for one in [*days, ""][:2])
        told = f"{first} to {last}" if first and last else first or f"until {last}"
        if len(days) > 1 and not last:
            told = f"from {first}"
        title = window_titles.get(key, "")
        found.append(f"{title}: {told}" if title else told)
    return found


def declaration(reasons: Sequence[str], acting_for: str) -> list[str]:
    """What sending declares: that the sender may reply, and what each reason says is so.

    Each is a clause that follows "I declare that"; the last, that everything is true, is always
    there.
    """
    may = "I may reply for this provider"
    if acting_for:
        may = f"{acting_for} asked me to reply for this provider"
    said = [REASONS[key].declares for key in reasons if key in REASONS and REASONS[key].declares]
    return [may, *said, "what I have said is true as far as I know, and I have left out nothing "
            "that I know would make it misleading"]  # fmt: skip


def _told(reason: Reason, given: Mapping[str, Any], window_titles: Mapping[str, str]) -> str:
    lines = [f"{reason.title}."]
    if reason.kinds and given.get("kind"):
        lines.append(f"{reason.kinds[given['kind']]}.")
    about = windows_told(given.get("windows", []), window_titles)
    if about:
        lines.append(f"About: {'; '.join(about)}.")
    dates = dates_told(given, window_titles)
    if dates:
        lines.append(f"{reason.dates_question} {'; '.join(dates)}.")
    words = str(given.get("words", "")).strip()
    more = [f"{EXTRAS[name][0]} {given[name]}" for name in reason.extras if given.get(name)]
    return "\n".join([" ".join(lines), *([words] if words else []), *more])
