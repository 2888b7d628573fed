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
    """Whether a hold stood when this process looked last; one that has just begun may not be among them yet."""
    global _looked_at, _tokens
    with _looking:
        if monotonic() - _looked_at > LOOK_EVERY:
            now = monotonic()
            held = Phone.objects.held().exclude(token=None).values_list("token", flat=True)
            _tokens = frozenset(filter(None, held))
            _looked_at = now
        return token in _tokens


def forget() -> None:
    """Look again at the next question."""
    global _looked_at
    _looked_at = float("-inf")
