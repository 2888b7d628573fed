"""Furnishes an empty system and lets its first administrator in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils.translation import gettext, override

from accounts import audit, entry
from accounts.logins import end_all
from accounts.models import Role, User
from accounts.passwords import OneTimePassword
from config.furnish import furnish

USERNAME = "admin"


class Command(BaseCommand):
    help = "Gives an empty system its configuration and its first administrator; says nothing where both are there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reset-administrator",
            action="store_true",
            help="give the administrator whose password is lost a new one-time password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        furnish()
        if options["reset_administrator"] or not User.objects.administrators().exists():
            password = OneTimePassword()
            user = let_administrator_in(password)
            self.stdout.write(f"User name: {user.username}")
            self.stdout.write(f"One-time password: {password.text}")


@transaction.atomic
def let_administrator_in(password: OneTimePassword) -> User:
    """Give the administrator, or a new one where there is none, a one-time password and end every lock on it."""
    user = _administrator()
    user.password = password.encoded
    user.must_change_password = True
    user.is_active = True
    end_all(user)
    user.save()
    entry.unlock(user.username)
    audit.record(by=None, action="operator.reset_password", about=user.username)
    return user


def _administrator() -> User:
    """The one called admin, else the first enabled one, else the first, else a new one under a free name."""
    known = User.objects.administrators().select_for_update(no_key=True).order_by("-is_active", "pk")
    if found := known.filter(username=USERNAME).first() or known.first():
        return found
    taken = set(User.objects.values_list("username", flat=True))
    names = [USERNAME, *(f"{USERNAME}{number}" for number in range(2, len(taken) + 3))]
    with override("zh-hans"):
        name = gettext("Administrator")
    return User(username=next(name for name in names if name not in taken), name=name, role=Role.ADMINISTRATOR)
