"""Lines of a bank file: whose money each is by its payment reference alone; the rest waits.

A line is posted by itself only when it names one payment reference that was printed on a final
notice, whole and exactly. A reference with a slip, a case without its notice, a sum that happens
to be owed: these are offered to a person, never acted on. Product policy; the Regulations only say
that money received goes to the Consolidated Fund (SI 2022/1175 reg 10).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from enforcement.domain.words import day, pounds

# As a final notice prints it, ASC-2026-000123-N2; banks drop or space out the hyphens.
_REFERENCE = re.compile(
    r"(?<![A-Z0-9])(?<![A-Z0-9]-)ASC[ -]?(\d{4})[ -]?(\d{6})[ -]?N(\d{1,3})(?![A-Z0-9]|-[A-Z0-9])"
)
_LOOK_ALIKE = str.maketrans("OQILSBZ", "0011582")
MOST_SLIPS = 2
MOST_OFFERS = 8
SHORTEST_NAME = 8  # letters of a provider's name that are enough to be offered by it
LONGEST_FIELD = 140


class LineState(StrEnum):
    """What became of a line. Only a person leads out of the last three."""

    MATCHED = "matched"
    POSTED = "posted"
    UNMATCHED = "unmatched"
    DUPLICATE = "duplicate"
    SET_ASIDE = "set_aside"

    @property
    def label(self) -> str:
        return LINE_STATES[self]


LINE_STATES = {
    LineState.MATCHED: "Matched, to be posted",
    LineState.POSTED: "Posted",
    LineState.UNMATCHED: "Unmatched",
    LineState.DUPLICATE: "Seen before",
    LineState.SET_ASIDE: "Set aside",
}
# What still waits for somebody.
WAITING = (LineState.UNMATCHED, LineState.DUPLICATE, LineState.MATCHED)


@dataclass(frozen=True)
class BankLine:
    """What the bank said of one movement. Pence: more than nothing came in, less went out."""

    on: date
    pence: int
    reference: str = ""
    details: str = ""
    payer: str = ""
    bank_id: str = ""

    @property
    def says(self) -> str:
        """Everything it says, in one text."""
        return " ".join(filter(None, (self.reference, self.details, self.payer)))


@dataclass(frozen=True)
class Account:
    """A penalty as a bank line meets it. `owed` and `received` in pence, owed less than nothing
    when there is credit."""

    reference: str
    case: str
    provider: str
    owed: int
    received: int
    raised_on: date
    ended: bool = False  # withdrawn or quashed: nothing is owed under it again
    suspended: bool = False  # an appeal is under way (SI 2022/1175 reg 8)
    closed: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the reading alone makes of a line, in words a person can act on."""

    state: LineState
    why: str
    reference: str = ""


@dataclass(frozen=True)
class Offer:
    """A penalty that a line may be for, and why it is offered."""

    account: Account
    why: tuple[str, ...]


def compact(text: str) -> str:
    """Letters and digits alone, in capitals: "ASC-2026-000001-N2" is "ASC2026000001N2"."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def references_in(text: str) -> list[str]:
    """Every whole payment reference in a text, as a final notice prints it, each once."""
    spelt = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    spelt = re.sub("[\N{HYPHEN}-\N{EM DASH}\N{MINUS SIGN}]", "-", spelt)
    found = (f"ASC-{y}-{n}-N{int(s)}" for y, n, s in _REFERENCE.findall(spelt))
    return list(dict.fromkeys(found))


def fact_key(line: BankLine) -> str:
    """The same day, sum and words are the same movement, from whichever file they come."""
    said = compact(line.reference) or compact(line.details) or compact(line.payer)
    return hashlib.sha256(f"{line.on.isoformat()}|{line.pence}|{said}".encode()).hexdigest()


def judge(line: BankLine, account: Account | None, named: Sequence[str]) -> Verdict:
    """Whether the line can be posted by its reference alone.

    `named`: the references it names (`references_in`); `account`: the penalty of the only one.
    """
    if line.pence < 0:
        return _waits("Money going out: say what it was.")
    if not named:
        return _waits("It names no whole payment reference.")
    if len(named) > 1:
        return _waits(f"It names {len(named)} payment references: {', '.join(named)}.")
    if account is None:
        return _waits(f"No penalty has the reference {named[0]}.")
    if line.on < account.raised_on:
        return _waits(
            f"It is older than the penalty, which was raised on {day(account.raised_on)}."
        )
    words = " ".join(("The payment reference is exact.", *flags(account, line.pence)))
    return Verdict(LineState.MATCHED, words, account.reference)


def _waits(why: str) -> Verdict:
    return Verdict(LineState.UNMATCHED, why)


def flags(account: Account, pence: int) -> list[str]:
    """What finance must see beside a payment of so many pence that came in."""
    found = []
    if account.ended:
        found.append(f"The notice was withdrawn or quashed: {pounds(pence)} is to be repaid.")
    elif pence > account.owed:
        over = pence - max(account.owed, 0)
        found.append(f"More than is owed: {pounds(over)} is to be repaid.")
    if account.suspended:
        found.append("An appeal is under way, which suspends the notice.")
    if account.closed:
        found.append("The case is closed.")
    return found


def offers(line: BankLine, accounts: Iterable[Account]) -> list[Offer]:
    """The penalties that a line may be for, the likeliest first; at most eight.

    Offered are: a reference with up to two slips, a case named without its notice, the provider's
    name, and a sum that is just what is owed (or, going out, what was overpaid or paid).
    """
    said, sounds = compact(line.says), compact(line.says).translate(_LOOK_ALIKE)
    slips = {
        account: slips_within(compact(account.reference).translate(_LOOK_ALIKE), sounds, MOST_SLIPS)
        for account in accounts
    }
    # References are numbered one after another: a slip more than the nearest is another's number.
    fewest = min((count for count in slips.values() if count is not None), default=None)
    ranked = []
    for account, count in slips.items():
        score, why = _likeness(line, said, count if count == fewest else None, account)
        if why:
            ranked.append((-score, account.reference, Offer(account, tuple(why))))
    return [offer for _, _, offer in sorted(ranked, key=lambda one: one[:2])[:MOST_OFFERS]]


def _likeness(
    line: BankLine, said: str, slips: int | None, account: Account
) -> tuple[int, list[str]]:
    score, why = 0, []
    whole, case, name = (compact(t) for t in (account.reference, account.case, account.provider))
    if whole in said:
        score, why = 100, ["It holds the reference."]
    elif case in said:
        score, why = 90, ["It names the case, not the notice."]
    elif slips is not None:
        score, why = 85 - 10 * slips, [f"The reference, but for {_slips(slips)}."]
    if len(name) >= SHORTEST_NAME and name in said:
        score, why = score + 40, [*why, "It names the provider."]
    if fits := _sum_fits(line.pence, account):
        score, why = score + 15, [*why, fits]
    return score, why


def _slips(count: int) -> str:
    if count == 0:
        return "letters and figures that look alike"
    return "one slip" if count == 1 else f"{count} slips"


def _sum_fits(pence: int, account: Account) -> str:
    if pence > 0:
        return "The sum is exactly what is owed." if pence == account.owed else ""
    if -pence == -account.owed:
        return "The sum is exactly the credit to repay."
    return "The sum is exactly what was received." if -pence == account.received else ""


def slips_within(wanted: str, text: str, most: int) -> int | None:
    """The fewest letters put in, left out or wrong that turn some part of `text` into `wanted`.

    None: more than `most`, or one of them is empty. P. H. Sellers' algorithm: a row of the table
    of edits that may begin anywhere in the text.
    """
    if not wanted or not text:
        return None
    column = list(range(len(wanted) + 1))
    best = column[-1]
    for letter in text:
        above, column[0] = column[0], 0
        for at, mine in enumerate(wanted, start=1):
            here = min(column[at] + 1, column[at - 1] + 1, above + (letter != mine))
            above, column[at] = column[at], here
        best = min(best, column[-1])
    return best if best <= most else None
