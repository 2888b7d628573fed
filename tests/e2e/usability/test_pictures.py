"""The pictures of a room in its afternoon, for README and the manual; `make pictures` takes them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import PICTURES, ROOT, Site, opened_in_its_afternoon

pytestmark = pytest.mark.e2e

FOLDER = Path(ROOT, os.environ.get("README_PICTURES") or PICTURES / "readme")
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = {"home": "/home/", "wall": "/wall/", "hours": "/stats/hours/"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with opened_in_its_afternoon(tmp_path_factory.mktemp("pictures")) as site:
        yield site


def test_readme_and_the_manual_show_a_room_in_its_afternoon(log_in, site):
    page = log_in("wangqiang")

    for language, folder in (("en", "en"), ("zh-hans", "zh")):
        page.context.add_cookies([{"name": "hwcall_language", "value": language, "url": site.url}])
        for name, address in PAGES.items():
            page.goto(address)
            path = FOLDER / folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path, animations="disabled")

    shown = {picture for readme in READMES for picture in re.findall(r"\((docs/pictures/[^)]+)\)", readme.read_text())}
    assert {f"docs/pictures/readme/{folder}/{name}.png" for folder in ("en", "zh") for name in PAGES} <= shown
    assert not [path for path in shown if not (ROOT / path).is_file()]
