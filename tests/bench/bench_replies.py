"""2,000 providers press Send in the last hour, twice each, on one machine: ratios, not times.

Run on purpose: `./run test tests/bench/bench_replies.py -m bench -s`. The server and those who
press share the machine. The ratio is to a reply sent with nobody else about.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from reply_storm import nothing_lost, ready, served, storm
from sqlalchemy import Engine

from enforcement.services.work import Work
from enforcement.settings import Settings

pytestmark = [pytest.mark.bench, pytest.mark.slow]
PROVIDERS = 2_000
ALONE = 20
AT_ONCE = 200


def test_two_thousand_replies_in_the_last_hour(
    begin: Callable[..., AbstractContextManager[Work]], engine: Engine, settings: Settings
) -> None:
    cookies = ready(begin, PROVIDERS)
    with served(settings) as port:
        quiet = storm(port, cookies[:ALONE], at_once=1)
        made = storm(port, cookies[ALONE:], at_once=AT_ONCE)
    both = quiet.statuses + made.statuses
    whole = type(made)(both, quiet.receipts + made.receipts, made.took, made.whole)
    nothing_lost(engine, whole, PROVIDERS)
    alone = quiet.took[ALONE // 2]
    middle, worst = made.took[len(made.took) // 2], made.took[-1]
    each = made.whole / (2 * (PROVIDERS - ALONE))
    print(
        f"\n{engine.dialect.name}: {PROVIDERS:,} replies, {AT_ONCE} pressing at once; none lost, "
        f"none twice\n  one press costs {each / alone:.2f} of a press alone"
        f"\n  waiting: middle {middle / alone:.0f}, longest {worst / alone:.0f} times a press alone"
        f" (all of {AT_ONCE} in line: {AT_ONCE * each / alone:.0f})"
    )
