"""A provider appeals: once the tribunal quashes the penalty, once it dismisses the appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import earlier
import pytest
from people import Colleague, Provider, World, words_of
from received import EMAIL, NAMED
from ways import DESK, PHONE, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THE_FINAL = datetime(2026, 7, 7, 9, 0, tzinfo=UTC)
LODGED = datetime(2026, 7, 28, 9, 0, tzinfo=UTC)
RESPONDED = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
DECIDED = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
OVER = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)  # nobody went on within 28 days


@dataclass
class Appealed:
    """The people of an appeal, and the case after the final notice."""

    world: World
    case: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        self.officer = Colleague(self.world, earlier.OFFICER)
        self.finance = Colleague(self.world, earlier.FINANCE)
        self.provider = Provider(self.world, "provider")
        self.case, self.code = earlier.penalty_is_due(self.world, THE_FINAL)

    def step(self, title: str, on: datetime, *fields: tuple[str, str]) -> None:
        """One step of the appeal on the officer's screen."""
        self.officer.opens_case(self.case, "/appeal")
        self.officer.follows_action(title)
        self.officer.fills_day(on)
        for label, words in fields:
            self.officer.writes(label, words)

    def lodged(self) -> None:
        self.world.now = LODGED
        self.officer.signs_in()
        self.officer.opens_case(self.case, "/appeal")
        self.officer.follows_action("Record an appeal")
        self.officer.writes("Tribunal reference", "INVENTED/2026/0042")
        self.officer.fills_day(LODGED, "When was the appeal made?")
        self.officer.fills_day(LODGED, "When did we receive the notice of appeal?")
        self.officer.writes("Grounds (optional)", "The second window was not missed.")
        self.officer.presses("Record the appeal")

    def suspended(self) -> None:
        """Nobody asks for money, and the provider reads that it need not pay."""
        self.finance.signs_in()
        self.finance.opens_case(self.case, "/money")
        assert not self.finance.offers("Start recovery")
        assert not self.finance.offers("Send a payment reminder")
        self.provider.types_the_code(self.code, NAMED, "ZZ1 1ZZ")
        assert "You have appealed" in self.provider.reads()
        self.provider.follows("See where your case stands")
        told = self.provider.reads()
        assert "The penalty is suspended until the appeal is decided." in told
        assert "Pay by" not in told

    def responded(self) -> None:
        self.world.now = RESPONDED
        self.officer.signs_in()
        self.step("Record that our response is filed", RESPONDED)
        self.officer.presses("Record it")
        assert "Filed on 10 August 2026" in self.officer.reads()

    def decided(self, outcome: str, words: str) -> None:
        self.world.now = DECIDED
        self.officer.signs_in()
        said = ("What was decided, in a sentence or two?", words)
        self.step("Record the decision", DECIDED, said)
        self.officer.chooses(outcome)
        self.officer.presses("Record the decision")

    def determined(self) -> None:
        self.world.now = OVER
        self.officer.signs_in()
        self.officer.opens_case(self.case, "/appeal")
        self.officer.follows_action("Record that it is finally determined")
        self.officer.presses("Record it")
        assert "The appeal is over." in self.officer.page.inner_text("body")
        self.world.worker_sends()


@walked(DESK)
def test_an_appeal_is_won_and_nothing_is_owed(world: World) -> None:
    # Given a final notice, half of it paid
    story = Appealed(world)
    story.finance.signs_in()
    story.finance.enters_payment(story.case, "500.00")
    # When the provider appeals
    story.lodged()
    # Then the notice is suspended, for everybody who looks
    story.suspended()
    story.responded()
    # When the tribunal allows it, and nobody goes on
    story.decided(
        "Allowed: the penalty is quashed", "The tribunal finds that the second window was met."
    )
    story.suspended()
    story.determined()
    # Then nothing is owed, and what was paid goes back
    story.finance.signs_in()
    story.finance.opens_case(story.case, "/money")
    told = story.finance.reads()
    assert "-£500" in told.replace("−", "-").replace(".00", "") or "£500 to refund" in told, told
    story.finance.follows_action("Record a refund")
    story.finance.writes("Amount refunded", "500.00")
    story.finance.writes("Reason", "Quashed on appeal")
    story.finance.presses("Record the refund")
    # And the officer closes the case as quashed: its windows may count again
    story.officer.closes(story.case, "Quashed on appeal")
    story.officer.opens_case(story.case, "/history")
    assert "quashed" in story.officer.reads().lower()


@walked(PHONE)
def test_an_appeal_is_lost_and_payment_runs_again(world: World) -> None:
    # Given a final notice, and an appeal against it
    story = Appealed(world)
    story.lodged()
    story.suspended()
    story.responded()
    # When the tribunal dismisses it
    story.decided("Dismissed: the penalty stands", "The duty and the way to meet it were clear.")
    # Then the penalty stays suspended while the provider may still go on
    story.suspended()
    story.determined()
    # And then a fresh period for payment runs, and the provider reads until when
    story.officer.opens_case(story.case)
    assert "Payment due" in story.officer.reads()
    story.provider.types_the_code(story.code, NAMED, "ZZ1 1ZZ")
    story.provider.follows("See where your case stands")
    assert "Pay by" in story.provider.reads()
    assert "Appeal by" not in story.provider.reads()
    letters = world.letters_to(EMAIL)
    assert story.case in words_of(letters[-1])
