"""How an issue run comes along: done, left, rate, time left, what failed and why. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import OutboxItem

RATE_OVER = timedelta(minutes=5)
_DRAFTING, _ISSUING = ("drafted", "refused"), ("issued",)


@dataclass(frozen=True)
class Failure:
    """One reason for which items did not go through, in its own words, and how many."""

    name: str  # the refusal's stable name
    sentence: str
    count: int
    state: str  # refused (drafting) or held (issuing)


@dataclass(frozen=True)
class Progress:
    """Where a run stands. `done` and `left` are of its present phase: drafting, then issuing."""

    state: str
    total: int
    by_state: Mapping[str, int]
    done: int
    left: int
    per_minute: float
    seconds_left: int | None  # None: nothing is moving
    failures: tuple[Failure, ...]
    sending: Mapping[str, int]  # outbox states of what was issued

    @property
    def held(self) -> int:
        return self.by_state.get("held", 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "total": self.total,
            "by_state": dict(self.by_state),
            "done": self.done,
            "left": self.left,
            "held": self.held,
            "per_minute": round(self.per_minute, 1),
            "seconds_left": self.seconds_left,
            "failures": [
                {"name": f.name, "sentence": f.sentence, "count": f.count, "state": f.state}
                for f in self.failures
            ],
            "sending": dict(self.sending),
        }


def progress(session: Session, run: IssueRun, now: datetime) -> Progress:
    """Where the run stands, in four small statements however many items it has.

    The rate is of the last five minutes, or since the first item of the phase if that is later.
    """
    by_state = _counts(session, run)
    drafting = run.approved_by is None
    done_states = _DRAFTING if drafting else _ISSUING
    left = by_state.get("waiting" if drafting else "drafted", 0)
    if drafting and run.frozen_at is not None:
        left = 0
    rate = _per_second(session, run, done_states, now)
    moving = run.state in ("drafting", "approved", "issuing") and left and rate
    return Progress(
        state=run.state,
        total=sum(by_state.values()),
        by_state=by_state,
        done=sum(by_state.get(state, 0) for state in done_states),
        left=left,
        per_minute=rate * 60,
        seconds_left=round(left / rate) if moving else None,
        failures=_failures(session, run),
        sending=_sending(session, run),
    )


def _counts(session: Session, run: IssueRun) -> dict[str, int]:
    rows = session.execute(
        select(IssueItem.state, func.count())
        .where(IssueItem.run_id == run.id)
        .group_by(IssueItem.state)
    )
    return {state: count for state, count in rows}


def _per_second(session: Session, run: IssueRun, states: tuple[str, ...], now: datetime) -> float:
    since = now - RATE_OVER
    count, first = session.execute(
        select(func.count(), func.min(IssueItem.changed_at)).where(
            IssueItem.run_id == run.id,
            IssueItem.state.in_(states),
            IssueItem.changed_at > since,
        )
    ).one()
    if not count or first is None:
        return 0.0
    return float(count) / max(1.0, (now - first).total_seconds())


def _failures(session: Session, run: IssueRun) -> tuple[Failure, ...]:
    rows = session.execute(
        select(IssueItem.state, IssueItem.reason_name, IssueItem.reason, func.count())
        .where(IssueItem.run_id == run.id, IssueItem.state.in_(("refused", "held")))
        .group_by(IssueItem.state, IssueItem.reason_name, IssueItem.reason)
        .order_by(func.count().desc(), IssueItem.reason)
    )
    return tuple(Failure(name or "", reason or "", n, state) for state, name, reason, n in rows)


def _sending(session: Session, run: IssueRun) -> dict[str, int]:
    """What became of the sending of issued items: ready, claimed, sent, uncertain, failed."""
    rows = session.execute(
        select(OutboxItem.state, func.count())
        .join(IssueItem, IssueItem.notice_id == OutboxItem.notice_id)
        .where(IssueItem.run_id == run.id, IssueItem.state == "issued")
        .group_by(OutboxItem.state)
    )
    return {state: count for state, count in rows}
