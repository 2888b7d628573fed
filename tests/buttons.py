"""What the buttons of the lists send: what to do, with which row, and the stamp of what the page showed of it."""

from accounts import actions as accounts
from accounts import logins
from accounts.models import User
from config import actions as configuration
from config.models import BusinessType

OF_LOGIN = ("reset", "end", "unlock")
OF_LIST = ("up", "down")


def button(verb: str, thing) -> dict[str, str]:
    """What a press sends from a page that was opened just now."""
    row = type(thing)._base_manager.get(pk=thing.pk)
    if isinstance(row, User):
        stamp = logins.stamp_of(row) if verb in OF_LOGIN else accounts.stamp_of(row)
    elif verb in OF_LIST:
        rows = type(row).objects.current() if isinstance(row, BusinessType) else type(row).objects
        stamp = configuration.order_stamp(rows.in_order())
    else:
        stamp = configuration.row_stamp(row)
    return {"do": f"{verb} {row.pk} {stamp}"}


def offers(page: str, verb: str, thing) -> bool:
    """Whether a page has the button, as it is to be pressed now."""
    return f'value="{button(verb, thing)["do"]}"' in page
