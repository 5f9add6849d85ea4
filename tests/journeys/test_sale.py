"""A home is sold while its case is open: the register stops the case, and nobody new is fined."""

from __future__ import annotations

from datetime import UTC, datetime

import earlier
import pytest
from people import Colleague, Provider, World, words_of
from received import EMAIL, NAMED, PLACES, Place
from ways import PHONE, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THE_REPLY = datetime(2026, 6, 24, 18, 0, tzinfo=UTC)
THE_REGISTER = datetime(2026, 7, 2, 9, 0, tzinfo=UTC)
THE_DECISION = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
BUYER = ("1-900000009", "Quayside Living Limited")
SOLD: tuple[Place, ...] = tuple(
    (place, name, *BUYER, beds) if place == NAMED else (place, name, owner, owner_name, beds)
    for place, name, owner, owner_name, beds in PLACES
)


def says_it_was_sold(provider: Provider, code: str) -> None:
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    provider.gives_reason(
        "The service was closed, sold or not regulated then",
        "It was sold, or another provider ran it", "All of them", "",
        words="The home was sold to Quayside Living Limited.",
    )  # fmt: skip
    provider.presses("Continue without evidence")
    provider.says_who("Ada Quillfeather", EMAIL)
    provider.declares_and_sends()
    assert "Your reply has reached us" in provider.page.inner_text("main")


@walked(PHONE)
def test_a_sale_in_the_middle_of_a_case_stops_it(world: World) -> None:
    officer = Colleague(world, earlier.OFFICER)
    senior = Colleague(world, earlier.SENIOR)
    # Given a notice of intent
    (case,) = earlier.cases_are_open(world)
    earlier.notice_is_given(world, case)
    code = world.code_in_letter(EMAIL)
    # When the provider says that the home was sold
    world.now = THE_REPLY
    provider = Provider(world, "provider")
    says_it_was_sold(provider, code)
    # And the next register names the buyer
    world.now = THE_REGISTER
    earlier.the_register_says(world, SOLD, "01_July_2026")
    # Then the register is set beside the case as it opened
    officer.signs_in()
    officer.goes_to(f"/cases/{case}/register")
    told = officer.reads()
    assert BUYER[1] in told
    assert "A case cannot be passed to the new owner" in told
    assert "No notice goes out before there are reasons." in told
    # When the reply is answered and the senior officer withdraws
    world.now = THE_DECISION
    officer.signs_in()
    officer.reads_and_answers(case, f"{case}-R1", "Accepted", "The register bears it out.")
    senior.signs_in()
    senior.opens_case(case)
    senior.follows_action("Withdraw")
    senior.writes("Why is it withdrawn?", "The home was sold; see the register of 1 July 2026.")
    senior.chooses("No")
    senior.presses("Withdraw")
    world.worker_sends()
    # Then the provider is told in writing and on the site
    letter = words_of(world.letters_to(EMAIL)[-1])
    assert "The home was sold; see the register of 1 July 2026." in letter
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    assert "The notice was withdrawn" in provider.reads()
    # And the buyer has no case, nor a miss of the seller's
    officer.closes(case, "Notice withdrawn")
    officer.goes_to(f"/providers/{BUYER[0]}")
    assert "ASC-2026-" not in officer.reads()
