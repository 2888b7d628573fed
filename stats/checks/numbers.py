"""Whether each number stands as its history says: its calls, the re-queues after them, the lists that name it.

The last call that counts decides: neither late nor taken back. A number that was deleted and came in again is another
one, to which the old calls do not lead.
"""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, by_sql

COUNTS = "NOT call.late AND call.withdrawn_at IS NULL"
CLASSIFIED = "SELECT count(*) AS classified FROM phones_phone WHERE state = 'classified'"

# A call that was filed at that very moment, or else nothing has classified it.
NOT_FILED = f"""
    SELECT phone.id AS phone, phone.number AS number, phone.classified_at AS at, 'no_call' AS what
    FROM phones_phone phone
    WHERE phone.state = 'classified' AND NOT EXISTS (
        SELECT 1 FROM callback_call call
        WHERE call.phone_id = phone.id AND call.filed_at = phone.classified_at AND {COUNTS})"""  # noqa: S608
REQUEUED_SINCE = """
    SELECT phone.id, phone.number, event.at, 'requeued'
    FROM phones_event event JOIN phones_phone phone ON phone.id = event.phone_id
    WHERE event.kind = 'requeue' AND phone.state = 'classified' AND event.at > phone.classified_at"""

DIFFERS = {
    "agent": "call.agent_id <> phone.agent_id",
    "type": "call.standing_type_id <> phone.type_id",
    "order_region": "COALESCE(call.standing_order_region_id, 0) <> COALESCE(phone.order_region_id, 0)",
    "note": "call.standing_note <> phone.note",
}
OTHERWISE = f"""
    SELECT phone.id AS phone, phone.number AS number,
        {" || ".join(f"CASE WHEN {differs} THEN '{name} ' ELSE '' END" for name, differs in DIFFERS.items())} AS parts,
        phone.agent_id AS agent, phone.type_id AS type, phone.order_region_id AS order_region,
        call.agent_id AS call_agent, call.standing_type_id AS call_type,
        call.standing_order_region_id AS call_order_region
    FROM phones_phone phone
    JOIN callback_call call ON call.phone_id = phone.id AND call.filed_at = phone.classified_at AND {COUNTS}
    WHERE phone.state = 'classified' AND ({" OR ".join(DIFFERS.values())})"""  # noqa: S608

# Compared by the clock, as calls and events are counted apart; what happens at one moment is in order. A number that
# was deleted, came in anew, and is back from a second deletion has calls of its first life, which count no more.
STILL_COUNTED = f"""
    SELECT phone.id AS phone, phone.number AS number, phone.state AS state, call.filed_at AS at
    FROM callback_call call JOIN phones_phone phone ON phone.id = call.phone_id
    WHERE phone.state <> 'classified' AND {COUNTS} AND NOT EXISTS (
        SELECT 1 FROM phones_event event
        WHERE event.phone_id = phone.id AND event.kind = 'requeue' AND event.at >= call.filed_at
    ) AND 0 >= (
        SELECT count(*) FILTER (WHERE event.kind = 'delete') - count(*) FILTER (WHERE event.kind = 'restore')
        FROM phones_event event
        WHERE event.phone_id = phone.id AND event.kind IN ('delete', 'restore') AND event.at >= call.filed_at)"""  # noqa: S608

# A list that is loading may have named numbers that it has not excluded yet.
LISTS = """
    SELECT phone.id AS phone, phone.number AS number, NULL AS batch, 'no_list' AS what
    FROM phones_phone phone
    WHERE (phone.state = 'excluded' OR phone.suppressed)
        AND NOT EXISTS (SELECT 1 FROM phones_exclusion named WHERE named.phone_id = phone.id)
    UNION ALL
    SELECT phone.id, phone.number, batch.id, 'named'
    FROM phones_exclusion named
    JOIN phones_batch batch ON batch.id = named.batch_id
    JOIN phones_phone phone ON phone.id = named.phone_id
    WHERE batch.state <> 'loading' AND phone.state <> 'excluded' AND NOT phone.suppressed"""

CHECKS = (
    Check(
        name="classified",
        words=_("Classified numbers"),
        holds=_("classified %(classified)s: each has its call, and none was re-queued after it"),
        broken={
            "no_call": _("Number %(number)s was classified at %(at)s, but no call that counts was filed then"),
            "requeued": _("Number %(number)s was re-queued at %(at)s, after its call, but still stands as classified"),
        },
        ask=by_sql(figures=CLASSIFIED, faults=f"{NOT_FILED} UNION ALL {REQUEUED_SINCE}"),
    ),
    Check(
        name="results",
        words=_("Results of classified numbers"),
        holds=_("classified %(classified)s: agent, type, order region and note are those of the call"),
        broken=_(
            "Number %(number)s differs from its call: %(parts)s. The number has %(agent)s, %(type)s, order region"
            " %(order_region)s; the call has %(call_agent)s, %(call_type)s, order region %(call_order_region)s"
        ),
        ask=by_sql(figures=CLASSIFIED, faults=OTHERWISE),
    ),
    Check(
        name="unclassified",
        words=_("Numbers without a result"),
        holds=_("without a result %(others)s: none of them has lost the result of a call"),
        broken=_("Number %(number)s was classified at %(at)s and not re-queued since, but stands as %(state)s"),
        ask=by_sql(
            figures="SELECT count(*) AS others FROM phones_phone WHERE state <> 'classified'", faults=STILL_COUNTED
        ),
    ),
    Check(
        name="exclusions",
        words=_("Excluded numbers"),
        holds=_("excluded %(excluded)s, classified and sealed %(suppressed)s: exactly the numbers on exclusion lists"),
        broken={
            "no_list": _("Number %(number)s is excluded or sealed, but on no exclusion list"),
            "named": _("Number %(number)s is on the exclusion list %(batch)s, but neither excluded nor sealed"),
        },
        ask=by_sql(
            figures=(
                "SELECT count(*) FILTER (WHERE state = 'excluded') AS excluded,"
                " count(*) FILTER (WHERE suppressed) AS suppressed FROM phones_phone"
            ),
            faults=LISTS,
        ),
    ),
)
