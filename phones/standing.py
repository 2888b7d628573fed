"""Which holds stand at this moment, by a look that each process takes a few times a second, however many sheets ask.

Each open sheet asks every other second, so that a recalled number is seen within two. Asked one by one, the database
and all that a request passes on its way to it would do little else in a large room.
"""

from threading import Lock
from time import monotonic
from uuid import UUID

from phones.models import Phone

# With the 1.5 seconds between two questions of a sheet, and the wire, this stays under two seconds.
LOOK_EVERY = 0.3

_looking = Lock()
_looked_at = float("-inf")
_tokens: frozenset[UUID] = frozenset()


def stands(token: UUID) -> bool:
    """Whether a hold stood when this process looked last; one that has just begun may not be among them yet.

    Raises DatabaseError; while the database keeps one look waiting, the others are answered from the last.
    """
    if monotonic() - _looked_at > LOOK_EVERY and _looking.acquire(blocking=False):
        try:
            _look()
        finally:
            _looking.release()
    return token in _tokens


def _look() -> None:
    global _looked_at, _tokens
    now = monotonic()
    held = Phone.objects.held().exclude(token=None).values_list("token", flat=True)
    _tokens, _looked_at = frozenset(filter(None, held)), now


def forget() -> None:
    """Look again at the next question."""
    global _looked_at
    _looked_at = float("-inf")
