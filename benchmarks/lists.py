"""The pages of long tables: each of them, also a deep one, in a few milliseconds of SQL."""

from collections.abc import Iterator

from django.db import connection
from django.test import Client

from benchmarks import looking, stock
from benchmarks.ratio import Ratio, Sizes
from callback.models import Call
from config.models import BusinessType
from phones.models import Phone

MOST_MS = 50
MOST_ON_SQLITE = 1_000_000


def measure(sizes: Sizes) -> Iterator[Ratio]:
    many = min(sizes.many, MOST_ON_SQLITE) if connection.vendor == "sqlite" else sizes.many
    batch = stock.fill(many, seed=sizes.seed)
    stock.log_calls(many, batch)
    stock.log_logins(many)
    boss, client = stock.boss(), Client()
    client.force_login(boss)
    for what, path in pages(many, batch.pk):
        yield Ratio(6, f"{what}, in SQL", looking.sql_ms(client, path), "ms", MOST_MS)
    some = Phone.objects.order_by("pk")[0]
    for what, query in (("a whole number", some.number), ("four digits", some.number[-4:])):
        # The question first, then the page that it leads to.
        spent = looking.sql_ms(client, "/lookup/", {"query": query})
        yield Ratio(6, f"lookup of {what}, in SQL", spent, "ms", MOST_MS)
        yield Ratio(6, f"lookup of {what}, its page, in SQL", looking.sql_ms(client, "/lookup/"), "ms", MOST_MS)


def pages(many: int, batch: int) -> Iterator[tuple[str, str]]:
    """What is looked at, and where; the deep ones lie in the middle of the table, and at its end."""
    (middle,) = Phone.objects.order_by("pk").values_list("pk", flat=True)[many // 2 : many // 2 + 1]
    first, last = stock.month()
    yield "a number's history", f"/numbers/{middle}/"
    for name, query in (("all", ""), ("pending", "state=pending&"), ("of a batch", f"batch={batch}&")):
        yield f"export, {name}", f"/phones/export/?{query}"
        yield f"export, {name}, in the middle", f"/phones/export/?{query}after={middle}"
        yield f"export, {name}, the last page", f"/phones/export/?{query}before=end"
    yield "export, by number, in the middle", f"/phones/export/?order=number&after={middle}"
    # Of those that few or no numbers have, none may be looked for among all.
    yield "export, of an agent", f"/phones/export/?agent={stock.people(1)[0].pk}"
    yield "export, of a type", f"/phones/export/?type={BusinessType.objects.in_order()[0].pk}"
    yield "export, of a day", f"/phones/export/?start={first}&end={first}"
    yield "calls of a month", f"/stats/team/calls/?start={first}&end={last}"
    # In the middle of the month, and of the calls of a day.
    day = first + (last - first) // 2
    calls = Call.objects.filter(day=day).order_by("pk")
    call = calls[calls.count() // 2]
    yield "calls of a month, in the middle", f"/stats/team/calls/?start={first}&end={last}&older={day}.{call.pk}"
    yield "log of logins", "/audit/logins/"
    yield "log of logins, in the middle", f"/audit/logins/?older={many // 2}"
    yield "log", "/audit/"
    yield "batches", "/phones/batches/"
    yield "jobs", "/jobs/"
