"""Whether the calls by the hour are what a recount of the call log gives."""

from django.utils.translation import gettext_lazy as _

from config.models import BOOKING, NOT_CONNECTED, VALID_CODES
from stats.checks.check import Check, by_sql

COUNTS = ("filed", "valid", "booking", "not_connected")
RECOUNT = f"""
    SELECT at, agent_id AS agent, carrier_id AS carrier,
        {", ".join(f"sum(log_{name}) AS log_{name}, sum({name}) AS {name}" for name in COUNTS)}
    FROM (
        SELECT {{hour_of_call}} AS at, agent_id, carrier_id,
            count(*) AS log_filed, 0 AS filed,
            sum(CASE WHEN code IN {VALID_CODES} THEN 1 ELSE 0 END) AS log_valid, 0 AS valid,
            sum(CASE WHEN code = {BOOKING} THEN 1 ELSE 0 END) AS log_booking, 0 AS booking,
            sum(CASE WHEN code = {NOT_CONNECTED} THEN 1 ELSE 0 END) AS log_not_connected, 0 AS not_connected
        FROM callback_call JOIN config_businesstype AS type ON type.id = type_id
        WHERE withdrawn_at IS NULL GROUP BY 1, agent_id, carrier_id
        UNION ALL
        SELECT hour_at, agent_id, carrier_id, 0, filed, 0, valid, 0, booking, 0, not_connected
        FROM callback_hourtally
    ) AS counts
    GROUP BY at, agent_id, carrier_id
    HAVING {" OR ".join(f"sum(log_{name}) <> sum({name})" for name in COUNTS)}"""  # noqa: S608

CHECKS = (
    Check(
        name="hours",
        words=_("The calls by the hour and the call log"),
        holds=_("call log %(calls)s, without those taken back; by the hour %(filed)s"),
        broken=_(
            "The hour from %(at)s, %(agent)s, %(carrier)s: by the call log %(log_filed)s filed, %(log_valid)s valid,"
            " %(log_booking)s booked, %(log_not_connected)s not connected; by the hour %(filed)s, %(valid)s,"
            " %(booking)s, %(not_connected)s"
        ),
        ask=by_sql(
            figures=(
                "SELECT (SELECT count(*) FROM callback_call WHERE withdrawn_at IS NULL) AS calls,"
                " COALESCE(sum(filed), 0) AS filed FROM callback_hourtally"
            ),
            faults=RECOUNT,
        ),
    ),
)
