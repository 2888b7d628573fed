"""Takes and results on PostgreSQL under pgbench: the very statements that HwCall sends, against the least that does."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from benchmarks import stock
from benchmarks.ratio import Ratio, Sizes
from callback import actions
from config.models import BusinessType, Carrier
from tests.postgres import find_programs

CLIENTS, MANY_CLIENTS, THREADS, ROUNDS = 8, 64, 2, 3
RATE = re.compile(r"tps = ([0-9.]+) \(without initial")
# The floor stays a little behind the head, as phones.queue has it.
SLACK = 64
TABLES = """
CREATE TABLE limit_phone (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text UNIQUE, carrier int,
    state smallint NOT NULL DEFAULT 0, holder int, token uuid, type int);
CREATE INDEX ON limit_phone (carrier, id) WHERE state = 0;
CREATE TABLE limit_call (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, request_id uuid UNIQUE, phone bigint,
    number text, agent int, type int, at timestamptz);
CREATE INDEX ON limit_call (agent, at);
CREATE TABLE limit_tally (day date, agent int, type int, count int, PRIMARY KEY (day, agent, type));
"""
# One statement takes, one files; where the head is, each client knows by what it took last.
LIMIT = """
\\set agent :client_id + 1
UPDATE limit_phone SET holder = :agent, token = gen_random_uuid() WHERE id = (
    SELECT id FROM limit_phone WHERE carrier = 1 AND state = 0 AND holder IS NULL AND id > :floor
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, number \\gset
\\set floor greatest(:id - 64, 0)
WITH closed AS (UPDATE limit_phone SET state = 1, holder = NULL, type = 29 WHERE id = :id RETURNING id, number),
filed AS (INSERT INTO limit_call (request_id, phone, number, agent, type, at)
    SELECT gen_random_uuid(), id, number, :agent, 29, now() FROM closed RETURNING id)
INSERT INTO limit_tally SELECT current_date, :agent, 29, 1 FROM filed
ON CONFLICT (day, agent, type) DO UPDATE SET count = limit_tally.count + 1;
"""


def measure(sizes: Sizes) -> Iterator[Ratio]:
    agents = stock.people(MANY_CLIENTS)
    prepare(sizes.many)
    press = script(agents[0], agents)
    without_tallies, found = re.subn(r", by_day AS .* SELECT id FROM filed", " SELECT id FROM filed", press)
    if not found:
        raise RuntimeError("the tallies are not counted in the statement that files")
    # In turns, and the best of each: what a moment is like then concerns them all.
    rates: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, text, clients in (
            ("least", LIMIT, CLIENTS), ("ours", press, CLIENTS), ("bare", without_tallies, CLIENTS),
            ("crowd", press, MANY_CLIENTS),
        ):  # fmt: skip
            rates[name] = max(rates.get(name, 0), rate(text, clients, sizes.seconds))
    ours = rates["ours"]
    yield Ratio(
        2, "take and result in SQL, 8 clients", ours, "a second", 0.8, "the least that does", rates["least"], True
    )
    yield Ratio(2, "take and result in SQL, 64 clients", rates["crowd"], "a second", 0.7, "8 clients", ours, True)
    ms = 1000 * CLIENTS
    yield Ratio(5, "a result with its tallies, 8 clients", ms / ours, "ms", 1.15, "one without", ms / rates["bare"])
    yield doubles()


def prepare(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.execute(
            "INSERT INTO limit_phone (number, carrier) SELECT (13000000000 + i)::text, 1"
            " FROM generate_series(1, %s) AS i",
            [count],
        )
    stock.refresh("limit_phone")


def script(agent: User, agents: list[User]) -> str:
    """What a press sends, as pgbench can send it: caught from one, with the agent and the number made variable."""
    carrier, type, now = Carrier.objects.in_order()[0], BusinessType.objects.get(code=29), timezone.now()
    held = actions.take(agent=agent, carrier=carrier, now=now)
    if held is None:
        raise RuntimeError("there is no number")
    # The press before it lets this process know where the head is.
    filed = {"token": held.token, "request_id": uuid4(), "type": type, "order_region": None, "note": ""}
    _call, held = actions.classify_and_take(agent=agent, carrier=carrier, now=now, **filed)
    filed |= {"token": held.token, "request_id": uuid4()}
    caught: list[tuple[str, list[Any]]] = []
    with connection.execute_wrapper(catch(caught)):
        _call, taken = actions.classify_and_take(agent=agent, carrier=carrier, now=now, **filed)
    actions.pause(agent=agent, now=now)
    variables = {
        agent.pk: ":agent", held.token: ":token", filed["request_id"]: "gen_random_uuid()", held.number: ":number",
        held.pk: ":id", taken.token: "gen_random_uuid()",
    }  # fmt: skip
    return "\n".join([f"\\set agent :client_id + {agents[0].pk}", "BEGIN;", *_arranged(caught, variables), "COMMIT;"])


def _arranged(caught: list[tuple[str, list[Any]]], variables: dict[Any, str]) -> Iterator[str]:
    """The statements with the take at the front: it brings the number that is filed then."""
    texts = [(statement, flat(_filled(statement, values, variables))) for statement, values in caught]
    head = [text for _statement, text in texts if text.startswith("SELECT accounts_user")]
    takes = [text for _statement, text in texts if text.startswith("UPDATE") and "SKIP LOCKED" in text]
    rest = [text for _statement, text in texts if text not in head + takes and not text.startswith("SELECT place")]
    if not (len(head) == len(takes) == 1 and len(rest) == 2):
        raise RuntimeError(f"a press sends other statements than it did: {[text[:60] for _s, text in texts]}")
    yield f"{head[0]};"
    # Only the floor changes from take to take; the number's own columns come back.
    floored = re.sub(r"place >= [1-9][0-9]*", "place >= :floor", takes[0], count=1)
    yield f"{floored} \\gset\n\\set floor greatest(:place - {SLACK}, 0)"
    yield from (f"{text};" for text in rest)


def _filled(statement: str, values: list[Any], variables: dict[Any, str]) -> str:
    """A statement with its values written into it, but for those that are variable."""
    written = iter([variables.get(value) or _literal(value) for value in map(_plain, values)])
    return re.sub("%s", lambda _mark: next(written), statement).replace("%%", "%")


def _plain(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) and re.fullmatch("[0-9a-f-]{36}", value) else value


def _literal(value: Any) -> str:
    connection.ensure_connection()
    return sql.Literal(value).as_string(connection.connection)


def catch(caught: list[tuple[str, list[Any]]]) -> Callable:
    def execute(run: Callable, statement: str, values: Any, many: bool, context: Any) -> Any:
        caught.append((statement, list(values or ())))
        return run(statement, values, many, context)

    return execute


def flat(statement: str) -> str:
    return " ".join(statement.split())


def rate(text: str, clients: int, seconds: float) -> float:
    """How many a second pgbench gets through."""
    place = connection.settings_dict
    variables = {**os.environ, "PGHOST": place["HOST"], "PGPORT": str(place["PORT"]), "PGUSER": place["USER"]}
    variables |= {"PGPASSWORD": place["PASSWORD"]} if place["PASSWORD"] else {}
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        wishes = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(THREADS), "-T", str(max(1, round(seconds)))]
        command = [find_programs() / "pgbench", *wishes, "-D", "floor=0", "-f", file.name, place["NAME"]]
        done = subprocess.run(command, env=variables, capture_output=True, text=True)
    found = RATE.search(done.stdout)
    if not found:
        raise RuntimeError(f"pgbench says: {done.stderr[-600:]}\n{text}")
    return float(found[1])


def doubles() -> Ratio:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) - count(DISTINCT number) FROM callback_call")
        return Ratio(2, "numbers that were given twice", cursor.fetchone()[0], "numbers", 0)
