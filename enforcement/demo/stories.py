"""One story for each part of the cast, each ending today in another state or another difficulty.

Numbers are days before today. A notice of intent sent by post is given about five days later and
its period ends about three weeks after it was sent; the panel then has four weeks.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcement.demo import endings, money
from enforcement.demo.cast import IN_A_FROZEN_RUN, IN_A_RUN
from enforcement.demo.issue_runs import ready_for_a_run
from enforcement.demo.stage import Schedule, Stage
from enforcement.demo.walk import Walk
from enforcement.domain.appeals import Outcome, StepKind
from enforcement.domain.payments import Kind
from enforcement.services.case_facts import FINAL, INTENT

Story = Callable[[Walk], None]
_TRIED = (
    "We logged in on the 12th and on the 13th and the page would not save. We rang the support "
    "line both times and have the ticket numbers."
)
_SUBMITTED = "Our deputy saved the page on the last afternoon of the window and saw the green tick."


def plan(schedule: Schedule, stage: Stage) -> None:
    """Put every story's acts into the schedule."""
    playing = [firm for firm in stage.year.firms if firm.part is not None]
    for number, firm in enumerate(playing):
        assert firm.part is not None  # noqa: S101 - chosen two lines above
        walk = Walk(schedule, stage, firm, number)
        STORIES[firm.part.key](walk)


# --- before a notice is out -------------------------------------------------------------------
def _nothing_yet(walk: Walk) -> None:
    """The case waits for an officer."""


def _no_postcode(walk: Walk) -> None:
    walk.note(1, "note", "The register has no postcode for the provider: a notice cannot be sent.")


def _dormant(walk: Walk) -> None:
    walk.take_up(9)
    walk.note(8, "call", "The agency has no clients at present and did not know of nil returns.")
    walk.note(4, "support", "Talked through the nil return; they will make one in each window.")


def _drafting(walk: Walk) -> None:
    walk.take_up(6)
    walk.draft(3, INTENT, 0)


def _awaiting_approval(walk: Walk) -> None:
    walk.take_up(8)
    walk.draft(4, INTENT, 0)
    walk.submit(3, INTENT)


def _returned_draft(walk: Walk) -> None:
    _awaiting_approval(walk)
    walk.give_back(2, INTENT, "Say which of the four months came first, and ring them before.")


def _approved(walk: Walk) -> None:
    _awaiting_approval(walk)
    walk.approve(1, INTENT)


def _on_its_way(walk: Walk) -> None:
    walk.take_up(9)
    walk.draft(5, INTENT, 1)
    walk.submit(4, INTENT)
    walk.approve(2, INTENT)
    walk.issue(1, INTENT)


def _council_home(walk: Walk) -> None:
    walk.found_public(40)


# --- representations --------------------------------------------------------------------------
def _silent(walk: Walk) -> None:
    walk.intent(8)


def _reply_unread(walk: Walk) -> None:
    walk.intent(13)
    walk.reply(2, "submitted", "We saved it the morning after the window, as soon as we could.")


def _late_reply(walk: Walk) -> None:
    walk.intent(37)
    walk.reply(3, "good_reason", "The manager was in hospital and nobody else had the password.",
               "illness")  # fmt: skip


def _conflicting_replies(walk: Walk) -> None:
    walk.intent(18)
    walk.reply(7, "submitted", _SUBMITTED)
    walk.reply_by_post(
        4, "accept", "We did not submit in those months and are sorry. We have now set reminders.",
        walk.firm.name.split(" and ")[-1].removesuffix(" (invented)"), "The other partner",
    )  # fmt: skip


def _returned_post(walk: Walk) -> None:
    walk.intent(22)
    walk.post_returned(6, "The letter came back: “addressee gone away”. The envelope is kept.")
    walk.give_again(4, "Our letter came back. We send the notice to your office again, recorded.")


def _on_hold(walk: Walk) -> None:
    walk.intent(20)
    walk.hold(5, "insolvency", "An administrator was appointed; legal advice is asked for.")


def _sold(walk: Walk) -> None:
    # The notice goes out while the home is still theirs; the next register names the new owner.
    walk.intent(walk.register_ago + 4)
    walk.reply(
        walk.register_ago - 2,
        "not_ours",
        "The home was sold this month. The new owner has been registered.",
    )
    walk.check_register(1)


def _dual_service(walk: Walk) -> None:
    walk.intent(15)
    walk.reply(3, "good_reason", "We thought that one return covered the home and the home care.",
               "other")  # fmt: skip
    walk.note(2, "email", "Sent them the page on reporting for each service.")


def _many_places(walk: Walk) -> None:
    walk.intent(11)
    walk.reply(4, "more_time", "We have many homes and ask for two more weeks to check each.")


def _dual_registration(walk: Walk) -> None:
    walk.intent(12)


# --- the panel and the final notice -----------------------------------------------------------
def _before_the_panel(walk: Walk) -> None:
    walk.intent(36)
    walk.reply(26, "good_reason", _TRIED, "outage")
    walk.answer(9, "The support line has no call of yours in those weeks, and others could save.")
    walk.propose(6, "impose", "Three windows in a row were missed.",
                 "No reasonable excuse: the tickets named belong to another provider.")  # fmt: skip
    walk.vote(3, "panel2", "impose")  # the first member, whose sign-in is printed, has still to
    walk.vote(2, "panel3", "recused", "My cousin works at this home.")


def _imposed(walk: Walk) -> None:
    walk.intent(41)
    walk.decide(5, "impose")
    walk.enter_amount(3)


def _no_penalty(walk: Walk) -> None:
    walk.intent(42)
    walk.reply(32, "good_reason", _TRIED, "outage")
    walk.answer(15, "The service desk confirms both calls and an outage on those days.", "accepted")
    walk.decide(6, "no_penalty")


def _final_drafting(walk: Walk) -> None:
    walk.imposed(44, 8)
    walk.draft(1, FINAL, 0)


def _final_awaiting(walk: Walk) -> None:
    _final_drafting(walk)
    walk.submit(1, FINAL)


def _final_approved(walk: Walk) -> None:
    _final_awaiting(walk)
    walk.approve(1, FINAL)


def _final_on_its_way(walk: Walk) -> None:
    walk.imposed(44, 8)
    walk.draft(1, FINAL, 1)
    walk.submit(1, FINAL)
    walk.approve(1, FINAL)
    walk.issue(1, FINAL)


# --- money and appeals ------------------------------------------------------------------------
def _unpaid(walk: Walk) -> None:
    walk.penalised(20)
    money.ask_for_instalments(walk, 4, "The owner rang and offers four equal payments, monthly.")


def _part_paid(walk: Walk) -> None:
    walk.penalised(24)
    walk.pay(6, 0.4)


def _overdue(walk: Walk) -> None:
    walk.penalised(52)


def _appealed(walk: Walk) -> None:
    walk.penalised(45)
    endings.appeal(walk, 22, "The provider says that the notice of intent gave the wrong months.")
    endings.direction(walk, 12, "Send the tribunal the documents relied on.", "both", 24)
    endings.direction(walk, 12, "Say which months are disputed, and why.", "provider", 8)
    endings.direction_done(walk, 9, "Our documents went to the tribunal with the bundle.")
    endings.step(walk, 6, StepKind.HEARING_LISTED, "By video, half a day.", 48)


def _appeal_dismissed(walk: Walk) -> None:
    walk.penalised(112)
    words = "The provider says that Capacity Tracker is not a lawful way to report."
    endings.appeal(walk, 92, words)
    endings.step(walk, 74, StepKind.RESPONSE_FILED)
    words = "The duty and the way to fulfil it are in the formal notice."
    endings.decided(walk, 52, Outcome.DISMISSED, words)
    endings.determined(walk, 20)


def _appeal_varied(walk: Walk) -> None:
    walk.penalised(124)
    endings.appeal(walk, 104, "The provider says that the fee is that of another year.")
    endings.step(walk, 88, StepKind.RESPONSE_FILED)
    endings.varied(walk, 40, "The fee when the penalty was imposed was lower; nothing else fails.")
    endings.determined(walk, 34, "The provider wrote that it accepts the decision.")


def _quashed(walk: Walk) -> None:
    walk.penalised(122)
    walk.pay(104)
    words = "The provider's own record shows an update inside the second window."
    endings.appeal(walk, 102, words)
    words = "The tribunal was not satisfied that the second window was missed."
    endings.decided(walk, 33, Outcome.QUASHED, words)
    endings.determined(walk, 28, "We do not ask for permission to appeal: note of the head of law.")


def _withdrawn(walk: Walk) -> None:
    walk.intent(34)
    walk.reply(22, "submitted", _SUBMITTED)
    walk.answer(14, "Capacity Tracker's operator confirms the update.", "accepted")
    walk.withdraw(12, "The operator of Capacity Tracker confirmed an update inside the window.")


def _recovery(walk: Walk) -> None:
    walk.penalised(84)
    endings.recover(walk, 28)
    endings.certify(walk, 2)


def _county_court(walk: Walk) -> None:
    walk.penalised(140)
    endings.recover(walk, 84)
    endings.court(walk, 30)
    money.write_off(walk, 3, "The liquidator expects nothing for creditors.", agreed=False)


# --- ended ------------------------------------------------------------------------------------
def _paid(walk: Walk) -> None:
    walk.penalised(124)
    walk.pay(101)
    walk.close(100, "paid")


def _paid_after_reply(walk: Walk) -> None:
    walk.intent(190)
    walk.reply(182, "help", "Please send this in large print. We did not follow what is owed.")
    walk.answer(172, "A large-print copy was sent and the amount explained by telephone.", "partly")
    walk.decide(155, "impose")
    walk.confirm_amount(155)
    walk.final(152)
    walk.pay(136, 0.5)
    walk.pay(122)
    walk.close(121, "paid")


def _overpaid(walk: Walk) -> None:
    walk.penalised(112)
    walk.pay(94, 1.25)
    walk.pay(80, 1.0, Kind.REFUND, "Paid more than was owed.")
    walk.close(79, "paid")


def _written_off(walk: Walk) -> None:
    walk.penalised(204)
    endings.recover(walk, 148)
    money.write_off(walk, 62, "The company was dissolved without assets.", agreed=True)
    walk.close(61, "written_off")


def _closed_without(walk: Walk) -> None:
    walk.intent(152)
    words = "The home was flooded; the fire service's report is in the post."
    walk.reply(142, "good_reason", words, "incident")
    walk.answer(126, "The fire service's report bears this out.", "accepted")
    walk.decide(116, "no_penalty")
    walk.tell_no_penalty(114)
    walk.close(113, "no_penalty")


STORIES: dict[str, Story] = {
    "threshold met": _nothing_yet,
    "no postcode": _no_postcode,
    "dormant": _dormant,
    "drafting": _drafting,
    "greek name": _drafting,
    "awaiting approval": _awaiting_approval,
    "returned draft": _returned_draft,
    "approved": _approved,
    "on its way": _on_its_way,
    "council home": _council_home,
    "nothing yet": _silent,
    "reply unread": _reply_unread,
    "late reply": _late_reply,
    "conflicting replies": _conflicting_replies,
    "returned post": _returned_post,
    "on hold": _on_hold,
    "sold": _sold,
    "dual service": _dual_service,
    "dual registration": _dual_registration,
    "before the panel": _before_the_panel,
    "imposed": _imposed,
    "no penalty": _no_penalty,
    "final drafting": _final_drafting,
    "final awaiting approval": _final_awaiting,
    "final approved": _final_approved,
    "final on its way": _final_on_its_way,
    "unpaid": _unpaid,
    "part paid": _part_paid,
    "overdue": _overdue,
    "appealed": _appealed,
    "appeal dismissed": _appeal_dismissed,
    "appeal varied": _appeal_varied,
    "quashed": _quashed,
    "withdrawn": _withdrawn,
    "recovery": _recovery,
    "county court": _county_court,
    "paid": _paid,
    "paid after a reply": _paid_after_reply,
    "overpaid": _overpaid,
    "written off": _written_off,
    "no penalty, closed": _closed_without,
    "many places": _many_places,
    **{part.key: ready_for_a_run for part in (*IN_A_RUN, *IN_A_FROZEN_RUN)},
}
