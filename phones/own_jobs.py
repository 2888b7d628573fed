"""The kinds of jobs that are about the stock: check, import, revert, export."""

from django.utils.translation import gettext_lazy as _

from accounts.modules import Module
from phones import comparison, exports, files, imports, reverts
from phones.job_kinds import JobKind, always, register
from phones.models import Job

READ = ("read", _("Read the file"))


def register_all() -> None:
    _register_lists()
    _register_numbers()


def _register_lists() -> None:
    """What is done with a list: its check, its import, and that it is taken back."""
    register(
        Job.Kind.CHECK,
        JobKind(
            run=comparison.run,
            stages=(READ, ("compare", _("Compare with the system"))),
            cancel_means=_("If you cancel now, nothing has changed; the file can be sent again."),
            module=always(Module.IMPORT),
            foot="phones/_job_foot_check.html",
        ),
    )
    register(
        Job.Kind.IMPORT,
        JobKind(
            run=imports.run,
            undo=imports.undo,
            stages=(READ, ("write", _("Write the numbers")), ("open", _("Open them to the agents"))),
            cancel_means=_("If you cancel now, what is written is taken out: all is as before the import."),
            module=always(Module.IMPORT),
            foot="phones/_job_foot_batch.html",
        ),
    )
    register(
        Job.Kind.REVERT,
        JobKind(
            run=reverts.run,
            undo=reverts.undo,
            stages=(("revert", _("Take the numbers out")),),
            cancel_means=_("If you cancel now, the batch stays."),
            module=always(Module.IMPORT),
            foot="phones/_job_foot_batch.html",
        ),
    )


def _register_numbers() -> None:
    register(
        Job.Kind.EXPORT,
        JobKind(
            run=exports.run,
            stages=files.STAGES,
            cancel_means=files.CANCEL_MEANS,
            module=always(Module.EXPORT),
            foot="phones/_job_foot_export.html",
            facts="phones/_job_facts_file.html",
        ),
    )
