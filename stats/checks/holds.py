"""Whether the numbers on sheets are held as they should: each by one agent, each agent one, none of them ended.

A sheet of paper holds many, each by one of its lines.
"""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, by_sql

HELD = "SELECT count(*) AS held FROM phones_phone WHERE state = 'held'"

SEVERAL = """
    SELECT holder_id AS agent, count(*) AS numbers
    FROM phones_phone WHERE state = 'held' AND holder_id IS NOT NULL GROUP BY holder_id HAVING count(*) > 1"""
HALVES = """
    SELECT id AS phone, number, state, 'incomplete' AS what FROM phones_phone
    WHERE state = 'held' AND ((holder_id IS NULL) = (paper_id IS NULL) OR token IS NULL OR taken_at IS NULL
        OR expires_at IS NULL)
    UNION ALL
    SELECT id, number, state, 'left_over' FROM phones_phone
    WHERE state <> 'held' AND (holder_id IS NOT NULL OR paper_id IS NOT NULL OR token IS NOT NULL
        OR expires_at IS NOT NULL)"""
# Whose a hold is: the sheet of paper says it where that is what holds the number.
WHOSE = (
    "COALESCE(phone.holder_id, (SELECT paper.agent_id FROM phones_papersheet paper WHERE paper.id = phone.paper_id))"
)
ENDED = f"""
    SELECT phone.id AS phone, phone.number AS number, {WHOSE} AS agent, 'call' AS what
    FROM phones_phone phone JOIN callback_call call ON call.token = phone.token WHERE phone.state = 'held'
    UNION ALL
    SELECT phone.id, phone.number, {WHOSE}, 'event'
    FROM phones_phone phone JOIN phones_event event ON event.token = phone.token
    WHERE phone.state = 'held'"""  # noqa: S608
# A line whose result was taken back after a list had named its number keeps the call that was withdrawn.
ON_PAPER = """
    SELECT phone.id AS phone, phone.number AS number, phone.paper_id AS sheet, 0 AS line, 'no_line' AS what
    FROM phones_phone phone LEFT JOIN phones_paperline line
    ON line.token = phone.token AND line.sheet_id = phone.paper_id AND line.phone_id = phone.id
    AND line.keyed_at IS NULL
    WHERE phone.paper_id IS NOT NULL AND line.id IS NULL
    UNION ALL
    SELECT line.phone_id, line.number, line.sheet_id, line.line, 'no_call'
    FROM phones_paperline line JOIN phones_papersheet sheet ON sheet.id = line.sheet_id
    LEFT JOIN callback_call call ON call.token = line.token AND call.agent_id = sheet.agent_id
    WHERE line.keyed_at IS NOT NULL AND call.id IS NULL
    UNION ALL
    SELECT line.phone_id, line.number, line.sheet_id, line.line, 'lost'
    FROM phones_paperline line
    LEFT JOIN phones_phone phone ON phone.token = line.token AND phone.state = 'held'
    LEFT JOIN phones_event event ON event.token = line.token
    WHERE line.keyed_at IS NULL AND phone.id IS NULL AND event.id IS NULL"""

CHECKS = (
    Check(
        name="holders",
        words=_("One number for each agent"),
        holds=_("on sheets %(held)s; agents with a number on their sheet %(agents)s"),
        broken=_("%(agent)s has %(numbers)s numbers on the sheet at once"),
        ask=by_sql(
            figures=(
                "SELECT count(*) AS held, count(DISTINCT holder_id) AS agents FROM phones_phone WHERE state = 'held'"
            ),
            faults=SEVERAL,
        ),
    ),
    Check(
        name="holds",
        words=_("Records of numbers on sheets"),
        holds=_("on sheets %(held)s: each has the agent and the end of its hold, and no other number has"),
        broken={
            "incomplete": _(
                "Number %(number)s is on a sheet, but the agent, token, beginning or end of its hold is missing"
            ),
            "left_over": _("Number %(number)s is %(state)s, but still carries the agent, token or end of a hold"),
        },
        ask=by_sql(figures=HELD, faults=HALVES),
    ),
    Check(
        name="tokens",
        words=_("Numbers on sheets not yet filed"),
        holds=_("on sheets %(held)s: none was filed or given back since it was taken"),
        broken={
            "call": _("Number %(number)s is on the sheet of %(agent)s, though its result is filed already"),
            "event": _(
                "Number %(number)s is on the sheet of %(agent)s, though it was skipped, given back or recalled already"
            ),
        },
        ask=by_sql(figures=HELD, faults=ENDED),
    ),
    Check(
        name="paper",
        words=_("Numbers on paper sheets"),
        holds=_(
            "on paper %(held)s, in lines %(lines)s, keyed in %(keyed)s: each line has its number, its call, or how it"
            " was given back"
        ),
        broken={
            "no_line": _("Number %(number)s is on paper sheet %(sheet)s, but on none of its open lines"),
            "no_call": _("Line %(line)s of paper sheet %(sheet)s, number %(number)s, is keyed in without a call"),
            "lost": _(
                "Line %(line)s of paper sheet %(sheet)s, number %(number)s, is open, but the number is neither on"
                " paper nor given back"
            ),
        },
        ask=by_sql(
            figures=(
                "SELECT (SELECT count(*) FROM phones_phone WHERE paper_id IS NOT NULL) AS held,"
                " count(*) AS lines, count(keyed_at) AS keyed FROM phones_paperline"
            ),
            faults=ON_PAPER,
        ),
    ),
)
