"""Which hours are meant on the page of hours and trend."""

from datetime import date, timedelta

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from callback.models import HourTally
from config.models import Carrier
from hwcall import days
from stats import hours
from stats.filters import LONGEST, FigureFilter, Range, day_ranges
from stats.reports import View

# Hours of the day come out of some weeks: a single day has too few calls of each.
WEEKS = timedelta(days=27)


class HourFilter(FigureFilter):
    """Which hours are meant: those of some days, of a carrier, of an agent. Without days, the last four weeks."""

    def __init__(self, data: QueryDict, *, today: date) -> None:
        asked = data.copy()
        if not (asked.get("start") or asked.get("end")):
            asked["start"] = str(today - WEEKS)
        super().__init__(asked, today=today)
        # The hours are counted by agent and carrier alone.
        del self.fields["region"], self.fields["batch"]

    @property
    def view(self) -> View:
        return View.FILED

    def hours(self) -> QuerySet[HourTally]:
        found = hours.on_days(self.first, self.last)
        chosen = {name: self.cleaned_data[name] for name in ("carrier", "agent")}
        return found.filter(**{name: thing for name, thing in chosen.items() if thing})

    def words(self) -> list[str]:
        shown = "–".join(dict.fromkeys((str(self.first), str(self.last))))
        return [str(word) for word in (shown, self.cleaned_data["agent"], self.cleaned_data["carrier"]) if word]

    def options(self) -> dict[str, list[tuple[str, str]]]:
        agents = User.objects.order_by("name", "pk").values_list("pk", "name", "username")
        return {
            "carrier": [(str(pk), name) for pk, name in Carrier.objects.in_order().values_list("pk", "name")],
            "agent": [(str(pk), f"{name} ({username})") for pk, name, username in agents],
        }

    def ranges(self) -> list[Range]:
        """The days that are asked for most on all pages of figures."""
        return day_ranges(self.today, self._shown, self.data.get(days.NAME, ""))

    def long_ranges(self) -> list[Range]:
        """Longer ones, out of which hours of the day come better."""
        lengths = ((_("4 weeks"), 28), (_("12 weeks"), 84), (_("A year"), LONGEST))
        starts = [(label, self.today - timedelta(days=length - 1)) for label, length in lengths]
        return [Range(label, start, self.today, self._shown == (start, self.today)) for label, start in starts]

    @property
    def _shown(self) -> tuple[date, date] | None:
        return (self.first, self.last) if self.is_valid() else None
