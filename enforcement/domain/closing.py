"""Closing a case: why, how long its record is kept, and what is to be learnt from it.

How long is policy (product 7, question 9), in whole years after the day of closing, so that a
last day can always be worked out. Reopening ends it; closing again counts again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from enforcement.domain.refusals import BadInput

CLOSE_REASONS = {
    "no_penalty": "No penalty",
    "paid": "Paid",
    "quashed": "Quashed on appeal",
    "withdrawn": "Notice withdrawn",
    "public_body": "Public body",
    "not_in_scope": "Not in scope",
    "dissolved": "Provider dissolved",
    "written_off": "Written off",
}
# A case that ended with a finding has used its misses; one that should not have been does not.
CONSUMING = {"no_penalty", "paid", "written_off"}
# The shipped policy: longer where money was asked for, as claims about it may be made for six.
YEARS_KEPT = {
    "no_penalty": 3,
    "paid": 7,
    "quashed": 7,
    "withdrawn": 3,
    "public_body": 3,
    "not_in_scope": 3,
    "dissolved": 7,
    "written_off": 7,
}
LESSONS = {
    "none": "Nothing to learn",
    "register": "The register was wrong or late",
    "feed": "A return was made and not in the feed",
    "address": "The notice did not reach the provider",
    "support": "Help offered earlier would have avoided it",
    "deadline": "A deadline was missed or nearly missed",
    "evidence": "Our evidence was not good enough",
    "amount": "The amount was wrong",
    "wording": "A notice or letter was misunderstood",
    "other": "Something else",
}


def keep_until(closed_on: date, years: int) -> date:
    """The last day on which the record is kept: so many whole years after closing.

    29 February becomes 28. Refuses (BadInput) fewer than one year.
    """
    if years < 1:
        raise BadInput("A closed case is kept for at least one year.")
    try:
        return closed_on.replace(year=closed_on.year + years)
    except ValueError:
        return closed_on.replace(year=closed_on.year + years, day=28)


def disposed_from(last: date) -> date:
    """The first day on which the record may be disposed of."""
    return last + timedelta(days=1)


def check_body(body: Mapping[str, Any]) -> None:
    """Refuse (BadInput) a policy that leaves out a reason or keeps for less than a year."""
    for reason, words in CLOSE_REASONS.items():
        if int(body.get(reason, 0)) < 1:
            raise BadInput(f"“{words}” is kept for at least one year.")


def check_lesson(lesson: str) -> None:
    """Refuse (BadInput) a lesson that nobody offers."""
    if lesson and lesson not in LESSONS:
        raise BadInput("Choose what is to be learnt.")
