"""The reply link of a case: its secret address and short code, printed on notices, stored nowhere.

Both are derived from two random keys, so that only the two together make them: the link secret,
which is not in the database, and the link's own seed of 256 random bits, which is in no file. A
copy of the database opens nothing, nor does the secret alone; the paper can still be printed. The
database keeps only keyed hashes to look them up by (reliability C2, decision 0012). A link may be
used as often as needed until it ends; a new generation has a new seed and ends the older address,
code and sessions at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.replies import ReplyLink
from enforcement.domain.calendar import local_instant
from enforcement.domain.cases import State
from enforcement.domain.clocks import ClockKind
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.services.case_clocks import PERIOD_OVER
from enforcement.services.case_facts import INTENT, live_notice
from enforcement.services.cases import stream
from enforcement.services.files import link_secret
from enforcement.services.policies import in_force
from enforcement.services.work import Work
from enforcement.settings import Settings

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U
CODE_LENGTH = 12  # 60 bits: short enough to type from paper; tries are limited besides
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
# Before a notice is given its period has no end yet: approval and post are allowed this long.
PLANNED_GIVING = timedelta(days=14)
END_OF_DAY = time(23, 59, 59)
# Days that the site tells the provider of, and on which the link must still answer.
TOLD = (ClockKind.PAYMENT, ClockKind.APPEAL)


@dataclass(frozen=True)
class PrintedLink:
    """What is printed on paper: the address, and the code for typing, `ABCD-EFGH-JKMN`."""

    url: str
    code: str


class LinkState(StrEnum):
    """Whether a link lets anybody in, and if not, why (told to officers only)."""

    LIVE = "live"
    LOCKED = "locked"  # for seconds between wrong tries, for an hour after five
    LOCKED_FOR_GOOD = "locked_for_good"  # until an officer re-issues it
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLOSED = "closed"  # the case is

    @property
    def label(self) -> str:
        return STATE_TITLES[self]

    @property
    def answers(self) -> bool:
        """Whether its page is shown at all. A locked link looks like any other."""
        return self in (LinkState.LIVE, LinkState.LOCKED, LinkState.LOCKED_FOR_GOOD)


STATE_TITLES = {
    LinkState.LIVE: "Live",
    LinkState.LOCKED: "Locked for a while after wrong tries",
    LinkState.LOCKED_FOR_GOOD: "Locked until re-issued",
    LinkState.EXPIRED: "Expired",
    LinkState.REVOKED: "Revoked",
    LinkState.CLOSED: "Ended with the case",
}


def ensure(work: Work, case: Case, notice: Notice | None = None) -> ReplyLink:
    """The case's link: the one there is, kept open long enough for `notice`, or a new one.

    Safe to call on every draft, issue and giving: the address changes only when an officer
    re-issues it. Refuses WrongState for a closed case.
    """
    if State(case.state) is State.CLOSED:
        raise WrongState("A closed case has no reply link.")
    link = current(work, case)
    if link is not None and link.revoked_at is None:
        _keep_open(work, link, case, notice)
        return link
    number = 1 + (
        work.session.scalar(select(func.count()).where(ReplyLink.case_id == case.id)) or 0
    )
    reference = f"{case.reference}-L{number}"
    seed = secrets.token_hex(32)
    link = ReplyLink(
        reference=reference,
        case_id=case.id,
        notice_id=notice.id if notice else None,
        generation=1,
        issued_at=work.now,
        expires_at=planned_end(work, case, notice),
        seed=seed,
        **_hashes(work.settings, reference, 1, seed),
    )
    work.session.add(link)
    work.session.flush()
    _record_issue(work, case, link)
    return link


def current(work: Work, case: Case) -> ReplyLink | None:
    """The latest link of a case, whatever its state."""
    return work.session.scalar(
        select(ReplyLink).where(ReplyLink.case_id == case.id).order_by(ReplyLink.id.desc()).limit(1)
    )


def printed(settings: Settings, link: ReplyLink) -> PrintedLink:
    """The address and code to print, derived again from what is not in the database."""
    raw = _code(settings, link.reference, link.generation, link.seed)
    secret = _secret(settings, link.reference, link.generation, link.seed)
    return PrintedLink(
        url=f"{settings.reply_base_url}/r/{secret}",
        code=in_fours(raw),
    )


def find_by_secret(work: Work, secret: str) -> ReplyLink | None:
    """The link with this address, or None. Looked up by keyed hash, never compared as text."""
    return work.session.scalar(
        select(ReplyLink).where(ReplyLink.secret_hash == _lookup(work.settings, "url", secret))
    )


def find_by_code(work: Work, code: str) -> ReplyLink | None:
    """The link with this typed code; spaces, dashes, case, and O, I, L for 0, 1 are forgiven."""
    wanted = normal_code(code)
    if wanted is None:
        return None
    return work.session.scalar(
        select(ReplyLink).where(ReplyLink.code_hash == code_hash(work.settings, wanted))
    )


def normal_code(code: str) -> str | None:
    """The letters and digits of a typed code as they were printed; None when it cannot be one."""
    wanted = "".join(c for c in code.upper().translate(MISREAD) if c.isalnum())
    return wanted if len(wanted) == CODE_LENGTH else None


def in_fours(code: str) -> str:
    """A code as people read and type it: `ABCD-EFGH-JKMN`."""
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def secret_of(work: Work, link: ReplyLink | None) -> str | None:
    """The secret part of a link's address, for whoever typed a code of it; None once it is dead."""
    if link is None or not state_of(work, link).answers:
        return None
    return _secret(work.settings, link.reference, link.generation, link.seed)


def state_of(work: Work, link: ReplyLink) -> LinkState:
    """How the link stands now."""
    if State(link.case.state) is State.CLOSED:
        return LinkState.CLOSED
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if work.now > ends_at(work, link):
        return LinkState.EXPIRED
    if link.locked_for_good:
        return LinkState.LOCKED_FOR_GOOD
    if link.locked_until is not None and work.now < link.locked_until:
        return LinkState.LOCKED
    return LinkState.LIVE


def ends_at(work: Work, link: ReplyLink) -> datetime:
    """When the link ends: what was stored, or later while a later day is still to come.

    That is the end of the period if it turned out later, and each day that the provider is told
    of on the site: to pay by, to appeal by; today while an appeal is live.
    Policy `periods.link_days_after_deadline` (calendar days) is added to each.
    """
    days = [
        clock.due_on
        for clock in link.case.clocks
        if clock.kind in TOLD and clock.ended_because in (None, PERIOD_OVER)
    ]
    intent = live_notice(work.session, link.case, INTENT)
    if intent is not None and intent.period_ends_on is not None:
        days.append(intent.period_ends_on)
    if State(link.case.state) is State.APPEALED:
        days.append(work.today)
    return max([link.expires_at, *(_after(work, day) for day in days)])


def planned_end(work: Work, case: Case, notice: Notice | None = None) -> datetime:
    """The end of the notice's period, as known or as planned, plus the policy's days after it.

    Days after the deadline: policy `periods.link_days_after_deadline` (calendar days).
    """
    if notice is not None and notice.period_ends_on is not None:
        return _after(work, notice.period_ends_on)
    periods = in_force(work.session, "periods", work.today).body
    days = (notice.period_days if notice else None) or int(periods["representations_days"])
    return _after(work, work.today + PLANNED_GIVING + timedelta(days=days))


def extend(work: Work, case: Case, last_day: date) -> ReplyLink:
    """Keep the link open to the end of a later day. Refuses BadInput, NotFound, NotAllowed."""
    work.require(Permission.MANAGE_LINK)
    link = _of(work, case)
    until = local_instant(last_day, END_OF_DAY)
    if until <= ends_at(work, link):
        raise BadInput("Choose a day after the day on which the link ends now.")
    link.expires_at = until
    _record_issue(work, case, link)
    work.session.flush()
    return link


def revoke(work: Work, case: Case, reason: str) -> ReplyLink:
    """End the link now, with its sessions. Refuses BadInput, NotFound, WrongState, NotAllowed."""
    work.require(Permission.MANAGE_LINK)
    link = _of(work, case)
    if not reason.strip():
        raise BadInput("Say why the link is revoked.")
    if link.revoked_at is not None:
        raise WrongState("The link is already revoked.")
    link.revoked_at = work.now
    work.record(
        stream(case),
        "link_revoked",
        {"link": link.reference, "reason": reason.strip()},
        permission=Permission.MANAGE_LINK,
    )
    work.session.flush()
    return link


def reissue(work: Work, case: Case) -> ReplyLink:
    """Make a new address and code; the old ones, and whoever is signed in by them, stop at once.

    Locks and wrong tries are cleared. Refuses NotFound, WrongState (closed), NotAllowed.
    """
    work.require(Permission.MANAGE_LINK)
    link = _of(work, case)
    if State(case.state) is State.CLOSED:
        raise WrongState("A closed case has no reply link.")
    renew(work.settings, link)
    link.issued_at, link.revoked_at = work.now, None
    link.expires_at = max(ends_at(work, link), planned_end(work, case))
    link.wrong_tries, link.locked_until, link.locked_for_good = 0, None, False
    _record_issue(work, case, link)
    work.session.flush()
    return link


def renew(settings: Settings, link: ReplyLink) -> None:
    """Give the link its next generation: another address and code; the older ones are dead."""
    link.generation += 1
    link.seed = secrets.token_hex(32)
    hashes = _hashes(settings, link.reference, link.generation, link.seed)
    link.secret_hash, link.code_hash = hashes["secret_hash"], hashes["code_hash"]


def _of(work: Work, case: Case) -> ReplyLink:
    link = current(work, case)
    if link is None:
        raise NotFound("The case has no reply link yet: it is made with its first notice.")
    return link


def _keep_open(work: Work, link: ReplyLink, case: Case, notice: Notice | None) -> None:
    """Never shortens: a letter already out names the later day."""
    if notice is None:
        return
    end = planned_end(work, case, notice)
    if link.notice_id is None:
        link.notice_id = notice.id
    if end > link.expires_at:
        link.expires_at = end
    work.session.flush()


def _record_issue(work: Work, case: Case, link: ReplyLink) -> None:
    work.record(
        stream(case),
        "link_issued",
        {
            "link": link.reference,
            "generation": link.generation,
            "expires_at": link.expires_at.isoformat(),
        },
        permission=Permission.MANAGE_LINK,
    )


def _after(work: Work, period_ends_on: date) -> datetime:
    periods = in_force(work.session, "periods", work.today).body
    days = timedelta(days=int(periods["link_days_after_deadline"]))
    return local_instant(period_ends_on + days, END_OF_DAY)


def _mac(settings: Settings, words: str) -> bytes:
    return hmac.new(link_secret(settings).encode(), words.encode(), hashlib.sha256).digest()


def _secret(settings: Settings, reference: str, generation: int, seed: str | None) -> str:
    mac = _mac(settings, f"{reference}|{generation}|url{_and(seed)}")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _and(seed: str | None) -> str:
    """Nothing for a link already on paper when seeds came in: its address still works."""
    return f"|{seed}" if seed else ""


def _code(settings: Settings, reference: str, generation: int, seed: str | None) -> str:
    number = int.from_bytes(_mac(settings, f"{reference}|{generation}|code{_and(seed)}")[:8], "big")
    return "".join(CODE_LETTERS[(number >> (5 * i)) & 31] for i in range(CODE_LENGTH))


def code_hash(settings: Settings, code: str) -> str:
    """The keyed hash by which a code of `CODE_LENGTH` is looked up."""
    return _lookup(settings, "code", code)


def _lookup(settings: Settings, kind: str, words: str) -> str:
    """A keyed SHA-256: sixty bits of code could be guessed from a plain hash in a stolen copy."""
    return _mac(settings, f"lookup|{kind}|{words}").hex()


def _hashes(
    settings: Settings, reference: str, generation: int, seed: str | None
) -> dict[str, str]:
    made = reference, generation, seed
    return {
        "secret_hash": _lookup(settings, "url", _secret(settings, *made)),
        "code_hash": code_hash(settings, _code(settings, *made)),
    }
