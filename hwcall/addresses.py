"""Where a request came from, and where it may be sent."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def client_address(request: HttpRequest) -> str | None:
    """The caller's address, as the first machine tells it that is not a proxy of one's own.

    X-Forwarded-For is believed for as many hops as ``HWCALL_PROXIES`` says and no further: the rest anyone can write.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    if settings.PROXY_COUNT:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")] + hops
    hop = hops[max(-len(hops), -1 - settings.PROXY_COUNT)]
    try:
        return str(ip_address(hop))
    except ValueError:
        return None


def address_to_open(request: HttpRequest) -> str:
    """Where this browser has found HwCall, to be told to others; nothing where it sits on the server itself."""
    host, _colon, port = request.get_host().rpartition(":")
    name = (host if port.isdigit() else request.get_host()).strip("[]").lower()
    here = name == "localhost" or name == "::1" or name.startswith("127.")
    return "" if here else f"{request.scheme}://{request.get_host()}/"


def safe_target(request: HttpRequest, target: str) -> str:
    """An address that a form names to go on to, if it is a path of ours; else the front door."""
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # A bare word would be taken for the name of a view.
    return target if ours and target.startswith("/") else reverse("home")
