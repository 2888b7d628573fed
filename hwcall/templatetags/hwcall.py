"""HwCall's own template words: icons, numbers in groups, counts."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.modules import Module
from hwcall import addresses
from phones import numbers

register = template.Library()


@cache
def _sprite() -> str:
    return static("icons.svg")


@register.simple_tag
@cache
def icon(name: str, extra: str = "") -> SafeString:
    """A drawing of static/icons.svg in the colour of the text around it; hidden from screen readers."""
    return format_html(
        '<svg class="i {}" viewBox="0 0 16 16" aria-hidden="true"><use href="{}#{}"/></svg>', extra, _sprite(), name
    )


@register.simple_tag(takes_context=True)
def address_to_open(context: template.Context) -> str:
    """Where others find HwCall, as this browser calls it; nothing where it is open on the server itself."""
    return addresses.address_to_open(context["request"])


@register.filter
def grouped(number: str) -> SafeString:
    """A number in groups, each a span, so that copying it gives the bare digits."""
    groups = format_html_join("", "<span>{}</span>", ((group,) for group in numbers.display(number)))
    return format_html('<span class="num">{}</span>', groups)


@register.simple_tag(takes_context=True)
def number(context: template.Context, whole: str) -> SafeString:
    """A number as whoever looks may see it: in groups, or masked. Which were seen whole, is noted on the request."""
    request = context["request"]
    if not request.user.may_open(Module.WHOLE_NUMBERS):
        return masked(whole)
    request.whole_numbers = [*getattr(request, "whole_numbers", ()), whole]
    return grouped(whole)


@register.filter
def masked(number: str) -> SafeString:
    """As ``grouped``, without what makes it a number that can be called."""
    return format_html('<span class="num">{}</span>', numbers.mask(number))


@register.filter
def get(mapping: dict, key: object) -> object:
    """``mapping[key]``, or nothing."""
    return mapping.get(key)


@register.filter
def clock(seconds: int) -> str:
    """Seconds as minutes and seconds, 0:42."""
    return f"{seconds // 60}:{seconds % 60:02}"
