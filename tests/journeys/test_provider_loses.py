"""Nobody replied: the penalty is imposed, reminded of, paid in two parts, and the case closed.

A reply that is not accepted, and the whole line before it, is walked in test_main_line.py.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import earlier
import pytest
from people import Colleague, Provider, World, words_of
from received import EMAIL, NAMED
from ways import DESK, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THE_FINAL = datetime(2026, 7, 7, 9, 0, tzinfo=UTC)
FIRST_MONEY = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)
THE_REMINDER = datetime(2026, 8, 11, 9, 0, tzinfo=UTC)
LAST_MONEY = datetime(2026, 8, 18, 9, 0, tzinfo=UTC)


def pounds(words: str) -> float:
    return float(words.replace("£", "").replace(",", ""))


@walked(DESK)
def test_a_penalty_is_imposed_reminded_of_and_paid(world: World) -> None:
    officer = Colleague(world, earlier.OFFICER)
    finance = Colleague(world, earlier.FINANCE)
    provider = Provider(world, "provider")
    # Given a final notice
    case, code = earlier.penalty_is_due(world, THE_FINAL)
    letter = words_of(world.letters_to(EMAIL)[-1])
    amount = re.search(r"£[\d,]+\.\d\d|£[\d,]+", letter)
    assert amount is not None
    # When the provider looks it up
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    assert "A penalty was imposed" in provider.reads()
    assert not provider.offers("Reply")
    provider.follows("See where your case stands")
    told = provider.reads()
    # Then it reads what it owes, by when, and until when it may appeal, as the letter says
    for words in (amount[0], "Pay by", "Appeal by, 5pm"):
        assert words in told, words
    for due in ("4 August 2026", "5 August 2026"):
        assert due in told, due
        assert due in letter, due
    # When half of it comes in
    world.now = FIRST_MONEY
    finance.signs_in()
    half = pounds(amount[0]) / 2
    finance.enters_payment(case, f"{half:.2f}")
    assert "The penalty is paid" not in finance.reads()
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    provider.follows("See where your case stands")
    owed = f"Still to pay £{half:,.2f}".removesuffix(".00")
    assert owed in " ".join(provider.reads().split())  # on a desk beside each other
    # And the last day to pay goes by
    world.now = THE_REMINDER
    finance.signs_in()
    finance.opens_case(case, "/money")
    finance.follows_action("Send a payment reminder")
    finance.presses("Send the letter")
    world.worker_sends()
    # Then the reminder asks for the rest, and no more
    reminder = words_of(world.letters_to(EMAIL)[-1])
    assert f"£{half:,.2f}".removesuffix(".00") in reminder
    # When the rest comes in, the case is closed as paid
    world.now = LAST_MONEY
    finance.signs_in()
    finance.enters_payment(case, f"{half:.2f}")
    assert "The penalty is paid" in finance.reads()
    provider.types_the_code(code, NAMED, "ZZ1 1ZZ")
    assert "The penalty is paid." in provider.reads()
    provider.follows("See where your case stands")
    assert "Pay by" not in provider.reads()
    officer.signs_in()
    officer.closes(case, "Paid")
    officer.opens_case(case, "/history")
    assert officer.reads().count("Entered in the ledger") >= 2
