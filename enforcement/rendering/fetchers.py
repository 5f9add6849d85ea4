"""The closed door of rendering: paper reads nothing from outside.

A subclass whose `fetch` raises FatalURLFetchingError is the only form that makes no request and
also stops the render. Any fetch while a notice is laid out is an attack or a fault.
"""

from __future__ import annotations

from typing import Any, NoReturn

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from enforcement.rendering.typefaces import FILES, typeface_bytes

TYPEFACE_SCHEME = "typeface:"


class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Refuses every address."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> NoReturn:
        """Stop the render: a notice needs nothing from outside."""
        raise FatalURLFetchingError(f"A notice may not read {url[:200]}")


class TypefaceFetcher(ClosedFetcher):
    """Gives our own stylesheet the two shipped font files, from memory, and nothing else."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """Return the font named by `typeface:regular` or `typeface:bold`."""
        weight = url.removeprefix(TYPEFACE_SCHEME)
        if not url.startswith(TYPEFACE_SCHEME) or weight not in FILES:
            super().fetch(url, headers)
        return URLFetcherResponse(url, typeface_bytes(weight), {"Content-Type": "font/ttf"})
