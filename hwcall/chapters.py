"""Which chapter of the operating manual belongs to which page: what the help link of the frame opens."""

# The id of a chapter (hwcall.manual), and the names of the pages that it tells about.
CHAPTERS: dict[str, tuple[str, ...]] = {
    "functions": ("home",),
    "kinds-of-users": ("accounts:login", "accounts:password"),
    "bring-numbers-in-import-numbers": ("phones:import", "phones:import_check", "phones:import_confirm"),
    "call-callback-sheet": ("callback:sheet", "callback:keys"),
    "look-after-the-agents-work-call-statistics": ("stats:team", "stats:team_calls", "stats:mine", "stats:my_calls"),
    "amend-a-result-number-lookup": ("callback:lookup", "callback:number", "callback:amend"),
    "take-numbers-out-export-numbers": ("phones:export", "phones:export_list"),
    "data-maintenance": ("callback:maintenance", "callback:restore"),
    "first-visit": ("phones:first_visit",),
    "settings": ("config:settings",),
    "carriers-regions-and-business-types": (
        "config:carriers",
        "config:carrier",
        "config:regions",
        "config:region",
        "config:business_types",
        "config:business_type",
    ),
    "operators": (
        "accounts:operators",
        "accounts:operator",
        "accounts:operator_new",
        "accounts:operators_paste",
        "accounts:issued",
        "accounts:reset",
        "callback:holds",
    ),
    "start-page": ("stats:home",),
    "wall-board": ("stats:wall",),
    "hours-and-trend": ("stats:hours",),
    "funnel": ("stats:batch",),
    "batches-and-lifted-exclusions": ("phones:batches", "phones:batch", "phones:exclusions"),
    "callback-on-paper": ("callback:paper_sheets", "callback:paper_sheet", "callback:paper_print"),
    "tables": ("accounts:saved_filters",),
    "balance-logs-and-jobs": ("phones:jobs", "phones:job", "stats:audit", "stats:logins", "stats:balance"),
    # The manual itself begins at its beginning.
    "": ("manual",),
}
_OF_PAGE = {page: chapter for chapter, pages in CHAPTERS.items() for page in pages}


def of_page(name: str) -> str:
    """The id of the chapter of a page, by the name of its URL; nothing where the manual has none."""
    return _OF_PAGE.get(name, "")
