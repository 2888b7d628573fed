"""One moment: several questions to the database that all see the same state of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all queries inside see what the first one saw, and keep nobody from writing meanwhile.

    Otherwise a call that is filed between two of them would stand in a row and not in the sums. Inside a transaction
    it is that transaction which decides.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # Not atomic(): on SQLite that takes the one write lock (BEGIN IMMEDIATE), which reading needs not.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("COMMIT")
