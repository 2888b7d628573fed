"""The calls of an hour of the day, of a day of the week, or of both: exactly those that the hour tallies count."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from callback.models import Call, HourTally
from stats import hours
from stats.filters import CallFilter
from stats.hours import HOUR

DAY = timedelta(days=1)


def counts(chosen: CallFilter) -> dict[date, int]:
    """How many calls there are on each day that has any, the newest first: they add up to the figure."""
    days = [chosen.last - passed * DAY for passed in range((chosen.last - chosen.first).days + 1)]
    found: dict[date, int] = {}
    for at, sums in reversed(hours.by_hour(_tallies(chosen, _begins(chosen, days))).items()):
        day = timezone.localdate(at)
        found[day] = found.get(day, 0) + sums.filed
    return found


def calls(chosen: CallFilter, days: Iterable[date]) -> QuerySet[Call]:
    """The calls that are meant on some days, which stand in the order of ``local_day``.

    The tallies know who called in these hours, so that nobody else's calls are read: each one's stand by their time.
    """
    begins = _begins(chosen, days)
    agents = set(_tallies(chosen, begins).filter(filed__gt=0).values_list("agent", flat=True))
    if not agents:
        return Call.objects.none().alias(local_day=TruncDate("filed_at"))
    spans = _spans(begins)
    within = Q()
    for start, end in spans:
        within |= Q(filed_at__gte=start, filed_at__lt=end)
    queryset = Call.objects.standing().filter(
        within, agent__in=agents, filed_at__gte=spans[0][0], filed_at__lt=spans[-1][1]
    )
    if carrier := chosen.cleaned_data["carrier"]:
        # Not by the index of the carrier, as in call_list.
        queryset = queryset.alias(this_carrier=F("carrier_id") + 0).filter(this_carrier=carrier.pk)
    return queryset.alias(local_day=TruncDate("filed_at"))


def _begins(chosen: CallFilter, days: Iterable[date]) -> list[datetime]:
    """When the hours that are meant begin on these days by the room's clock, in their order."""
    weekday, hour = chosen.cleaned_data["weekday"], chosen.cleaned_data["hour"]
    found = []
    for day in sorted(days):
        if weekday is not None and day.weekday() != weekday:
            continue
        # Where the room's clock is half an hour off, its days begin within an hour of the tallies.
        at, end = hours.hour_of(hours.midnight(day) + HOUR - timedelta.resolution), hours.midnight(day + DAY)
        while at < end:
            if hour is None or timezone.localtime(at).hour == hour:
                found.append(at)
            at += HOUR
    return found


def _tallies(chosen: CallFilter, begins: list[datetime]) -> QuerySet[HourTally]:
    queryset = HourTally.objects.filter(hour_at__in=begins)
    if chosen.whose:
        queryset = queryset.filter(agent=chosen.whose)
    if carrier := chosen.cleaned_data["carrier"]:
        queryset = queryset.filter(carrier=carrier)
    return queryset


def _spans(begins: list[datetime]) -> list[tuple[datetime, datetime]]:
    """From when until when: hours that follow one another are one span."""
    spans: list[tuple[datetime, datetime]] = []
    for at in begins:
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + HOUR)
        else:
            spans.append((at, at + HOUR))
    return spans
