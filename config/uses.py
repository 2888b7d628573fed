"""Where a carrier, region, business type or operator is used: what is used is disabled, never deleted."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import IntegrityError, connection, transaction
from django.db.models import PROTECT, SET_NULL, ForeignObjectRel, Model, QuerySet
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as _

# What people call the rows that can stand in the way. None: it only sums up others, or guards what is fixed anyway.
WORDS: dict[str, str | None] = {
    "accounts.auditentry": _("Audit log"),
    "callback.amendment": _("Amendments"),
    "callback.call": _("Calls"),
    "callback.hourtally": None,
    "callback.tally": None,
    "config.room": None,
    "phones.archive": _("Archives"),
    "phones.batch": _("Batches"),
    "phones.event": _("Events"),
    "phones.job": _("Jobs"),
    "phones.paperline": _("Paper sheets"),
    "phones.papersheet": _("Paper sheets"),
    "phones.phone": _("Numbers"),
    "phones.upload": _("Lists under check"),
}
# Millions of rows that have no index by what they refer to, and whose every word stands in the call log, which has one.
# They are looked through where something is to be deleted, and for no page.
STOCK = ("phones.phone", "callback.tally")
# Nobody needs to know whether there are 40,000 or 50,000 calls; counting them would hold the page up.
MOST = 10_000


@dataclass(frozen=True)
class Use:
    label: str
    count: int


class InUse(Exception):
    """A thing can't be deleted; ``uses`` says where it is used.

    It is counted when it is asked for: the transaction that refused is over by then, and nobody waits for the counts.
    """

    def __init__(self, thing: Model) -> None:
        super().__init__(thing)
        self.thing = thing

    @cached_property
    def uses(self) -> list[Use]:
        return uses(self.thing)

    def __str__(self) -> str:
        return pgettext("list", ", ").join(f"{use.label} {use.count:,}" for use in self.uses)


# Apps whose use of something is no foreign key add what tells it: a function of the thing.
ELSEWHERE: list[Callable[[Model], Iterable[Use]]] = []


def relations(model: type[Model], on_delete: object = PROTECT) -> list[ForeignObjectRel]:
    """The relations to a model that protect it, or do something else, also those that have no name on it."""
    found = [field for field in model._meta.get_fields(include_hidden=True) if isinstance(field, ForeignObjectRel)]
    return [relation for relation in found if relation.on_delete is on_delete]


def _rows(relation: ForeignObjectRel, thing: Model) -> QuerySet[Model]:
    return relation.related_model._base_manager.filter(**{relation.field.name: thing})


def _label(relation: ForeignObjectRel) -> str | None:
    meta = relation.related_model._meta
    return WORDS.get(meta.label_lower, str(meta.verbose_name_plural))


def uses(thing: Model) -> list[Use]:
    """Each kind of row that refers to a thing, and how many; where several columns do, the most of them."""
    found: dict[str, int] = {}
    for relation in relations(type(thing)):
        label = _label(relation) or ""
        found[label] = max(found.get(label, 0), _rows(relation, thing).count())
    # Sums that outlived what they sum up have no word of their own.
    sums = found.pop("", 0)
    own = [Use(gettext(label), count) for label, count in found.items() if count]
    told = own + [use for tell in ELSEWHERE for use in tell(thing)]
    return told or ([Use(gettext("Calls"), sums)] if sums else [])


def is_used(thing: Model, *, besides: Collection[str] = ()) -> bool:
    """Whether anything refers to a thing, ``besides`` rows of some kinds: the first that does will do."""
    told = any(True for tell in ELSEWHERE for _use in tell(thing))
    asked = [relation for relation in relations(type(thing)) if relation.related_model._meta.label_lower not in besides]
    return told or any(_rows(relation, thing).exists() for relation in asked)


def delete_unused(thing: Model) -> None:
    """Delete a thing that nothing refers to. Raises InUse."""
    if is_used(thing):
        raise InUse(thing)
    for relation in relations(type(thing), SET_NULL):
        _let_go(relation, thing)
    try:
        with transaction.atomic():
            # Not ``thing.delete()``, which would look through the whole stock for what was just found not to be there.
            type(thing)._base_manager.filter(pk=thing.pk)._raw_delete(using=connection.alias)
            # The foreign keys are the last judge of what came up meanwhile, and would only speak at the very end. On
            # SQLite nobody else can have written, and it would look through every table.
            if connection.vendor == "postgresql":
                connection.check_constraints()
    except IntegrityError as error:
        raise InUse(thing) from error


def _let_go(relation: ForeignObjectRel, thing: Model) -> None:
    """Let rows no longer name a thing; locked by their ids first, as whoever locks several of them does it."""
    rows = _rows(relation, thing)
    locked = list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    rows.filter(pk__in=locked).update(**{relation.field.name: None})


def use_counts(things: Iterable[Model]) -> dict[int, int]:
    """How often each of some things is used, as the indexed columns tell, up to MOST: quick, and enough for a page."""
    return {thing.pk: max(_counts_up_to_most(thing), default=0) for thing in things}


def _counts_up_to_most(thing: Model) -> Iterator[int]:
    for relation in relations(type(thing)):
        if _label(relation) and getattr(relation.field, "db_index", False):
            # The column itself is asked for, so that the index alone can answer.
            yield _rows(relation, thing).values_list(relation.field.attname)[:MOST].count()
