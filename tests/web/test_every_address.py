"""Every address of both sites: each declares what it needs, and reading changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Engine
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from enforcement import create_reply_app, create_staff_app
from enforcement.domain.permissions import Permission, Role
from enforcement.settings import Settings
from enforcement.web.staff import NAVIGATION

NOBODY_NEEDED = {"sign_in.sign_in", "sign_in.sign_out"}


@pytest.fixture(scope="module")
def settings_alone(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.read({"ENFORCEMENT_INSTANCE": str(tmp_path_factory.mktemp("sites"))})


@pytest.fixture(scope="module")
def staff(settings_alone: Settings) -> Flask:
    return create_staff_app(settings_alone)


def rules(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule.endpoint, rule.rule


def test_every_staff_view_declares_what_it_needs(staff: Flask) -> None:
    undeclared = [
        endpoint
        for endpoint, _ in rules(staff)
        if not hasattr(staff.view_functions[endpoint], "needs")
    ]
    assert undeclared == []


def test_only_sign_in_is_open_to_anyone(staff: Flask) -> None:
    open_to_all = {
        endpoint for endpoint, _ in rules(staff) if staff.view_functions[endpoint].needs == "anyone"
    }
    assert open_to_all == NOBODY_NEEDED


def test_the_navigation_leads_somewhere(staff: Flask) -> None:
    assert [e for _, e, _ in NAVIGATION if e not in staff.view_functions] == []


def example_values(rule: Rule) -> dict[str, object]:
    """A value that each part of an address accepts."""
    found: dict[str, object] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            found[name] = min(converter.items)
        else:
            found[name] = 1 if isinstance(converter, IntegerConverter) else "x"
    return found


def test_nobody_signed_in_is_led_to_the_sign_in_page_or_refused(
    staff: Flask, settings_alone: Settings
) -> None:
    client = staff.test_client()
    for rule in staff.url_map.iter_rules():
        if rule.endpoint in NOBODY_NEEDED or rule.endpoint == "static":
            continue
        address = staff.url_map.bind("").build(rule.endpoint, example_values(rule))
        if "GET" in (rule.methods or ()):
            answer = client.get(address)
            assert answer.status_code == 302, (address, answer.status_code)
            assert "/sign-in" in answer.headers["Location"], address
        else:
            assert client.post(address).status_code in (400, 401), address


def test_no_view_that_changes_answers_to_get(staff: Flask) -> None:
    """A permission that changes things may guard a form page, but never a GET-only address."""
    reading = {Permission.READ_CASES, Permission.READ_HISTORY, None, "anyone"}
    writing_roles = [r for r in Role if r is not Role.AUDITOR]
    assert writing_roles
    odd = [
        rule.rule
        for rule in staff.url_map.iter_rules()
        if rule.endpoint != "static"
        and "POST" in (rule.methods or ())
        and staff.view_functions[rule.endpoint].needs in {Permission.READ_CASES}
        and rule.endpoint not in READ_AND_POST
    ]
    assert odd == []
    assert reading


# Addresses where posting changes nothing but a read is asked for by form.
READ_AND_POST = {"history.verify"}


def test_the_reply_site_shares_no_address_with_the_staff_site(
    staff: Flask, settings_alone: Settings
) -> None:
    reply = create_reply_app(settings_alone)
    assert {e for e, _ in rules(reply)}.isdisjoint({e for e, _ in rules(staff)})
    assert reply.config["SESSION_COOKIE_NAME"] != staff.config["SESSION_COOKIE_NAME"]
    assert reply.config["SECRET_KEY"] != staff.config["SECRET_KEY"]


def dump(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for the row that says a session is awake."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return {
            table: sorted(
                map(tuple, connection.execute(sa.text(f"SELECT * FROM {table}"))), key=str
            )
            for table in tables
            if table != "staff_session"
        }
