"""What counts, when it drops off, and what one more miss would do: by example and by every mask."""

from __future__ import annotations

from datetime import date

import pytest

from enforcement.domain.outlook import Level, Outlook, level_of, outlook
from enforcement.domain.thresholds import ThresholdPolicy, qualifies
from enforcement.domain.windows import Month

POLICY = ThresholdPolicy(version="1", effective_from=date(2023, 4, 1), citation="test")
LATEST = Month.parse("2026-05")


def told(*missed: str) -> Outlook:
    return outlook([Month.parse(one) for one in missed], LATEST, POLICY)


@pytest.mark.parametrize(
    ("missed", "level", "to_go", "safe_from"),
    [
        ((), Level.CLEAR, 3, None),
        (("2026-05",), Level.SOME, 2, None),
        (("2025-06",), Level.SOME, 3, None),
        (("2026-04", "2026-05"), Level.ONE_MORE, 1, "2026-06"),
        (("2025-06", "2025-09", "2026-01"), Level.SOME, 2, None),  # the oldest drops off first
        (("2025-07", "2025-09", "2026-01"), Level.ONE_MORE, 1, "2026-06"),
        (("2026-03", "2026-04", "2026-05"), Level.MET, 0, "2027-03"),
        (("2025-06", "2025-08", "2025-10", "2026-01"), Level.MET, 0, "2026-07"),
        (("2025-05", "2026-05"), Level.SOME, 2, None),  # the first is out of the span
    ],
)
def test_where_a_service_stands(
    missed: tuple[str, ...], level: Level, to_go: int, safe_from: str | None
) -> None:
    found = told(*missed)
    assert found.level is level
    assert found.misses_to_go == to_go
    assert found.safe_from == (None if safe_from is None else Month.parse(safe_from))


def test_a_miss_drops_off_when_the_window_a_year_later_closes() -> None:
    found = told("2025-06")
    assert found.drops_off(found.missed[0]) == Month.parse("2026-06") == found.next
    later = outlook(found.missed, found.next, POLICY)
    assert (later.missed, later.level) == ((), Level.CLEAR)


def test_every_history_keeps_its_promises() -> None:
    """Missing exactly so many more meets the threshold, one fewer does not; and it ends."""
    for mask in range(1 << POLICY.span):
        missed = [LATEST - back for back in range(POLICY.span) if mask >> back & 1]
        found = outlook(missed, LATEST, POLICY)
        assert found.mask == mask
        grown = [mask]
        for _ in range(found.misses_to_go):
            grown.append(grown[-1] << 1 | 1)
        assert [qualifies(one, POLICY) for one in grown] == [False] * found.misses_to_go + [True]
        if found.safe_from is not None:
            months = found.safe_from - LATEST
            near = (Level.MET, Level.ONE_MORE)
            assert all(level_of(mask << n, POLICY) in near for n in range(months))
            assert level_of(mask << months, POLICY) not in near
            assert months <= POLICY.span
