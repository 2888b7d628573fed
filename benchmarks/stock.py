"""Tables filled by a seeded generator, in statements of the database itself: a million numbers, ten million calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from accounts.models import Role, User
from accounts.modules import Module
from config.models import BusinessType, Carrier, Region
from hwcall.bench.room import FIRST, HOW_MANY, STRIDE
from phones.models import PLACES_A_BATCH, Batch, Phone, State

DAYS = 365
AGENTS = 64


def boss() -> User:
    return people(1, role=Role.ADMINISTRATOR, name="boss")[0]


def people(count: int, *, role: Role = Role.AGENT, name: str = "agent") -> list[User]:
    """So many operators, made once; nobody logs in as one of them."""
    made = {user.username: user for user in User.objects.filter(username__startswith=name)}
    names = [f"{name}{at}" for at in range(1, count + 1)]
    modules = [Module.SHEET, Module.MINE, Module.LOOKUP]
    User.objects.bulk_create(
        User(username=each, name=each, role=role, modules=modules) for each in names if each not in made
    )
    return list(User.objects.filter(username__in=names).order_by("pk"))


def fill(count: int, *, seed: int) -> Batch:
    """One batch more, with so many pending numbers that nobody has yet."""
    start = sum(Batch.objects.values_list("new_count", flat=True))
    carrier, region = Carrier.objects.in_order()[0], Region.objects.in_order()[0]
    batch = Batch.objects.create(
        name=f"{count} numbers", kind=Batch.Kind.PENDING, state=Batch.State.READY, carrier=carrier, region=region,
        by=boss(), entry_count=count, new_count=count,
    )  # fmt: skip
    offset = seed * 7_919 % HOW_MANY
    number = f"CAST({FIRST} + ({offset} + i * CAST({STRIDE} AS bigint)) %% {HOW_MANY} AS text)"
    with without_indexes("phones_phone"), connection.cursor() as cursor:
        cursor.execute(
            f"{series(start, start + count)} INSERT INTO phones_phone"  # noqa: S608 -- of constants
            " (number, batch_id, carrier_id, region_id, state, place, suppressed, note)"
            f" SELECT {number}, %s, %s, %s, 'pending', %s + i - {start} + 1, FALSE, '' FROM series",
            [batch.pk, carrier.pk, region.pk, batch.pk * PLACES_A_BATCH],
        )
    refresh("phones_phone")
    return batch


def log_calls(count: int, batch: Batch) -> None:
    """A year's call log of 64 agents with its tallies, for numbers that were deleted since."""
    agents = people(AGENTS)
    types = [type.pk for type in BusinessType.objects.in_order()]
    today = date(2026, 11, 1)
    postgres = connection.vendor == "postgresql"
    # Each figure of a call comes from another digit of a product with a prime, so that they are not in step.
    agent = f"{agents[0].pk} + (i * 7919) %% {AGENTS}"
    type = f"{types[0]} + (i * 104729 / 13) %% {len(types)}"
    back = f"(i * 15485863 / 7) %% {DAYS}"
    day = f"DATE '{today}' - CAST({back} AS integer)" if postgres else f"date('{today}', '-' || ({back}) || ' days')"
    at = f"({day}) + TIME '02:00' + ((i %% 28800) || ' s')::interval" if postgres else f"({day}) || ' 02:00:00'"
    uuid = "lpad(to_hex({0}), 32, '0')::uuid" if postgres else "printf('%%032x', {0})"
    number = f"CAST({FIRST} + (i %% 3000000) AS text)"
    with without_indexes("callback_call"), connection.cursor() as cursor:
        cursor.execute(
            f"{series(0, count)} INSERT INTO callback_call (request_id, token, number, batch_id, carrier_id, region_id,"  # noqa: S608
            " agent_id, type_id, note, standing_type_id, standing_note, taken_at, filed_at, day, late)"
            f" SELECT {uuid.format('i')}, {uuid.format('i')}, {number}, %s, %s, %s, {agent}, {type}, '', {type}, '',"
            f" {at}, {at}, {day}, FALSE FROM series",
            [batch.pk, batch.carrier_id, batch.region_id],
        )
        cursor.execute(
            "INSERT INTO callback_tally (day, agent_id, batch_id, carrier_id, region_id, type_id, filed, standing)"
            " SELECT day, agent_id, batch_id, carrier_id, region_id, type_id, count(*), count(*) FROM callback_call"
            " GROUP BY 1, 2, 3, 4, 5, 6"
        )
    refresh("callback_call", "callback_tally")


def classify_all(batch: Batch | None = None) -> None:
    """Let all numbers, or those of a batch, stand at not connected."""
    agent, type = people(1)[0], BusinessType.objects.get(code=29)
    numbers = Phone.objects.filter(state=State.PENDING)
    if batch:
        numbers = numbers.filter(batch=batch)
    numbers.update(
        state=State.CLASSIFIED, type=type, agent=agent, classified_at=timezone.now(), taken_at=timezone.now()
    )
    refresh("phones_phone")


def log_logins(count: int) -> None:
    """A log with so many logins of a year, and now and then something else."""
    agents, postgres = people(AGENTS), connection.vendor == "postgresql"
    at = "now() - (i || ' s')::interval" if postgres else "datetime('now', '-' || i || ' seconds')"
    action = "CASE WHEN i %% 1000 = 0 THEN 'config.change' ELSE 'login' END"
    with without_indexes("accounts_auditentry"), connection.cursor() as cursor:
        cursor.execute(
            f"{series(0, count)} INSERT INTO accounts_auditentry (at, by_id, action, object, address, data)"  # noqa: S608
            f" SELECT {at}, {agents[0].pk} + (i * 7919) %% {AGENTS}, {action}, '', '10.0.0.1', '{{}}' FROM series"
            " WHERE %s = 1",
            [1],
        )
    refresh("accounts_auditentry")


def month() -> tuple[date, date]:
    """A month that the call log has."""
    first = date(2026, 9, 1)
    return first, first + timedelta(days=29)


def series(first: int, end: int) -> str:
    """A WITH that counts: ``series(i)`` from first to before the end."""
    if connection.vendor == "postgresql":
        counted = f"SELECT CAST(i AS bigint) AS i FROM generate_series({first}, {end - 1}) AS i"  # noqa: S608
    else:
        counted = f"SELECT {first} UNION ALL SELECT i + 1 FROM series WHERE i < {end - 1}"  # noqa: S608
    return f"WITH RECURSIVE series(i) AS ({counted})"


CONSTRAINTS = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = %s::regclass AND contype IN ('u', 'f', 'c')"
)
INDEXES = (
    "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
    " WHERE indrelid = %s::regclass AND NOT indisprimary"
)


@contextmanager
def without_indexes(table: str) -> Iterator[None]:
    """Fill a table of PostgreSQL without its indexes and constraints, and make them anew: ten times as quick."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        constraints = cursor.execute(CONSTRAINTS, [table]).fetchall()
        for name, _definition in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        # Those that are left: the constraints' own have gone with them.
        indexes = cursor.execute(INDEXES, [table]).fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _name, definition in indexes:
            cursor.execute(definition)
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def refresh(*tables: str) -> None:
    """Let the database know its tables, as autovacuum would a minute later."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}" if connection.vendor == "postgresql" else f"ANALYZE {table}")


def now_to_the_second() -> str:
    """For names of what is made several times in a run."""
    return timezone.now().strftime("%H%M%S%f")
