"""What a press on "Call" opens: the room's own pattern of an address, with the number in it."""

import re

PLACE = "{number}"
TELEPHONE = f"tel:{PLACE}"
# A scheme, the number once, and nothing that a browser would leave out or take for the address's end.
SHAPE = re.compile(r"([a-z][a-z0-9+.-]{1,30}):[!-~]*\{number\}[!-~]*", re.ASCII | re.IGNORECASE)
# What a browser runs, shows or fetches itself instead of handing it to a telephone.
FOR_THE_BROWSER = {
    *("about", "blob", "chrome", "data", "file", "filesystem", "ftp", "http", "https", "javascript"),
    *("resource", "vbscript", "view-source", "ws", "wss"),
}
# What Windows itself opens, with more power than a telephone needs.
OF_WINDOWS = ("ms-", "search")


def is_call_address(pattern: str) -> bool:
    """Whether a pattern opens a telephone: ``tel:{number}``, ``sip:{number}@pbx``, ``callto:{number}`` and the like."""
    match = SHAPE.fullmatch(pattern)
    if match is None or pattern.count(PLACE) != 1:
        return False
    scheme = match[1].lower()
    return scheme not in FOR_THE_BROWSER and not scheme.startswith(OF_WINDOWS)


def call_address(pattern: str, number: str) -> str:
    """The address that calls a number; the plain telephone's where the pattern is none that opens one."""
    return (pattern if is_call_address(pattern) else TELEPHONE).replace(PLACE, number)
