"""Tells who keeps the log what was changed here: this app stands first in the line and knows no log."""

from collections.abc import Callable
from datetime import datetime

# Functions like ``accounts.audit.record``, called inside the transaction of the change.
KEEPERS: list[Callable[..., object]] = []


def tell(*, by: object, action: str, about: object, address: str | None, at: datetime, **data: object) -> None:
    for keep in KEEPERS:
        keep(by=by, action=action, about=about, address=address, at=at, **data)
