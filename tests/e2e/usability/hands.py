"""What a person does at a page, counted: presses of keys and of the mouse, characters typed, seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page

# A file is dragged from its folder onto the field: the hand goes down and up once, as for a click.
DRAG = 1
# A list drops down at one press, and the second is on the choice.
DROP_DOWN = 2
# As many fields as anybody goes through to reach one.
MANY = 40


@dataclass
class Hands:
    """A person's hands at a page, who takes no time to think and none to look for a key."""

    page: Page
    keys: int = 0
    clicks: int = 0
    typed: int = 0
    waited: float = 0
    began: float = field(default_factory=time.perf_counter)
    ended: float | None = None

    @property
    def presses(self) -> int:
        """Keys and clicks; what is typed into fields depends on the person and is counted by itself."""
        return self.keys + self.clicks

    @property
    def seconds(self) -> float:
        """From the first press on, until the task was done."""
        return (self.ended or time.perf_counter()) - self.began

    def rest(self) -> None:
        """The task is done."""
        self.ended = time.perf_counter()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def tab_to(self, target: Locator) -> None:
        """Go from field to field until that one has the focus; no press where it has it already."""
        for _step in range(MANY):
            if target.evaluate("field => field === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def write(self, text: str) -> None:
        """Type into the field that has the focus."""
        self.typed += len(text)
        self.page.keyboard.type(text)

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def drag_in(self, target: Locator, path: Any) -> None:
        self.clicks += DRAG
        target.set_input_files(path)

    def choose(self, target: Locator, label: str) -> None:
        self.clicks += DROP_DOWN
        target.select_option(label=label)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What happens in it is the page's time and not the person's."""
        began = time.perf_counter()
        yield
        self.waited += time.perf_counter() - began
