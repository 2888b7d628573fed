"""Who may come to a page, said on the view itself, and who it is that acts there."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from hwcall.addresses import client_address

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.modules import Module

View = Callable[..., HttpResponse]

# A form that can be refused posts to its own page's address.
page_and_form = require_http_methods(["GET", "HEAD", "POST"])

# What a view's ``permission`` says where it is no module's.
ADMINISTRATOR = "administrator"
ANY_OPERATOR = "any operator"


class OperatorRequest(HttpRequest):
    """A request of somebody who is signed in; the middleware has sent all others to the login page."""

    user: "User"
    module: "Module | str"
    htmx: HtmxDetails


def _guarded(view: View, permission: str, check: Callable[[OperatorRequest], None]) -> View:
    @wraps(view)
    def guarded(request: OperatorRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check(request)
        return view(request, *args, **kwargs)

    guarded.permission = permission  # type: ignore[attr-defined]
    return guarded


def module_required(module: "Module | str") -> Callable[[View], View]:
    """Open a page to those who have the module, and mark the module as the menu's current one; others get a 403."""

    def check(request: OperatorRequest) -> None:
        request.module = module
        if not request.user.may_open(module):
            raise PermissionDenied

    return lambda view: _guarded(view, str(module), check)


def administrator_required(view: View) -> View:
    """Open a page to administrators; others get a 403."""

    def check(request: OperatorRequest) -> None:
        if not request.user.is_administrator:
            raise PermissionDenied

    return _guarded(view, ADMINISTRATOR, check)


def hidden_from_others(view: View) -> View:
    """Open a page to administrators; to everybody else, whether signed in or not, it does not exist: a 404.

    ``accounts.middleware.HiddenMiddleware`` says so before anything else can answer.
    """

    def check(request: OperatorRequest) -> None:
        if not request.user.is_administrator:
            raise Http404

    guarded = _guarded(view, ADMINISTRATOR, check)
    guarded.hidden = True  # type: ignore[attr-defined]
    # A redirect to the address with a slash would tell that there is one.
    guarded.should_append_slash = False  # type: ignore[attr-defined]
    return guarded


def any_operator(view: View) -> View:
    """Open a page to whoever is signed in."""
    return _guarded(view, ANY_OPERATOR, lambda request: None)


def who(request: OperatorRequest) -> dict[str, Any]:
    """What every action asks about who acts: who, when, and from where."""
    return {"by": request.user, "now": timezone.now(), "address": client_address(request)}
