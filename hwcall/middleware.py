"""What every request passes: its language, and a look at its address."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import add_never_cache_headers

from hwcall import views

SESSION_KEY = re.compile(r"[a-z0-9]{32}")

GetResponse = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Simplified Chinese, unless this browser has chosen otherwise; the browser's own preference is not asked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        # Pages show numbers and what one did: no cache keeps them, and "back" after a logout shows nothing.
        if "Cache-Control" not in response.headers:
            add_never_cache_headers(response)
            response.headers["Cache-Control"] = "no-store, private"
        return response


class ReadableMiddleware:
    """Refuses requests that no browser sends and that the layers below would stumble over.

    An address with a NUL in it, since no database can look for one; a session cookie that is none of ours is left out.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.get_full_path():
            return views.bad_request(request)
        if not SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)
