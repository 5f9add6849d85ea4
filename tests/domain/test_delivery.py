"""When a channel is asked, and when its empty answer proves that nothing was sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from enforcement.domain.delivery import Stage, conclusive, next_ask

SENT = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "sure"),
    [(0, False), (14, False), (15, True), (60, True), (6 * 1440, True), (6 * 1440 + 1, False)],
)
def test_an_empty_answer(minutes: int, sure: bool) -> None:
    assert conclusive(SENT, SENT + timedelta(minutes=minutes)) is sure


def test_asking_backs_off_and_ends_after_a_week() -> None:
    now, waits = SENT, []
    while (due := next_ask(SENT, len(waits), now)) is not None:
        waits.append(round((due - now).total_seconds() / 60))
        now = due
    assert waits[:6] == [5, 15, 60, 240, 720, 720]
    assert timedelta(days=6.5) < now - SENT <= timedelta(days=7)


def test_what_puts_giving_in_doubt() -> None:
    assert [stage for stage in Stage if stage.bad] == [Stage.FAILED, Stage.RETURNED]
