"""What every page's frame shows: its menu, its theme, the room."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import menu
from config.models import Room
from hwcall import chapters
from phones import first_visit

THEMES = ("light", "dark")


def frame(request: HttpRequest) -> dict:
    """The frame's own words for a template; what a page does not show is not asked for."""
    theme = request.COOKIES.get("hwcall_theme")
    return {
        "theme": theme if theme in THEMES else "",
        "menu": SimpleLazyObject(lambda: menu.for_request(request)),
        "chapter": chapters.of_page(request.resolver_match.view_name if request.resolver_match else ""),
        "first_visit": SimpleLazyObject(lambda: first_visit.place_of(request)),
        "room": SimpleLazyObject(lambda: Room.objects.first()),
    }
