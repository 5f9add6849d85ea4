"""Issue runs: made, drafted, frozen, looked at, approved by a second person, issued once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import notice_story as told
import pytest
from issue_run_story import NOW, OLIVE, SAM, SONIA, RunStory
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DatabaseError

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.issue_runs import IssueItem, IssueLook
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.people import Account
from enforcement.domain.giving import Method
from enforcement.domain.refusals import (
    BadInput,
    GateClosed,
    NotAllowed,
    NotFound,
    Refusal,
    SamePerson,
    SealBroken,
    WrongState,
)
from enforcement.rendering import elements
from enforcement.services import (
    issue_run_approval,
    issue_run_manifest,
    issue_run_steering,
    issue_runs,
)
from enforcement.services.case_facts import INTENT
from enforcement.services.issue_run_manifest import sample_size
from enforcement.services.issue_run_progress import progress
from enforcement.services.issue_run_reconciliation import reconcile
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., Any]


@pytest.fixture
def story(begin: Begin, engine: Engine, settings: Settings) -> RunStory:
    return RunStory(begin, engine, settings, cases=3)


def kinds(work: Work, stream: str) -> list[str]:
    found = select(Event.kind).where(Event.stream == stream).order_by(Event.seq)
    return list(work.session.scalars(found))


def test_the_whole_way(story: RunStory) -> None:
    """Each case exactly one notice, approved and issued, one thing to send; twice is as once."""
    story.to_approved()
    assert story.work_on() == story.cases
    assert story.work_on() == 0
    assert story.states() == ["issued"] * story.cases
    with story.begin(OLIVE) as work:
        run = story.run(work)
        assert (run.state, run.approved_by, run.sample_size) == ("done", SAM.identity, 3)
        found = work.session.scalars(select(Notice)).all()
        assert {n.state for n in found} == {"issued"}
        assert {(n.drafted_by, n.approved_by, n.issued_by) for n in found} == {
            (OLIVE.identity, SAM.identity, SAM.identity)
        }
        assert work.session.scalar(select(func.count()).select_from(OutboxItem)) == story.cases
        told_of = Counter(kinds(work, f"issue-run:{run.reference}"))
        assert [told_of[k] for k in ("issue_run_made", "issue_run_frozen", "issue_run_done")] == [
            1,
            1,
            1,
        ]
        case = kinds(work, "case:ASC-2026-000001")
        assert [k for k in case if k.startswith("intent")] == [
            "intent_drafted",
            "intent_submitted",
            "intent_approved",
            "intent_issued",
        ]
        manifest = issue_run_manifest.read(work, run)
        assert {(i.notice, i.pdf_sha256, i.facts_sha256) for i in manifest.items} == {
            (n.reference, n.approved_pdf_sha256, n.approved_facts_sha256) for n in found
        }
        assert all(check.ok for check in reconcile(work, run).checks)


# --- what cannot be drafted is shown, and the run goes on ------------------------------------
def no_address(work: Work, case: Case) -> None:
    case.provider.postcode = None


def on_hold(work: Work, case: Case) -> None:
    from enforcement.services.cases import hold

    hold(work, case, "legal_query", "Counsel is asked")


def cured(work: Work, case: Case) -> None:
    work.session.execute(text("DELETE FROM case_miss WHERE case_id = :id"), {"id": case.id})


def no_scheme(work: Work, case: Case) -> None:
    work.session.execute(text("UPDATE policy SET approved_by = NULL WHERE kind = 'fee_scheme'"))


def drafted_by_another(work: Work, case: Case) -> None:
    from enforcement.services import notices

    mine = Work(work.session, told.OTHER_OFFICER, work.now, work.settings)
    notices.draft_intent(mine, case, told.REGISTERED_OFFICE, Method.FIRST_CLASS, work.today)


def forty_one_locations(work: Work, case: Case) -> None:
    """More misses than the ten sheets of a letter hold: a place each, three windows each."""
    from enforcement.data.cases import CaseMiss
    from enforcement.data.register import Duty, Location

    first = case.misses[0].duty
    for number in range(41):
        place = Location(
            cqc_id=f"1-7000{number:05d}",
            provider=case.provider,
            name=f"Invented House {number} at the Far End of the Long Lane beside the River",
            address=["1 Example Lane"],
            postcode="ZZ99 8ZZ",
            service_names=list(first.location.service_names),
            beds=18,
            registered_on=first.location.registered_on,
        )
        work.session.add(place)
        work.session.flush()
        duty = Duty(
            location=place,
            provider_id=case.provider_id,
            service="care_home",
            owed_from=first.owed_from,
            first_window=first.first_window,
            last_window=first.last_window,
        )
        work.session.add(duty)
        work.session.flush()
        for month in told.MONTHS:
            miss = CaseMiss(
                case=case, duty=duty, window_no=month.number, evidence={"outcome": "missed"}
            )
            work.session.add(miss)
    work.session.flush()


@pytest.mark.parametrize(
    ("spoil", "name", "sentence"),
    [
        (no_address, "BadInput", "The postal address of the recipient is not complete."),
        (on_hold, "GateClosed", "hold"),
        (cured, "BadInput", "None of the counted misses stands any more."),
        (no_scheme, "NoFeeScheme", "fee"),
        (drafted_by_another, "WrongState", "already has a notice, drafted by another person"),
    ],
)
def test_what_cannot_be_drafted_says_why(
    story: RunStory, spoil: Callable[[Work, Case], None], name: str, sentence: str
) -> None:
    story.cases = 2
    story.open()
    story.make()
    with story.begin(OLIVE) as work:
        spoil(work, issue_runs.chosen(work, ["ASC-2026-000001"])[0])
    story.work_on()
    others = "refused" if spoil is no_scheme else "drafted"
    assert story.states() == ["refused", others]
    with story.begin(OLIVE) as work:
        item = issue_runs.item_at(work, story.run(work), 1)
        assert item.reason_name == name
        assert sentence in (item.reason or "")
        assert item.notice is None
        failures = progress(work.session, story.run(work), NOW).failures
        assert [(f.name, f.state) for f in failures] == [(name, "refused")]
    if others == "refused":
        with story.begin(OLIVE) as work, pytest.raises(BadInput, match="no notice that could"):
            issue_run_manifest.freeze(work, story.run(work))


def test_a_provider_with_41_locations(story: RunStory) -> None:
    """It is drafted when it fits a letter, and refused in words when it does not: never cut."""
    story.cases = 2
    story.open()
    with story.begin(OLIVE) as work:
        forty_one_locations(work, issue_runs.chosen(work, ["ASC-2026-000001"])[0])
    story.make()
    story.work_on()
    with story.begin(OLIVE) as work:
        large, usual = issue_runs.items(work.session, story.run(work))
        assert usual.state == "drafted"
        if large.state == "refused":
            assert "page" in (large.reason or "")
        else:
            assert large.notice is not None
            assert len(large.notice.facts["misses"]) == 42 * len(told.MONTHS)


def test_a_page_without_a_legal_element_is_refused(
    story: RunStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of the notice lack what the Regulations ask for: nothing of the run is drafted."""
    asked = elements.REQUIRED[INTENT]
    more = ("the day of the hearing in person", "SI 2022/1175 reg 4", lambda facts: ["You will be"])
    monkeypatch.setitem(elements.REQUIRED, INTENT, (*asked, more))
    story.cases = 1
    story.open()
    story.make()
    story.work_on()
    with story.begin(OLIVE) as work:
        item = issue_runs.item_at(work, story.run(work), 1)
        assert (item.state, item.reason_name) == ("refused", "GateClosed")
        assert "the day of the hearing in person" in (item.reason or "")
        assert work.session.scalar(select(func.count()).select_from(Notice)) == 0


# --- making ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("plan", "refusal", "sentence"),
    [
        ({"kind": "final_notice"}, BadInput, "notices of intent"),
        ({"method": Method.HAND}, BadInput, "by post or email"),
        ({"send_on": date(2026, 6, 15)}, BadInput, "in the past"),
        ({"period_days": 13}, BadInput, "at least 14 days"),
        ({"cases": []}, BadInput, "at least one case"),
        ({"cases": ["ASC-2026-000001"] * 2}, BadInput, "more than once"),
        ({"cases": ["ASC-2026-999999"]}, NotFound, "no case"),
        ({"by": SAM}, NotAllowed, "may not do this"),
        ({"by": told.OTHER_OFFICER}, NotAllowed, "no account in use"),
    ],
)
def test_a_run_is_made_of_what_can_be_given(
    story: RunStory, plan: dict[str, Any], refusal: type[Refusal], sentence: str
) -> None:
    story.cases = 1
    story.open()
    with (
        pytest.raises(refusal, match=sentence),
        story.begin(plan.get("by", OLIVE)) as work,
    ):
        issue_runs.create(
            work,
            plan.get("kind", INTENT),
            issue_runs.chosen(work, plan.get("cases", ["ASC-2026-000001"])),
            plan.get("method", Method.FIRST_CLASS),
            plan.get("send_on", NOW.date()),
            plan.get("period_days"),
        )


def test_a_case_is_in_one_live_run_only(story: RunStory) -> None:
    story.open()
    story.make()
    with story.begin(OLIVE) as work:
        assert issue_runs.cases_waiting(work.session) == []
    with story.begin(OLIVE) as work:
        case = issue_runs.chosen(work, ["ASC-2026-000002"])
        with pytest.raises(WrongState, match="is already in IR-2026-0001"):
            issue_runs.create(work, INTENT, case, Method.FIRST_CLASS, NOW.date())


# --- freezing and looking ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("items", "size"), [(1, 1), (4, 4), (5, 5), (25, 5), (26, 6), (36, 6), (5000, 71)]
)
def test_how_many_are_checked_in_full(items: int, size: int) -> None:
    policy: Any = SimpleNamespace(body={"least": 5, "roots": 1})
    assert sample_size(policy, items) == size


def test_one_approval_covers_one_template_only(story: RunStory) -> None:
    story.open()
    story.make()
    with pytest.raises(WrongState, match="still to be drafted"):
        story.freeze()
    story.work_on()
    with story.begin(OLIVE) as work:
        work.session.execute(
            text(
                "UPDATE notice SET template_version = 'v0' WHERE id = (SELECT min(id) FROM notice)"
            )
        )
    with pytest.raises(BadInput, match="not on one template"):
        story.freeze()
    with story.begin(SAM) as work:
        issue_run_steering.take_out(work, story.run(work), 1, "On the older wording")
    story.freeze()
    with story.begin(OLIVE) as work:
        manifest = issue_run_manifest.read(work, story.run(work))
        assert [line.position for line in manifest.items] == [2, 3]
        assert [line["reason"] for line in manifest.left_out] == ["On the older wording"]


def test_an_approver_has_looked_at_everything(story: RunStory) -> None:
    """Glances at all, full checks of the sample, by who approves, of these very pages."""
    story.to_frozen()
    with pytest.raises(GateClosed, match="3 notices have not been glanced at, and 3 of the 3"):
        story.approve()
    with story.begin(SAM) as work:
        run = story.run(work)
        items = issue_runs.items(work.session, run)
        assert [item.sampled for item in items] == [True] * 3
        seen = {item.position: item.notice.pdf_sha256 or "" for item in items if item.notice}
        assert issue_run_approval.looked(work, run, seen, "glance") == 3
        assert issue_run_approval.looked(work, run, seen, "glance") == 0
        with pytest.raises(SealBroken):
            issue_run_approval.looked(work, run, {1: "0" * 64}, "full")
    with pytest.raises(GateClosed, match="0 notices have not been glanced at, and 3 of the 3"):
        story.approve()
    story.look(by=SONIA)  # her looking is not his
    with pytest.raises(GateClosed):
        story.approve(by=SAM)
    story.look(by=SAM)
    with pytest.raises(SealBroken, match="not the one you were shown"), story.begin(SAM) as work:
        issue_run_approval.approve(work, story.run(work), "0" * 64)
    story.approve(by=SAM)
    with pytest.raises(WrongState):
        story.approve(by=SONIA)


def test_the_maker_neither_looks_nor_approves(story: RunStory) -> None:
    story.cases = 1
    story.to_frozen()
    with story.begin(OLIVE) as work:
        run = story.run(work)
        run.created_by = SAM.identity  # were the officer to change roles overnight
    for act in (story.look, story.approve):
        with pytest.raises(SamePerson):
            act(by=SAM)


# --- issuing -----------------------------------------------------------------------------------
def test_a_revoked_approver_stops_what_is_left(story: RunStory) -> None:
    """Issued stays issued; the rest waits for another approver, who looks at it anew."""
    story.to_approved()
    story.work_on(most=1)
    with story.begin(OLIVE) as work:
        account = work.session.scalar(select(Account).where(Account.username == "sam"))
        account.disabled_at = NOW
    story.work_on()
    left = story.states().count("drafted")
    assert 0 < left < 3
    with story.begin(OLIVE) as work:
        run = story.run(work)
        assert run.state == "paused"
        assert "Sam has no account in use" in (run.paused_because or "")
        with pytest.raises(NotAllowed):
            issue_run_steering.resume(work, run)
    story.look(by=SONIA)
    story.approve(by=SONIA)
    story.work_on()
    assert story.states() == ["issued"] * 3
    with story.begin(OLIVE) as work:
        by = Counter(work.session.scalars(select(Notice.approved_by)))
        assert by == {SAM.identity: 3 - left, SONIA.identity: left}


def test_facts_changed_after_sealing_are_held(story: RunStory) -> None:
    """Both ways: the stored facts no longer match their hash; the notice is not the frozen one."""
    story.to_approved()
    with story.begin(OLIVE) as work:
        first = work.session.scalar(select(Notice).order_by(Notice.id).limit(1))
        changed = json.dumps({**first.facts, "reference": "ASC-2026-999999"})
        work.session.execute(
            text("UPDATE notice SET facts = :facts WHERE id = :id"),
            {"facts": changed, "id": first.id},
        )
        second = issue_runs.item_at(work, story.run(work), 2).case
        second.provider.public_body = True
    story.work_on()
    assert story.states() == ["held", "held", "issued"]
    with story.begin(OLIVE) as work:
        run = story.run(work)
        assert run.state == "issuing"
        named = {i.position: i.reason_name for i in issue_runs.items(work.session, run, "held")}
        assert named == {1: "SealBroken", 2: "GateClosed"}
        assert progress(work.session, run, NOW).held == 2


def test_held_is_tried_again_or_taken_out(story: RunStory) -> None:
    story.to_approved()
    with story.begin(OLIVE) as work:
        for position in (1, 2):
            issue_runs.item_at(work, story.run(work), position).case.provider.public_body = True
    story.work_on()
    with story.begin(OLIVE) as work:
        issue_runs.item_at(work, story.run(work), 1).case.provider.public_body = False
        issue_run_steering.retry_one(work, story.run(work), 1)
        with pytest.raises(WrongState):
            issue_run_steering.retry_one(work, story.run(work), 3)
    with story.begin(SAM) as work:
        issue_run_steering.take_out(work, story.run(work), 2, "It is a public body")
        with pytest.raises(WrongState):
            issue_run_steering.take_out(work, story.run(work), 3, "Too late")
    story.work_on()
    assert story.states() == ["issued", "returned", "issued"]
    with story.begin(OLIVE) as work:
        assert story.run(work).state == "done"
        returned = issue_runs.item_at(work, story.run(work), 2).notice
        assert returned is not None
        assert (returned.state, returned.returned_reason) == ("draft", "It is a public body")
        assert all(check.ok for check in reconcile(work, story.run(work)).checks)


def test_paused_resumed_and_the_rest_cancelled(story: RunStory) -> None:
    story.to_approved()
    story.work_on(most=1)
    done = story.states().count("issued")
    with story.begin(OLIVE) as work:
        issue_run_steering.pause(work, story.run(work), "The post room is closed")
        with pytest.raises(WrongState):
            issue_run_steering.pause(work, story.run(work), "Twice")
    assert story.work_on() == 0
    with story.begin(OLIVE) as work:
        issue_run_steering.resume(work, story.run(work))
        assert issue_run_steering.cancel_rest(work, story.run(work), "Sent by hand") == 3 - done
        with pytest.raises(WrongState):
            issue_run_steering.cancel_rest(work, story.run(work), "Twice")
    assert story.work_on() == 0
    assert Counter(story.states()) == {"issued": done, "cancelled": 3 - done}
    with story.begin(OLIVE) as work:
        assert work.session.scalar(select(func.count()).select_from(OutboxItem)) == done
        assert all(check.ok for check in reconcile(work, story.run(work)).checks)


def test_a_lost_run_is_found_again(story: RunStory) -> None:
    from enforcement.services.issue_run_work import left_behind

    story.to_frozen()
    soon, later = NOW + timedelta(seconds=30), NOW + timedelta(minutes=2)
    with story.begin(OLIVE) as work:
        assert left_behind(work.session, later) == []
    story.look()
    story.approve()
    with story.begin(OLIVE) as work:
        run_id = story.run(work).id
        assert left_behind(work.session, soon) == []
        assert left_behind(work.session, later) == [run_id]
    story.work_on()
    with story.begin(OLIVE) as work:
        assert left_behind(work.session, later) == []


# --- what the database itself refuses ----------------------------------------------------------
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE issue_look SET how = 'full'",
        "DELETE FROM issue_look",
        "UPDATE issue_item SET state = 'drafted' WHERE state = 'issued'",
        "DELETE FROM issue_item",
        "DELETE FROM issue_run",
        "UPDATE issue_run SET manifest_sha256 = NULL, state = 'drafting'",
        "UPDATE issue_run SET approved_by = created_by",
    ],
)
def test_the_database_keeps_what_was_looked_at_and_issued(issued: RunStory, statement: str) -> None:
    with pytest.raises(DatabaseError), issued.begin(OLIVE) as work:
        work.session.execute(text(statement))


@pytest.fixture
def issued(story: RunStory) -> RunStory:
    """A run of one, issued."""
    story.cases = 1
    story.to_approved()
    story.work_on()
    with story.begin(OLIVE) as work:
        assert work.session.scalar(select(func.count()).select_from(IssueLook)) == 2
        assert work.session.scalar(select(IssueItem.key)) == "notice_of_intent-ASC-2026-000001-1"
    return story
