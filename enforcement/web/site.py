"""The Flask class both sites are made of, and the one call that gives a site its shell."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from flask import Flask, url_for
from flask_wtf.csrf import generate_csrf
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader

from enforcement.web import errors, filters, headers, pages

SiteName = Literal["staff", "reply"]
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
STATIC = Path(__file__).resolve().parent / "static"


class Site(Flask):
    """Flask with the two settings the design system's templates cannot do without.

    Every template is escaped, whatever its ending: the design system's end in ``.jinja``, which
    Flask alone would leave unescaped (stored cross-site scripting). Undefined values chain,
    because the design system's macros read parameters nobody gave.
    """

    jinja_options: dict[str, Any] = {  # noqa: RUF012 - Flask declares it so
        **Flask.jinja_options,
        "autoescape": True,
        "undefined": ChainableUndefined,
    }

    def __init__(self, import_name: str = "enforcement", **options: Any) -> None:
        options.setdefault("template_folder", str(TEMPLATES))
        options.setdefault("static_folder", str(STATIC))
        # The design system's style sheet names its pictures as /assets/images/….
        options.setdefault("static_url_path", "/assets")
        super().__init__(import_name, **options)
        own = self.jinja_loader
        self.jinja_loader = ChoiceLoader(
            [*([own] if own else []), PackageLoader("nhsuk_frontend_jinja")]
        )


def install_shell(app: Flask, *, site: SiteName) -> None:
    """Give `app` the headers, filters, error pages and template names of one of the two sites."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    headers.install(app, site=site)
    filters.install(app)
    errors.install(app)
    app.jinja_env.globals.update(
        site=site,
        site_base=f"{site}/base.html",
        asset=asset,
        csrf_token=generate_csrf,
        outcomes=pages.OUTCOMES,
    )


@cache
def fingerprint(place: str) -> str:
    """Twelve hex digits of a static file's SHA-256, so that a changed file has a new address."""
    return hashlib.sha256((STATIC / place).read_bytes()).hexdigest()[:12]


def asset(place: str) -> str:
    """The address of a file under ``static/``, with its fingerprint."""
    return url_for("static", filename=place, v=fingerprint(place))
