"""The demonstration room, in which the operating manual is walked through and its pictures are taken."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import PICTURES, ROOT, Site, opened_in_its_afternoon

# Where the pictures go: `make pictures` names docs/pictures, the tests alone keep them with the others.
FOLDER = Path(ROOT, os.environ.get("MANUAL_PICTURES") or PICTURES / "manual")


@pytest.fixture(scope="session")
def site(request, tmp_path_factory) -> Iterator[Site]:
    """The room of the other tests; for pictures that are kept, one in its afternoon."""
    if "MANUAL_PICTURES" not in os.environ:
        yield request.getfixturevalue("demo_site")
        return
    with opened_in_its_afternoon(tmp_path_factory.mktemp("manual")) as site:
        yield site


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
