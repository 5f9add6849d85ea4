"""The codes that stand in the facts of an event, in people's words.

The stored row keeps the code, and so do the exported lines; only what is read on a page or in a
bundle is put into words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from enforcement.domain.appeals import OUTCOMES, STEPS, Court
from enforcement.domain.closing import CLOSE_REASONS
from enforcement.domain.concerns import ConcernKind
from enforcement.domain.decisions import Vote
from enforcement.domain.findings import FOUND, FindingKind
from enforcement.domain.giving import Method
from enforcement.domain.payments import KIND_TITLES
from enforcement.domain.permissions import ROLE_TITLES
from enforcement.domain.replies import FORMATS, SOURCES, VIEWS
from enforcement.domain.replies import TITLES as REPLIES
from enforcement.domain.tasks import TITLES as TASKS
from enforcement.register.shapes import DUAL, FINANCE, SHAPES
from enforcement.services.cases import HOLD_CATEGORIES
from enforcement.services.parcels import TITLES as NOTICES
from enforcement.services.tasks import CLOSED_HOW

Codes: TypeAlias = "Mapping[Any, str]"  # a key may be a StrEnum, which is a text
_CHANNELS = {
    "email": "email",
    "print": "post",
    "hand": "by hand",
    "call": "telephone call",
    "support": "Capacity Tracker support",
}
_STAGES = {
    "sent": "handed over",
    "accepted": "taken on for delivery",
    "delivered": "delivered",
    "posted": "printed and posted",
    "soft": "not yet delivered: tried again by itself",
    "failed": "it will not arrive",
    "returned": "the post came back",
}
_FILES = {
    "register": "CQC register",
    "returns": "Capacity Tracker returns",
    "contacts": "contacts of providers",
    "finance": "file of the bank",
}
_SETTLED = {"agreed": "Agreed", "refused": "Refused", "taken_back": "Taken back"}
# By the name of the fact, where a code means the same in every kind of event.
_ANYWHERE: dict[str, Codes] = {
    "method": {method.value: method.label.lower() for method in Method},
    "channel": _CHANNELS,
    "court": {court.value: court.label for court in Court},
    "role": ROLE_TITLES,
    "roles": ROLE_TITLES,
    "reasons": REPLIES,
    "source": SOURCES,
    "view": VIEWS,
    "category": HOLD_CATEGORIES,
    "closed_how": CLOSED_HOW,
    "recommendation": {vote.value: vote.label for vote in Vote},
    "vote": {vote.value: vote.label for vote in Vote},
    "format": {key: one.title for key, one in FORMATS.items()},
    "shape": {shape.name: shape.what for shape in (*SHAPES, DUAL, FINANCE)},
    "by": {"publisher": "the publisher"},
    "step": STEPS,
    "stage": _STAGES,
}
_NOTICE = {"kind": NOTICES}
_FILE = {"kind": _FILES}
_TASK = {"kind": TASKS}
_APPEAL = {"outcome": OUTCOMES}
_PROPOSAL = {
    "kind": {"other_day": "Another day of giving", "give_again": "Give again"},
    "outcome": _SETTLED,
}
# By the kind of event, where the same name holds codes of different lists.
_IN_KIND: dict[str, Mapping[str, Codes]] = {
    "task_opened": _TASK,
    "task_closed": _TASK,
    "file_loaded": _FILE,
    "file_held": _FILE,
    "file_released": _FILE,
    "issue_run_made": _NOTICE,
    "issue_items_looked": {"how": {"glance": "at a glance", "full": "checked in full"}},
    "letter_issued": _NOTICE,
    "certificate_drafted": _NOTICE,
    "certificate_signed": _NOTICE,
    "ledger_entered": {"kind": KIND_TITLES},
    "concern_routed": {"kind": {kind.value: kind.label for kind in ConcernKind}},
    "case_closed": {"reason": CLOSE_REASONS},
    "giving_proposed": _PROPOSAL,
    "giving_proposal_settled": _PROPOSAL,
    "write_off_settled": {"outcome": _SETTLED},
    "appeal_step_recorded": _APPEAL,
    "appeal_confirmed": _APPEAL,
    "appeal_varied": _APPEAL,
    "appeal_quashed": _APPEAL,
}


def in_words(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an event of this kind, with each code that is known put into words."""
    own = _IN_KIND.get(kind, {})
    told = {
        name: _decoded(own.get(name) or _ANYWHERE.get(name, {}), value)
        for name, value in facts.items()
    }
    if isinstance(findings := facts.get("findings"), list):
        told["findings"] = [_finding(one) for one in findings]
    return told


def _decoded(codes: Codes, value: Any) -> Any:
    if isinstance(value, str):
        return codes.get(value, value)
    if isinstance(value, dict):
        return in_words("", value)
    return [_decoded(codes, one) for one in value] if isinstance(value, list) else value


def _finding(one: Mapping[str, Any]) -> str:
    words = FOUND[FindingKind(one["kind"])].get(one["found"], one["found"])
    return f"{words} (point {one['point']})" if one.get("point") else words
