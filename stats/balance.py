"""The balance: whether the books agree with one another, asked as of one moment, kept, and told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from config.models import Carrier, Region
from phones import jobs
from phones.job_kinds import JobKind, always, register
from phones.models import Job, State
from phones.numbers import mask
from stats import checks
from stats.checks import archives, batches
from stats.checks.check import SHOWN, Answer, Check, Row
from stats.checks.telling import Teller
from stats.moments import one_moment

COLUMNS = ("imported", "pending", "held", "classified", "excluded", "deleted")


@dataclass(frozen=True)
class Books:
    """The answer to each check, and where the numbers of each carrier and region are."""

    answers: dict[str, Answer]
    places: list[Row]

    @property
    def broken(self) -> list[str]:
        return [name for name, answer in self.answers.items() if answer.count]

    @property
    def faults(self) -> int:
        return sum(answer.count for answer in self.answers.values())


def examine(
    *, contents: bool = False, whole_numbers: bool = False, tell: Callable[[str], object] = lambda topic: None
) -> Books:
    """Ask every check, all as of one moment; ``tell`` hears of each topic before it is asked about.

    ``contents`` reads the archives' files as well. Numbers come masked, unless they are wanted whole.
    """
    answers: dict[str, Answer] = {}
    with one_moment():
        for topic in checks.TOPICS:
            tell(topic.name)
            for check in topic.checks:
                answer = archives.files(contents=contents) if check.ask is archives.files else check.ask()
                answers[check.name] = answer if whole_numbers else _masked(answer)
        places = batches.places()
    return Books(answers, places)


def _masked(answer: Answer) -> Answer:
    faults = [row | {"number": mask(row["number"])} if "number" in row else row for row in answer.faults]
    return Answer(answer.figures, answer.count, faults)


# ── As a job ─────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def submit(*, by: User, now: datetime, address: str | None) -> Job:
    """Ask for the books to be examined; while somebody's is not done, that one is it."""
    # Two who press at once meet here, and the second finds the first one's.
    User.objects.select_for_update(no_key=True).administrators().order_by("pk").first()
    if same := under_way().first():
        return same
    return jobs.submit(kind=Job.Kind.BALANCE, by=by, title=_("Balance"), now=now, address=address)


def run(job: Job, progress: jobs.Progress) -> None:
    """Do a balance job: its cursor holds the figures, and of what does not balance the first few of each kind."""
    books = examine(tell=lambda topic: progress.tell(stage=topic))
    kept = {
        "answers": {name: vars(answer) for name, answer in books.answers.items()},
        "places": books.places,
        "faults": books.faults,
    }
    with transaction.atomic():
        audit.record(
            by=job.by, action="balance.check", about=job.title, count=books.faults, address=job.arguments["address"],
            job=str(job.pk), broken=books.broken,
        )  # fmt: skip
        progress.finish(cursor=kept)


def register_kind() -> None:
    register(
        Job.Kind.BALANCE,
        JobKind(
            run=run,
            stages=tuple((topic.name, topic.words) for topic in checks.TOPICS),
            cancel_means=gettext_lazy("If you cancel now, nothing has changed. You can balance the books again."),
            module=always(None),
            foot="stats/_job_foot_balance.html",
        ),
    )


def under_way() -> QuerySet[Job]:
    return Job.objects.open().filter(kind=Job.Kind.BALANCE, cancel_requested=False)


def newest() -> Job | None:
    """The examination that was asked for last, whatever became of it."""
    return Job.objects.filter(kind=Job.Kind.BALANCE).order_by("-created_at", "-pk").first()


def last_done() -> Job | None:
    """The last time that the books were examined."""
    done = Job.objects.filter(kind=Job.Kind.BALANCE, state=Job.State.DONE)
    return done.select_related("by").order_by("-finished_at").first()


# ── What the page says ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Fault:
    """One thing that does not balance, and the page to look at it."""

    words: str
    address: str


@dataclass(frozen=True)
class Line:
    """One check: what is true, or else what is not."""

    words: str
    holds: str
    count: int
    faults: list[Fault]

    @property
    def more(self) -> int:
        return self.count - len(self.faults)


@dataclass(frozen=True)
class Place:
    """One row of a table of figures; ``difference`` is what imported has too many."""

    name: str
    figures: list[int]

    @property
    def difference(self) -> int:
        return self.figures[0] - sum(self.figures[1:])


@dataclass(frozen=True)
class Told:
    """An examination of the books in the reader's language."""

    job: Job
    lines: list[Line]
    carriers: list[Place]
    regions: list[Place]
    total: Place
    calls: dict[str, int]

    @property
    def broken(self) -> list[Line]:
        return [line for line in self.lines if line.count]

    @property
    def faults(self) -> int:
        return sum(line.count for line in self.lines)

    @property
    def sums(self) -> list[tuple[str, int]]:
        """The total with the words of its columns."""
        words = (_("Imported"), *(State(column).label for column in COLUMNS[1:-1]), _("Deleted"))
        return list(zip(map(str, words), self.total.figures, strict=True))


def told(job: Job) -> Told:
    """What a done examination found."""
    answers, places, teller = job.cursor["answers"], job.cursor["places"], Teller()
    carriers, regions = Carrier.objects.in_order(), Region.objects.in_order()
    return Told(
        job=job,
        lines=[_line(check, answers[check.name], teller) for check in checks.ALL if check.name in answers],
        carriers=_summed(places, "carrier", carriers),
        regions=_summed(places, "region", regions),
        total=Place(_("Total"), [sum(place[column] for place in places) for column in COLUMNS]),
        calls=answers["tallies"]["figures"],
    )


def _line(check: Check, answer: dict[str, Any], teller: Teller) -> Line:
    shown = [Fault(teller.broken(check, row), _address(row)) for row in answer["faults"][:SHOWN]]
    return Line(str(check.words), teller.holds(check, answer["figures"]), answer["count"], shown)


def _address(row: Row) -> str:
    """The page where a fault can be looked at: of the number, of the batch, or of the job."""
    for column, page in (("phone", "callback:number"), ("batch", "phones:batch")):
        if row.get(column):
            return reverse(page, args=[row[column]])
    try:
        return reverse("phones:job", args=[UUID(row["job"])])
    except (KeyError, TypeError, ValueError):
        return ""


def _summed(places: list[Row], by: str, things: Iterable[Carrier | Region]) -> list[Place]:
    """The figures by carrier or by region, in the order of the configuration; what has no number has no row."""
    sums: dict[int, list[int]] = {}
    for place in places:
        row = sums.setdefault(place[by], [0] * len(COLUMNS))
        for at, column in enumerate(COLUMNS):
            row[at] += place[column]
    return [Place(str(thing), sums[thing.pk]) for thing in things if thing.pk in sums]
