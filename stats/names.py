"""The names of things by their ids, for what was written down with ids alone."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from accounts.models import User
from phones.models import Batch

plain_id = re.compile(r"[1-9][0-9]{0,17}", re.ASCII).fullmatch


class Names:
    """Each name is asked for once, or with others; what is gone, or never was, is told by its id."""

    def __init__(self) -> None:
        self._known: dict[tuple[type[Model], str], str] = {}

    def of(self, model: type[Model], pk: Any) -> str:
        key = (model, str(pk))
        if key not in self._known:
            thing = _find(model, pk)
            self._known[key] = _name(thing) if thing else f"#{str(pk)[:20]}"
        return self._known[key]

    def learn(self, model: type[Model], pks: Iterable[Any]) -> None:
        """Ask for several names at once. What can be no id, or is not there, is told by ``of`` as ever."""
        asked = {int(pk) for pk in pks if type(pk) in (int, str) and plain_id(str(pk))}
        unknown = [pk for pk in asked if (model, str(pk)) not in self._known]
        for pk, thing in (model._default_manager.in_bulk(unknown) if unknown else {}).items():
            self._known[model, str(pk)] = _name(thing)


def _find(model: type[Model], pk: Any) -> Model | None:
    try:
        return model._default_manager.filter(pk=pk).first()
    except (ValueError, TypeError, OverflowError):
        return None


def _name(thing: Model) -> str:
    if isinstance(thing, User):
        return f"{thing.name} ({thing.username})"
    return f"{thing.pk} {thing}" if isinstance(thing, Batch) else str(thing)
