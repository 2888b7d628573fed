"""The wall board: the page that somebody opens, and the board that it asks for again and again."""

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.modules import Module
from hwcall.access import OperatorRequest, module_required
from hwcall.context import THEMES
from stats import wall, wall_layout


@module_required(Module.TEAM)
@require_safe
def wall_page(request: OperatorRequest) -> HttpResponse:
    """The board on its page. It is dark, as screens on walls are, unless its address says otherwise."""
    asked = request.GET.get("theme")
    context = {
        "theme": asked if asked in THEMES else "dark",
        "board": wall_layout.html(wall.board.get()),
        "token": wall.token(request.user),
    }
    return render(request, "stats/wall.html", context)


@login_not_required
@require_safe
def wall_board(request: HttpRequest) -> HttpResponse:
    """The board alone, for a token instead of a session: whoever looks costs the database nothing.

    A token that is none, or whose time is up, has its page opened anew, and the session decides.
    """
    try:
        snapshot = wall.board.get()
    except (OperationalError, InterfaceError):
        # The last board stays where it is; static/wall.js says that it grows old.
        return HttpResponse(status=503, headers={"HX-Reswap": "none", "Retry-After": "5"})
    if not wall.may_look(request.headers.get("X-Board", ""), snapshot):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    return HttpResponse(wall_layout.html(snapshot))
