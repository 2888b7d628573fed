"""The pictures of a room in its afternoon, for README and the manual; `make pictures` takes them."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.conftest import PICTURES, ROOT, Site, opened

pytestmark = pytest.mark.e2e

FOLDER = Path(ROOT, os.environ.get("README_PICTURES") or PICTURES / "readme")
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
# When a room is at its busiest. Whatever the clock says here, somewhere it is this hour.
AFTERNOON = 15
PAGES = {"home": "/home/", "wall": "/wall/", "hours": "/stats/hours/"}


def where_it_is_afternoon(now: datetime) -> str:
    """The name of a time zone; those that lie east of Greenwich have a minus in theirs."""
    east = (AFTERNOON - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """A room in the middle of its afternoon, after a month at work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWCALL_TIME_ZONE", where_it_is_afternoon(datetime.now(UTC)))
        with opened(tmp_path_factory.mktemp("pictures"), "--demo") as site:
            patch.undo()
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
