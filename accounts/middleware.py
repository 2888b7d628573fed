"""What each request of an operator passes: that they are there is noted, and a one-time password has to be changed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import presence

# Where one can go with a one-time password still in one's pocket.
OPEN = {"accounts:password", "accounts:logout", "language", "theme", "healthz", "readyz"}


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


class PasswordChangeMiddleware:
    """Lead an operator whose password must be changed to that page first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        user, place = request.user, request.resolver_match
        if user.is_authenticated and user.must_change_password and place and place.view_name not in OPEN:
            return redirect("accounts:password")
        return None
