"""The final notice comes back in the post: recovery stops, and it is given again, dates anew."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import earlier
import pytest
from people import Colleague, Provider, World, words_of
from received import EMAIL, NAMED
from ways import DESK, walked

from enforcement.domain.giving import Method

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THE_FINAL = datetime(2026, 7, 7, 9, 0, tzinfo=UTC)
CAME_BACK = datetime(2026, 8, 12, 9, 0, tzinfo=UTC)  # the last day to pay has gone by
GIVEN_AGAIN = datetime(2026, 8, 13, 9, 0, tzinfo=UTC)


@walked(DESK)
def test_a_final_notice_that_came_back_is_given_again(world: World) -> None:
    officer = Colleague(world, earlier.OFFICER)
    senior = Colleague(world, earlier.SENIOR)
    finance = Colleague(world, earlier.FINANCE)
    provider = Provider(world, "provider")
    # Given a final notice that was posted, and a penalty that is overdue
    case, code = earlier.penalty_is_due(world, THE_FINAL, Method.FIRST_CLASS)
    world.now = CAME_BACK
    finance.signs_in()
    finance.opens_case(case, "/money")
    assert finance.offers("Send a payment reminder")
    # When the envelope comes back
    officer.signs_in()
    officer.opens_notice(case, "Final notice")
    officer.follows("Post came back, or giving is in doubt")
    officer.chooses("The post came back")
    officer.writes("What shows it?", "The envelope: “addressee gone away”, kept in the file")
    officer.presses("Put the giving in doubt")
    # Then the case is held and nobody asks for money
    officer.opens_case(case)
    assert "Giving in doubt" in officer.reads()
    finance.opens_case(case, "/money")
    assert not finance.offers("Send a payment reminder")
    # When it is given again by email, which takes two people
    officer.follows_action("Give it again to another address")
    officer.page.get_by_role("radio", name=re.compile(re.escape(EMAIL))).check()
    officer.chooses("Email")
    officer.writes("Why is it withdrawn and given again?", "The company has left that office.")
    officer.presses("Put it to a senior officer")
    assert not officer.offers("Agree")
    senior.signs_in()
    senior.goes_to("/tasks")
    senior.follows("Give again")
    senior.presses("Agree")
    world.now = GIVEN_AGAIN
    officer.signs_in()
    officer.opens_case(case)
    officer.follows_action("Check the register")
    officer.presses("Record the check of today")
    officer.opens_case(case, "/amount")
    officer.presses("Work it out again today")
    officer.drafts(case, "final", EMAIL)
    officer.presses("Send for approval")
    senior.signs_in()
    senior.goes_to(officer.page.url.removeprefix(world.staff))
    senior.presses("Approve exactly this document")
    senior.presses("Issue the notice")
    assert world.worker_sends()["sent"] >= 1
    # Then the new letter names new days, and the provider reads the same
    letter = words_of(world.letters_to(EMAIL)[-1])
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    provider.follows("See where your case stands")
    told = provider.reads()
    for due in ("10 September 2026", "11 September 2026"):
        assert due in told, due
        assert due in letter, due
    assert "4 August" not in told
    # And one penalty is owed, not two
    amount = re.search(r"£[\d,]+", letter)
    assert amount is not None
    finance.signs_in()
    finance.opens_case(case, "/money")
    told = finance.reads()
    assert re.search(rf"Balance\s+{re.escape(amount[0])}\b", told), told
    officer.opens_case(case, "/notices")
    assert "Withdrawn" in officer.reads()
