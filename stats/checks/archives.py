"""Whether what was deleted can be restored: the archives' counts, the batches' counts of what went, the files."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from callback import archives
from phones.models import Archive
from stats.checks.check import SHOWN, Answer, Check, Row, by_sql, rows

# Deletions that came to their end, and those that left an archive though they did not.
KEPT = "SELECT id FROM phones_job WHERE state = 'done' UNION SELECT job_id FROM phones_archive"
DELETED = f"""
    SELECT CAST(job_id AS text) AS job, NULL AS archive, 0 AS count, 0 AS restored, count(*) AS deleted, 0 AS back
    FROM phones_event WHERE kind = 'delete' AND job_id IN ({KEPT}) GROUP BY job_id"""  # noqa: S608
# By a restore, or by the deletion itself where it could not go on.
BACK = """
    SELECT CAST(archive.job_id AS text), NULL, 0, 0, 0, restored.events
    FROM (
        SELECT job_id, count(*) AS events FROM phones_event WHERE kind = 'restore' GROUP BY job_id
    ) AS restored
    JOIN phones_job job ON job.id = restored.job_id
    JOIN phones_archive archive ON archive.job_id = job.id OR archive.id = {archive_of_job}"""
ARCHIVES = f"""
    SELECT max(archive) AS archive, job, sum(count) AS count, sum(restored) AS restored, sum(deleted) AS deleted,
        sum(back) AS back, CASE WHEN max(archive) IS NULL THEN 'no_archive' ELSE 'counts' END AS what
    FROM (
        {DELETED}
        UNION ALL
        SELECT CAST(job_id AS text), id, count, restored_count, 0, 0 FROM phones_archive
        UNION ALL
        {BACK}
    ) AS sides
    GROUP BY job
    HAVING sum(count) <> sum(deleted) OR sum(restored) <> sum(back) OR sum(restored) > sum(count)"""  # noqa: S608

# A revert deletes numbers as well, without an event for each; so a batch may have lost more than these.
GONE = """
    SELECT (SELECT COALESCE(sum(deleted_count), 0) FROM phones_batch) AS gone,
        count(*) FILTER (WHERE kind = 'delete') AS deleted, count(*) FILTER (WHERE kind = 'restore') AS restored
    FROM phones_event WHERE kind IN ('delete', 'restore')"""

FIGURES = """
    SELECT count(*) AS archives, COALESCE(sum(count), 0) AS count, COALESCE(sum(restored_count), 0) AS restored
    FROM phones_archive"""


def _at_fault(contents: bool) -> Iterator[Row]:
    for archive in Archive.objects.order_by("pk"):
        path = archives.path_of(archive.file)
        row = {"archive": archive.pk, "job": str(archive.job_id), "file": archive.file}
        if not path.is_file():
            yield row | {"what": "gone"}
        elif contents and archives.digest(path) != archive.sha256:
            yield row | {"what": "altered"}


def files(*, contents: bool = False) -> Answer:
    """Look whether the archives' files are there; with ``contents``, whether they are as they were written."""
    faults = list(_at_fault(contents))
    return Answer(rows(FIGURES)[0], len(faults), faults[:SHOWN])


CHECKS = (
    Check(
        name="archives",
        words=_("Archives of deletions"),
        holds=_("archives %(archives)s: deleted numbers in them %(count)s, of these restored %(restored)s"),
        broken={
            "counts": _(
                "Archive %(archive)s: numbers in it %(count)s, deleted %(deleted)s; restored by the archive"
                " %(restored)s, by the history of the numbers %(back)s"
            ),
            "no_archive": _("Deletion (job %(job)s): numbers deleted %(deleted)s, but there is no archive of them"),
        },
        ask=by_sql(figures=FIGURES, faults=ARCHIVES),
    ),
    Check(
        name="gone",
        words=_("Numbers that have left their batches"),
        holds=_(
            "gone by the count of the batches %(gone)s; in data maintenance deleted %(deleted)s, restored %(restored)s"
        ),
        broken=_(
            "The batches count %(gone)s numbers gone, but in data maintenance %(deleted)s were deleted and"
            " %(restored)s restored"
        ),
        ask=by_sql(
            figures=GONE,
            faults=f"SELECT gone.* FROM ({GONE}) AS gone WHERE gone < deleted - restored",  # noqa: S608
        ),
    ),
    Check(
        name="files",
        words=_("Files of the archives"),
        holds=_("archives %(archives)s: each file is there"),
        broken={
            "gone": _("The file of archive %(archive)s is gone: %(file)s"),
            "altered": _("The file of archive %(archive)s was altered: %(file)s"),
        },
        ask=files,
    ),
)
