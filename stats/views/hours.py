"""At what hours people are reached, and how the valid share goes; what became of a batch."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.modules import Module
from hwcall import days
from hwcall.access import OperatorRequest, module_required
from phones.models import Batch
from stats import hour_page
from stats.funnel import funnel
from stats.hour_filter import HourFilter
from stats.moments import one_moment
from stats.tables import TEAM_HOURS


@module_required(Module.TEAM)
@require_safe
def hours(request: OperatorRequest) -> HttpResponse:
    today = timezone.localdate()
    chosen = HourFilter(days.spelled_out(request.GET, today), today=today)
    context = {"form": chosen, "days": hour_page.days_of(chosen), "table": tables.shown(request, TEAM_HOURS)}
    if chosen.is_valid():
        context |= hour_page.context(chosen, request.GET)
    return render(request, "stats/hours.html", context)


@module_required(Module.TEAM)
@require_safe
def batch(request: OperatorRequest, pk: int) -> HttpResponse:
    """The funnel of one batch."""
    try:
        found = Batch.objects.shown().select_related("carrier", "region").get(pk=pk)
    except (ObjectDoesNotExist, OverflowError):
        raise Http404 from None
    with one_moment():
        context = {"batch": found, "funnel": funnel(found), "opens": request.user.may_open(Module.IMPORT)}
    return render(request, "stats/batch.html", context)
