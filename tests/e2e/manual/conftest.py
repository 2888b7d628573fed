"""The demonstration room, in which the operating manual is walked through and its pictures are taken."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import PICTURES, ROOT, Site

# Where the pictures go: `make pictures` names docs/pictures, the tests alone keep them with the others.
FOLDER = Path(ROOT, os.environ.get("MANUAL_PICTURES") or PICTURES / "manual")


@pytest.fixture(scope="session")
def site(demo_site) -> Site:
    return demo_site


@pytest.fixture
def administrator(log_in):
    """王强, who runs the demonstration room."""
    return log_in("wangqiang")


@pytest.fixture
def figure(site) -> Callable:
    """Take a picture of the manual, in Chinese and in English; afterwards the page is in Chinese again."""

    def figure(page, name: str) -> None:
        for language, folder in (("en", "en"), ("zh-hans", "zh")):
            page.context.add_cookies([{"name": "hwcall_language", "value": language, "url": site.url}])
            page.reload()
            path = FOLDER / folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path, animations="disabled", caret="initial")

    return figure
