"""What the start page of administrators says: what matters now, each with the page where one goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from accounts import presence
from accounts.models import AuditEntry, Role, User
from config.models import Carrier
from phones.models import Job, Phone, Upload
from stats import balance, curves
from stats.hours import Sums
from stats.origins import NAME
from stats.pace import Supply
from stats.today import Today

# Of what waits and of who is there, so many are shown.
SHOWN = 5
PEOPLE_SHOWN = 50
# A room that loses more than a week of calls cannot be brought back from memory.
BACKUP_DAYS = 7


@dataclass(frozen=True)
class Person:
    """Somebody who is online: what they hold on the sheet and on paper, and what they have filed today."""

    user: User
    held: Phone | None
    on_paper: int
    sums: Sums
    pace: float | None
    seconds: int


@dataclass(frozen=True)
class Online:
    """Who is online, those who have filed most first; on paper are the numbers of everybody's sheets."""

    people: list[Person]
    count: int
    holding: int
    on_paper: int


@dataclass(frozen=True)
class Books:
    """When the books were examined last, and how many faults were found; whether that is going on just now."""

    done: Job | None
    running: Job | None

    @property
    def faults(self) -> int:
        return int(self.done.cursor["faults"]) if self.done else 0


@dataclass(frozen=True)
class Backup:
    """When the last backup was made, if any was, and whether that is long ago."""

    at: datetime | None
    old: bool


def landing(user: User) -> str | None:
    """Administrators land on the start page; others begin where their work is."""
    return "stats:home" if user.is_administrator else None


def context(now: datetime) -> dict[str, Any]:
    """Everything that the template names."""
    today = Today(now)
    day = dict.fromkeys(("start", "end"), str(today.day))
    supplies = list(today.supplies(Carrier.objects.enabled().in_order()))
    return {
        "now": now,
        "calls": f"{reverse('stats:team_calls')}?{urlencode(day | {NAME: 'home'})}",
        "today": today,
        "supplies": supplies,
        "short": [supply for supply in supplies if is_short(supply)],
        "curve": curves.curve(today.hours, today.usual.hours, now) if today.hours or today.usual.hours else None,
        "online": online(today),
        "books": books(),
        "backup": backup(now),
        **waiting(),
    }


def is_short(supply: Supply) -> bool:
    """Whether a carrier that is called today has nothing left, or will not last the day."""
    return supply.dry_at is not None or (not supply.left and bool(supply.pace))


def online(today: Today) -> Online:
    """Read are all names, but of the people only those who are shown: there may be thousands."""
    there = User.objects.filter(presence.online(today.now))
    rows = there.values_list("pk", "role", "name")
    first = sorted((-_filed(today, pk), role == Role.ADMINISTRATOR, name, pk) for pk, role, name in rows)
    ids = [pk for *_order, pk in first[:PEOPLE_SHOWN]]
    shown = there.select_related("last_carrier").in_bulk(ids)
    holds = Phone.objects.held()
    # Its agents are few, whoever is there.
    paper = dict(holds.exclude(paper=None).order_by().values_list("paper__agent").annotate(count=Count("pk")))
    held = {phone.holder_id: phone for phone in holds.filter(holder__in=shown).select_related("carrier")}
    people = [_person(shown[pk], held.get(pk), paper.get(pk, 0), today) for pk in ids if pk in shown]
    return Online(people, len(first), holds.filter(holder__in=there).count(), sum(paper.values()))


def _filed(today: Today, pk: int) -> int:
    return today.agents[pk].sums.filed if pk in today.agents else 0


def _person(user: User, held: Phone | None, on_paper: int, today: Today) -> Person:
    day = today.agents.get(user.pk)
    since = held.taken_at if held else None
    seconds = max(0, int((today.now - since).total_seconds())) if since else 0
    return Person(user, held, on_paper, day.sums if day else Sums(), day.pace if day else None, seconds)


def waiting() -> dict[str, Any]:
    """The lists that were checked and wait for somebody's word, and the jobs that are not done."""
    others = Job.objects.open().exclude(kind=Job.Kind.BALANCE).select_related("by")
    jobs = list(others.order_by("created_at")[: SHOWN + 1])
    checked = Upload.objects.filter(batch=None).exclude(comparison={}).select_related("by").order_by("-at")
    # One whose import is under way waits for nobody.
    uploads = list(checked.exclude(job__kind=Job.Kind.IMPORT, job__state__in=["waiting", "running"])[: SHOWN + 1])
    return {
        "jobs": jobs[:SHOWN],
        "more_jobs": len(jobs) > SHOWN,
        "uploads": uploads[:SHOWN],
        "more_uploads": len(uploads) > SHOWN,
    }


def books() -> Books:
    return Books(balance.last_done(), balance.under_way().first())


def backup(now: datetime) -> Backup:
    """Each one that manage.py has made is on record."""
    last = AuditEntry.objects.filter(action="backup.make").order_by("-at").values_list("at", flat=True).first()
    return Backup(last, last is not None and now - last > timedelta(days=BACKUP_DAYS))
