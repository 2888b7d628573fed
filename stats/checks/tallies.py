"""Whether the statistics are what a recount of the call log gives."""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, by_sql

KEY = "day, agent_id, batch_id, carrier_id, region_id"
# The log is gone through once, by both types: what must be put together is short then.
RECOUNT = f"""
    WITH log AS MATERIALIZED (
        SELECT {KEY}, type_id, standing_type_id, count(*) AS calls
        FROM callback_call WHERE withdrawn_at IS NULL GROUP BY {KEY}, type_id, standing_type_id
    )
    SELECT day, agent_id AS agent, batch_id AS batch, carrier_id AS carrier, region_id AS region, type_id AS type,
        sum(log_filed) AS log_filed, sum(filed) AS filed, sum(log_standing) AS log_standing, sum(standing) AS standing
    FROM (
        SELECT {KEY}, type_id, calls AS log_filed, 0 AS filed, 0 AS log_standing, 0 AS standing FROM log
        UNION ALL
        SELECT {KEY}, standing_type_id, 0, 0, calls, 0 FROM log
        UNION ALL
        SELECT {KEY}, type_id, 0, filed, 0, standing FROM callback_tally
    ) AS counts
    GROUP BY {KEY}, type_id
    HAVING sum(log_filed) <> sum(filed) OR sum(log_standing) <> sum(standing)"""  # noqa: S608

CHECKS = (
    Check(
        name="tallies",
        words=_("The statistics and the call log"),
        holds=_(
            "call log %(calls)s, without those taken back; statistics %(filed)s as filed, %(standing)s as it stands"
        ),
        broken=_(
            "%(day)s, %(agent)s, batch %(batch)s, %(carrier)s, %(region)s, %(type)s: by the call log %(log_filed)s as"
            " filed and %(log_standing)s as it stands, in the statistics %(filed)s and %(standing)s"
        ),
        ask=by_sql(
            figures=(
                "SELECT (SELECT count(*) FROM callback_call WHERE withdrawn_at IS NULL) AS calls,"
                " COALESCE(sum(filed), 0) AS filed, COALESCE(sum(standing), 0) AS standing FROM callback_tally"
            ),
            faults=RECOUNT,
        ),
    ),
)
