"""Names that nobody has: places, providers, people and numbers of the synthetic year.

Nothing here may be taken for a real provider, because the cases made from it say that somebody
broke the law. So the counties are imaginary; company names carry "(Invented)"; CQC ids are
``1-99`` and ten more digits, longer than any that CQC has issued; postcodes begin with Z, which
no postal area does; company numbers begin with 99; telephone numbers are of the range 01632 960,
which Ofcom keeps for drama; mail goes to example.org, which RFC 2606 keeps for examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

REGION_SHARES = {  # share of adult social care locations, 2025
    "South East": 18.5,
    "London": 15.8,
    "East": 12.9,
    "North West": 12.1,
    "West Midlands": 10.8,
    "East Midlands": 9.9,
    "South West": 8.8,
    "Yorkshire & Humberside": 8.0,
    "North East": 3.1,
}
# Three imaginary councils a region; the weights keep one with many places and one with few.
_COUNCILS = {
    "South East": ("Wealdshire", "Chalkhaven", "Downmarch"),
    "London": ("Fleetwater", "Tallowgate", "Nine Bridges"),
    "East": ("Fennimarsh", "Saltmeadshire", "Reedholm"),
    "North West": ("Mosslandshire", "Irwellmouth", "Pikeborough"),
    "West Midlands": ("Kilnshire", "Anvilbury", "Wrekenfold"),
    "East Midlands": ("Trentmarch", "Lacehampton", "Wolding"),
    "South West": ("Tamarshire", "Cobbleport", "Withymoor"),
    "Yorkshire & Humberside": ("Westerdaleshire", "Heckenroyd", "Humberness"),
    "North East": ("Hedleyshire", "Staithemouth", "Kielderby"),
}
_COUNCIL_WEIGHTS = (70, 28, 2)
_TOWN_STARTS = (
    "Alder", "Bramble", "Cinder", "Dapple", "Elver", "Fennel", "Gorse", "Harrow", "Iver", "Juniper",
    "Kestrel", "Lanter", "Marrow", "Nettle", "Otter", "Puddle", "Quill", "Rushen", "Sorrel",
    "Thistle", "Umber", "Velvet", "Whimber", "Yarrow",
)  # fmt: skip
_TOWN_ENDS = ("mere", "wick", "lode", "combe", "thwaite", "marsh", "sted", "holt", "ferry", "beck")
_FIRM_WORDS = ("Care", "Homes", "Support", "Care Group", "Living", "Home Care", "Care Services")
_HOUSE_ENDS = ("House", "Lodge", "Court", "Manor", "Grange", "View", "Cottage", "Gardens", "Hall")
_HOUSE_STARTS = (
    "Acorn", "Bluebell", "Cowslip", "Damson", "Elderflower", "Foxglove", "Gooseberry",
    "Honeysuckle", "Larkspur", "Medlar", "Nightingale", "Orchard", "Periwinkle", "Quince",
    "Rosehip", "Skylark", "Teasel", "Woodruff",
)  # fmt: skip
_STREETS = ("Make-Believe Lane", "Fable Street", "Story Hill", "Pretend Road", "Imaginary Way",
            "Once Upon Avenue", "Fiction Row", "Tale End")  # fmt: skip
_FIRST = ("Ada", "Bram", "Cerys", "Dilip", "Edith", "Femi", "Greta", "Hamza", "Ines", "Jonty",
          "Kezia", "Lowri", "Mabel", "Nadia", "Osric", "Priya", "Quentin", "Rosalind", "Silas",
          "Tamsin", "Ugo", "Verity", "Winifred", "Yusuf")  # fmt: skip
_LAST = ("Quillfeather", "Marshlight", "Thimblewood", "Copperkettle", "Larkmoor", "Pennywhistle",
         "Underbough", "Saltwhistle", "Candlewick", "Fernhollow", "Moonwort", "Bellwether",
         "Tanglewood", "Hazelmoth", "Rookhaven", "Silverdew")  # fmt: skip
_POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"

LONG_LOCATION = (
    "The Honeysuckle and Periwinkle Residential Home for Retired Invented Lighthouse Men"  # 83
)
LONG_PROVIDER = (
    "Thistlemere and District Association for Wholly Invented Housing and Care (Ltd)"  # 79
)
GREEK_PROVIDER = "Αθηνά Φανταστική Φροντίδα (Invented) Ltd"
COUNCIL_PROVIDER = "Fennimarsh County Council (invented)"


@dataclass(frozen=True)
class Spot:
    """Where something stands: address lines and everything the register says of a place."""

    street: str
    town: str
    county: str
    postcode: str
    council: str
    region: str


class Namer:
    """Hands out names in an order that the seed alone decides; ids and phones never repeat."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = 0
        self._firms: set[str] = set()

    def cqc_id(self) -> str:
        """The next id of the impossible range, for a provider or a location."""
        self._ids += 1
        return f"1-99{self._ids:010d}"

    def phone(self) -> str:
        return f"01632960{self._random.randrange(1000):03d}"

    def company_number(self) -> str:
        return f"99{self._random.randrange(10**6):06d}"

    def spot(self) -> Spot:
        """An address in an imaginary county of a region drawn by its real share."""
        draw = self._random
        region = draw.choices(list(REGION_SHARES), list(REGION_SHARES.values()))[0]
        county = draw.choices(_COUNCILS[region], _COUNCIL_WEIGHTS)[0]
        area = "Z" + _POSTCODE_LETTERS[list(REGION_SHARES).index(region)]
        tail = "".join(draw.choices(_POSTCODE_LETTERS, k=2))
        return Spot(
            street=f"{draw.randint(1, 180)} {draw.choice(_STREETS)}",
            town=self.town(),
            county=county,
            postcode=f"{area}{draw.randint(1, 29)} {draw.randint(1, 9)}{tail}",
            council=county,
            region=region,
        )

    def town(self) -> str:
        return self._random.choice(_TOWN_STARTS) + self._random.choice(_TOWN_ENDS)

    def person(self) -> str:
        return f"{self._random.choice(_FIRST)} {self._random.choice(_LAST)}"

    def firm(self) -> str:
        """A company's name, used once."""
        while True:
            name = f"{self.town()} {self._random.choice(_FIRM_WORDS)} (Invented) Ltd"
            if name not in self._firms:
                self._firms.add(name)
                return name
            if len(self._firms) > 1000:
                # Every plain name is used up in a year of full size: number the later ones.
                name = name.replace(" (Invented)", f" No. {len(self._firms)} (Invented)")
                self._firms.add(name)
                return name

    def house(self) -> str:
        return f"{self._random.choice(_HOUSE_STARTS)} {self._random.choice(_HOUSE_ENDS)}"

    def agency(self, town: str) -> str:
        return f"{town} {self._random.choice(('Home Care', 'Support at Home', 'Living Support'))}"
