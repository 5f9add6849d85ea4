"""A head office with three companies answers three notices in one sitting, each by its code."""

from __future__ import annotations

from datetime import UTC, datetime

import earlier
import people
import pytest
from people import Colleague, Provider, World
from received import EMAIL, Place
from ways import PHONE, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THE_REPLIES = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)
HOMES: tuple[Place, ...] = (
    ("1-900000011", "Thistledown House", "1-900000001", "Thistledown Care Limited", 24),
    ("1-900000021", "Fernhollow Court", "1-900000002", "Fernhollow Homes Limited", 40),
    ("1-900000031", "Larkmoor Grange", "1-900000003", "Larkmoor Living Limited", 31),
)
NAMES = [provider for _, _, _, provider, _ in HOMES]
WORDS = "Our systems of all three companies were down from the 6th to the 20th."


def all_three(provider: Provider, codes: dict[str, str]) -> list[str]:
    """Three replies in one sitting, written once; their references."""
    first, *others = HOMES
    provider.types_the_code(codes[first[3]], first[0], "ZZ1 1ZZ")
    provider.gives_a_good_reason(WORDS)
    provider.presses("Continue without evidence")
    provider.says_who("Ada Quillfeather", EMAIL)
    provider.declares_and_sends()
    sent = [f"{earlier.CASE}-R1"]
    for place, _, _, name, _ in others:
        provider.goes_to("/reply/cases")
        provider.writes("The code on the other letter", codes[name])
        provider.writes("CQC location ID", place)
        provider.writes("Postcode of that location", "ZZ1 1ZZ")
        provider.presses("Open this case as well")
        provider.presses(f"Open the case of {name}")
        # Every page now says which case it belongs to
        assert name in provider.page.inner_text("body")
        provider.follows("Open and change between several cases")
        provider.presses(f"Copy its answers here from {NAMES[0]}")
        assert WORDS in provider.reads()
        provider.declares_and_sends()
        told = provider.reads()
        sent.append(next(one for one in told.split() if one.endswith("-R1")))
    return sent


@walked(PHONE)
def test_a_head_office_answers_three_cases(world: World) -> None:
    officer = Colleague(world, earlier.OFFICER)
    # Given three notices of intent, of three companies with one head office
    cases = earlier.cases_are_open(world, HOMES, [place for place, *_ in HOMES])
    assert len(cases) == 3
    for case in cases:
        earlier.notice_is_given(world, case)
    codes = {}
    for letter in world.letters_to(EMAIL):
        words = people.text_of(letter)[1]
        code = people.CODE.search(words)
        assert code is not None
        codes[next(name for name in NAMES if name in words)] = code[0]
    assert len(set(codes.values())) == 3
    # When the head office answers all of them
    world.now = THE_REPLIES
    provider = Provider(world, "head-office")
    sent = all_three(provider, codes)
    assert sorted(sent) == sorted(f"{one}-R1" for one in cases)
    # Then one list tells where each of them stands
    provider.goes_to("/reply/cases")
    told = provider.reads()
    assert told.count("1 reply sent.") == 3
    assert all(name in told for name in NAMES)
    # And when they leave, all three are closed together
    provider.presses("Leave the service")
    provider.goes_to("/reply")
    assert not any(name in provider.page.inner_text("body") for name in NAMES)
    # And the officer finds three replies, each in its own case
    officer.signs_in()
    for case, reply in zip(sorted(cases), sorted(sent), strict=True):
        officer.opens_case(case, "/replies")
        assert reply in officer.reads()
        assert officer.reads().count("-R1") == 1
