"""Several people at the same moment, each with a database connection of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(*presses: Callable[[], Any]) -> list[Any]:
    """What each of some functions returns, or raises, where all start together."""
    together = threading.Barrier(len(presses))

    def one(press: Callable[[], Any]) -> Any:
        try:
            together.wait()
            return press()
        except Exception as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(one, presses))
