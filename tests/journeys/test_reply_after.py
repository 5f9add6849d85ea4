"""After the reply, in real Chromium: standing, whom we write to, lost link, several cases."""

from __future__ import annotations

import earlier
import people
import pytest
from reply_case import LOCATION_ID, POSTCODE
from ways import DESK, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def opens_as_well(one: people.Provider, code: str, location: str) -> None:
    one.writes("The code on the other letter", code)
    one.writes("CQC location ID", location)
    one.writes("Postcode of that location", POSTCODE)
    one.presses("Open this case as well")


@walked(DESK)
def test_a_provider_follows_its_case(world: people.World) -> None:
    mine, other = earlier.a_notice_in_hand(world), earlier.a_notice_in_hand(world, 2)
    one = people.Provider(world, "provider")
    # the link was lost
    one.goes_to("/")
    one.follows("I have lost my letter, link or code")
    one.presses("Ask for the link")
    one.writes("CQC provider ID, CQC location ID or the reference on a letter", "1-800000001")
    one.writes("Postcode", "ZZ9 9ZZ")
    one.presses("Ask for the link")
    # the letter is found, and shows where the provider stands
    one.types_the_code(mine.code, LOCATION_ID, POSTCODE)
    one.follows("See where you stand: what counts, and until when")
    assert "This meets the threshold for a case." in one.reads()
    # whom to write to
    one.goes_to("/reply/progress")
    one.follows("Say whom we should write to")
    one.writes("Full name", "Ann Example")
    one.writes("Email address", "ann@example.org")
    one.presses("Save")
    # another provider's case, by its own code
    one.goes_to("/reply/cases")
    opens_as_well(one, other.code, LOCATION_ID)
    assert "Those details did not open a case" in one.reads()
    opens_as_well(one, other.code, "1-9000002009")
    one.presses("Open the case of Sample Provider 2")
    assert "Sample Provider 2, case ASC-2026-000002" in one.reads()
