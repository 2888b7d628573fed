"""Pages that belong to no app: the front door, language and theme, health, and what is shown when something fails."""

import logging
import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import menu
from accounts.reach import BeyondReach
from hwcall.access import ADMINISTRATOR, OperatorRequest, any_operator
from hwcall.addresses import safe_target
from hwcall.context import THEMES
from hwcall.logs import incident
from hwcall.manual import manual as read_manual

log = logging.getLogger("hwcall")

YEAR = 365 * 24 * 3600


@any_operator
@require_safe
def home(request: OperatorRequest) -> HttpResponse:
    """The operator's first module; administrators and agents alike start where their work is."""
    name = menu.first_page(request.user)
    return redirect(name) if name else render(request, "no_modules.html")


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(safe_target(request, request.POST.get("next", "")))


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember a language in this browser and go back to the page."""
    response = _back(request)
    if (code := request.POST.get("language")) in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in this browser, or follow the system again."""
    response = _back(request)
    if (chosen := request.POST.get("theme")) in THEMES:
        response.set_cookie("hwcall_theme", chosen, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
    else:
        response.delete_cookie("hwcall_theme", samesite="Lax")
    return response


@any_operator
@require_safe
def manual(request: OperatorRequest) -> HttpResponse:
    """The whole operating manual; its chapters are places on the page."""
    return render(request, "manual.html", {"manual": read_manual(get_language() or settings.LANGUAGE_CODE)})


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """The process answers and so does its database; a database that is away is a 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


# ── When something fails ─────────────────────────────────────────────────────────────────────────────────────


def _failure(request: HttpRequest, status: int, title: str, what_to_do: str, number: str = "") -> HttpResponse:
    response = render(
        request,
        "failure.html",
        # No room's name: this page must come when the database does not.
        {"title": title, "what_to_do": what_to_do, "incident": number, "status": status, "room": None},
        status=status,
    )
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return too_large(request)
    return _failure(
        request,
        400,
        _("This request cannot be read"),
        _("Go back to the page and try from there; nothing was changed."),
    )


def too_large(request: HttpRequest) -> HttpResponse:
    return _failure(
        request,
        413,
        _("That is too much for one form"),
        _("Long lists go in as a file: save the numbers as .txt or .xlsx and choose the file instead of pasting."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _failure(
        request,
        403,
        _("This page was open too long"),
        _("For safety nothing was changed. Open the page anew and send the form once more."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    page = request.resolver_match.func if request.resolver_match else None
    if isinstance(exception, BeyondReach):
        what_to_do = _(
            "This operator may do more than you, or calls in regions that are not yours. "
            "An administrator can manage them."
        )
    elif getattr(page, "permission", "") == ADMINISTRATOR:
        what_to_do = _("It is for administrators. Ask one of them to look there for you.")
    else:
        what_to_do = _("An administrator can tick the module for you under Operators.")
    return _failure(request, 403, _("This page is not open to you"), what_to_do)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 404, _("There is no such page"), _("Check the address, or start from the menu."))


def database_away(request: HttpRequest) -> HttpResponse:
    number = incident(log, "the database does not answer")
    what_to_do = _(
        "Nothing was changed. Keep this page open and try again in a few seconds. If it stays so, tell the "
        "administrator: error %(incident)s"
    )
    return _failure(request, 503, _("The database does not answer"), what_to_do % {"incident": number}, number)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say the incident's number; the log knows it under the same. A database that is away has its own page."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return database_away(request)
    number = incident(log, "server error at %s", request.path)
    title, what_to_do = _("Something failed and nothing was changed"), _("Tell the administrator: error %(incident)s")
    try:
        return _failure(request, 500, title, what_to_do % {"incident": number}, number)
    except Exception:
        # What failed may be what every page needs; then the bare words must do.
        log.error("the page of incident %s failed as well", number, exc_info=True)
        return HttpResponse(f"{title}. {what_to_do % {'incident': number}}", status=500, content_type="text/plain")
