"""What the check page says of a list: lines that add up to its entries, and the first rows behind each of them."""

import json
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from config.models import Carrier, Region
from phones import bars, proposals, sentences, uploads
from phones.comparison import SHOWN
from phones.models import Batch, State, Upload

TABS = ("rejected", "repeated", "known", "excluded", "carrier", "healed")


class Findings:
    """A finished check."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.reading = upload.reading
        self.counts: dict[str, int] = upload.reading["counts"]
        self.new: int = upload.comparison["new"]
        self.rows: dict[str, Any] = upload.comparison["rows"]

    @cached_property
    def states(self) -> dict[str, int]:
        """Known numbers by their state."""
        states = dict.fromkeys(State.values, 0)
        for state, _suppressed, _carrier, _region, count in self.upload.comparison["known"]:
            states[state] += count
        return states

    @property
    def known(self) -> int:
        """Known numbers that are not excluded."""
        return sum(self.states.values()) - self.excluded

    @property
    def excluded(self) -> int:
        return self.states[State.EXCLUDED]

    @property
    def repeated(self) -> int:
        return self.counts["repeated"]

    @property
    def rejected(self) -> int:
        return self.counts["rejected"]

    @property
    def healed(self) -> int:
        return self.counts["healed"]

    @property
    def distinct(self) -> int:
        return self.counts["distinct"]

    @property
    def total(self) -> int:
        return self.counts["entries"]

    @property
    def ties_out(self) -> bool:
        return self.total == self.new + self.known + self.excluded + self.repeated + self.rejected

    @property
    def to_suppress(self) -> int:
        """Classified numbers that an excluding list would suppress, beyond those that are already."""
        return sum(
            count
            for state, suppressed, _carrier, _region, count in self.upload.comparison["known"]
            if state == State.CLASSIFIED and not suppressed
        )

    def elsewhere(self, carrier: Carrier | None, region: Region | None) -> tuple[int, int]:
        """How many known numbers stand under another carrier, and under another region, than these."""
        known = self.upload.comparison["known"]
        other_carrier = sum(row[-1] for row in known if carrier and row[2] != carrier.pk)
        other_region = sum(row[-1] for row in known if region and row[3] != region.pk)
        return other_carrier, other_region

    @cached_property
    def parts(self) -> list[bars.Part]:
        """The bar: new, known, excluded, repeated, not a number."""
        return bars.bar(
            [
                ("accent", self.new),
                ("invalid", self.known),
                ("danger", self.excluded),
                ("invalid", self.repeated),
                ("warn", self.rejected),
            ]
        )

    @cached_property
    def standings(self) -> list[proposals.Standing]:
        return proposals.standings(list(Carrier.objects.enabled().in_order()), self.upload.comparison["kinds"])

    def standing(self, carrier: Carrier | None) -> proposals.Standing | None:
        return next((standing for standing in self.standings if carrier and standing.carrier == carrier), None)

    # ── The first rows of each kind ──────────────────────────────────────────────────────────────────────────

    def first_rows(self, tab: str, carrier: Carrier | None) -> list[dict[str, Any]]:
        """The first rows of a tab, as the page shows them."""
        if tab in ("known", "excluded"):
            return self._known_rows(tab)
        if tab == "carrier":
            return self._rows_of_other_carriers(carrier)
        return [row | said(tab, row) for row in islice(stored(self.upload, tab), SHOWN)]

    def _known_rows(self, tab: str) -> list[dict[str, Any]]:
        rows = self.rows[tab]
        carriers = dict(Carrier.objects.values_list("pk", "name"))
        regions = dict(Region.objects.values_list("pk", "name"))
        batches = dict(Batch.objects.filter(pk__in={row[5] for row in rows}).values_list("pk", "name"))
        return [
            {
                "row": row, "number": number, "state": State(state), "carrier": carriers.get(carrier, ""),
                "region": regions.get(region, ""), "batch": batches.get(batch, ""), "batch_id": batch,
            }
            for row, number, state, carrier, region, batch in rows
        ]  # fmt: skip

    def _rows_of_other_carriers(self, carrier: Carrier | None) -> list[dict[str, Any]]:
        if carrier is None:
            return []
        rows = [
            {"row": row, "number": number, "kind": kind}
            for kind, found in self.rows["kinds"].items()
            if not proposals.agrees(carrier, kind)
            for row, number in found
        ]
        return sorted(rows, key=lambda row: row["row"])[:SHOWN]


def said(tab: str, row: dict[str, Any]) -> dict[str, str]:
    """The words of a stored row, in the reader's language."""
    if tab != "rejected":
        return {}
    return {
        "why": sentences.reason(row["reason"], row["data"]),
        "to_do": sentences.advice(row["reason"], row["data"]),
    }


def stored(upload: Upload, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one of the lists that a check has made, in the file's order; none where it is no longer kept."""
    path: Path = uploads.lists(upload) / f"{name}.jsonl"
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
