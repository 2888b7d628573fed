"""How much of a page's time the database takes."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client


class Caught:
    """The statements of a page, and the seconds of those that only write."""

    def __init__(self) -> None:
        self.reading: list[tuple[str, Any]] = []
        self.writing_seconds = 0.0

    def __call__(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( ").startswith(("SELECT", "WITH")) and "FOR NO KEY UPDATE" not in sql:
            self.reading.append((sql, params))
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if not self.reading or self.reading[-1][0] != sql:
                self.writing_seconds += time.perf_counter() - began

    def seconds(self) -> float:
        """What they take when they are asked once more, their rows fetched: SQLite looks for rows only then."""
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for sql, params in self.reading:
                cursor.execute(sql, params)
                cursor.fetchall()
        return time.perf_counter() - began + self.writing_seconds


def sql_ms(client: Client, path: str, posted: dict[str, str] | None = None) -> float:
    """The milliseconds of SQL of a page, at its best; the first look fills what is kept."""
    for _ in range(2):
        caught = Caught()
        with connection.execute_wrapper(caught):
            answer = client.get(path) if posted is None else client.post(path, posted)
        if answer.status_code >= 400:
            raise RuntimeError(f"{path}: status {answer.status_code}")
    return 1000 * min(caught.seconds() for _ in range(3))
