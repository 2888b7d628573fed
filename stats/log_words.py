"""The words of the audit log and the login log: a name for each action, in the groups by which they are looked for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise


@dataclass(frozen=True)
class Group:
    """Actions that are looked for together."""

    name: str
    label: Words
    actions: dict[str, Words]


# How people come and go, and what they let themselves in with; all else is the audit log's.
LOGINS = (
    Group("login", _("Login"), {"login": _("Login")}),
    Group("failed", _("Failed login"), {"login.failed": _("Failed login")}),
    Group("wrong", _("Own password wrong"), {"password.wrong": _("Own password wrong")}),
    Group("locked", _("Name locked"), {"login.locked": _("Name locked")}),
    Group("logout", _("Logout"), {"logout": _("Logout")}),
    Group("password", _("Password changed"), {"password.change": _("Password changed")}),
)
DEEDS = (
    Group(
        "operators",
        pgettext_lazy("module", "Operators"),
        {
            "operator.create": _("Operator created"),
            "operator.edit": _("Operator changed"),
            "operator.disable": _("Operator disabled"),
            "operator.enable": _("Operator enabled"),
            "operator.delete": _("Operator deleted"),
            "operator.reset_password": _("One-time password issued"),
            "operator.end_sessions": _("Sessions ended"),
            "operator.unlock": _("Name unlocked"),
        },
    ),
    Group(
        "configuration",
        pgettext_lazy("module", "Configuration"),
        {
            "room.change": _("Settings changed"),
            "carrier.add": _("Carrier added"),
            "carrier.rename": _("Carrier renamed"),
            "carrier.enable": _("Carrier enabled"),
            "carrier.disable": _("Carrier disabled"),
            "carrier.move": _("Carrier moved"),
            "carrier.delete": _("Carrier deleted"),
            "region.add": _("Region added"),
            "region.rename": _("Region renamed"),
            "region.enable": _("Region enabled"),
            "region.disable": _("Region disabled"),
            "region.move": _("Region moved"),
            "region.delete": _("Region deleted"),
            "business_type.add": _("Business type added"),
            "business_type.rename": _("Business type renamed"),
            "business_type.replace": _("Business type replaced"),
            "business_type.enable": _("Business type enabled"),
            "business_type.disable": _("Business type disabled"),
            "business_type.move": _("Business type moved"),
            "business_type.delete": _("Business type deleted"),
        },
    ),
    Group(
        "imports",
        _("Imports and exclusions"),
        {
            "import.confirm": _("Import confirmed"),
            "import.done": _("Import done"),
            "import.rejected": _("Rejected rows downloaded"),
            "batch.revert": _("Batch reverted"),
            "exclusion.lift": _("Exclusion lifted"),
        },
    ),
    Group(
        "exports",
        _("Exports, downloads and numbers seen"),
        {
            "numbers.show": _("Whole numbers seen"),
            "export.make": _("Export made"),
            "export.download": _("Export downloaded"),
            "stats.export": _("Statistics exported"),
        },
    ),
    Group(
        "calls",
        _("Amendments, freed numbers, paper"),
        {
            "call.amend": _("Call amended"),
            "hold.free": _("Held number freed"),
            "paper.take": _("Paper sheet taken"),
            "paper.print": _("Paper sheet printed"),
            "paper.give_back": _("Paper sheet given back"),
        },
    ),
    Group(
        "maintenance",
        _("Data maintenance"),
        {
            "numbers.requeue": _("Numbers re-queued"),
            "numbers.delete": _("Numbers deleted"),
            "numbers.restore": _("Numbers restored"),
        },
    ),
    Group(
        "system",
        _("Jobs, balance and backups"),
        {
            "job.cancel": _("Job cancelled"),
            "balance.check": _("Books balanced"),
            "backup.make": _("Backup made"),
            "backup.restore": _("Backup restored"),
        },
    ),
)
LOGIN_ACTIONS = tuple(action for group in LOGINS for action in group.actions)
ACTIONS = {action: words for group in (*LOGINS, *DEEDS) for action, words in group.actions.items()}


def words_of(action: str) -> str:
    """What an action is called; one that nobody has named shows its code."""
    return str(ACTIONS.get(action, action))
