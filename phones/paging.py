"""Pages of a long table by the id of their ends: the hundredth page costs what the first does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from phones.models import Job

SIZE = 50
LARGEST_ID = (1 << 63) - 1


@dataclass(frozen=True)
class Page:
    """Rows in the order of their ids, and the ids that the pages before and after it are asked for by."""

    rows: list[Any]
    before: int | None
    after: int | None


def by_id(queryset: QuerySet[Any], query: Mapping[str, str], size: int = SIZE) -> Page:
    """The page behind the id ``after``, or before the id ``before``; the first one where neither makes sense."""
    after, before = _id(query.get("after")), _id(query.get("before"))
    if before is not None:
        rows = list(queryset.filter(pk__lt=before).order_by("-pk")[: size + 1])
        more = len(rows) > size
        rows = rows[:size][::-1]
        return Page(rows, rows[0].pk if more else None, rows[-1].pk if rows else None)
    rows = list(queryset.filter(pk__gt=after or 0).order_by("pk")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, rows[0].pk if rows and after else None, rows[-1].pk if more else None)


@dataclass(frozen=True)
class Latest:
    """Jobs from the newest on; ``older`` is the id that the rest is asked for by."""

    rows: list[Job]
    older: UUID | None


def newest_first(queryset: QuerySet[Job], query: Mapping[str, str], size: int = SIZE) -> Latest:
    """The jobs older than the one that ``older`` names; the newest where it names none."""
    try:
        last = Job.objects.filter(pk=UUID(query.get("older", ""))).first()
    except ValueError:
        last = None
    if last:
        queryset = queryset.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    rows = list(queryset.order_by("-created_at", "-pk")[: size + 1])
    return Latest(rows[:size], rows[size - 1].pk if len(rows) > size else None)


def _id(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return min(int(text), LARGEST_ID)
