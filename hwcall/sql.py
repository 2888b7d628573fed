"""Values of SQL that is written by hand."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection


def adapted(values: Iterable[Any]) -> list[Any]:
    """Values as the ORM would bind them: SQLite knows neither UUIDs nor days nor aware times."""
    return [_adapted(value) for value in values]


def _adapted(value: Any) -> Any:
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
