"""Whether calls stand as what was filed and done to them since says: amendments in a chain, calls taken back."""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, by_sql

# What an amendment says that it found: what was filed, or what the one before it made of that.
BEGINS_OTHERWISE = """
    (place = 1 AND (
        link.type_from_id <> call.type_id
        OR COALESCE(link.order_region_from_id, 0) <> COALESCE(call.order_region_id, 0)
        OR link.note_from <> call.note
    )) OR (place > 1 AND (
        link.type_from_id <> type_before
        OR COALESCE(link.order_region_from_id, 0) <> COALESCE(order_region_before, 0)
        OR link.note_from <> note_before
    ))"""
# What the last one made of it is what stands.
ENDS_OTHERWISE = """
    place = length AND (
        link.type_to_id <> call.standing_type_id
        OR COALESCE(link.order_region_to_id, 0) <> COALESCE(call.standing_order_region_id, 0)
        OR link.note_to <> call.standing_note
    )"""
CHAIN = f"""
    SELECT link.call_id AS call_id, call.number AS number, call.phone_id AS phone, call.filed_at AS at,
        link.ordinal AS ordinal,
        CASE WHEN link.ordinal <> place THEN 'ordinal' WHEN {BEGINS_OTHERWISE} THEN 'begins' ELSE 'ends' END AS what
    FROM (
        SELECT amendment.*, row_number() OVER chain AS place,
            count(*) OVER (PARTITION BY call_id) AS length,
            lag(type_to_id) OVER chain AS type_before,
            lag(order_region_to_id) OVER chain AS order_region_before,
            lag(note_to) OVER chain AS note_before
        FROM callback_amendment amendment WINDOW chain AS (PARTITION BY call_id ORDER BY ordinal)
    ) AS link
    JOIN callback_call call ON call.id = link.call_id
    WHERE link.ordinal <> place OR {BEGINS_OTHERWISE} OR {ENDS_OTHERWISE}"""  # noqa: S608

UNAMENDED = """
    SELECT call.id AS call_id, call.number AS number, call.phone_id AS phone, call.filed_at AS at,
        call.type_id AS type, call.standing_type_id AS standing_type
    FROM callback_call call
    WHERE (
        call.standing_type_id <> call.type_id
        OR COALESCE(call.standing_order_region_id, 0) <> COALESCE(call.order_region_id, 0)
        OR call.standing_note <> call.note
    ) AND NOT EXISTS (SELECT 1 FROM callback_amendment amendment WHERE amendment.call_id = call.id)"""

# The action writes both with one clock: who, which number, when.
TAKEN_BACK = """
    SELECT number, agent, at, max(phone) AS phone, sum(calls) AS calls, sum(events) AS events FROM (
        SELECT number, agent_id AS agent, withdrawn_at AS at, phone_id AS phone, 1 AS calls, 0 AS events
        FROM callback_call WHERE withdrawn_at IS NOT NULL
        UNION ALL
        SELECT number, COALESCE(agent_id, by_id), at, phone_id, 0, 1 FROM phones_event WHERE kind = 'undo'
    ) AS both_sides
    GROUP BY number, agent, at
    HAVING sum(calls) <> sum(events)"""

CHECKS = (
    Check(
        name="amendments",
        words=_("Amendments"),
        holds=_(
            "amendments %(amendments)s, of calls %(calls)s: each takes up where the one before left off, and the last"
            " is what stands"
        ),
        broken={
            "ordinal": _("Call of %(at)s to %(number)s: before amendment %(ordinal)s one is missing"),
            "begins": _(
                "Call of %(at)s to %(number)s: amendment %(ordinal)s does not take up where the call stood before it"
            ),
            "ends": _("Call of %(at)s to %(number)s does not stand as its last amendment (%(ordinal)s) says"),
        },
        ask=by_sql(
            figures="SELECT count(*) AS amendments, count(DISTINCT call_id) AS calls FROM callback_amendment",
            faults=CHAIN,
        ),
    ),
    Check(
        name="unamended",
        words=_("Calls that were never amended"),
        holds=_("calls never amended %(calls)s: each still stands as it was filed"),
        broken=_(
            "Call of %(at)s to %(number)s was filed as %(type)s and stands as %(standing_type)s, or with another order"
            " region or note, without an amendment"
        ),
        ask=by_sql(
            figures=(
                "SELECT (SELECT count(*) FROM callback_call)"
                " - (SELECT count(DISTINCT call_id) FROM callback_amendment) AS calls"
            ),
            faults=UNAMENDED,
        ),
    ),
    Check(
        name="withdrawn",
        words=_("Calls taken back"),
        holds=_("calls taken back %(calls)s, by the history of the numbers %(events)s: one for one"),
        broken=_(
            "Number %(number)s, %(agent)s, %(at)s: calls taken back %(calls)s, but by the number's history %(events)s"
        ),
        ask=by_sql(
            figures=(
                "SELECT (SELECT count(*) FROM callback_call WHERE withdrawn_at IS NOT NULL) AS calls,"
                " (SELECT count(*) FROM phones_event WHERE kind = 'undo') AS events"
            ),
            faults=TAKEN_BACK,
        ),
    ),
)
