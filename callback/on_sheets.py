"""Tells the list of operators what each of them has on the sheet."""

from collections.abc import Collection

from accounts import roster
from accounts.models import User
from accounts.roster import Held
from phones.models import Phone


def register() -> None:
    roster.HOLDINGS.append(held_by)


def held_by(users: Collection[User]) -> dict[int, Held]:
    """What each of some operators holds, by the operator's key; one query for all of them."""
    phones = Phone.objects.held().filter(holder__in=[user.pk for user in users])
    rows = phones.values_list("holder", "number", "taken_at", "expires_at", "token")
    return {
        holder: Held(number, since, until, token)
        for holder, number, since, until, token in rows
        if holder and since and until and token
    }
