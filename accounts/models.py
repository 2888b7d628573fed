"""Who may enter, and the record of what they did."""

from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.modules import Module
from config.models import Carrier


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    AGENT = "agent", _("Agent")


class UserQuerySet(models.QuerySet["User"]):
    def administrators(self) -> Self:
        return self.filter(role=Role.ADMINISTRATOR)

    def agents(self) -> Self:
        return self.filter(role=Role.AGENT)

    def enabled(self) -> Self:
        return self.filter(is_active=True)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """User names are one name in whatever case they are typed."""
        return self.alias(folded=Lower("username")).get(folded=(username or "").lower())


class User(AbstractBaseUser):
    """A user account, an administrator's or an agent's."""

    username = models.CharField(
        _("User name"),
        max_length=40,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This user name is taken.")},
    )
    name = models.CharField(pgettext_lazy("person", "Name"), max_length=40)
    role = models.CharField(_("Role"), max_length=16, choices=Role, default=Role.AGENT)
    # A list in the row and no table of its own: the desk would pay a query for it with each number.
    modules = models.JSONField(_("Modules"), default=list, blank=True)
    region_ids = models.JSONField(_("Limited to regions"), default=list, blank=True)
    is_active = models.BooleanField(_("Enabled"), default=True)
    must_change_password = models.BooleanField(default=False)
    last_carrier = models.ForeignKey(Carrier, models.SET_NULL, null=True, blank=True, related_name="+")
    # Part of what a session is signed with: one more, and every session of this operator is over.
    session_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    # When a request of this operator last came in, to the minute; None after a logout.
    seen_at = models.DateTimeField(null=True)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="username_is_unique_in_any_case"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_administrator_or_agent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    def may_open(self, module: Module | str) -> bool:
        return self.is_administrator or module in self.modules

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}.{self.session_epoch}"


class AuditEntry(models.Model):
    """One line of the audit log or the login log. Lines are added and never changed."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)
    object = models.CharField(max_length=200, blank=True)
    count = models.PositiveBigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["by", "at"], name="audit_by_at"),
            models.Index(fields=["action", "at"], name="audit_action_at"),
            models.Index(fields=["address", "action", "at"], name="audit_address_action_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object}"


class SavedFilter(models.Model):
    """A filter of one of the tables that an operator has given a name, to come back to it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters", db_index=False)
    # The name of the table's URL.
    page = models.CharField(max_length=60)
    name = models.CharField(pgettext_lazy("saved filter", "Name"), max_length=40)
    # The query of the page's address, without what only turns its pages.
    query = models.TextField(max_length=2000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_has_a_name_of_its_own"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_filter_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class TableSetting(models.Model):
    """How an operator wants to see one of the tables: its columns and the rows of a page."""

    user = models.ForeignKey(User, models.CASCADE, related_name="table_settings", db_index=False)
    # The name of the table's URL.
    page = models.CharField(max_length=60)
    # The names of the columns that are shown; None shows those that the table shows by itself.
    columns = models.JSONField(null=True)
    page_size = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="one_setting_a_table_and_user")]

    def __str__(self) -> str:
        return self.page
