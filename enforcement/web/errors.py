"""Error pages: what happened, what to do, and the request's id; never a trace.

Refusals (`enforcement.domain.refusals`) are answers, not faults: the page shows the sentence, the
rule it comes from and what to do. A page that cannot be built (the database is down, a template is
broken) falls back to words held here: the last-resort handler of ASVS 16.5.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, current_app, make_response, render_template
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from enforcement.domain.refusals import BadInput, NotAllowed, NotFound, Refusal
from enforcement.web.headers import request_id


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page says. `rule` and `fix` are empty except for refusals."""

    status: int
    title: str
    sentence: str
    rule: str = ""
    fix: str = ""


PAGES = {
    400: ErrorPage(
        400,
        "The page could not read what was sent",
        "Nothing was changed. Go back, check what you entered and try again.",
    ),
    401: ErrorPage(401, "Sign in to see this page", "Nothing was changed."),
    403: ErrorPage(
        403,
        "You may not see this page",
        "Your account does not carry the permission. Nothing was changed.",
    ),
    404: ErrorPage(
        404,
        "Page not found",
        "If you typed the address, check that it is right. If you followed a link, it may be old.",
    ),
    405: ErrorPage(
        405,
        "This address cannot be used like that",
        "Nothing was changed. Go back and use the buttons on the page.",
    ),
    409: ErrorPage(
        409,
        "This cannot be done now",
        "Somebody changed it meanwhile. Nothing of yours was saved over it.",
    ),
    413: ErrorPage(
        413,
        "What you sent is too large",
        "Nothing was saved. Send fewer or smaller files at a time.",
    ),
    429: ErrorPage(429, "Too many tries", "Wait a few minutes, then try again."),
    500: ErrorPage(
        500,
        "Sorry, there is a problem with the service",
        "Nothing was changed. Try again later; if it happens again, report the request number.",
    ),
    503: ErrorPage(
        503,
        "The service is not available",
        "Nothing was changed. Try again in a few minutes.",
    ),
}
_EXPIRED = ErrorPage(
    400,
    "This page was open too long",
    "Nothing was changed. Go back, reload the page and send it again.",
)
_STATUS_OF_REFUSAL: dict[type[Refusal], int] = {NotAllowed: 403, NotFound: 404, BadInput: 400}


def page_for_refusal(refusal: Refusal) -> ErrorPage:
    """The page of a named refusal: 403, 404 or 400 for three of them, 409 for all others."""
    status = next(
        (code for kind, code in _STATUS_OF_REFUSAL.items() if isinstance(refusal, kind)), 409
    )
    return ErrorPage(
        status,
        PAGES[status].title if status != 409 else "This cannot be done now",
        refusal.sentence,
        refusal.rule,
        refusal.fix,
    )


def page_for_status(status: int) -> ErrorPage:
    """The page of an HTTP status; statuses without words of their own borrow 400's or 500's."""
    if status in PAGES:
        return PAGES[status]
    like = PAGES[400 if status < 500 else 500]
    return ErrorPage(status, like.title, like.sentence)


def error_response(page: ErrorPage) -> Response:
    """The answer that shows `page`, in the site's frame or, failing that, in bare words."""
    try:
        body = render_template("error.html", error=page)
    except Exception:
        # Fail closed and still answer: whatever broke the frame must not hide the first fault.
        current_app.logger.exception("The error page could not be built")
        body = _bare(page)
    return make_response(body, page.status)


def _bare(page: ErrorPage) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(page.title)}</title></head><body><main>"
        f"<h1>{escape(page.title)}</h1><p>{escape(page.sentence)}</p>"
        f"<p>Request number: {escape(request_id())}</p></main></body></html>"
    )


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    page = _EXPIRED if isinstance(error, CSRFError) else page_for_status(error.code)
    response = error_response(page)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _refused(refusal: Refusal) -> Response:
    return error_response(page_for_refusal(refusal))


def install(app: Flask) -> None:
    """Answer every HTTP error, refusal and unexpected fault of `app` with a plain page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Refusal, _refused)
