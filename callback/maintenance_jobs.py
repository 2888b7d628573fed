"""The kinds of jobs that data maintenance has: re-queue, deletion, restore; administrators' alone."""

from django.utils.translation import gettext_lazy as _

from callback import deletions, requeues, restores
from phones.job_kinds import JobKind, always, register
from phones.models import Job

FREEZE = ("freeze", _("Note down which numbers"))
CANCEL_MEANS = _("A cancel before the first number is touched leaves all as it is. After that, it goes on to its end.")
FACTS = "callback/_job_facts_maintenance.html"


def register_all() -> None:
    register(
        Job.Kind.REQUEUE,
        JobKind(
            run=requeues.run,
            undo=requeues.undo,
            stages=(FREEZE, ("requeue", _("Make them pending"))),
            cancel_means=CANCEL_MEANS,
            module=always(None),
            foot="callback/_job_foot_requeue.html",
            facts=FACTS,
        ),
    )
    register(
        Job.Kind.DELETE,
        JobKind(
            run=deletions.run,
            undo=deletions.undo,
            stages=(FREEZE, ("delete", _("Archive and delete them"))),
            cancel_means=CANCEL_MEANS,
            module=always(None),
            foot="callback/_job_foot_delete.html",
            facts=FACTS,
        ),
    )
    register(
        Job.Kind.RESTORE,
        JobKind(
            run=restores.run,
            undo=restores.undo,
            stages=(("verify", _("Check the archive")), ("restore", _("Put the numbers back"))),
            cancel_means=CANCEL_MEANS,
            module=always(None),
            foot="callback/_job_foot_restore.html",
            facts=FACTS,
        ),
    )
