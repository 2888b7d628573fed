"""A room with a history."""

import pytest
from django.urls import reverse

from accounts.modules import Module
from tests.stats.desk import DAYS, Desk


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.fixture
def boss(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def office(sign_in, boss):
    """The browser of the boss."""
    return sign_in(boss)


@pytest.fixture
def look(office):
    """``look("team_calls", by="day")`` opens a page of the statistics for DAYS."""

    def look(name="team", browser=None, **query):
        return (browser or office).get(reverse(f"stats:{name}"), {**DAYS, **query})

    return look


@pytest.fixture
def xiaoli(make_agent):
    return make_agent("小李", modules=[Module.SHEET, Module.MINE])


@pytest.fixture
def xiaowang(make_agent):
    return make_agent("小王", modules=[Module.SHEET, Module.MINE])


@pytest.fixture
def desk(make_numbers, boss, now):
    """``desk.file(小李, type_of(11))`` files a call of a new number; see tests/stats/desk.py."""
    return Desk(make_numbers, boss, now)
