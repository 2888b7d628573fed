"""Where a carrier, region, business type or operator is used: what is used is disabled, never deleted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import PROTECT, Count, ForeignObjectRel, Model, ProtectedError
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as _

# What people call the rows that can stand in the way. None: it only sums up others, or guards what is fixed anyway.
WORDS: dict[str, str | None] = {
    "accounts.auditentry": _("Audit log"),
    "callback.call": _("Calls"),
    "callback.tally": None,
    "config.room": None,
    "phones.batch": _("Batches"),
    "phones.event": _("Events"),
    "phones.job": _("Jobs"),
    "phones.phone": _("Numbers"),
}


@dataclass(frozen=True)
class Use:
    label: str
    count: int


class InUse(Exception):
    """It can't be deleted; ``uses`` says where it is used."""

    def __init__(self, uses: list[Use]) -> None:
        super().__init__(uses)
        self.uses = uses

    def __str__(self) -> str:
        return pgettext("list", ", ").join(f"{use.label} {use.count:,}" for use in self.uses)


# Apps whose use of something is no foreign key add what tells it: a function of the thing.
ELSEWHERE: list[Callable[[Model], Iterable[Use]]] = []


def _relations(model: type[Model]) -> list[ForeignObjectRel]:
    """The protecting relations to a model that people have a word for, also those that have no name on it."""
    relations = [field for field in model._meta.get_fields(include_hidden=True) if isinstance(field, ForeignObjectRel)]
    return [relation for relation in relations if relation.on_delete is PROTECT and _label(relation)]


def _label(relation: ForeignObjectRel) -> str | None:
    meta = relation.related_model._meta
    return WORDS.get(meta.label_lower, str(meta.verbose_name_plural))


def uses(thing: Model) -> list[Use]:
    """Each kind of row that refers to a thing, and how many; where several columns do, the most of them."""
    found: dict[str, int] = {}
    for relation in _relations(type(thing)):
        label = _label(relation) or ""
        count = relation.related_model._base_manager.filter(**{relation.field.name: thing}).count()
        found[label] = max(found.get(label, 0), count)
    own = [Use(gettext(label), count) for label, count in found.items() if count]
    return own + [use for tell in ELSEWHERE for use in tell(thing)]


def delete_unused(thing: Model) -> None:
    """Delete a thing that nothing refers to. Raises InUse."""
    if found := uses(thing):
        raise InUse(found)
    try:
        thing.delete()
    except ProtectedError as error:
        # Sums that outlived what they sum up, which are not worth a word of their own.
        raise InUse([Use(gettext("Calls"), len(error.protected_objects))]) from error


def use_counts(model: type[Model]) -> dict[int, int]:
    """How often each of a model's rows is used, as the indexed columns tell: quick, and enough for a page."""
    found: dict[int, int] = {}
    for relation in _relations(model):
        if getattr(relation.field, "db_index", False):
            column = relation.field.attname
            rows = relation.related_model._base_manager.values(column).annotate(count=Count("pk")).order_by()
            for pk, count in rows.values_list(column, "count"):
                found[pk] = max(found.get(pk, 0), count)
    return found
