"""News of the register about the invented case, in the shape of CQC's API, through the loading."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import notice_story as told

from enforcement.services import register
from enforcement.services.loading import Incoming, Loaded

HOME, OWNER = "1-800000001", "1-900000001"
BUYER, NEXT, LAST = "1-900000777", "1-800000777", "1-800000888"


def location(cqc_id: str = HOME, owner: str = OWNER, **changes: Any) -> dict[str, Any]:
    """The home of `notice_story.open_case`, or another, as the API describes it."""
    return {
        "locationId": cqc_id, "providerId": owner, "name": "Invented Meadow House",
        "registrationStatus": "Registered", "registrationDate": "2015-01-01", "careHome": "Y",
        "dormancy": "N", "numberOfBeds": 18, "postalAddressLine1": "1 Example Lane",
        "postalCode": "ZZ99 8ZZ", "localAuthority": "Oldham",
        "inspectionDirectorate": "Adult social care",
        "gacServiceTypes": [{"name": "Residential homes",
                             "description": "Care home service without nursing"}],
        **changes,
    }  # fmt: skip


def provider(cqc_id: str = OWNER, **changes: Any) -> dict[str, Any]:
    """The provider of the invented case, or the buyer."""
    return {
        "providerId": cqc_id, "ownershipType": "Organisation", "name": told.PROVIDER,
        "companiesHouseNumber": "09999999", "postalAddressLine1": "14 Sample Street",
        "postalAddressTownCity": "Exampleton", "postalCode": "ZZ99 9ZZ",
        "registrationDate": "2015-01-01", **changes,
    }  # fmt: skip


def buyer(**changes: Any) -> dict[str, Any]:
    """Another legal person."""
    given = {"name": "Invented Buyer Limited", "companiesHouseNumber": "07777777", **changes}
    return provider(BUYER, **given)


def link(kind: str, other: str, reason: str = "New Provider") -> dict[str, str]:
    """A relationship of a location."""
    return {"relatedLocationId": other, "type": f"HSCA {kind}", "reason": reason}


def load(begin: Callable[..., Any], now: datetime, *records: dict[str, Any]) -> Loaded:
    """One file of these records, loaded on a day that it also describes."""
    text = "\n".join(json.dumps(record) for record in records)
    with begin(told.OFFICER, now) as work:
        return register.load(work, Incoming(text.encode(), f"news-{now:%Y%m%d%H%M}.jsonl"))
