"""What the check page shows besides its findings: the proposals, the choices made, and what speaks against them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.models import Region
from phones import proposals
from phones.findings import TABS, Findings
from phones.forms import ColumnForm, ConfirmForm
from phones.models import Batch, Upload


def check_context(
    upload: Upload,
    query: Mapping[str, str],
    *,
    form: ConfirmForm | None = None,
    column_form: ColumnForm | None = None,
) -> dict[str, Any]:
    """The context of the check page: as proposed, or as it was sent and refused."""
    found = Findings(upload)
    proposed = proposals.for_carrier(found.standings)
    region = proposals.for_region(
        list(Region.objects.enabled().in_order()), upload.file_name, upload.comparison["cities"]
    )
    form = form or ConfirmForm(initial=_initial(upload, found, proposed, region))
    carrier = _chosen_carrier(form, found) or (proposed.carrier if proposed else None)
    standing = found.standing(carrier)
    tabs = _tabs(found, standing)
    filled = next((name for name, count in tabs.items() if count), TABS[0])
    tab = query["tab"] if query.get("tab") in TABS else filled
    return {
        "upload": upload,
        "found": found,
        "form": form,
        "column_form": column_form if column_form is not None and column_form.is_bound else None,
        "proposed": proposed,
        "proposed_region": region,
        "city": _city(upload),
        "other_sheets": [
            sheet for sheet in upload.reading["sheets"] if sheet["numbers"] and sheet["name"] != upload.reading["sheet"]
        ],
        "standing": standing,
        "elsewhere": found.elsewhere(carrier, region.region),
        "tabs": tabs,
        "tab": tab,
        "rows": found.first_rows(tab, carrier),
        "tab_total": tabs[tab],
        "same_file": Batch.objects.ready().filter(sha256=upload.sha256).select_related("by").order_by("-pk").first(),
    }


def _initial(
    upload: Upload, found: Findings, proposed: proposals.Standing | None, region: proposals.ForRegion
) -> dict[str, Any]:
    return {
        "region": region.region and region.region.pk,
        "carrier": proposed and proposed.carrier.pk,
        # A list of nothing but known numbers can only exclude.
        "kind": Batch.Kind.PENDING if found.new or not found.distinct else Batch.Kind.EXCLUDED,
        "name": Path(upload.file_name).stem[:80],
    }


def _chosen_carrier(form: ConfirmForm, found: Findings) -> Any:
    chosen = form["carrier"].value()
    return next((standing.carrier for standing in found.standings if str(standing.carrier.pk) == str(chosen)), None)


def _tabs(found: Findings, standing: proposals.Standing | None) -> dict[str, int]:
    counts = {
        "rejected": found.rejected,
        "repeated": found.repeated,
        "known": found.known,
        "excluded": found.excluded,
        "carrier": standing.other if standing else 0,
        "healed": found.healed,
    }
    return {name: counts[name] for name in TABS}


def _city(upload: Upload) -> list | None:
    """The city that most of the numbers are from, by their prefixes, and how many; a few would say nothing."""
    for city, count in upload.comparison["cities"][:1]:
        if 2 * count > upload.reading["counts"]["distinct"]:
            return [city, count]
    return None
