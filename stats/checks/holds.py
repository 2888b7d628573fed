"""Whether the numbers on sheets are held as they should: each by one agent, each agent one, none of them ended."""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, by_sql

HELD = "SELECT count(*) AS held FROM phones_phone WHERE state = 'held'"

SEVERAL = """
    SELECT holder_id AS agent, count(*) AS numbers
    FROM phones_phone WHERE state = 'held' AND holder_id IS NOT NULL GROUP BY holder_id HAVING count(*) > 1"""
HALVES = """
    SELECT id AS phone, number, state, 'incomplete' AS what FROM phones_phone
    WHERE state = 'held' AND (holder_id IS NULL OR token IS NULL OR taken_at IS NULL OR expires_at IS NULL)
    UNION ALL
    SELECT id, number, state, 'left_over' FROM phones_phone
    WHERE state <> 'held' AND (holder_id IS NOT NULL OR token IS NOT NULL OR expires_at IS NOT NULL)"""
ENDED = """
    SELECT phone.id AS phone, phone.number AS number, phone.holder_id AS agent, 'call' AS what
    FROM phones_phone phone JOIN callback_call call ON call.token = phone.token WHERE phone.state = 'held'
    UNION ALL
    SELECT phone.id, phone.number, phone.holder_id, 'event'
    FROM phones_phone phone JOIN phones_event event ON event.token = phone.token WHERE phone.state = 'held'"""

CHECKS = (
    Check(
        name="holders",
        words=_("One number an agent"),
        holds=_("on sheets %(held)s, with as many agents: %(agents)s"),
        broken=_("%(agent)s holds %(numbers)s numbers at once"),
        ask=by_sql(
            figures=(
                "SELECT count(*) AS held, count(DISTINCT holder_id) AS agents FROM phones_phone WHERE state = 'held'"
            ),
            faults=SEVERAL,
        ),
    ),
    Check(
        name="holds",
        words=_("Whole holds"),
        holds=_("on sheets %(held)s: each has holder, token and end, and no other number has"),
        broken={
            "incomplete": _("Number %(number)s is on a sheet without holder, token, beginning or end"),
            "left_over": _("Number %(number)s is %(state)s, but still has a holder, a token or an end"),
        },
        ask=by_sql(figures=HELD, faults=HALVES),
    ),
    Check(
        name="tokens",
        words=_("Holds that go on"),
        holds=_("on sheets %(held)s: for none of these holds was a call filed, and none has ended"),
        broken={
            "call": _("Number %(number)s is on the sheet of %(agent)s, though a call was filed for this hold"),
            "event": _("Number %(number)s is on the sheet of %(agent)s, though this hold has ended"),
        },
        ask=by_sql(figures=HELD, faults=ENDED),
    ),
)
