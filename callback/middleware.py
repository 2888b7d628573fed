"""What each open sheet asks, before all that other requests pass."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from callback.views.sheet import held


class HeldMiddleware:
    """Answers ``callback:held`` at once, for nobody in particular: the way to a page costs ten times as much."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.path = reverse("callback:held")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.path_info == self.path and request.method in ("GET", "HEAD")
        return held(request) if asked else self.get_response(request)
