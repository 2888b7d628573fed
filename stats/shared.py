"""One answer for all who ask: however many look at once, the question is asked once in so many seconds."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """The answer to a costly question, as this process asked it last.

    After ``seconds`` the next who comes asks anew, and meanwhile the others get the last answer. Once that is older
    than ``oldest`` seconds they wait as well: nobody is told what is long over. What the asking raises, the asker gets.
    """

    def __init__(
        self, ask: Callable[[], Answer], *, seconds: float, oldest: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._ask, self._seconds, self._oldest, self._clock = ask, seconds, oldest, clock
        self._lock = threading.Lock()
        self._last: tuple[float, Answer] | None = None

    def get(self) -> Answer:
        last = self._last
        if last and self._clock() - last[0] < self._seconds:
            return last[1]
        usable = last is not None and self._clock() - last[0] < self._oldest
        if self._lock.acquire(blocking=not usable):
            try:
                return self._asked()
            finally:
                self._lock.release()
        return last[1] if last else self.get()

    def _asked(self) -> Answer:
        """Ask, unless somebody has while we waited."""
        now = self._clock()
        if self._last is None or now - self._last[0] >= self._seconds:
            self._last = (now, self._ask())
        return self._last[1]

    def forget(self) -> None:
        """Ask anew at the next call."""
        self._last = None
