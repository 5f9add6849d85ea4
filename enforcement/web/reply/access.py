"""Who is at the reply site: nobody, or whoever a link and the second fact let in."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import Response, current_app, g, make_response, render_template, request

from enforcement.data.cases import Case
from enforcement.data.replies import ReplyLink, ReplySession
from enforcement.domain.calendar import local_date
from enforcement.domain.permissions import Actor, provider_actor
from enforcement.domain.refusals import NotFound
from enforcement.domain.replies import EXTRAS, Question
from enforcement.services import reply_drafts, reply_sessions
from enforcement.services.links import LinkState, state_of
from enforcement.services.policies import in_force
from enforcement.services.work import Work
from enforcement.web import transactions
from enforcement.web.headers import request_id
from enforcement.web.transactions import SAFE, View, commits, now, session, settings, undo

__all__ = ["anyone", "case", "link", "needs_session", "undo", "work"]


def cookie_name() -> str:
    return "__Host-reply-session" if current_app.config["SECURE_COOKIES"] else "reply-session"


def address() -> str:
    """The address the request came from, for limits. Set by the server, not by a header."""
    return request.remote_addr or "unknown"


def visitor_work(link: ReplyLink) -> Work:
    """Work for somebody who holds the link and is not in yet."""
    visitor = provider_actor(link.reference, "Holder of the reply link")
    return Work(session(), visitor, now(), settings(), request_id())


def nobody_work() -> Work:
    """Work for a request that belongs to no link yet."""
    nobody = Actor(identity="visitor", name="Visitor to the reply site")
    return Work(session(), nobody, now(), settings(), request_id())


def let_in(response: Response, secret: str) -> Response:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(),
        secret,
        secure=current_app.config["SECURE_COOKIES"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def let_out(response: Response) -> Response:
    response.delete_cookie(
        cookie_name(),
        secure=current_app.config["SECURE_COOKIES"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def found() -> ReplySession:
    """The session of this request, on a page that needs one."""
    row = _recognised()
    if row is None:
        raise RuntimeError("a page that needs a session was reached without one")
    return row


def link() -> ReplyLink:
    """The link the session came in by; nothing of another case can be named."""
    row = session().get(ReplyLink, found().link_id)
    if row is None:
        raise RuntimeError("a reply session without its link")
    return row


def case() -> Case:
    return link().case


def work() -> Work:
    """What the request's use case is given: the provider acts, by way of its link."""
    via = link()
    actor = provider_actor(via.reference, via.case.provider.name)
    return Work(session(), actor, now(), settings(), request_id())


def _recognised() -> ReplySession | None:
    secret = request.cookies.get(cookie_name())
    if not secret:
        return None
    return reply_sessions.recognise(session(), secret, now(), settings())


def anyone(view: View) -> View:
    """Declare a page that needs no session: the start page and the link itself."""
    committed = commits(view)
    committed.needs = "anyone"  # type: ignore[attr-defined]  # read by the test of the address map
    return committed


def needs_session(view: View) -> View:
    """Declare a page of the case. Without a live session: how to come back, and nothing is lost."""
    committed = commits(view)

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        row = _recognised()
        if row is None:
            return _lapsed(**kwargs)
        if request.method not in SAFE:
            row.seen_at = now()
        if state_of(work(), link()) is LinkState.CLOSED:
            page = render_template("reply/closed.html", contact=contact_block())
            undo()
            return page
        g.reply_session = True
        return committed(*args, **kwargs)

    checked.needs = "session"  # type: ignore[attr-defined]  # read by the test of the address map
    return checked


def _lapsed(**asked: Any) -> Response:
    """How to come back. Words that were being typed are kept, and shown to nobody until then."""
    undo()
    kept = request.method not in SAFE and _park(**asked)
    page = render_template("reply/lapsed.html", kept=kept)
    if kept:
        session().commit()
    return let_out(make_response(page, 401))


def _park(reason: str = "", name: str = "", **_other: Any) -> bool:
    words = request.form.get("choice", "")
    row = reply_sessions.slept(session(), request.cookies.get(cookie_name(), ""), now())
    if row is None or name not in ("words", *EXTRAS):
        return False
    via = session().get(ReplyLink, row.link_id)
    return via is not None and reply_drafts.park(
        visitor_work(via), via, Question(name, reason), words
    )


def keep_awake(response: Response) -> Response:
    """Somebody who only reads is still there; noted at most once a minute, outside the page."""
    if getattr(g, "reply_session", False) and request.method in SAFE and response.status_code < 400:
        reply_sessions.touch(transactions.engine(), request.cookies[cookie_name()], now())
    return response


def contact_block() -> dict[str, Any]:
    """The contact block in force today: telephone, hours, email, postal address."""
    try:
        return dict(in_force(session(), "contact_block", local_date(now())).body)
    except NotFound:
        return {}
