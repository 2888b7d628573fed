"""The names of things by their ids, for what was written down with ids alone."""

from typing import Any

from django.db.models import Model

from accounts.models import User
from phones.models import Batch


class Names:
    """Each name is asked for once; what is gone, or never was, is told by its id."""

    def __init__(self) -> None:
        self._known: dict[tuple[type[Model], str], str] = {}

    def of(self, model: type[Model], pk: Any) -> str:
        key = (model, str(pk))
        if key not in self._known:
            thing = _find(model, pk)
            self._known[key] = _name(thing) if thing else f"#{str(pk)[:20]}"
        return self._known[key]


def _find(model: type[Model], pk: Any) -> Model | None:
    try:
        return model._default_manager.filter(pk=pk).first()
    except (ValueError, TypeError, OverflowError):
        return None


def _name(thing: Model) -> str:
    if isinstance(thing, User):
        return f"{thing.name} ({thing.username})"
    return f"{thing.pk} {thing}" if isinstance(thing, Batch) else str(thing)
