"""Tells the list of operators what each of them has on the sheet, and on paper."""

from collections.abc import Collection

from django.db.models import Count

from accounts import roster
from accounts.models import User
from accounts.roster import Held, Hold
from phones.models import Phone


def register() -> None:
    roster.HOLDINGS.append(held_by)


def held_by(users: Collection[User]) -> dict[int, Held]:
    """What each of some operators holds, by the operator's key; two queries for all of them."""
    keys = [user.pk for user in users]
    phones = Phone.objects.held().filter(holder__in=keys)
    rows = phones.values_list("holder", "number", "taken_at", "expires_at", "token")
    on_screen = {
        holder: Hold(number, since, until, token)
        for holder, number, since, until, token in rows
        if holder and since and until and token
    }
    papers = Phone.objects.held().filter(paper__agent__in=keys).order_by().values_list("paper__agent")
    on_paper = dict(papers.annotate(Count("pk")))
    return {key: Held(on_screen.get(key), on_paper.get(key, 0)) for key in {*on_screen, *on_paper}}
