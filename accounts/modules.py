"""The ten modules of the manual, in its four groups and its order, and a right that is no page."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class Module(TextChoices):
    """What an operator may open."""

    CARRIERS = "carriers", pgettext_lazy("module", "Carriers")
    BUSINESS_TYPES = "business_types", pgettext_lazy("module", "Business types")
    REGIONS = "regions", pgettext_lazy("module", "Regions")
    IMPORT = "import", pgettext_lazy("module", "Import numbers")
    EXPORT = "export", pgettext_lazy("module", "Export numbers")
    TEAM = "team", pgettext_lazy("module", "Call statistics")
    SHEET = "sheet", pgettext_lazy("module", "Callback sheet")
    MINE = "mine", pgettext_lazy("module", "My statistics")
    LOOKUP = "lookup", pgettext_lazy("module", "Number lookup")
    OPERATORS = "operators", pgettext_lazy("module", "Operators")
    # Opens nothing by itself. Without it, numbers are masked but for the one that stands on one's own sheet.
    WHOLE_NUMBERS = "whole_numbers", pgettext_lazy("module", "Whole numbers")


@dataclass(frozen=True)
class Entry:
    """One line of the menu: the module, the name of its first page's URL, and its icon."""

    module: Module
    url_name: str
    icon: str


@dataclass(frozen=True)
class Group:
    title: str | Promise
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        pgettext_lazy("module", "Configuration"),
        (
            Entry(Module.CARRIERS, "config:carriers", "carrier"),
            Entry(Module.BUSINESS_TYPES, "config:business_types", "tag"),
            Entry(Module.REGIONS, "config:regions", "region"),
        ),
    ),
    Group(
        pgettext_lazy("module", "Numbers"),
        (
            Entry(Module.IMPORT, "phones:import", "import"),
            Entry(Module.EXPORT, "phones:export", "export"),
            Entry(Module.TEAM, "stats:team", "chart"),
        ),
    ),
    Group(
        pgettext_lazy("module", "Callback"),
        (
            Entry(Module.SHEET, "callback:sheet", "sheet"),
            Entry(Module.MINE, "stats:mine", "person"),
            Entry(Module.LOOKUP, "callback:lookup", "search"),
        ),
    ),
    Group(pgettext_lazy("module", "System"), (Entry(Module.OPERATORS, "accounts:operators", "operators"),)),
)
PRIVACY = pgettext_lazy("module", "Privacy")
ENTRIES = tuple(entry for group in GROUPS for entry in group.entries)
