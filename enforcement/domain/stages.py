"""The stages of a case, and the actions that lead from one to the next, by name."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    TRIAGE = "triage"
    INTENT_DRAFT = "intent_draft"
    INTENT_REVIEW = "intent_review"
    INTENT_APPROVED = "intent_approved"
    INTENT_ISSUED = "intent_issued"
    REPRESENTATIONS = "representations"
    PANEL = "panel"
    IMPOSE = "impose"
    NO_PENALTY = "no_penalty"
    FINAL_DRAFT = "final_draft"
    FINAL_REVIEW = "final_review"
    FINAL_APPROVED = "final_approved"
    FINAL_ISSUED = "final_issued"
    PAYMENT = "payment"
    APPEALED = "appealed"
    RECOVERY = "recovery"
    COUNTY_COURT = "county_court"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return STATE_TITLES[self]

    @property
    def live(self) -> bool:
        return self is not State.CLOSED


S = State
STATE_TITLES: dict[State, str] = {
    S.TRIAGE: "Threshold met",
    S.INTENT_DRAFT: "Notice of intent: drafting",
    S.INTENT_REVIEW: "Notice of intent: awaiting approval",
    S.INTENT_APPROVED: "Notice of intent: approved",
    S.INTENT_ISSUED: "Notice of intent: on its way",
    S.REPRESENTATIONS: "Representations open",
    S.PANEL: "Panel review",
    S.IMPOSE: "Decided: impose a penalty",
    S.NO_PENALTY: "Decided: no penalty",
    S.FINAL_DRAFT: "Final notice: drafting",
    S.FINAL_REVIEW: "Final notice: awaiting approval",
    S.FINAL_APPROVED: "Final notice: approved",
    S.FINAL_ISSUED: "Final notice: on its way",
    S.PAYMENT: "Payment and appeal period",
    S.APPEALED: "Appealed: notice suspended",
    S.RECOVERY: "Overdue: recovery",
    S.COUNTY_COURT: "County court",
    S.WITHDRAWN: "Withdrawn",
    S.CLOSED: "Closed",
}


class Action(StrEnum):
    DRAFT_INTENT = "draft_intent"
    SUBMIT_INTENT = "submit_intent"
    RETURN_INTENT = "return_intent"
    APPROVE_INTENT = "approve_intent"
    ISSUE_INTENT = "issue_intent"
    RECORD_INTENT_GIVEN = "record_intent_given"
    START_PANEL = "start_panel"
    DECIDE_IMPOSE = "decide_impose"
    DECIDE_NO_PENALTY = "decide_no_penalty"
    DRAFT_FINAL = "draft_final"
    SUBMIT_FINAL = "submit_final"
    RETURN_FINAL = "return_final"
    APPROVE_FINAL = "approve_final"
    ISSUE_FINAL = "issue_final"
    RECORD_FINAL_GIVEN = "record_final_given"
    LODGE_APPEAL = "lodge_appeal"
    APPEAL_CONFIRMED = "appeal_confirmed"
    APPEAL_VARIED = "appeal_varied"
    APPEAL_QUASHED = "appeal_quashed"
    START_RECOVERY = "start_recovery"
    APPLY_TO_COURT = "apply_to_court"
    COURT_REFUSED = "court_refused"
    WITHDRAW = "withdraw"
    REGIVE_FINAL = "regive_final"
    REISSUE = "reissue"
    CLOSE = "close"
    REOPEN = "reopen"

    @property
    def label(self) -> str:
        return ACTION_TITLES[self]


A = Action
ACTION_TITLES: dict[Action, str] = {
    A.DRAFT_INTENT: "Draft the notice of intent",
    A.SUBMIT_INTENT: "Send the draft for approval",
    A.RETURN_INTENT: "Return the draft",
    A.APPROVE_INTENT: "Approve the notice of intent",
    A.ISSUE_INTENT: "Issue the notice of intent",
    A.RECORD_INTENT_GIVEN: "Record that the notice of intent was sent",
    A.START_PANEL: "Pass to the panel",
    A.DECIDE_IMPOSE: "Decide to impose the penalty",
    A.DECIDE_NO_PENALTY: "Decide on no penalty",
    A.DRAFT_FINAL: "Draft the final notice",
    A.SUBMIT_FINAL: "Send the final notice for approval",
    A.RETURN_FINAL: "Return the final notice",
    A.APPROVE_FINAL: "Approve the final notice",
    A.ISSUE_FINAL: "Issue the final notice",
    A.RECORD_FINAL_GIVEN: "Record that the final notice was sent",
    A.LODGE_APPEAL: "Record an appeal",
    A.APPEAL_CONFIRMED: "Record: appeal over, the penalty stands",
    A.APPEAL_VARIED: "Record: appeal over, another amount",
    A.APPEAL_QUASHED: "Record: penalty quashed",
    A.START_RECOVERY: "Start recovery",
    A.APPLY_TO_COURT: "Apply to the county court",
    A.COURT_REFUSED: "Record: the court refused the application",
    A.WITHDRAW: "Withdraw",
    A.REGIVE_FINAL: "Withdraw the final notice and give a new one",
    A.REISSUE: "Start again with a new notice of intent",
    A.CLOSE: "Close the case",
    A.REOPEN: "Reopen the case",
}
