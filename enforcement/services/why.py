"""Why a case exists: the frozen verdicts, worked out again from stored rows, byte for byte.

What the rows say is looked at twice: as they stood when the case opened (which must give the
stored text again) and as they stand today (which may differ by a later return or correction, and
then says by which row).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.policies import Policy
from enforcement.data.register import PublicBodyReview
from enforcement.data.runs import Run
from enforcement.data.windows import WindowRow
from enforcement.domain.calendar import local_date
from enforcement.domain.duties import ReturnRow, Service
from enforcement.domain.events import canonical
from enforcement.domain.refusals import NotFound
from enforcement.domain.thresholds import ThresholdPolicy
from enforcement.domain.windows import Month
from enforcement.services import drift
from enforcement.services.evaluation import Basis
from enforcement.services.opening import why_json
from enforcement.services.outcomes import Outcomes, outcomes, windows_to
from enforcement.services.policies import threshold_of
from enforcement.services.verdicts import Standing, judge
from enforcement.services.windows import window_of

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Beside:
    """An update outside its window, set beside the miss it does not cure."""

    location_id: str
    service: str
    month: Month
    received_at: datetime
    source: str
    line: int


@dataclass(frozen=True)
class Why:
    """Everything the page says. `stored` is the frozen text, read.

    `reproduced`: the stored rows give the stored text again. `broken`: where they do not, and by
    which row. `since`: what rows that came later change.
    """

    stored: Json
    policy: ThresholdPolicy
    reproduced: bool
    broken: tuple[str, ...]
    since: tuple[str, ...]
    beside: tuple[Beside, ...]
    files: Mapping[str, str]
    register_differences: tuple[str, ...]
    related: tuple[Case, ...]

    @property
    def rule(self) -> str:
        """The threshold in words."""
        p = self.policy
        return (
            f"A case is made when one service at one location has missed {p.consecutive} windows "
            f"in a row, or any {p.total} of the last {p.span}, counting from "
            f"{p.first_countable.title}. A late update is still a miss; a miss that a concluded "
            "case has used is not counted again."
        )

    @property
    def months(self) -> list[Month]:
        """The windows of the span, oldest first."""
        return [Month.parse(row["month"]) for row in self.stored["verdicts"][0]["evidence"]]


def stored(case: Case) -> Json:
    """The frozen text, read. It is never re-encoded: compare `case.why` itself."""
    found: Json = json.loads(case.why)
    return found


def rerun(session: Session, case: Case) -> str:
    """Work the verdicts out again from the rows as they stood when the case opened.

    Returns the canonical text, equal to `case.why` unless a row was changed underneath.
    """
    text, _ = _again(session, case, as_at=True)
    return text


def _again(session: Session, case: Case, *, as_at: bool) -> tuple[str, dict[int, Outcomes]]:
    before = stored(case)
    given = _basis(session, case, before)
    standings = [_reviewed(session, Standing.from_json(one)) for one in before.get("facts", [])]
    windows = windows_to(session, given.latest, given.policy.span, given.now)
    duties = {one.duty: one.as_duty() for one in standings}
    found = outcomes(session, duties, windows, as_at=given.now if as_at else None)
    verdicts = [
        judge(
            one,
            found[one.duty],
            windows,
            verdict["mask"],
            given.policy,
            given.latest,
            feed_complete_at=given.feed_complete_at,
            day=local_date(given.now),
        )
        for one, verdict in zip(standings, before["verdicts"], strict=True)
    ]
    run = session.get_one(Run, case.run_id)
    return canonical(why_json(run, given, standings, verdicts)), found


def _basis(session: Session, case: Case, before: Json) -> Basis:
    row = session.get(WindowRow, case.window_no)
    policy_row = session.get(Policy, case.policy_id)
    if row is None or policy_row is None:
        raise NotFound(f"The window or policy of case {case.reference} is no longer held.")
    return Basis(
        window=window_of(row),
        policy_row=policy_row,
        policy=threshold_of(policy_row),
        feed_complete_at=row.feed_complete_at,
        now=datetime.fromisoformat(before["run"]["judged_at"]),
    )


def _reviewed(session: Session, standing: Standing) -> Standing:
    """The finding is read from its own row again: reviews are append-only."""
    if standing.review is None:
        return standing
    review = session.get(PublicBodyReview, standing.review)
    return replace(standing, public_body=None if review is None else review.public_body)


def explain(session: Session, case: Case) -> Why:
    """What the page and the JSON show. Refuses NotFound for a case no run opened."""
    if case.run_id is None or not stored(case).get("verdicts"):
        raise NotFound(f"Case {case.reference} was not opened by a run.")
    before = stored(case)
    again, found = _again(session, case, as_at=True)
    today, _ = _again(session, case, as_at=False)
    return Why(
        stored=before,
        policy=ThresholdPolicy.from_json(before["run"]["policy"]),
        reproduced=again == case.why,
        broken=tuple(differences(before, json.loads(again))),
        since=tuple(differences(json.loads(again), json.loads(today))),
        beside=tuple(_beside(before, found)),
        files=_files(session, before),
        register_differences=tuple(one.sentence for one in drift.differences(session, case)),
        related=tuple(
            session.scalars(
                select(Case)
                .where(Case.provider_id == case.provider_id, Case.id != case.id)
                .order_by(Case.reference)
            )
        ),
    )


def differences(before: Json, after: Json) -> list[str]:
    """Where two texts differ, in words, naming the row of the file it comes from."""
    found = [
        f"The {what.replace('_', ' ')} was “{_said(before['run'][what])}”, "
        f"is “{_said(after['run'][what])}”"
        for what in before["run"]
        if before["run"][what] != after["run"].get(what)
    ]
    for one, two in zip(before["verdicts"], after["verdicts"], strict=False):
        found.extend(_verdict_differences(one, two))
    return found


def _said(value: object) -> str:
    return value if isinstance(value, str) else canonical(value)  # type: ignore[arg-type]  # read from JSON


def _verdict_differences(one: Json, two: Json) -> Iterator[str]:
    place = f"{one['location_id']}, {Service(one['service']).title.lower()}"
    for was, now in zip(one["evidence"], two["evidence"], strict=False):
        if was != now:
            yield (
                f"{place}, {Month.parse(was['month']).title}: was {_outcome(was)}, "
                f"is {_outcome(now)}. {now['sentence']}"
            )
    for was, now in zip(one["exclusions"], two["exclusions"], strict=False):
        if was != now:
            yield f"{place}: {was['name'].replace('_', ' ')}: {now['evidence']}"
    if one["outcome"] != two["outcome"]:
        yield f"{place}: the verdict was {one['outcome']}, is {two['outcome']}"


def _outcome(row: Json) -> str:
    words = (row["outcome"] or "not held").replace("_", " ")
    if row["source"] is None:
        return f"{words} (no row)"
    return f"{words} (file {row['source'][:12]}…, row {row['line']})"


def _beside(before: Json, found: Mapping[int, Outcomes]) -> Iterator[Beside]:
    for facts, verdict in zip(before["facts"], before["verdicts"], strict=True):
        for month in map(Month.parse, verdict["missed"]):
            row = found[facts["duty"]].get(month)
            for update in row.beside if row is not None else ():
                yield from _one_beside(facts, month, update)


def _one_beside(facts: Json, month: Month, update: ReturnRow) -> Iterator[Beside]:
    if update.received_at is not None:
        yield Beside(
            facts["location_id"],
            facts["service"],
            month,
            update.received_at,
            update.source,
            update.line,
        )


def _files(session: Session, before: Json) -> dict[str, str]:
    """The name of each file the evidence came from, by its hash."""
    hashes = _sources(before["verdicts"])
    rows = session.execute(
        select(ImportedFile.sha256, ImportedFile.filename).where(ImportedFile.sha256.in_(hashes))
    )
    return {sha256: filename for sha256, filename in rows}


def _sources(verdicts: Sequence[Json]) -> set[str]:
    return {row["source"] for one in verdicts for row in one["evidence"] if row["source"]}
