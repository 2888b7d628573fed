"""Who has a one-time password sees nothing but the page that changes it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

# Where one can go with a one-time password still in one's pocket.
OPEN = {"accounts:password", "accounts:logout", "language", "theme", "healthz", "readyz"}


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
