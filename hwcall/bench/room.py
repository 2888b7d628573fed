"""Furnishes the room for the run: operators with open sessions, and numbers that come in as every list does."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Role, User
from accounts.modules import Module
from config.models import BusinessType, Carrier, Region
from phones import actions, uploads, worker
from phones.models import Batch, Phone

# The numbers are made up: a walk through all of 130 0000 0000 to 199 9999 9999 that comes to none of them twice.
FIRST, HOW_MANY = 13_000_000_000, 7_000_000_000
STRIDE = 2_654_435_761
MODULES = [Module.SHEET, Module.MINE, Module.LOOKUP]


class NotEmpty(Exception):
    """Somebody works here: a load is never played in a room with data."""


@dataclass(frozen=True)
class Door:
    """How an operator comes in: with a session made beforehand, or by user name and password."""

    operator: int
    username: str
    session: str = ""


@dataclass(frozen=True)
class Room:
    """What the players know of the room."""

    agents: list[Door]
    office: list[Door]
    password: str
    carrier: int
    region: int
    codes: list[int]


def numbers(count: int, *, seed: int, start: int = 0) -> Iterator[str]:
    """Mobile numbers, none of them twice for one seed, whatever part of the walk is asked for."""
    offset = seed * 7_919 % HOW_MANY
    return (str(FIRST + (offset + at * STRIDE) % HOW_MANY) for at in range(start, start + count))


def furnish(*, agents: int, logins: int, stock: int, seed: int, password: str) -> Room:
    """Fill the empty room. ``logins`` of the agents must come in by the login page. Raises NotEmpty."""
    if Phone.objects.exists() or User.objects.agents().exists():
        raise NotEmpty
    carrier, region = Carrier.objects.enabled().in_order()[0], Region.objects.enabled().in_order()[0]
    # Argon2 takes its time for each password: here all have the same.
    encoded = make_password(password)
    people = [User(username=f"agent{at}", name=f"Agent {at}", modules=MODULES) for at in range(1, agents + 1)]
    office = [User(username=f"office{at}", name=f"Office {at}", role=Role.ADMINISTRATOR) for at in range(1, 4)]
    for person in (*people, *office):
        person.password, person.last_carrier = encoded, carrier
    User.objects.bulk_create(people + office, batch_size=1000)
    take_in(list(numbers(stock, seed=seed)), by=office[0], carrier=carrier, region=region)
    open_sessions = sessions(people[logins:] + office, carrier)
    doors = [Door(person.pk, person.username, open_sessions.get(person.pk, "")) for person in (*people, *office)]
    codes = [type.code for type in BusinessType.objects.in_order() if type.enabled]
    return Room(doors[:agents], doors[agents:], password, carrier.pk, region.pk, codes)


def take_in(
    listed: list[str], *, by: User, carrier: Carrier, region: Region, kind: Batch.Kind = Batch.Kind.PENDING
) -> None:
    """Import numbers as an administrator would, with this process as the worker."""
    upload = uploads.receive_text(by=by, text="\n".join(listed), name="numbers.txt", now=timezone.now())
    work()
    upload.refresh_from_db()
    actions.confirm(
        upload=upload, by=by, kind=kind, carrier=carrier, region=region, name="numbers", now=timezone.now()
    )  # fmt: skip
    work()


def work() -> None:
    """Do all jobs that wait."""
    while worker.step():
        pass


def sessions(people: list[User], carrier: Carrier) -> dict[int, str]:
    """A session for each, as the login would have made it: its key by the operator's id."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    expires_at = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    letters, dice = "abcdefghijklmnopqrstuvwxyz0123456789", random.SystemRandom()
    rows = {}
    for person in people:
        held = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
            HASH_SESSION_KEY: person.get_session_auth_hash(),
            "carrier": carrier.pk,
            "_session_expiry": expires_at.isoformat(),
        }
        key = "".join(dice.choices(letters, k=32))
        rows[person.pk] = Session(session_key=key, session_data=store.encode(held), expire_date=expires_at)
    Session.objects.bulk_create(rows.values(), batch_size=1000)
    return {pk: row.session_key for pk, row in rows.items()}
