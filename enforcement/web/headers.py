"""The security headers of every answer, the per-request nonce and the request's id.

Sources: OWASP ASVS 5.0 items 3.4.1 (HSTS), 3.4.3 (policy with nonce), 3.4.4 (nosniff),
3.4.5 (referrer), 3.4.6 (frame-ancestors), 3.4.8 (opener), 14.3.2 (no-store). A view that needs
another policy for one answer (a download, a PDF in a frame) sets the header itself; nothing set
by a view is replaced.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, g, request

YEAR = 365 * 24 * 60 * 60
_POLICY = (
    "default-src 'none'",
    "script-src 'self' 'nonce-{nonce}'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "frame-src {frames}",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)


def csp_nonce() -> str:
    """This request's nonce: 128 random bits, made when first asked for."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def request_id() -> str:
    """This request's id, which joins the error page, the log and the history."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def content_policy(site: str) -> str:
    """The content security policy of one page. Staff pages may frame our own PDFs."""
    frames = "'self'" if site == "staff" else "'none'"
    return "; ".join(_POLICY).format(nonce=csp_nonce(), frames=frames)


def install(app: Flask, *, site: str) -> None:
    """Set the headers on every answer of `app`, errors and redirects included."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _headers_for(app, site).items():
            response.headers.setdefault(name, value)
        kept = request.endpoint == "static" and response.status_code in (200, 206, 304)
        response.headers["Cache-Control"] = _keep_for() if kept else "no-store"
        return response

    @app.context_processor
    def page_names() -> dict[str, Any]:
        return {"cspNonce": csp_nonce(), "request_id": request_id()}


def _keep_for() -> str:
    # An address with a fingerprint never means another file; one without may.
    if "v" in request.args:
        return "public, max-age=31536000, immutable"
    return "public, max-age=3600"


def _headers_for(app: Flask, site: str) -> dict[str, str]:
    found = {
        "Content-Security-Policy": content_policy(site),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer" if site == "reply" else "same-origin",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Request-ID": request_id(),
    }
    if request.is_secure or app.config.get("SESSION_COOKIE_SECURE"):
        found["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
    return found
