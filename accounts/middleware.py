"""What each request passes: some pages are there for administrators alone, presence, and the one-time password."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts import presence, privacy
from hwcall.access import OperatorRequest

# Where one can go with a one-time password still in one's pocket.
OPEN = {"accounts:password", "accounts:logout", "language", "theme", "healthz", "readyz"}


class HiddenMiddleware:
    """To all but administrators, a hidden page answers as an address does at which there is nothing.

    It stands before all that would answer otherwise: the login, the check of a form's token, the one-time password.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *args: object) -> None:
        if getattr(view, "hidden", False) and not (request.user.is_authenticated and request.user.is_administrator):
            raise Http404


class LoginMiddleware(LoginRequiredMiddleware):
    """Lead strangers to the login. Where everybody may come, nobody is asked who they are: that costs two queries."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class PresenceMiddleware:
    """Note who is at work; pages that are open to strangers do not ask who looks at them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *args: object) -> None:
        # A view that takes files looks at the token itself: a form from elsewhere does not say that anybody is there.
        unchecked = request.method == "POST" and getattr(view, "csrf_exempt", False)
        if getattr(view, "login_required", True) and not unchecked and request.user.is_authenticated:
            presence.note(request.user, now=timezone.now())


class WholeNumbersMiddleware:
    """Write down who was shown whole numbers; what stands on one's own sheet is one's work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        whole = getattr(request, "whole_numbers", ())
        place = request.resolver_match
        if whole and place and place.view_name != "callback:sheet":
            privacy.note(cast(OperatorRequest, request), page=place.view_name, whole=set(whole))
        return response


class PasswordChangeMiddleware:
    """Lead an operator whose password must be changed to that page first, from all but what is open to strangers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *args: object
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True):
            return None
        user, place = request.user, request.resolver_match
        if user.is_authenticated and user.must_change_password and place and place.view_name not in OPEN:
            return redirect("accounts:password")
        return None
