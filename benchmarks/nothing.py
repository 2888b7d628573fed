"""HwCall's site map and the page that does nothing: what any page costs at least, with session, login and all."""

from django.http import HttpResponse
from django.urls import path

from hwcall.access import OperatorRequest, any_operator
from hwcall.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]


@any_operator
def nothing(request: OperatorRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [*urlpatterns, path("nothing/", nothing)]
