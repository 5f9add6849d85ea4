"""Staff sessions on real databases: what ends one, and what keeps it alive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from notice_story import NOW
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from enforcement.data.people import Account
from enforcement.domain.permissions import Actor
from enforcement.services import accounts, sign_in
from enforcement.settings import Settings

PASSWORD = "a long invented passphrase 17"


@pytest.fixture
def account(begin: Callable[..., Any], people: dict[str, Actor]) -> int:
    with begin(people["admin"]) as work:
        return int(accounts.create(work, "olive", "Olive", "1001", ["officer"], PASSWORD).id)


def enter(engine: Engine, now: datetime, password: str = PASSWORD) -> str | None:
    with Session(engine) as session, session.begin():
        found = sign_in.start(session, "olive", password, "192.0.2.1", now)
        return found[0] if found else None


def seen(engine: Engine, settings: Settings, secret: str, now: datetime) -> str | None:
    with Session(engine) as session:
        found = sign_in.recognise(session, secret, now, settings)
        return found.username if found else None


@pytest.mark.usefixtures("account")
def test_a_session_in_use_goes_on_to_its_longest_and_no_further(
    engine: Engine, settings: Settings
) -> None:
    secret = enter(engine, NOW)
    assert secret is not None
    step, at = settings.staff_idle - timedelta(minutes=1), NOW
    while at + step - NOW <= settings.staff_absolute:
        at += step
        assert seen(engine, settings, secret, at) == "olive"
        sign_in.touch(engine, secret, at)
    assert seen(engine, settings, secret, NOW + settings.staff_absolute) == "olive"
    after = NOW + settings.staff_absolute + timedelta(seconds=1)
    assert seen(engine, settings, secret, after) is None


@pytest.mark.usefixtures("account")
def test_use_is_noted_once_a_minute(engine: Engine, settings: Settings) -> None:
    secret = enter(engine, NOW)
    assert secret is not None
    sign_in.touch(engine, secret, NOW + timedelta(seconds=59))  # too soon to be noted
    late = NOW + settings.staff_idle + timedelta(seconds=30)
    assert seen(engine, settings, secret, late) is None
    sign_in.touch(engine, secret, NOW + timedelta(minutes=1))
    assert seen(engine, settings, secret, late) == "olive"
    sign_in.touch(engine, "no such secret", late)


def test_leaving_and_disabling_end_a_session_at_once(
    engine: Engine, settings: Settings, account: int
) -> None:
    left, disabled = enter(engine, NOW), enter(engine, NOW)
    assert left is not None
    assert disabled is not None
    with Session(engine) as session, session.begin():
        sign_in.end(session, left, NOW)
        sign_in.end(session, left, NOW)
    assert seen(engine, settings, left, NOW) is None
    assert seen(engine, settings, disabled, NOW) == "olive"
    with Session(engine) as session, session.begin():
        session.get_one(Account, account).disabled_at = NOW
    assert seen(engine, settings, disabled, NOW) is None


@pytest.mark.usefixtures("account")
def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(engine: Engine) -> None:
    assert [enter(engine, NOW, "wrong") for _ in range(5)] == [None] * 5
    assert enter(engine, NOW) is None
    assert enter(engine, NOW + timedelta(minutes=14)) is None
    assert enter(engine, NOW + timedelta(minutes=16)) is not None


def test_guessing_from_a_stolen_table_is_dear(own_hasher: PasswordHasher) -> None:
    """RFC 9106's second choice, well above the least that OWASP asks for (19 MiB, twice)."""
    assert own_hasher.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert sign_in.HASHER is own_hasher
