"""What a notice says, complete and frozen: the only thing that paper is made from.

Every word on a notice that is not fixed wording of its template comes from here. Dates are
local to Europe/London, money is integer pence. `to_json` is what is sealed, stored and attached
to the PDF; `from_json` gives back an equal object.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from enforcement.domain.refusals import BadInput, MissingElement
from enforcement.rendering.json_form import from_plain, to_plain
from enforcement.rendering.letter_facts import AttemptFacts as AttemptFacts
from enforcement.rendering.letter_facts import CountLine as CountLine
from enforcement.rendering.letter_facts import GivingFacts as GivingFacts
from enforcement.rendering.letter_facts import MomentFacts as MomentFacts
from enforcement.rendering.letter_facts import PaidLine as PaidLine
from enforcement.rendering.letter_facts import RecordedFacts as RecordedFacts
from enforcement.rendering.letter_facts import RefundFacts as RefundFacts
from enforcement.rendering.letter_facts import ReminderFacts as ReminderFacts
from enforcement.rendering.letter_facts import UnpaidFacts as UnpaidFacts

MISSED_RETURNS = "missed_returns"
FALSE_OR_MISLEADING = "false_or_misleading"
BREACHES = (MISSED_RETURNS, FALSE_OR_MISLEADING)


@dataclass(frozen=True)
class Recipient:
    """Who the notice is given to, at the proper address of SI 2022/1175 reg 7.

    `capacity` is the office held ("Company secretary"); `care_of` is printed as given.
    """

    name: str
    capacity: str | None
    care_of: str | None
    address_lines: tuple[str, ...]
    postcode: str
    email: str | None = None


@dataclass(frozen=True)
class ProviderFacts:
    """The legal person registered with CQC."""

    name: str
    cqc_id: str
    company_number: str | None = None
    charity_number: str | None = None


@dataclass(frozen=True)
class MissFacts:
    """One location-service and window counted, with what the record shows."""

    location_name: str
    location_id: str
    service: str
    window: str
    opens: date
    closes: date
    result: str


@dataclass(frozen=True)
class AmountLine:
    """One line of the working: what it is for, how it was found, pence."""

    label: str
    basis: str
    pence: int


@dataclass(frozen=True)
class AmountFacts:
    """The penalty: the CQC fee under reg 3. `status` says how sure the figure is, as a sentence."""

    pence: int
    lines: tuple[AmountLine, ...]
    scheme: str
    status: str


@dataclass(frozen=True)
class PeriodFacts:
    """The period for representations (reg 5), both days included, and the last day to decide."""

    starts: date
    ends: date
    decide_by: date


@dataclass(frozen=True)
class GivenNotice:
    """An earlier notice that this one refers to."""

    kind: str
    reference: str
    dated: date
    given_on: date
    method: str


@dataclass(frozen=True)
class PointFacts:
    """One point made in a reply, and the answer to it."""

    point: str
    answer: str


@dataclass(frozen=True)
class DecisionFacts:
    """The finding on the case, and the last day on which reg 6(1) allowed it."""

    decided_on: date
    decide_by: date
    sentence: str
    findings: tuple[str, ...]
    replies: str
    points: tuple[PointFacts, ...] = ()


@dataclass(frozen=True)
class PaymentFacts:
    """How and by when to pay (reg 6(3)(c) and (d))."""

    pay_by: date
    reference: str
    instructions: tuple[str, ...]


@dataclass(frozen=True)
class AppealFacts:
    """Where and by when to appeal (reg 6(3)(e)); the limit ends at 5pm on `appeal_by`."""

    appeal_by: date
    sent_on: date
    tribunal: str
    address_lines: tuple[str, ...]
    form: str


@dataclass(frozen=True)
class WithdrawalFacts:
    """The notice withdrawn and what follows (reg 7)."""

    withdrawn: GivenNotice
    takes_effect: date
    reason: str
    new_notice_follows: bool
    refund: str | None = None


@dataclass(frozen=True)
class FileReceived:
    """A file that arrived with a reply; the SHA-256 is in hexadecimal."""

    name: str
    size: str
    sha256: str


@dataclass(frozen=True)
class ReceiptFacts:
    """What was received, told back to the person who sent it."""

    reference: str
    received_at: datetime
    received_words: str
    answers: tuple[tuple[str, str], ...]
    files: tuple[FileReceived, ...] = ()
    block: str = ""  # the signed receipt, by which anybody can check this document


@dataclass(frozen=True)
class SupportFacts:
    """What a support letter says would lead to a notice, and when the next window is."""

    trigger: str
    next_window: str
    next_opens: date
    next_closes: date


@dataclass(frozen=True)
class ContactBlock:
    """Where to reach the enforcement team."""

    team: str
    phone: str
    email: str
    hours: str
    post_address: tuple[str, ...]


@dataclass(frozen=True)
class HelpRow:
    """Whom to ask about what."""

    about: str
    who: str
    phone: str
    email: str
    hours: str


@dataclass(frozen=True)
class ReplyFacts:
    """The short address and code printed on the notice; the QR code holds `link`."""

    address: str
    code: str
    link: str


@dataclass(frozen=True)
class Signatory:
    """Who issues the notice, in what role."""

    name: str
    role: str


PARTS: dict[str, tuple[str, ...]] = {
    "notice_of_intent": ("amount", "given_on", "method", "period", "reply"),
    "final_notice": (
        "amount",
        "given_on",
        "method",
        "decision",
        "payment",
        "appeal",
        "earlier",
    ),
    "withdrawal": ("withdrawal",),
    "no_penalty": ("decision", "earlier"),
    "acknowledgement": ("receipt",),
    "support": ("support",),
    "payment_reminder": ("earlier", "payment", "reminder"),
    "refund": ("earlier", "refund"),
    "reg9_certificate": ("earlier", "unpaid"),
    "giving_certificate": ("earlier", "giving"),
}
KINDS = tuple(PARTS)
CERTIFICATES = ("reg9_certificate", "giving_certificate")  # kept as evidence, never posted


@dataclass(frozen=True)
class NoticeFacts:
    """One notice, complete. The parts that its kind needs are in `PARTS`.

    `template_sha256` is the fingerprint of the template folder (`rendering.templates`) that the
    words were seen in; empty means that no folder was fixed.

    Refuses BadInput for an unknown kind or breach, MissingElement for a missing part.
    """

    kind: str
    reference: str
    notice_reference: str
    dated: date
    recipient: Recipient
    provider: ProviderFacts
    contacts: ContactBlock
    signatory: Signatory
    breach: str = MISSED_RETURNS
    misses: tuple[MissFacts, ...] = ()
    threshold_sentence: str = ""
    threshold_citation: str = ""
    reasons: tuple[str, ...] = ()
    support_contacts: tuple[str, ...] = ()
    who_to_ask: tuple[HelpRow, ...] = ()
    given_on: date | None = None
    method: str | None = None
    amount: AmountFacts | None = None
    period: PeriodFacts | None = None
    reply: ReplyFacts | None = None
    earlier: GivenNotice | None = None
    decision: DecisionFacts | None = None
    payment: PaymentFacts | None = None
    appeal: AppealFacts | None = None
    withdrawal: WithdrawalFacts | None = None
    receipt: ReceiptFacts | None = None
    support: SupportFacts | None = None
    reminder: ReminderFacts | None = None
    refund: RefundFacts | None = None
    unpaid: UnpaidFacts | None = None
    giving: GivingFacts | None = None
    amount_change: str | None = None
    template_version: str = "v1"
    template_sha256: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        if self.kind not in PARTS:
            raise BadInput(f"There is no kind of notice called “{self.kind}”.")
        if self.breach not in BREACHES:
            raise BadInput(f"There is no kind of breach called “{self.breach}”.")
        absent = [part for part in PARTS[self.kind] if getattr(self, part) in (None, ())]
        if absent:
            raise MissingElement(
                f"A {self.kind.replace('_', ' ')} needs: {', '.join(absent).replace('_', ' ')}.",
                fix="Complete these facts before the notice is made.",
            )

    @property
    def posted(self) -> bool:
        """Whether this kind may go into an envelope, and so shows an address in its window."""
        return self.kind not in CERTIFICATES

    def to_json(self) -> dict[str, object]:
        """Return the facts as plain JSON values; dates are ISO 8601."""
        return to_plain(self)

    @classmethod
    def from_json(cls, plain: object) -> NoticeFacts:
        """Return the facts that `to_json` wrote. Refuses BadInput for any other shape."""
        return from_plain(cls, plain)
