"""Refusals: named reasons why something may not be done, each with the rule it comes from.

A refusal is an answer, not a fault: screens show `sentence` beside the greyed action, the
command line prints it on stderr and exits 1. Every refusal has a stable `name` (for tests,
JSON and the history of tries), a plain sentence, the rule's citation and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """Base of every named refusal.

    `sentence` says what and where in plain words; `rule` cites the source
    ("SI 2022/1175 reg 5"), empty when it is product policy; `fix` says what to do. `about` names
    the value that is wrong, as the use case calls it, so that a form can show it there.
    """

    rule: str = ""
    fix: str = ""

    def __init__(
        self, sentence: str, *, rule: str | None = None, fix: str | None = None, about: str = ""
    ) -> None:
        super().__init__(sentence)
        self.sentence, self.about = sentence, about
        if rule is not None:
            self.rule = rule
        if fix is not None:
            self.fix = fix

    @property
    def name(self) -> str:
        """The stable name, e.g. ``SamePerson``."""
        return type(self).__name__

    @property
    def words(self) -> str:
        """What a person reads: the sentence, and what to do."""
        return " ".join(filter(None, (self.sentence, self.fix)))

    def as_json(self) -> dict[str, str]:
        return {"refusal": self.name, "reason": self.sentence, "rule": self.rule, "fix": self.fix}


@contextmanager
def about(name: str) -> Iterator[None]:
    """Whatever is refused inside is refused because of the value of this name."""
    try:
        yield
    except Refusal as refusal:
        refusal.about = refusal.about or name
        raise


# --- files coming in -------------------------------------------------------------------------
class UnknownHeader(Refusal):
    """No published shape has this header; the sentence names the columns looked for."""


class UnreadableFile(Refusal):
    """The file as a whole cannot be read safely (wrong kind, open quote, too large unpacked)."""


class NothingToImport(Refusal):
    """Empty file, or a header without rows."""


# --- windows, runs, cases --------------------------------------------------------------------
class WindowStillOpen(Refusal):
    rule = "Formal notice under 2012 Act s.277A: the window closes at the end of the 14th"


class FeedNotComplete(Refusal):
    """No case opens before a named person has said that the feed is complete."""


class MethodsDiffer(Refusal):
    """The two independent evaluations disagree: nothing opens."""


class NotFound(Refusal):
    """What was asked for does not exist."""


class BadInput(Refusal):
    """A value that cannot be used; the sentence says which and why."""


# --- authority -------------------------------------------------------------------------------
class NotAllowed(Refusal):
    """The actor's roles do not carry the permission."""


class SamePerson(Refusal):
    """Two people are needed and this is one: drafter, approver and panel differ on one case."""


class WrongState(Refusal):
    """The transition table has no such action in this state."""


class StaleVersion(Refusal):
    """Somebody changed it since it was read; the caller's text is kept."""


class SealBroken(Refusal):
    """What was approved is not what would be sent."""


# --- law -------------------------------------------------------------------------------------
class GateClosed(Refusal):
    """A gate before money failed; the sentence lists each failed gate."""


class MissingElement(Refusal):
    """A notice lacks an element that the Regulations require."""


class NoProperAddress(Refusal):
    rule = "SI 2022/1175 reg 7"


class DatesFallShort(Refusal):
    """Given today, the last days printed on the notice would be earlier than the law allows."""

    rule = "SI 2022/1175 regs 5 and 8"


class DecisionTooLate(Refusal):
    rule = "SI 2022/1175 reg 6(1): decide within 28 days of the end of the period"


class NoFeeScheme(Refusal):
    rule = "SI 2022/1175 reg 3"


class HistoryBroken(Refusal):
    """The history does not verify; the sentence names the first bad event."""


# --- paper -----------------------------------------------------------------------------------
class CannotPrint(Refusal):
    """A character, address or length that cannot be put on paper as it stands."""


class TemplateChanged(Refusal):
    """The words on disk are not those two people approved: no notice is made from them."""

    rule = "Templates are approved by two people and never change afterwards"


class OutsideFetch(Refusal):
    """Paper tried to read something from outside itself: an attack or a fault, so no notice."""
