"""What a register file would change, worked out in memory before anything is written.

A dry run stops here. Nothing is closed because it is absent: an absence is recorded as a change
("no longer in the register"), and only a date of deregistration ends a duty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from enforcement.domain.duties import Service
from enforcement.register.rows import LocationRow, ProviderRow, RegisterFile, Rejected
from enforcement.register.shapes import DEACTIVATED, DIRECTORY, HSCA
from enforcement.services.duty_terms import DutyTerms, Terms, first_terms
from enforcement.services.duty_windows import Windows
from enforcement.services.register_changes import Change
from enforcement.services.register_values import (
    Values,
    location_values,
    plain_address,
    provider_values,
    shown_address,
    too_long,
)

#: Shapes that list every active location: absence from one of them means something.
FULL = frozenset({HSCA.name, DIRECTORY.name})
DUTY_KEY = tuple[str, str]


@dataclass
class Held:
    """The register as stored, by CQC id."""

    providers: dict[str, Values] = field(default_factory=dict)
    locations: dict[str, Values] = field(default_factory=dict)
    duties: dict[str, dict[str, Values]] = field(default_factory=dict)  # location → service
    vanished: set[str] = field(default_factory=set)
    links: set[tuple[str, str, str]] = field(default_factory=set)  # location, kind, other location
    had_full: bool = False  # a full register was loaded before

    @property
    def empty(self) -> bool:
        return not self.locations


class Plan:
    """The comparison of one file with what is held."""

    def __init__(
        self,
        file: RegisterFile,
        held: Held,
        as_at: date,
        windows: Windows,
        *,
        whole: bool = True,  # False: a few lines of a file, whose absences mean nothing
    ) -> None:
        self.file, self.held, self.as_at = file, held, as_at
        self.windows = windows
        self.new_providers: dict[str, Values] = {}
        self.changed_providers: dict[str, Values] = {}
        self.new_locations: dict[str, Values] = {}
        self.changed_locations: dict[str, Values] = {}
        self.new_duties: dict[DUTY_KEY, Terms] = {}
        self.changed_duties: dict[DUTY_KEY, Values] = {}
        self.changes: list[Change] = []
        self.rejected: list[Rejected] = []
        self.dropped: dict[str, int] = {}
        self.not_held = 0
        self.reviews = 0
        self._told: dict[str, ProviderRow] = {}
        self.two_ways = 0
        self._compare()
        if whole and file.shape in FULL:
            self._absent()

    def _compare(self) -> None:
        for provider in self.file.providers:
            reason = too_long(provider)
            if reason:
                self._reject(provider.line, reason)
            else:
                self._take_provider(provider)
        closing = self.file.shape == DEACTIVATED.name
        for row in self.file.locations:
            if closing:
                self._take_closing(row)
            else:
                self._take_location(row)

    def _reject(self, line: int, reason: str, retry: bool = False) -> None:
        self.rejected.append(Rejected(line, reason, retry=retry))

    # --- providers ---------------------------------------------------------------------------
    def _provider(self, cqc_id: str) -> Values | None:
        return (
            self.new_providers.get(cqc_id)
            or self.changed_providers.get(cqc_id)
            or self.held.providers.get(cqc_id)
        )

    def _take_provider(self, row: ProviderRow) -> None:
        told = self._told.get(row.cqc_id)
        if told is not None:
            self.two_ways += told is not row and replace(told, line=row.line) != row
            return
        self._told[row.cqc_id] = row
        before = self.held.providers.get(row.cqc_id)
        values = provider_values(row, before, self.dropped)
        if before is None:
            self.new_providers[row.cqc_id] = values
            self.reviews += values["review_raised"] is not None
            if not self.held.empty:  # a first load is told in numbers
                self._change("new", values, None)
        elif _differs(values, before):
            self.changed_providers[row.cqc_id] = values
            self.reviews += before["review_raised"] != values["review_raised"]
            self._provider_changes(before, values)

    def _provider_changes(self, before: Values, after: Values) -> None:
        self._named_changes(before, after, after, None)
        was, now = _legal_person(before), _legal_person(after)
        if was and was != now:
            self._change("legal_person", after, None, was, now)
        for key in ("nominated_individual", "main_partner"):
            if before[key] != after[key]:
                self._change("addressee", after, None, before[key], after[key])
        if before["deregistered_on"] is None and after["deregistered_on"]:
            self._change("closed", after, None, effective_on=after["deregistered_on"])

    def _named_changes(
        self, before: Values, after: Values, provider: Values, location: Values | None
    ) -> None:
        if before["name"] != after["name"]:
            self._change("renamed", provider, location, before["name"], after["name"])
        was, now = shown_address(before), shown_address(after)
        if was and plain_address([was]) != plain_address([now]):
            self._change("moved", provider, location, was, now)

    def _change(
        self,
        kind: str,
        provider: Values,
        location: Values | None,
        before: str | None = None,
        after: str | None = None,
        effective_on: date | None = None,
    ) -> None:
        self.changes.append(
            Change(
                kind,
                provider["cqc_id"],
                location["cqc_id"] if location else None,
                (location or provider)["name"],
                before,
                after,
                effective_on or self.as_at,
            )
        )

    # --- locations ---------------------------------------------------------------------------
    def _take_location(self, row: LocationRow) -> None:
        before = self.held.locations.get(row.cqc_id)
        if before is None and not self._matters(row):
            return
        reason = too_long(row) or self._no_provider(row, before)
        if reason:
            self._reject(row.line, reason)
            return
        if row.provider is None and self._unknown(row.provider_cqc_id):
            self._reject(row.line, _load_first(row.provider_cqc_id), retry=True)
            return
        if row.provider is not None:
            self._take_provider(row.provider)
        provider_id = row.provider_cqc_id or (before or {})["provider"]
        values = location_values(row, before, self.dropped)
        values["provider"] = provider_id
        if self.file.shape in FULL and row.deregistered_on is None:
            values["deregistered_on"] = None
        provider = self._provider(provider_id) or {}
        self._duties(row, values, before)
        if before is None:
            self.new_locations[row.cqc_id] = values
            if not self.held.empty:
                self._change("new", provider, values, after=_chain(row))
        elif _differs(values, before):
            self.changed_locations[row.cqc_id] = values
            self._location_changes(row, before, values, provider)
        if row.cqc_id in self.held.vanished:
            self._change("returned", provider, values)
        self._links(row, values, provider)

    def _links(self, row: LocationRow, values: Values, provider: Values) -> None:
        """CQC's word on what came before and after, once; dated by the location's own days."""
        for link in row.relations:
            if (row.cqc_id, link.kind, link.cqc_id) not in self.held.links:
                begins = link.kind == "predecessor"
                on = values["registered_on"] if begins else values["deregistered_on"]
                self._change(link.kind, provider, values, link.reason or None, link.cqc_id, on)

    def _matters(self, row: LocationRow) -> bool:
        """Whether a location not held yet is one that owes, or owed, a return."""
        former = row.in_scope and row.deregistered_on is not None and not row.services
        self.not_held += former
        return row.in_scope and not former

    def _no_provider(self, row: LocationRow, before: Values | None) -> str | None:
        if row.provider is not None:
            return too_long(row.provider)
        if row.provider_cqc_id is None and before is None:
            return f"The row for {row.cqc_id} names no provider."
        return None

    def _unknown(self, provider: str | None) -> bool:
        return provider is not None and self._provider(provider) is None

    def _location_changes(
        self, row: LocationRow, before: Values, after: Values, provider: Values
    ) -> None:
        self._named_changes(before, after, provider, after)
        if before["provider"] != after["provider"]:
            old = self.held.providers[before["provider"]]
            was, now = _who(old), "; ".join(filter(None, [_who(provider), _chain(row)]))
            self._change("bought", provider, after, was, now)
            self._change("sold", old, after, was, now)
        self._registration_changes(row, before, after, provider)
        if before["dormant"] != after["dormant"]:
            self._change("dormant" if after["dormant"] else "active", provider, after)
        if before["beds"] is not None and before["beds"] != after["beds"]:
            self._change("beds", provider, after, str(before["beds"]), str(after["beds"]))

    def _registration_changes(
        self, row: LocationRow, before: Values, after: Values, provider: Values
    ) -> None:
        was, now = before["deregistered_on"], after["deregistered_on"]
        if was == now:
            return
        if now is None:
            self._change("reopened", provider, after, f"{was.day} {was:%B %Y}")
        else:
            self._change("closed", provider, after, None, _chain(row), now)

    def _take_closing(self, row: LocationRow) -> None:
        """A row of the deactivated list: it ends what is held and describes nothing."""
        before = self.held.locations.get(row.cqc_id)
        if before is None:
            self.not_held += 1
            return
        values = dict(before)
        values["deregistered_on"] = row.deregistered_on
        values["registered_on"] = before["registered_on"] or row.registered_on
        if values != before:
            values.pop("id")
            bare = replace(row, in_scope=True, services=frozenset(), service_names=())
            self._duties(bare, values, before)
            self.changed_locations[row.cqc_id] = values
            provider = self._provider(before["provider"]) or {}
            self._registration_changes(row, before, values, provider)

    # --- duties ------------------------------------------------------------------------------
    def _duties(self, row: LocationRow, values: Values, before: Values | None) -> None:
        if before is None:
            self._first_duties(row, values)
            return
        held = self.held.duties.get(row.cqc_id, {})
        terms = DutyTerms(self.as_at, self.windows, values, before)
        services = self._services(row, held)
        for service in services:
            self._duty(row.cqc_id, service, terms.of(service, held.get(service)), held)
        for service in held.keys() - services:
            ended = terms.ended(held[service])
            if ended is not None:
                self._duty(row.cqc_id, service, ended, held)
        self._service_changes(row, values, held, services)

    def _first_duties(self, row: LocationRow, values: Values) -> None:
        unknown_start = self.as_at if self.held.had_full else None
        terms = first_terms(values, self.windows, unknown_start)
        for service in row.services:
            self.new_duties[row.cqc_id, service.value] = terms

    def _services(self, row: LocationRow, held: dict[str, Values]) -> set[str]:
        if not row.in_scope:
            return set()
        if row.services or row.service_names:
            return {service.value for service in row.services}
        return {name for name, duty in held.items() if not duty["ended"]}

    def _duty(self, location: str, service: str, terms: Terms, held: dict[str, Values]) -> None:
        before = held.get(service)
        if before is None:
            self.new_duties[location, service] = terms
        elif _differs(terms.as_values(), before):
            self.changed_duties[location, service] = {"id": before["id"], **terms.as_values()}

    def _service_changes(
        self,
        row: LocationRow,
        values: Values,
        held: dict[str, Values],
        services: set[str],
    ) -> None:
        provider = self._provider(values["provider"]) or {}
        open_now = {name for name, duty in held.items() if not duty["ended"]}
        if not row.in_scope:
            if open_now:
                self._change("left_scope", provider, values)
            return
        for name in sorted(services - open_now):
            self._change("service_added", provider, values, after=_service(name))
        for name in sorted(open_now - services):
            self._change("service_ended", provider, values, _service(name))

    def _absent(self) -> None:
        """Active locations that a full register no longer has: said once, closed by nobody."""
        present = {row.cqc_id for row in self.file.locations}
        for cqc_id, place in self.held.locations.items():
            if cqc_id in present or place["deregistered_on"] or cqc_id in self.held.vanished:
                continue
            self._change("vanished", self.held.providers[place["provider"]], place)

    # --- in numbers --------------------------------------------------------------------------
    def counts(self) -> dict[str, Any]:
        """The changes in numbers; what is nought is left out. A first load lists no changes."""
        numbers = {
            "new_providers": len(self.new_providers),
            "changed_providers": len(self.changed_providers),
            "new_locations": len(self.new_locations),
            "changed_locations": len(self.changed_locations),
            "new_duties": len(self.new_duties),
            "changed_duties": len(self.changed_duties),
            "public_body_reviews_raised": self.reviews,
        }
        kinds = Counter(change.kind for change in self.changes if change.kind != "new")
        return {key: n for key, n in {**numbers, **dict(sorted(kinds.items()))}.items() if n}

    def notices(self) -> Iterable[str]:
        """What was noticed while comparing, in sentences."""
        for key, count in self.dropped.items():
            yield f"{count} × {key.replace('_', ' ')} too long to be right, left out."
        if self.two_ways:
            yield f"{self.two_ways} rows describe their provider in another way; the first counts."
        if self.not_held:
            yield f"{self.not_held} former locations are not in this register: nothing to end."


def _differs(values: Values, before: Values) -> bool:
    """Whether any column is not what is held, which has more keys (its row id)."""
    return not values.items() <= before.items()


def _load_first(provider: str | None) -> str:
    return (
        f"Its provider {provider} is neither in this file nor in the register: load a file that "
        "describes the provider (CQC’s provider details or a register), then this file again."
    )


def _service(name: str) -> str:
    return Service(name).title.lower()


def _who(provider: Values) -> str:
    return f"{provider['name']} ({provider['cqc_id']})"


def _legal_person(values: Values) -> str:
    parts = [values["ownership_type"], values["company_number"]]
    return ", ".join(str(part) for part in parts if part)


def _chain(row: LocationRow) -> str | None:
    """CQC's own word on what came before and after, when the file has it."""
    told = []
    if row.predecessors:
        told.append(f"CQC names as predecessor {', '.join(row.predecessors)}")
    if row.successors:
        told.append(f"CQC names as successor {', '.join(row.successors)}")
    return "; ".join(told) or None
