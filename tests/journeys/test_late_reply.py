"""A reply after the last day is taken, marked late, read, answered, and weighed."""

from __future__ import annotations

from datetime import UTC, datetime

import earlier
import pytest
from people import Colleague, Provider, World, words_of
from received import EMAIL, NAMED
from ways import PHONE, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATE = datetime(2026, 7, 3, 20, 15, tzinfo=UTC)  # the period ended on 1 July
THE_ANSWER = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
THE_FINAL = datetime(2026, 7, 8, 9, 0, tzinfo=UTC)
ANSWER = "The password could have been reset by the helpdesk on the same day."


def replies_late(provider: Provider, code: str) -> None:
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    assert "The last day has passed. You can still reply: we mark it as late" in provider.reads()
    provider.gives_a_good_reason("The manager was in hospital and only she had the password.")
    provider.presses("Continue without evidence")
    provider.says_who("Ada Quillfeather", EMAIL)
    provider.declares_and_sends()
    assert "It came after the last day and is marked late" in provider.reads()


@walked(PHONE)
def test_a_late_reply_is_weighed_and_said_to_be_late(world: World) -> None:
    officer = Colleague(world, earlier.OFFICER)
    # Given a notice of intent whose period ended two days ago
    (case,) = earlier.cases_are_open(world)
    earlier.notice_is_given(world, case)
    code = world.code_in_letter(EMAIL)
    world.now = LATE
    # When the provider replies in the evening
    replies_late(Provider(world, "provider"), code)
    # Then it holds the case: nothing goes to the panel before it is read and answered
    world.now = THE_ANSWER
    officer.signs_in()
    officer.opens_case(case)
    assert "Held: unread reply" in officer.reads()
    officer.opens_case(case, "/decision")
    assert not officer.offers("Put to the panel")
    officer.opens_case(case, "/replies")
    assert "Late" in officer.reads()
    officer.reads_and_answers(case, f"{case}-R1", "Not accepted", ANSWER)
    assert "Late reply" in officer.reads()
    officer.opens_case(case, "/decision")
    assert officer.offers("Put to the panel")
    # When the panel decides and the final notice goes out
    earlier.panel_decided(world, case)
    world.now = THE_FINAL
    earlier.notice_is_given(world, case, earlier.FINAL)
    # Then the letter says that it came and what is answered to it
    letter = words_of(world.letters_to(EMAIL)[-1])
    assert ANSWER in letter
    assert "3 July 2026" in letter
    officer.signs_in()
    officer.opens_case(case, "/decision")
    assert "(after the period)" in officer.reads()
    officer.opens_case(case, "/history")
    assert "Reply received" in officer.reads()
