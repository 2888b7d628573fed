"""Whether every number that came in is accounted for: by batch, by carrier and region, and by the entries of a list.

A batch that is loading is not there yet; one whose import was cancelled has left nothing.
"""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, Row, by_sql, rows

STATES = """
    count(*) FILTER (WHERE state = 'pending') AS pending,
    count(*) FILTER (WHERE state = 'held') AS held,
    count(*) FILTER (WHERE state = 'classified') AS classified,
    count(*) FILTER (WHERE state = 'excluded') AS excluded"""
SUMS = """
    COALESCE(sum(imported), 0) AS imported,
    COALESCE(sum(pending), 0) AS pending,
    COALESCE(sum(held), 0) AS held,
    COALESCE(sum(classified), 0) AS classified,
    COALESCE(sum(excluded), 0) AS excluded,
    COALESCE(sum(deleted), 0) AS deleted"""
FOUND = "pending + held + classified + excluded + deleted"

BOOKS = f"""
    SELECT
        batch.id AS batch,
        CASE WHEN batch.state = 'cancelled' THEN 0 ELSE batch.new_count END AS imported,
        COALESCE(pending, 0) AS pending,
        COALESCE(held, 0) AS held,
        COALESCE(classified, 0) AS classified,
        COALESCE(excluded, 0) AS excluded,
        CASE WHEN batch.state = 'cancelled' THEN 0 ELSE batch.deleted_count END AS deleted
    FROM phones_batch batch
    LEFT JOIN (SELECT batch_id, {STATES} FROM phones_phone GROUP BY batch_id) AS counted ON counted.batch_id = batch.id
    WHERE batch.state <> 'loading'"""  # noqa: S608 -- of constants, as all statements of this package

# What was imported is told by the batches, where the numbers are by the numbers' own carrier and region.
PLACES = f"""
    SELECT carrier, region, {SUMS} FROM (
        SELECT carrier_id AS carrier, region_id AS region, new_count AS imported,
            0 AS pending, 0 AS held, 0 AS classified, 0 AS excluded, deleted_count AS deleted
        FROM phones_batch WHERE state NOT IN ('loading', 'cancelled')
        UNION ALL
        SELECT carrier_id, region_id, 0, pending, held, classified, excluded, 0 FROM (
            SELECT carrier_id, region_id, {STATES} FROM phones_phone
            WHERE batch_id NOT IN (SELECT id FROM phones_batch WHERE state = 'loading')
            GROUP BY carrier_id, region_id
        ) AS counted
    ) AS counts
    GROUP BY carrier, region"""  # noqa: S608

ENTRIES = """
    SELECT id AS batch, entry_count AS entries, new_count AS added, ({known}) AS known, repeated_count AS repeated,
        rejected_count AS rejected
    FROM phones_batch WHERE state NOT IN ('loading', 'cancelled')"""

CHECKS = (
    Check(
        name="batches",
        words=_("Each batch"),
        holds=_(
            "imported %(imported)s = pending %(pending)s + on sheets %(held)s + classified %(classified)s"
            " + excluded %(excluded)s + deleted %(deleted)s (batches: %(batches)s)"
        ),
        broken=_(
            "Batch %(batch)s: imported %(imported)s, but pending %(pending)s + on sheets %(held)s"
            " + classified %(classified)s + excluded %(excluded)s + deleted %(deleted)s = %(found)s"
        ),
        ask=by_sql(
            figures=f"SELECT count(*) AS batches, {SUMS} FROM ({BOOKS}) AS books",  # noqa: S608
            faults=f"SELECT books.*, {FOUND} AS found FROM ({BOOKS}) AS books WHERE imported <> {FOUND}",  # noqa: S608
        ),
    ),
    Check(
        name="places",
        words=_("Each carrier and region"),
        holds=_("carriers %(carriers)s, regions %(regions)s: each adds up in the same way; imported %(imported)s"),
        broken=_(
            "%(carrier)s, %(region)s: imported %(imported)s, but pending %(pending)s + on sheets %(held)s"
            " + classified %(classified)s + excluded %(excluded)s + deleted %(deleted)s = %(found)s"
        ),
        ask=by_sql(
            figures=(
                "SELECT count(DISTINCT carrier) AS carriers, count(DISTINCT region) AS regions,"  # noqa: S608
                f" COALESCE(sum(imported), 0) AS imported FROM ({PLACES}) AS places"
            ),
            faults=f"SELECT places.*, {FOUND} AS found FROM ({PLACES}) AS places WHERE imported <> {FOUND}",  # noqa: S608
        ),
    ),
    Check(
        name="entries",
        words=_("The entries of each list"),
        holds=_(
            "entries %(entries)s = new %(added)s + known %(known)s + repeated %(repeated)s + not a number %(rejected)s"
        ),
        broken=_(
            "Batch %(batch)s: entries %(entries)s, but new %(added)s + known %(known)s + repeated %(repeated)s"
            " + not a number %(rejected)s = %(found)s"
        ),
        ask=by_sql(
            figures=(
                "SELECT COALESCE(sum(entries), 0) AS entries, COALESCE(sum(added), 0) AS added,"  # noqa: S608
                " COALESCE(sum(known), 0) AS known, COALESCE(sum(repeated), 0) AS repeated,"
                f" COALESCE(sum(rejected), 0) AS rejected FROM ({ENTRIES}) AS lists"
            ),
            faults=(
                "SELECT lists.*, added + known + repeated + rejected AS found"  # noqa: S608
                f" FROM ({ENTRIES}) AS lists WHERE entries <> added + known + repeated + rejected"
            ),
        ),
    ),
)


def places() -> list[Row]:
    """Where the numbers of each carrier and region are: a row for each pair of them."""
    return rows(PLACES)
