"""The record of who has seen whole numbers, and where."""

import time
from collections.abc import Collection

from accounts import audit
from accounts.masking import masked
from hwcall.access import OperatorRequest, who

# A page that is looked at again within the hour is not written down again; nor are more pages than that remembered.
HOUR = 3600
MOST = 100
SEEN = "whole_numbers"


def note(request: OperatorRequest, *, page: str, whole: Collection[str]) -> None:
    """Write down that whole numbers were shown on a page, by the name of its URL, unless that was done within the hour.

    Where it was one, the log holds it, masked; else how many there were.
    """
    now = int(time.time())
    seen = {path: at for path, at in request.session.get(SEEN, {}).items() if now - at < HOUR}
    if request.path in seen:
        return
    about = masked(next(iter(whole))) if len(whole) == 1 else ""
    action = who(request)
    action["at"] = action.pop("now")
    audit.record(action="numbers.show", about=about, count=len(whole), page=page, **action)
    recent = sorted(seen.items(), key=lambda item: item[1])[-MOST:]
    request.session[SEEN] = dict(recent) | {request.path: now}
