"""Every action and part of a case leads to a page that can be opened."""

from __future__ import annotations

import pytest
from flask import Flask

from enforcement import create_staff_app
from enforcement.domain.cases import TABLE
from enforcement.settings import Settings
from enforcement.web.staff.case_frame import ASIDE, RELEASE, SCREENS, TABS


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("frame")
    return create_staff_app(Settings.read({"ENFORCEMENT_INSTANCE": str(folder)}))


def test_every_action_of_a_person_has_its_screen() -> None:
    assert set(SCREENS) == {row.action for row in TABLE if row.permission is not None}


def test_every_screen_and_part_can_be_opened(app: Flask) -> None:
    wanted = {*SCREENS.values(), RELEASE[1], *(e for _, e, _ in ASIDE), *(e for _, _, e in TABS)}
    opened = {r.endpoint for r in app.url_map.iter_rules() if "GET" in (r.methods or ())}
    assert wanted - opened == set()
