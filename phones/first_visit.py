"""The first visit: the six steps through which an empty system leads an administrator to its first batch."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from accounts.models import AuditEntry, User
from config.models import BusinessType, Carrier, Region, Room
from phones.models import Batch, Job

ROOM, CARRIERS, REGIONS, TYPES, OPERATORS, IMPORT = "room", "carriers", "regions", "types", "operators", "import"
# What may be confirmed as it is. The name of the room is asked for in its step's own form, and only numbers end it all.
CONFIRMED = (CARRIERS, REGIONS, TYPES)
VERBS = ("add", "rename", "replace", "enable", "disable", "move", "delete")
NAMES_SHOWN = 8


@dataclass(frozen=True)
class Way:
    """A step as it always is: what is to be done, on which page, and which other pages belong to it."""

    key: str
    title: str | Promise
    advice: str | Promise
    page: str
    button: str | Promise
    icon: str
    also: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[str, ...]:
        return (self.page, *self.also)


WAYS = (
    Way(
        ROOM,
        gettext_lazy("Name and lease"),
        gettext_lazy("What the room is called, and for how long a number stays with the agent who has taken it."),
        "config:settings",
        gettext_lazy("All settings"),
        "home",
    ),
    Way(
        CARRIERS,
        pgettext_lazy("first visit", "Carriers"),
        gettext_lazy("An agent works on one carrier at a time. Are these the ones that your numbers belong to?"),
        "config:carriers",
        gettext_lazy("Change the carriers"),
        "carrier",
        ("config:carrier",),
    ),
    Way(
        REGIONS,
        pgettext_lazy("first visit", "Regions"),
        gettext_lazy("Where your numbers belong, and for where something can be ordered."),
        "config:regions",
        gettext_lazy("Change the regions"),
        "region",
        ("config:region",),
    ),
    Way(
        TYPES,
        pgettext_lazy("first visit", "Business types"),
        gettext_lazy("What a call can come to: these are the buttons on the sheet. They can be changed at any time."),
        "config:business_types",
        gettext_lazy("Change the business types"),
        "tag",
        ("config:business_type",),
    ),
    Way(
        OPERATORS,
        gettext_lazy("The first operators"),
        gettext_lazy("Paste the agents' names, one a line. You get a page of one-time passwords to print and cut up."),
        "accounts:operators_paste",
        gettext_lazy("Paste a list of names"),
        "operators",
        ("accounts:operators", "accounts:operator_new", "accounts:operator", "accounts:issued"),
    ),
    Way(
        IMPORT,
        gettext_lazy("The first import"),
        gettext_lazy("A file of numbers, or some pasted. Before anything is written you see what would be imported."),
        "phones:import",
        gettext_lazy("Choose a file"),
        "import",
        ("phones:import_check", "phones:import_confirm", "phones:batches", "phones:exclusions"),
    ),
)


@dataclass(frozen=True)
class Step:
    """A step as it stands: what is there, whether it is done, and whether it is the next to be done."""

    way: Way
    there: str
    done: bool
    now: bool
    confirmable: bool


@dataclass(frozen=True)
class Place:
    """Where in the first visit a page stands that is not its own."""

    number: int
    of: int
    title: str | Promise


def imported() -> QuerySet[Batch]:
    """Batches that have come in, also where one was taken back later."""
    return Batch.objects.filter(state__in=(Batch.State.READY, Batch.State.REVERTED))


def is_open() -> bool:
    """Whether the first visit still leads anybody: until a batch has come in, or it was passed over."""
    return Room.objects.filter(~Exists(imported()), first_visit_ended_at=None).exists()


def landing(user: User) -> str | None:
    """The page of the first visit, where that is what an operator should see first."""
    return "phones:first_visit" if user.is_administrator and is_open() else None


def place_of(request: HttpRequest) -> Place | None:
    """What the frame of a page tells an administrator of a first visit that is still open."""
    if not (request.user.is_authenticated and request.user.is_administrator and is_open()):
        return None
    here = request.resolver_match.view_name if request.resolver_match else ""
    at = next((number for number, way in enumerate(WAYS, start=1) if here in way.pages), 0)
    return Place(at, len(WAYS), WAYS[at - 1].title if at else "")


def is_ready(key: str) -> bool:
    """Whether there is what a step needs, so that it can be confirmed as it is."""
    things = {CARRIERS: Carrier.objects, REGIONS: Region.objects, TYPES: BusinessType.objects}[key]
    return bool(things.enabled().exists())


def steps(room: Room) -> list[Step]:
    """The steps in their order; the first that is not done is the one to do now."""
    done = [_is_done(way.key, room) for way in WAYS]
    now = done.index(False) if False in done else -1
    return [
        Step(
            way=way,
            there=THERE[way.key](),
            done=done[at],
            now=at == now,
            confirmable=way.key in CONFIRMED and not done[at] and is_ready(way.key),
        )
        for at, way in enumerate(WAYS)
    ]


def _is_done(key: str, room: Room) -> bool:
    if key == OPERATORS:
        return User.objects.agents().exists()
    if key == IMPORT:
        return imported().exists()
    if key == ROOM:
        return bool(room.name) or ROOM in room.first_visit_steps
    return is_ready(key) and (key in room.first_visit_steps or _was_changed(key))


def _was_changed(key: str) -> bool:
    """Whether somebody has been at it, as the log tells: then nobody needs to be asked whether it fits."""
    kind = {CARRIERS: "carrier", REGIONS: "region", TYPES: "business_type"}[key]
    return AuditEntry.objects.filter(action__in=[f"{kind}.{verb}" for verb in VERBS]).exists()


# ── What is there already ────────────────────────────────────────────────────────────────────────────────────


def _names(found: QuerySet) -> str:
    """The first names of some that stand in an order, and how many more there are."""
    names = [str(each) for each in found[: NAMES_SHOWN + 1]]
    if not names:
        return _("None is enabled.")
    said = pgettext("list", ", ").join(names[:NAMES_SHOWN])
    return _("%(names)s and others") % {"names": said} if len(names) > NAMES_SHOWN else said


def _agents() -> str:
    count = User.objects.agents().count()
    said = ngettext("%(count)s agent has an account.", "%(count)s agents have an account.", count)
    return said % {"count": count} if count else _("Only administrators have an account.")


def _batches() -> str:
    if Job.objects.open().filter(kind=Job.Kind.IMPORT).exists():
        return _("An import is under way; you find it under Jobs.")
    count = imported().count()
    said = ngettext("%(count)s batch has come in.", "%(count)s batches have come in.", count)
    return said % {"count": count} if count else _("No numbers yet.")


THERE: dict[str, Callable[[], str]] = {
    ROOM: lambda: "",
    CARRIERS: lambda: _names(Carrier.objects.enabled().in_order()),
    REGIONS: lambda: _names(Region.objects.enabled().in_order()),
    TYPES: lambda: _names(BusinessType.objects.on_offer().in_order()),
    OPERATORS: _agents,
    IMPORT: _batches,
}
