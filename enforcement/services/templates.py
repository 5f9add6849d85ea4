"""The words of notices by version: which is in force, what proves it fit, who agreed to it.

A version is a folder on disk and its fingerprint. One person proposes it and a second approves;
each notice pins both, and a folder that no longer has the approved fingerprint makes no notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.policies import Policy
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import (
    BadInput,
    NotFound,
    TemplateChanged,
    WrongState,
)
from enforcement.rendering import templates as folders
from enforcement.rendering.facts import KINDS
from enforcement.services import policies, template_gates
from enforcement.services.work import Work

POLICY = "template"


def rows(session: Session, kind: str) -> list[Policy]:
    """The approved rows of one kind of notice, oldest first."""
    return [row for row in policies.approved(session, POLICY) if row.body.get("kind") == kind]


def in_force(session: Session, kind: str, day: date) -> Policy:
    """The approved version of a kind in force on a day. Refuses NotFound when none is."""
    found = [row for row in rows(session, kind) if row.effective_from <= day]
    if not found:
        raise NotFound(
            f"No approved words for “{kind.replace('_', ' ')}” are in force on {day}.",
            fix="Propose a version under Templates and have it approved.",
        )
    return max(found, key=lambda row: (row.effective_from, row.id))


def pinned(session: Session, kind: str, day: date) -> dict[str, str]:
    """What a notice of this kind pins on a day: the version and the fingerprint of its folder.

    Refuses NotFound, and TemplateChanged when the folder is not the one approved.
    """
    body = in_force(session, kind, day).body
    if fingerprint(kind, body["version"]) != body["sha256"]:
        raise TemplateChanged(
            f"The words of “{kind.replace('_', ' ')}”, {body['version']}, on this machine are not "
            "those that were approved.",
            fix="Put the approved files back, or propose the changed words as a new version.",
        )
    return {"template_version": body["version"], "template_sha256": body["sha256"]}


def fingerprint(kind: str, version: str) -> str:
    """The fingerprint of a version's folder as it is on disk; "" when it is not there."""
    try:
        return folders.folder_sha256(kind, version)
    except BadInput:
        return ""


@dataclass(frozen=True)
class Spell:
    """Days on which a version is in force; `ends` is None while nothing follows it."""

    starts: date
    ends: date | None
    row: Policy


@dataclass(frozen=True)
class Version:
    """One version of the words of one kind of notice: on disk, approved, proposed, or some of it.

    `sha256` is of the folder on disk, "" when there is none; `changed` says that the folder is
    not the one approved last.
    """

    kind: str
    version: str
    sha256: str
    spells: tuple[Spell, ...]
    waiting: tuple[Policy, ...]

    @property
    def changed(self) -> bool:
        return bool(self.spells) and self.spells[-1].row.body["sha256"] != self.sha256

    def on(self, day: date) -> Spell | None:
        """The spell that holds on a day, if one does."""
        return next(
            (s for s in self.spells if s.starts <= day and (s.ends is None or day <= s.ends)), None
        )

    def coming(self, day: date) -> Spell | None:
        """The first approved spell after a day."""
        return next((s for s in self.spells if s.starts > day), None)


def shelf(session: Session) -> list[Version]:
    """Every version of every kind, on disk or in the policies, newest version first."""
    stored = session.scalars(
        select(Policy).where(Policy.kind == POLICY).order_by(Policy.effective_from, Policy.id)
    ).all()
    return [
        version
        for kind in KINDS
        for version in _of_kind(kind, [row for row in stored if row.body.get("kind") == kind])
    ]


def find(session: Session, kind: str, version: str) -> Version:
    """One version. Refuses NotFound for one that is neither on disk nor in the policies."""
    for one in shelf(session):
        if (one.kind, one.version) == (kind, version):
            return one
    raise NotFound(f"There are no words “{kind}”, {version}.")


def _of_kind(kind: str, stored: list[Policy]) -> list[Version]:
    spells = _spells([row for row in stored if row.approved_by is not None])
    names = {*folders.versions(kind), *(row.body["version"] for row in stored)}
    return [
        Version(
            kind,
            name,
            fingerprint(kind, name),
            tuple(spell for spell in spells if spell.row.body["version"] == name),
            tuple(r for r in stored if r.approved_by is None and r.body["version"] == name),
        )
        for name in sorted(names, key=lambda name: int(name[1:]), reverse=True)
    ]


def _spells(approved: list[Policy]) -> list[Spell]:
    """Each row holds until the day before the next takes effect; a day's last row wins."""
    by_day = {row.effective_from: row for row in approved}
    days = sorted(by_day)
    ends: list[date | None] = [following - timedelta(days=1) for following in days[1:]]
    return [Spell(d, end, by_day[d]) for d, end in zip(days, [*ends, None], strict=True)]


def propose(work: Work, kind: str, version: str, effective_from: date, reason: str) -> Policy:
    """Propose that a version be in force from a day. Computes its gates, once, and keeps them.

    Refuses BadInput (no reason, a day gone by, no such folder), NotAllowed.
    """
    work.require(Permission.PROPOSE_POLICY)
    if effective_from < work.today:
        raise BadInput("A version takes effect today or later: notices already made keep theirs.")
    if any(row.body["version"] == version for row in waiting(work.session, kind)):
        raise WrongState("This version is already proposed and waits for a second person.")
    body = {
        "kind": kind,
        "version": version,
        "sha256": folders.folder_sha256(kind, version),
    }
    checks = [check.as_json() for check in template_gates.gates(kind, version)]
    return policies.propose(work, POLICY, effective_from, body | {"checks": checks}, reason)


def waiting(session: Session, kind: str) -> list[Policy]:
    """The proposals of one kind of notice that nobody has approved yet."""
    found = session.scalars(
        select(Policy)
        .where(Policy.kind == POLICY, Policy.approved_by.is_(None))
        .order_by(Policy.id)
    )
    return [row for row in found if row.body.get("kind") == kind]


def approve(work: Work, policy_id: int) -> Policy:
    """Approve a proposed version as a second person, past every gate.

    Refuses TemplateChanged when the folder is not the one that the gates were computed for, and
    what `policies.approve` refuses: GateClosed while one is shut.
    """
    work.require(Permission.APPROVE_POLICY)
    row = work.session.get(Policy, policy_id)
    if row is None or row.kind != POLICY:
        raise NotFound("There is no such version awaiting approval.")
    if fingerprint(row.body["kind"], row.body["version"]) != row.body["sha256"]:
        raise TemplateChanged(
            "The words on this machine changed since they were proposed.",
            fix="Have them proposed again, so that the gates are computed for what is there.",
        )
    return policies.approve(work, policy_id)
