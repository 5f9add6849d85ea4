"""A provider that was kept out of Capacity Tracker says so, is believed, and owes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import earlier
import pytest
from people import Colleague, Provider, World, words_of
from received import EMAIL, NAMED, a_pdf
from ways import PHONE, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THE_REPLY = datetime(2026, 6, 19, 18, 30, tzinfo=UTC)
THE_ANSWER = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)
THE_PANEL = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
ANSWER = "The service desk confirms both calls and an outage on each of these days."


def replies(provider: Provider, code: str) -> str:
    """The provider's part, from the code to the receipt; its reference."""
    provider.types_the_code(code, NAMED, "zz1 1zz")
    provider.gives_a_good_reason("Nobody could sign in from the 9th to the 15th; we rang twice.")
    provider.adds_evidence(("call log.pdf", "application/pdf", a_pdf("Call log")))
    provider.says_who("Ada Quillfeather", EMAIL)
    provider.declares_and_sends()
    assert "It came in time." in provider.reads()
    return f"{earlier.CASE}-R1"


@walked(PHONE)
def test_a_provider_is_believed_and_owes_nothing(world: World) -> None:
    officer = Colleague(world, earlier.OFFICER)
    panel = [Colleague(world, name) for name in earlier.PANEL]
    # Given a notice of intent that reached the director
    (case,) = earlier.cases_are_open(world)
    earlier.notice_is_given(world, case)
    code = world.code_in_letter(EMAIL)
    # When the provider answers
    world.now = THE_REPLY
    provider = Provider(world, "provider")
    reply = replies(provider, code)
    assert reply in provider.reads()
    # Then nobody can put the case to a panel before the reply is read and answered
    world.now = THE_ANSWER
    officer.signs_in()
    officer.opens_case(case)
    assert "Held: unread reply" in officer.reads()
    assert not officer.offers("Put to the panel")
    officer.reads_and_answers(case, reply, "Accepted", ANSWER)
    # When the period is over, the officer recommends no penalty and two members agree
    world.now = THE_PANEL
    officer.signs_in()
    outcome, why = "No penalty", "The operator confirms that nobody could sign in."
    officer.puts_to_panel(case, outcome, why, "An outage on every day kept the provider out.")
    officer.finds(f"Point 1 of {reply}", "A reasonable excuse", "outage", why)
    officer.presses("Put to the panel")
    for member in panel:
        member.signs_in()
        member.votes(case, outcome, "The record of the operator is clear.")
    panel[1].decides(case, "Decide on no penalty", outcome)
    # Then the letter gives the result, the months and the answer to what was said
    officer.opens_case(case)
    officer.follows_action("Tell the provider: no penalty")
    officer.presses("Send the letter")
    world.worker_sends()
    letter = words_of(world.letters_to(EMAIL)[-1])
    for words in ("April 2026", "May 2026", "June 2026", case):
        assert words in letter, words
    assert ANSWER in letter
    assert "£" not in letter
    # And the provider reads the same on the reply site
    provider.types_the_code(code, NAMED, "zz1 1zz")
    assert "Decided: no penalty" in provider.reads()
    provider.follows("See where your case stands and what you sent")
    assert "You need to do nothing." in provider.reads()
    assert "Pay by" not in provider.reads()
    with provider.page.expect_download() as given:
        provider.page.get_by_role("link", name="Letter: no penalty").click()
    assert words_of(Path(given.value.path()).read_bytes()) == letter
    # And the officer closes the case, in which no money was ever owed
    officer.closes(case, "No penalty")
    officer.opens_case(case, "/money")
    assert "No penalty has been raised" in officer.reads()
    officer.opens_case(case, "/history")
    story = officer.reads()
    for told in ("Reply received", "No penalty", "Case closed"):
        assert told.lower() in story.lower(), told
