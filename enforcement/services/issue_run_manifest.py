"""The frozen manifest of an issue run: what is to be issued, item by item, under one hash."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import Notice
from enforcement.data.policies import Policy
from enforcement.domain.events import Fact, canonical
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, SealBroken, WrongState
from enforcement.services.files import fetch, keep
from enforcement.services.issue_runs import stream
from enforcement.services.policies import in_force
from enforcement.services.work import Work

JSON = "application/json"
_DRAW = secrets.SystemRandom()  # the sample is the system's to draw, and nobody's to foresee


@dataclass(frozen=True)
class ManifestItem:
    """One line of the manifest: the notice, and the hashes under which it was frozen."""

    position: int
    key: str
    case: str
    notice: str
    facts_sha256: str
    pdf_sha256: str
    recipient: str
    postcode: str
    capacity: str
    email: str
    method: str
    pages: int
    amount_pence: int | None
    period_ends_on: str
    template_version: str
    template_sha256: str


@dataclass(frozen=True)
class Manifest:
    """A frozen manifest as read back from its stored bytes."""

    sha256: str
    run: str
    items: tuple[ManifestItem, ...]
    left_out: tuple[dict[str, Any], ...]


def freeze(work: Work, run: IssueRun) -> str:
    """Freeze the run: the manifest's SHA-256 is what an approver signs, and the sample is drawn.

    Every notice must be drafted (refused ones are named in the manifest as left out), submitted,
    and on one template in one version. Refuses WrongState, BadInput, NotAllowed.
    """
    work.require(Permission.DRAFT_NOTICE)
    if run.state != "drafting":
        raise WrongState(f"{run.reference} is not being drafted: it cannot be frozen.")
    found = _all_items(work.session, run)
    if any(item.state == "waiting" for item in found):
        left = sum(item.state == "waiting" for item in found)
        raise WrongState(f"{left:,} notices of {run.reference} are still to be drafted.")
    drafted = [item for item in found if item.state == "drafted"]
    lines = [_line(item) for item in drafted]
    _refuse_mixed(run, lines)
    left_out: list[dict[str, Fact]] = [
        {"position": item.position, "case": item.case.reference, "reason": item.reason or ""}
        for item in found
        if item.state != "drafted"
    ]
    run.manifest_sha256 = keep(work, _canonical(run, lines, left_out), JSON)
    sample = _draw_sample(work, run, [item.position for item in drafted])
    run.state, run.frozen_at = "frozen", work.now
    run.frozen_by, run.frozen_by_name = work.actor.identity, work.actor.name
    work.record(
        stream(run),
        "issue_run_frozen",
        {
            "run": run.reference,
            "manifest_sha256": run.manifest_sha256,
            "items": len(lines),
            "left_out": len(left_out),
            "sample": sample,
        },
        permission=Permission.DRAFT_NOTICE,
    )
    work.session.flush()
    return run.manifest_sha256


def _all_items(session: Session, run: IssueRun) -> list[IssueItem]:
    return list(
        session.scalars(
            select(IssueItem)
            .where(IssueItem.run_id == run.id)
            .options(joinedload(IssueItem.case), joinedload(IssueItem.notice))
            .order_by(IssueItem.position)
        )
    )


def _line(item: IssueItem) -> dict[str, Fact]:
    notice = item.notice
    if notice is None or notice.state != "submitted" or notice.pdf_sha256 is None:
        raise WrongState(
            f"The notice of {item.case.reference} is no longer awaiting approval.",
            fix="Take it out of the run, or submit it again.",
        )
    return {
        "position": item.position,
        "key": item.key,
        "case": item.case.reference,
        "notice": notice.reference,
        "facts_sha256": notice.facts_sha256,
        "pdf_sha256": notice.pdf_sha256,
        "recipient": notice.recipient["name"],
        "postcode": notice.recipient["postcode"],
        "capacity": notice.recipient["capacity"],
        "email": notice.recipient.get("email", ""),
        "method": notice.method,
        "pages": notice.pages or 0,
        "amount_pence": notice.amount_pence,
        "period_ends_on": notice.period_ends_on.isoformat() if notice.period_ends_on else "",
        "template_version": notice.template_version,
        "template_sha256": str(notice.facts.get("template_sha256") or ""),
    }


def _refuse_mixed(run: IssueRun, lines: Sequence[Mapping[str, Fact]]) -> None:
    """One approval covers one wording: every notice on the same template in the same version."""
    if not lines:
        raise BadInput(f"{run.reference} has no notice that could be drafted.")
    versions = {(line["template_version"], line["template_sha256"]) for line in lines}
    if len(versions) > 1:
        named = " and ".join(sorted(f"“{version}”" for version, _ in versions))
        raise BadInput(
            f"The notices of {run.reference} are not on one template: {named}.",
            rule="A run is approved together only on an identical template",
            fix="Take out those on the older one and make a run of them.",
        )


def _canonical(
    run: IssueRun, lines: Sequence[Fact], left_out: Sequence[Mapping[str, Fact]]
) -> bytes:
    whole: dict[str, Fact] = {
        "run": run.reference,
        "kind": run.kind,
        "method": run.method,
        "send_on": run.send_on.isoformat(),
        "period_days": run.period_days,
        "created_by": run.created_by,
        "items": lines,
        "left_out": left_out,
    }
    return canonical(whole).encode()


def sample_size(policy: Policy, items: int) -> int:
    """How many of so many notices are checked in full: √n times the policy's factor, rounded up,
    never fewer than its least, never more than there are."""
    rooted = math.isqrt(max(0, int(policy.body["roots"]) ** 2 * items - 1)) + 1
    return min(items, max(int(policy.body["least"]), rooted))


def _draw_sample(work: Work, run: IssueRun, positions: Sequence[int]) -> list[int]:
    policy = in_force(work.session, "sampling", work.today)
    sample = sorted(_DRAW.sample(positions, sample_size(policy, len(positions))))
    run.sample_size, run.sample_policy_id = len(sample), policy.id
    work.session.flush()
    work.session.execute(
        update(IssueItem)
        .where(IssueItem.run_id == run.id, IssueItem.position.in_(sample))
        .values(sampled=True)
        .execution_options(synchronize_session="fetch")
    )
    return sample


def read(work: Work, run: IssueRun) -> Manifest:
    """The manifest as it was frozen. Refuses NotFound before, HistoryBroken if it was changed."""
    if run.manifest_sha256 is None:
        raise NotFound(f"{run.reference} is not frozen yet.")
    body = json.loads(fetch(work, run.manifest_sha256).content)
    return Manifest(
        sha256=run.manifest_sha256,
        run=body["run"],
        items=tuple(ManifestItem(**line) for line in body["items"]),
        left_out=tuple(body["left_out"]),
    )


def refuse_changed(line: ManifestItem, notice: Notice) -> None:
    """Refuse SealBroken unless the notice is, by its hashes, the one that was frozen."""
    if (line.notice, line.facts_sha256, line.pdf_sha256) != (
        notice.reference,
        notice.facts_sha256,
        notice.pdf_sha256,
    ):
        raise SealBroken(
            f"{line.notice} is not the document that was frozen in the manifest.",
            rule="Sealed approval",
            fix="Take it out of the run and have it drafted again.",
        )
