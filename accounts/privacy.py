"""The record of who has seen whole numbers, and where."""

import time

from accounts import audit
from hwcall.access import OperatorRequest, who

# A page that is looked at again within the hour is not written down again; nor are more pages than that remembered.
HOUR = 3600
MOST = 100
SEEN = "whole_numbers"


def note(request: OperatorRequest, count: int) -> None:
    """Write down that ``count`` whole numbers were shown on a page, unless that was done within the hour."""
    now = int(time.time())
    seen = {page: at for page, at in request.session.get(SEEN, {}).items() if now - at < HOUR}
    if request.path in seen:
        return
    action = who(request)
    action["at"] = action.pop("now")
    audit.record(action="numbers.show", about=request.path, count=count, **action)
    recent = sorted(seen.items(), key=lambda page: page[1])[-MOST:]
    request.session[SEEN] = dict(recent) | {request.path: now}
