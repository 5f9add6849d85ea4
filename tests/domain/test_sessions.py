"""How long a session lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from enforcement.domain.sessions import goes_on, secret_hash

BEGUN = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=4)


@pytest.mark.parametrize(
    ("used", "now", "lives"),
    [
        (0, 0, True),
        (0, 30, True),  # the limit itself is still within
        (0, 31, False),  # idle
        (239, 240, True),
        (239, 241, False),  # in use, but begun too long ago
        (25, 50, True),
    ],
)
def test_a_session_ends_by_idling_and_by_age(used: int, now: int, lives: bool) -> None:
    at = [BEGUN + timedelta(minutes=one) for one in (used, now)]
    assert goes_on(BEGUN, *at, idle=IDLE, longest=LONGEST) is lives


def test_the_secret_is_not_what_is_stored() -> None:
    assert secret_hash("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert secret_hash("a") != secret_hash("b")
