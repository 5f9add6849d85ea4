"""A small site with a page of every part of the shell; names and breaches are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, abort, flash, redirect, render_template, render_template_string, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    DecimalField,
    EmailField,
    FileField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from enforcement.domain.refusals import BadInput, NotAllowed, NotFound, SamePerson
from enforcement.web import pages
from enforcement.web.exports import csv_response, download
from enforcement.web.fields import DayField, LongTextField, MoneyField, visible
from enforcement.web.forms import NhsForm
from enforcement.web.listing import Cell, Chip, Column, Listing
from enforcement.web.site import Site, SiteName, install_shell

TODAY = date(2025, 2, 4)
NASTY = "\"><script>alert('x')</script>"


class EveryField(NhsForm):
    reference = StringField(
        "Reference", [InputRequired("Enter a reference"), visible], description="Like ASC-2026-1"
    )
    email = EmailField("Email address", [Email("Enter an email address in the right form")])
    phone = TelField("Telephone number", render_kw={"width": 20})
    locations = IntegerField("Number of locations", [Optional()])
    share = DecimalField("Share", [Optional()], render_kw={"suffix": "%"})
    amount = MoneyField("Amount", [InputRequired("Enter an amount")])
    secret = PasswordField("Password")
    story = TextAreaField("What happened", render_kw={"rows": 3})
    reasons = LongTextField("Reasons", [Length(max=200, message="Reasons must be 200 or fewer")])
    stage = SelectField(
        "Stage",
        choices=[SelectChoice("open", "Open"), SelectChoice("closed", f"Closed {NASTY}")],
        render_kw={"hide_label": False},
    )
    reason = RadioField(
        "Why are you replying?",
        [InputRequired("Select why you are replying")],
        choices=[
            SelectChoice("sent", "We sent it in time", {"hint": "We look for it in the record"}),
            SelectChoice("other", "Something else", {"divider_before": "or"}),
        ],
        validate_choice=True,
    )
    other = StringField("Say what")
    windows = SelectMultipleField(
        "Which windows?",
        [InputRequired("Select at least one window")],
        choices=[SelectChoice("2025-01", "January 2025"), SelectChoice("2025-02", "February 2025")],
    )
    sure = BooleanField("I have read this", [InputRequired("Tick to say you have read this")])
    happened_on = DayField("Date it happened", [InputRequired("Enter the date it happened")])
    ended_on = DayField("Date it ended", [Optional()])
    evidence = FileField("Evidence")
    more = MultipleFileField("More evidence")
    key = HiddenField(default="abc")
    send = SubmitField("Send")


FORM_PAGE = """
{% extends site_base %}
{% set title = "Every field" %}
{% set caption = "ASC-2026-000123" %}
{% set back = {"href": "/list", "text": "Back to the list"} %}
{% block body %}
<div class="app-reading">
<form method="post" action="/form" enctype="multipart/form-data" novalidate>
  {{ form.csrf_token }}{{ form.key() }}
  {{ form.reference(width=20) }}{{ form.email() }}{{ form.phone() }}{{ form.locations() }}
  {{ form.share() }}{{ form.amount() }}{{ form.secret(autocomplete="new-password") }}
  {{ form.story() }}{{ form.reasons() }}{{ form.stage() }}
  {{ form.reason() }}{{ form.other() }}
  {{ form.windows(small=true) }}{{ form.sure() }}{{ form.happened_on() }}{{ form.ended_on() }}
  {{ form.evidence(accept=".pdf") }}{{ form.more() }}{{ form.send() }}
</form>
</div>
{% endblock %}
"""

LIST_PAGE = """
{% extends site_base %}
{% from "parts/table.html" import list_table %}
{% set title = "Worklist" %}
{% block body %}{{ list_table(list) }}{% endblock %}
"""

HOME_PAGE = """
{% extends site_base %}
{% from "parts/counts.html" import count_tiles %}
{% from "parts/bars.html" import bar_chart %}
{% from "parts/empty.html" import empty_state %}
{% from "parts/progress.html" import progress_line, progress_meter %}
{% set title = "Home" %}
{% block body %}
{{ count_tiles(counts) }}
{{ progress_line(steps) }}{{ progress_meter(30, 120, "30 of 120 letters made") }}
{{ bar_chart(bars, "Cases by stage", "Stage", "Cases") }}
{{ empty_state("No replies wait", "New replies appear here.", "/list", "See the worklist") }}
{% endblock %}
"""

CASE_PAGE = """
{% extends site_base %}
{% from "parts/case_header.html" import case_header %}
{% from "parts/tabs.html" import sub_navigation %}
{% from "parts/actions.html" import action_bar %}
{% from "parts/gate.html" import gate_list %}
{% from "parts/grid.html" import compliance_grid %}
{% from "parts/timeline.html" import timeline %}
{% from "parts/summary.html" import summary_list %}
{% set title = head.reference ~ " " ~ head.provider %}
{% set show_heading = false %}
{% set back = {"href": "/list", "text": "Worklist"} %}
{% block body %}
{{ case_header(head) }}
{{ action_bar(actions) }}
{{ sub_navigation(tabs, "Parts of the case") }}
{{ compliance_grid(grid) }}
<div class="app-columns">
<div><h2 class="nhsuk-heading-m">Gate before the final notice</h2>{{ gate_list(checks) }}
<h2 class="nhsuk-heading-m">History</h2>{{ timeline(entries) }}</div>
<div><h2 class="nhsuk-heading-m">Facts</h2>{{ summary_list(head.facts, dense=true) }}</div>
</div>
{% endblock %}
"""

COLUMNS = (
    Column("reference", "Reference", sort_url="/list?sort=reference"),
    Column("provider", "Provider"),
    Column("stage", "Stage"),
    Column("due", "Next date", sort_url="/list?sort=-due", sorted="ascending"),
    Column("amount", "Penalty", numeric=True),
)


def listing(name: str = "Bramblewood Care Ltd", rows: int = 12) -> Listing:
    made = [
        {
            "reference": Cell(f"ASC-2026-{n:06d}", href="/case"),
            "provider": Cell(name, note="1-900000001, 3 locations"),
            "stage": Cell(*(("Notice given", "", "blue") if n % 3 else ("Reply in", "", "orange"))),
            "due": Cell("11 February 2025", note="7 days left"),
            "amount": "£1,234.50",
        }
        for n in range(1, rows + 1)
    ]
    return Listing(
        caption="Open cases",
        columns=COLUMNS,
        rows=made,
        count_text="1 to 12 of 1,204 cases",
        next_url="/list?after=12",
        previous_url="/list?before=1",
        chips=[Chip("Stage", "Notice given", "/list"), Chip("Officer", "me", "/list?stage=x")],
        clear_url="/list",
        export_url="/export.csv",
        empty_title="No case matches",
        empty_text="No open case has all of these. Take a filter away to see more.",
    )


def case_parts(name: str = "Bramblewood Care Ltd") -> dict[str, Any]:
    clocks = [
        pages.Clock("Representations by", date(2025, 2, 11), TODAY, "/receipt/1"),
        pages.Clock("Pay by", date(2025, 2, 6), TODAY, "/receipt/2"),
        pages.Clock("Decide by", date(2025, 2, 1), TODAY, "/receipt/3"),
        pages.Clock("Appeal by", None, TODAY, held="Held since 1 February: evidence awaited"),
    ]
    outcomes = ["submitted", "nil", "missed", "late", "excused", "not_due"] * 2
    cells = [pages.GridCell(o, "", "/evidence", counted=o == "missed") for o in outcomes]
    months = [date(2024 + (n > 9), (n + 1) % 12 + 1, 1) for n in range(1, 13)]
    return {
        "head": pages.CaseHeader(
            reference="ASC-2026-000123",
            provider=name,
            provider_url="/provider",
            state=pages.Tag("Notice of intent given", "blue"),
            flags=[pages.Tag("Register changed", "orange")],
            facts=[
                pages.Fact("CQC id", "1-900000001", href="/provider"),
                pages.Fact("Officer", "Asha Example", action="Hand over", action_url="/hand-over"),
                pages.Fact("Missed", "3 windows", note="2 locations"),
            ],
            next_line=pages.NextLine(
                "On Tuesday 11 February 2025 the period for representations ends.",
                "A reply or a hold would stop it.",
            ),
            clocks=clocks,
        ),
        "actions": [
            pages.Action("Record a reply", href="/reply", primary=True),
            pages.Action("Put on hold", post_url="/hold", fields=[("reason", NASTY)]),
            pages.Action("Withdraw", href="/withdraw", warning=True),
            pages.Action.refused(
                "Approve the notice", SamePerson("You drafted this notice.", rule="Two people")
            ),
        ],
        "tabs": [
            pages.Tab("Summary", "/case", current=True),
            pages.Tab("Notices", "/case/notices", count=2),
            pages.Tab("History", "/case/history"),
        ],
        "grid": pages.Grid(
            "Last 12 windows",
            months,
            [pages.GridRow(f"{name} House", s, cells) for s in ("Care home", "Home care")],
        ),
        "checks": [
            pages.Check("The notice of intent is proven given", True, "Given on 14 January 2025"),
            pages.Check("Every reply is answered", False, f"2 points open {name}", "reg 6", "/r"),
        ],
        "entries": [
            pages.Entry(
                "Notice of intent given",
                datetime(2025, 1, 14, 15, 15, tzinfo=UTC),
                "Asha Example",
                "enforcement officer",
                kind="person",
                facts=[("Method", "post"), ("Pages", "4")],
                href="/doc",
                number=7,
            ),
            pages.Entry(
                "Reply received",
                datetime(2025, 1, 20, 9, 0, tzinfo=UTC),
                name,
                kind="provider",
                detail=f"“{name}”",
            ),
        ],
    }


def make(site: SiteName = "staff", name: str = "Bramblewood Care Ltd") -> Flask:
    """The showcase as one of the two sites; `name` stands wherever a provider's words may."""
    app = Site("enforcement")
    app.config.update(SECRET_KEY="for tests only", MAX_CONTENT_LENGTH=100_000)
    CSRFProtect(app)
    install_shell(app, site=site)

    @app.context_processor
    def frame() -> dict[str, Any]:
        if site == "reply":
            line = pages.HelpLine("0300 000 0000", "help@example.org", "Monday to Friday, 8am")
            return {"help_line": line, "home_url": "/form"}
        return {
            "account": pages.Account(name, "approver", "/sign-out", "/account", read_only=True),
            "nav": [
                pages.NavItem(text, "/list", current=text == "Worklist")
                for text in "Home Worklist Providers Import Runs History".split()  # noqa: SIM905 - reads as it is shown
            ],
            "home_url": "/",
            "footer_links": [{"text": "Accessibility", "href": "/accessibility"}],
        }

    _pages(app, name)
    _faults(app)
    return app


def _pages(app: Flask, name: str) -> None:
    @app.route("/form", methods=["GET", "POST"])
    def form() -> str | Response:
        made = EveryField(other=name) if request.method == "GET" else EveryField()
        if made.validate_on_submit():
            flash(f"Saved {name}")
            return redirect("/list")
        return render_template_string(FORM_PAGE, form=made)

    @app.get("/list")
    def worklist() -> str:
        rows = int(request.args.get("rows", "12"))
        return render_template_string(LIST_PAGE, list=listing(name, rows))

    @app.get("/case")
    def case() -> str:
        return render_template_string(CASE_PAGE, **case_parts(name))

    @app.get("/")
    def home() -> str:
        counts = [pages.Count(3, "due today", "/list", True), pages.Count(0, "bounced", "/list")]
        bars = [pages.Bar("Notice given", 120), pages.Bar(name, 40, "40 cases", "/list")]
        steps = [pages.Step("Check", True), pages.Step("Draft", False, True), pages.Step("Give")]
        return render_template_string(HOME_PAGE, counts=counts, bars=bars, steps=steps)

    @app.get("/export.csv")
    def export() -> Response:
        return csv_response(listing(name).rows, COLUMNS, "cases.csv")

    @app.get("/file")
    def file() -> Response:
        return download(b"%PDF-", filename=name, mimetype="application/pdf")


def _faults(app: Flask) -> None:
    @app.get("/status/<int:status>")
    def status(status: int) -> str:
        abort(status)

    @app.get("/refused/<kind>")
    def refused(kind: str) -> str:
        kinds = {"same": SamePerson, "allowed": NotAllowed, "found": NotFound, "input": BadInput}
        raise kinds[kind](f"You drafted it. {NASTY}", rule="SI 2022/1175 reg 5", fix="Ask another.")

    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("the inner words of the fault")

    @app.get("/broken")
    def broken() -> str:
        return render_template("no-such-page.html")
