"""The start page of administrators."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hwcall.access import OperatorRequest, administrator_required
from stats import home as page
from stats.moments import one_moment


@administrator_required
@require_safe
def home(request: OperatorRequest) -> HttpResponse:
    """What matters now. It asks for nothing by itself: who has gone home shall not count as being there."""
    with one_moment():
        context = page.context(timezone.now())
    return render(request, "stats/home.html", context)
