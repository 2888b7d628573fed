"""Tasks as new users do them, counted; `make usability` writes the figures into docs/usability.md."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import ROOT
from tests.e2e.usability import figures
from tests.e2e.usability.hands import Hands


@pytest.fixture(scope="session")
def measured(chromium) -> Iterator[dict[str, Hands]]:
    """The hands of each task that was done, by its name; where a document is named, they are written down in it."""
    done: dict[str, Hands] = {}
    yield done
    if named := os.environ.get("USABILITY_FIGURES"):
        figures.write(Path(ROOT, named), done, browser=f"Chromium {chromium.version}")


@pytest.fixture
def begin_task(measured) -> Callable:
    """Lay the hands on a page: from now on all is counted, as the named task's."""

    def begin_task(task: str, page: Page) -> Hands:
        measured[task] = Hands(page)
        return measured[task]

    return begin_task
