"""Mail that came back: each report is held against what we sent before it counts.

Anybody can write a mail that looks like a report. One is believed only when it names a mail of
ours (by the envelope id we gave, or by its Message-ID), to the address we sent it to, and a time
at which that mail was already under way. Even then it only puts giving in doubt: a person settles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from enforcement.channels import bounces as reports
from enforcement.channels.bounces import Told
from enforcement.data.deliveries import Delivery
from enforcement.data.notices import OutboxItem
from enforcement.domain.delivery import Report
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, Refusal
from enforcement.services.delivery import take_report
from enforcement.services.policies import in_force
from enforcement.services.work import Work

_CLOCKS_APART = timedelta(minutes=10)  # another server's clock may be wrong by this much
_BY_MAIL = ("smtp", "folder")


@dataclass
class BouncesRead:
    """What became of the reports: how many of each, and why each refused one was refused."""

    taken: Counter[str] = field(default_factory=Counter)
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {
            "taken": dict(self.taken),
            "known": self.known,
            "refused": [{"file": name, "reason": reason} for name, reason in self.refused],
        }


def read_reports(work: Work, files: Iterable[tuple[str, bytes]]) -> BouncesRead:
    """Read delivery reports (RFC 3464), each a file with its name; keep those that are ours.

    A report known already changes nothing. One refused says why, and the others still count.
    Refuses NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    read = BouncesRead()
    for name, content in files:
        try:
            for told in reports.read(content):
                item = _ours(work, told)
                report = Report(told.stage, told.at, told.fields, final=told.stage.bad)
                if take_report(work, item, report):
                    read.taken[told.stage.value] += 1
                else:
                    read.known += 1
        except Refusal as refusal:
            read.refused.append((name, refusal.sentence))
    return read


def _ours(work: Work, told: Told) -> OutboxItem:
    """The item a report is about. Refuses (BadInput) a report that does not fit what we sent."""
    keys = _keys(work, told)
    if not keys:
        raise BadInput("It names no mail of ours: neither our envelope id nor our Message-ID.")
    if len(keys) > 1:
        raise BadInput("Its envelope id and its Message-ID name different mails.")
    item = work.session.scalar(select(OutboxItem).where(OutboxItem.key == keys.pop()))
    delivery = work.session.get(Delivery, item.id) if item is not None else None
    if item is None or item.channel != "email":
        raise BadInput("It names a mail that we never had.")
    if item.state not in ("sent", "uncertain") or item.attempts == 0:
        raise BadInput("It is about a mail that we have not sent.")
    if delivery is not None and delivery.outlet not in _BY_MAIL:
        raise BadInput("It is about a message that did not go by a mail server.")
    if item.to.lower() not in told.recipients:
        raise BadInput("It is about another address than the one we sent to.")
    begun = (delivery.tried_at if delivery else item.created_at) - _CLOCKS_APART
    if not begun <= told.at <= work.now + _CLOCKS_APART:
        raise BadInput("Its time is before the mail was sent, or in the future.")
    return item


def _keys(work: Work, told: Told) -> set[str]:
    """Our keys that it names; a Message-ID counts only with our own domain."""
    sender = str(in_force(work.session, "contact_block", work.today).body["email"])
    domain = sender.partition("@")[2].lower()
    found = {told.envelope} if told.envelope else set()
    name, mark, place = (told.message_id or "").strip("<>").rpartition("@")
    if mark and place.lower() == domain:
        found.add(name)
    return {key for key in found if key}
