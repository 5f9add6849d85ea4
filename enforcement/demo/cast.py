"""Who the stories of the year are about: one provider for each, and which windows it misses.

A part says what kind of provider plays it and how many windows before the latest its case opens;
`stories.py` says what then happens. The generator makes the provider and its misses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CARE_HOME = "Care home service without nursing"
NURSING = "Care home service with nursing"
HOME_CARE = "Domiciliary care service"
SUPPORTED = "Supported living service"

THREE_IN_A_ROW = (2, 1, 0)
FOUR_SCATTERED = (7, 5, 2, 0)


@dataclass(frozen=True)
class Part:
    """One story's provider. `opened` counts windows back from the latest (0: the latest).

    `missed` are the windows before the opening one, 0 being that one itself. `places` are the
    service types of each location. `contact` is the capacity of its one email contact, if any.
    """

    key: str
    opened: int
    missed: tuple[int, ...] = THREE_IN_A_ROW
    places: tuple[tuple[str, ...], ...] = ((CARE_HOME,),)
    ownership: str = "Organisation"
    contact: str | None = None
    name: str | None = None
    house: str | None = None
    only_missed: str | None = None  # the one service missed where a place has both
    dormant: bool = False
    quirks: frozenset[str] = field(default_factory=frozenset)


NURSES = ((NURSING,),)
AT_HOME = ((HOME_CARE,),)
BOTH = ((CARE_HOME, HOME_CARE),)

# Providers whose notices are drafted and issued together (demo/issue_runs.py).
IN_A_RUN = tuple(
    Part(f"in a run {number}", 2, places=places)
    for number, places in enumerate((((CARE_HOME,),), NURSES, AT_HOME, AT_HOME), 1)
)
IN_A_FROZEN_RUN = tuple(
    Part(f"in a frozen run {number}", 1, places=places)
    for number, places in enumerate((((CARE_HOME,),), NURSES, AT_HOME), 1)
)

# The order is the order of providers in the register file. One line a story; the awkward ones of
# the trade carry a quirk that the generator or the files act on.
PARTS: tuple[Part, ...] = (
    # the first stages, opened by the latest runs
    Part("threshold met", 0),
    Part("no postcode", 0, quirks=frozenset({"no postcode"})),
    Part("dormant", 1, places=AT_HOME, dormant=True),
    Part("drafting", 1, places=AT_HOME),
    Part("greek name", 1, places=AT_HOME, quirks=frozenset({"greek"})),
    Part("awaiting approval", 1, places=NURSES),
    Part("returned draft", 1, missed=FOUR_SCATTERED),
    Part("approved", 1, contact="Director"),
    Part("on its way", 1, places=AT_HOME),
    Part("council home", 3, quirks=frozenset({"council"})),
    # representations
    Part("nothing yet", 2, places=NURSES, contact="Company secretary"),
    Part("reply unread", 2, quirks=frozenset({"out of window"})),
    Part("late reply", 2, places=AT_HOME, missed=FOUR_SCATTERED),
    Part("conflicting replies", 2, ownership="Partnership", contact="Partner"),
    Part("returned post", 2, quirks=frozenset({"long names"})),
    Part("on hold", 2, places=AT_HOME),
    Part("sold", 2, quirks=frozenset({"sold"})),
    Part("dual service", 2, places=BOTH, only_missed=HOME_CARE),
    Part("dual registration", 2, quirks=frozenset({"dual"})),
    # the panel and its decision
    Part("before the panel", 2, places=NURSES),
    Part("imposed", 3, contact="Director"),
    Part("no penalty", 3, places=AT_HOME),
    Part("final drafting", 3),
    Part("final awaiting approval", 3, places=AT_HOME, missed=FOUR_SCATTERED),
    Part("final approved", 3, places=NURSES, contact="Director"),
    Part("final on its way", 3),
    # money and appeals
    Part("unpaid", 4, ownership="Individual", contact="Provider"),
    Part("part paid", 4, places=AT_HOME, contact="Director"),
    Part("overdue", 5),
    Part("appealed", 5, places=NURSES, contact="Company secretary"),
    Part("appeal dismissed", 8, places=AT_HOME),
    Part("appeal varied", 8),
    Part("quashed", 7, contact="Director"),
    Part("withdrawn", 2, places=AT_HOME),
    Part("recovery", 6),
    Part("county court", 8, places=AT_HOME),
    # ended
    Part("paid", 8, places=NURSES, contact="Director"),
    Part("paid after a reply", 9),
    Part("overpaid", 7, places=AT_HOME),
    Part("written off", 11, missed=THREE_IN_A_ROW),
    Part("no penalty, closed", 7),
    Part("many places", 2, quirks=frozenset({"many"})),
    # given notice together, and waiting to be
    *IN_A_RUN,
    *IN_A_FROZEN_RUN,
)
