"""Whether what administrators did to many numbers at once is on record with its true count: re-queue, delete, restore.

A job of these that is under way writes its line in the log at its end.
"""

from django.utils.translation import gettext_lazy as _

from stats.checks.check import Check, by_sql

KINDS = "('requeue', 'delete', 'restore')"
ACTIONS = "('numbers.requeue', 'numbers.delete', 'numbers.restore')"
OPEN = "SELECT CAST(id AS text) FROM phones_job WHERE state IN ('waiting', 'running')"

# One that was cancelled or failed may have done nothing, but not anything without a line.
DEEDS = f"""
    SELECT job, kind, sum(done) AS done, sum(entries) AS entries, sum(told) AS told, sum(events) AS events FROM (
        SELECT CAST(id AS text) AS job, kind, 1 AS done, 0 AS entries, 0 AS told, 0 AS events
        FROM phones_job WHERE kind IN {KINDS} AND state = 'done'
        UNION ALL
        SELECT {{job_of_entry}}, replace(action, 'numbers.', ''), 0, 1, COALESCE(count, 0), 0
        FROM accounts_auditentry WHERE action IN {ACTIONS}
        UNION ALL
        SELECT CAST(job_id AS text), kind, 0, 0, 0, count(*)
        FROM phones_event WHERE job_id IS NOT NULL AND kind IN {KINDS} GROUP BY job_id, kind
    ) AS both_sides
    WHERE job IS NULL OR job NOT IN ({OPEN})
    GROUP BY job, kind
    HAVING sum(entries) <> 1 OR sum(told) <> sum(events)"""  # noqa: S608

CHECKS = (
    Check(
        name="deeds",
        words=_("Re-queues, deletions and restores"),
        holds=_(
            "re-queued %(requeued)s, deleted %(deleted)s, restored %(restored)s, in jobs %(jobs)s: the audit log has"
            " each of them with its count"
        ),
        broken=_(
            "%(kind)s (job %(job)s): numbers changed %(events)s, but by the audit log %(told)s, in lines %(entries)s"
        ),
        ask=by_sql(
            figures=(
                f"SELECT (SELECT count(*) FROM phones_job WHERE kind IN {KINDS} AND state = 'done') AS jobs,"  # noqa: S608
                " count(*) FILTER (WHERE kind = 'requeue') AS requeued,"
                " count(*) FILTER (WHERE kind = 'delete') AS deleted,"
                " count(*) FILTER (WHERE kind = 'restore') AS restored"
                f" FROM phones_event WHERE kind IN {KINDS} AND job_id IS NOT NULL"
            ),
            faults=DEEDS,
        ),
    ),
)
