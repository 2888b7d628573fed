"""Where a request came from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


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
