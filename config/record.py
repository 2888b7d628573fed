"""Tells who keeps the log what was changed, and asks who did it; this app stands first in the line and knows no log."""

from collections.abc import Callable, Collection
from datetime import datetime

# Functions like ``accounts.audit.record``, called inside the transaction of the change.
KEEPERS: list[Callable[..., object]] = []
# Functions like ``accounts.audit.who_last``.
WITNESSES: list[Callable[..., str]] = []


def tell(*, by: object, action: str, about: object, address: str | None, at: datetime, **data: object) -> None:
    for keep in KEEPERS:
        keep(by=by, action=action, about=about, address=address, at=at, **data)


def who_last(actions: Collection[str], *, about: object = None) -> str:
    """The name of who last did one of these things, to something or at all; empty where nobody knows."""
    return next((name for ask in WITNESSES if (name := ask(actions, about=about))), "")
