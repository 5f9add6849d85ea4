"""Service types as published: lists joined by bars or commas, though some names hold commas."""

from __future__ import annotations

from functools import lru_cache

from enforcement.domain.duties import ASC_SERVICE_TYPES, Service, services_of
from enforcement.register.cells import text_of

ASC_DIRECTORATE = "adult social care"
_PREFIX = "servicetype"

#: Published names that hold commas, or that begin another name: never split inside them.
KNOWN_SERVICE_NAMES: tuple[str, ...] = tuple(
    sorted(
        {
            *ASC_SERVICE_TYPES,
            "hospital services for people with mental health needs, learning disabilities and "
            "problems with substance misuse",
            "acute services without overnight beds / listed acute services with or without "
            "overnight beds",
            "acute services with overnight beds",
            "community based services for people who misuse substances",
            "community based services for people with a learning disability",
            "community based services for people with mental health needs",
            "diagnostic and/or screening service - single handed sessional providers",
            "diagnostic and/or screening service",
            "residential substance misuse treatment and/or rehabilitation service",
        },
        key=len,
        reverse=True,
    )
)
_PLAIN_WORDS = {
    "care home": Service.CARE_HOME,
    "care homes": Service.CARE_HOME,
    "care_home": Service.CARE_HOME,
    "carehome": Service.CARE_HOME,
    "residential": Service.CARE_HOME,
    "home care": Service.HOME_CARE,
    "home_care": Service.HOME_CARE,
    "homecare": Service.HOME_CARE,
    "domiciliary": Service.HOME_CARE,
    "domiciliary care": Service.HOME_CARE,
}


@lru_cache(maxsize=4_096)
def names_in(cell: str) -> tuple[str, ...]:
    """The service type names of a cell, in order and once each.

    Bars separate where they are used. In a comma-joined list the longest known name is taken
    first, because "Hospital services for people with mental health needs, learning disabilities
    …" is one name.
    """
    if "|" in cell:
        found = [text_of(piece) for piece in cell.split("|")]
    else:
        found = _by_comma(text_of(cell))
    return tuple(dict.fromkeys(name for name in found if name))


def _by_comma(text: str) -> list[str]:
    found: list[str] = []
    rest = text
    while rest:
        lowered = rest.casefold()
        for name in KNOWN_SERVICE_NAMES:
            if lowered.startswith(name) and lowered[len(name) :].lstrip()[:1] in ("", ","):
                taken, rest = rest[: len(name)], rest[len(name) :].lstrip()[1:]
                break
        else:
            taken, _, rest = rest.partition(",")
        found.append(taken.strip())
        rest = rest.lstrip()
    return found


def service_of_words(text: str) -> Service | None:
    """The one service that plain words or a published name mean; None if none or both."""
    word = " ".join(text.split()).lower()
    if word in _PLAIN_WORDS:
        return _PLAIN_WORDS[word]
    services = services_of([word])
    return next(iter(services)) if len(services) == 1 else None


@lru_cache(maxsize=4_096)
def services_of_names(names: tuple[str, ...], care_home: bool | None = None) -> frozenset[Service]:
    """The services of published names and plain words; `care_home` adds the Y/N column's word."""
    extra = {_PLAIN_WORDS[n.lower()] for n in names if n.lower() in _PLAIN_WORDS}
    if care_home:
        extra.add(Service.CARE_HOME)
    return services_of(names) | extra


def is_in_scope(directorate: str | None, services: frozenset[Service]) -> bool:
    """Whether a location belongs to adult social care.

    The inspection directorate decides where the file gives one ("Unspecified" gives none);
    otherwise the service types do.
    """
    if directorate is None or directorate.lower() == "unspecified":
        return bool(services)
    return directorate.lower() == ASC_DIRECTORATE
