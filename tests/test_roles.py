"""Who may open what: every address of the site, for everybody, against one table."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import get_converters

from accounts.models import Role, User
from accounts.modules import Module
from config.models import BusinessType, Carrier, Region
from phones.models import Archive, Job

# What a GET is answered with, for each of these in turn.
PEOPLE = ("anonymous", "disabled", "one_time", "agent", "all_modules", "administrator")
LOGIN, PASSWORD = "login", "password"  # redirects to these pages
SOMEWHERE = 302

# Everybody, whether signed in or not.
PUBLIC = (200,) * 6
# Whoever is signed in.
SIGNED_IN = (LOGIN, LOGIN, PASSWORD, 200, 200, 200)
# Who has the module; an agent as they begin has the callback sheet alone.
MODULE = (LOGIN, LOGIN, PASSWORD, 403, 200, 200)
SHEET = (LOGIN, LOGIN, PASSWORD, 200, 200, 200)
# Administrators alone, whatever modules others have.
ADMINISTRATORS = (LOGIN, LOGIN, PASSWORD, 403, 403, 200)
# Administrators alone, and to everybody else it does not exist.
HIDDEN = (404, 404, 404, 404, 404, 200)
# Something that belongs to somebody and is not there: 404 for whoever may come at all.
MODULE_NOTHING_THERE = (LOGIN, LOGIN, PASSWORD, 403, 404, 404)
SIGNED_IN_NOTHING_THERE = (LOGIN, LOGIN, PASSWORD, 404, 404, 404)


def posted(row: tuple) -> tuple:
    """The row of an address that takes POST alone: whoever may come is told 405."""
    return tuple(405 if status == 200 else status for status in row)


# One line an address. What stands in its path comes from ``arguments`` below, or is one of something that is not there.
TABLE: dict[str, tuple] = {
    "home": (LOGIN, LOGIN, PASSWORD, SOMEWHERE, SOMEWHERE, SOMEWHERE),
    "language": (405,) * 6,
    "theme": (405,) * 6,
    "manual": SIGNED_IN,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "accounts:login": (200, 200, SOMEWHERE, SOMEWHERE, SOMEWHERE, SOMEWHERE),
    "accounts:logout": (405,) * 6,
    "accounts:password": (LOGIN, LOGIN, 200, 200, 200, 200),
    "accounts:operators": MODULE,
    "accounts:operator_new": MODULE,
    "accounts:operators_paste": MODULE,
    "accounts:issued": (LOGIN, LOGIN, PASSWORD, 403, SOMEWHERE, SOMEWHERE),
    "accounts:operator": MODULE,
    "accounts:reset": MODULE,
    "accounts:arrange_table": posted(SIGNED_IN),
    "accounts:saved_filters": SIGNED_IN,
    "accounts:forget_filter": posted(SIGNED_IN),
    "config:carriers": MODULE,
    "config:carrier": MODULE,
    "config:regions": MODULE,
    "config:region": MODULE,
    "config:business_types": MODULE,
    "config:business_type": MODULE,
    "config:settings": ADMINISTRATORS,
    "phones:first_visit": ADMINISTRATORS,
    "phones:import": MODULE,
    "phones:import_template": MODULE,
    "phones:import_check": MODULE_NOTHING_THERE,
    "phones:import_confirm": MODULE_NOTHING_THERE,
    "phones:rejected": MODULE_NOTHING_THERE,
    "phones:batches": MODULE,
    "phones:batch": MODULE,
    "phones:export": MODULE,
    "phones:start_export": posted(MODULE),
    "phones:export_list": MODULE,
    "phones:jobs": SIGNED_IN,
    "phones:job": SIGNED_IN_NOTHING_THERE,
    "phones:cancel_job": posted(SIGNED_IN),
    "phones:job_result": SIGNED_IN_NOTHING_THERE,
    "callback:sheet": SHEET,
    "callback:hold": posted(SHEET),
    # Whoever has no token of a hold that stands is told nothing, whether signed in or not.
    "callback:held": (200,) * 6,
    "callback:qr": SHEET,
    "callback:keys": SHEET,
    "callback:paper_sheets": SHEET,
    "callback:paper_sheet": SIGNED_IN_NOTHING_THERE,
    "callback:paper_print": SIGNED_IN_NOTHING_THERE,
    "callback:holds": ADMINISTRATORS,
    "callback:lookup": MODULE,
    "callback:number": MODULE_NOTHING_THERE,
    "callback:amend": MODULE_NOTHING_THERE,
    "callback:maintenance": HIDDEN,
    "callback:maintenance_as_in_the_manual": (404, 404, 404, 404, 404, SOMEWHERE),
    "callback:restore": HIDDEN,
    "stats:home": ADMINISTRATORS,
    "stats:wall": MODULE,
    # Whoever has no token of the wall board's page, whether signed in or not.
    "stats:wall_board": (403,) * 6,
    "stats:hours": MODULE,
    "stats:batch": MODULE,
    "stats:team": MODULE,
    "stats:team_excel": MODULE,
    "stats:team_calls": MODULE,
    "stats:export_team_calls": posted(MODULE),
    "stats:mine": MODULE,
    "stats:mine_excel": MODULE,
    "stats:my_calls": MODULE,
    "stats:export_my_calls": posted(MODULE),
    "stats:audit": ADMINISTRATORS,
    "stats:logins": ADMINISTRATORS,
    "stats:export_log": posted(ADMINISTRATORS),
    "stats:balance": ADMINISTRATORS,
    "phones:exclusions": ADMINISTRATORS,
}
# Other answers than the row's, where nothing is there to be shown (no number is held, no job was begun, …).
ALSO: dict[str, set[int]] = {"callback:qr": {404}}
# The views that name no permission because everybody comes through them.
OPEN_TO_ALL = {
    "language",
    "theme",
    "healthz",
    "readyz",
    "accounts:login",
    "accounts:logout",
    "stats:wall_board",
    "callback:held",
}


def addresses(patterns: list, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name}", pattern


ADDRESSES = dict(addresses(get_resolver().url_patterns))


def make_archive(by: User) -> Archive:
    job = Job.objects.create(kind=Job.Kind.DELETE, by=by, state=Job.State.DONE)
    return Archive.objects.create(job=job, at=job.created_at, by=by, reason="合同到期", file="gone", sha256="", count=1)


@pytest.fixture
def arguments(room, make_agent, make_batch):
    """What stands in the path of an address."""
    nothing = {"int": 10**6, "uuid": UUID(int=0), "str": "nothing", "slug": "nothing"}
    kinds = {type(get_converters()[kind]): value for kind, value in nothing.items()}
    makers = {
        "accounts:operator": lambda: [make_agent("小王").pk],
        "accounts:reset": lambda: [make_agent("小王").pk],
        "config:carrier": lambda: [Carrier.objects.first().pk],
        "config:region": lambda: [Region.objects.first().pk],
        "config:business_type": lambda: [BusinessType.objects.get(code=11).pk],
        "phones:batch": lambda: [make_batch().pk],
        "stats:batch": lambda: [make_batch().pk],
        "callback:restore": lambda: [make_archive(make_batch().by).pk],
    }

    def arguments(name: str) -> list:
        if name in makers:
            return makers[name]()
        return [kinds[type(converter)] for converter in ADDRESSES[name].pattern.converters.values()]

    return arguments


@pytest.fixture
def people(make_user, sign_in) -> dict[str, Client]:
    def client_of(**fields) -> Client:
        user = make_user(fields.pop("name", "小李"), **fields)
        client = sign_in(user)
        if not user.is_active:
            User.objects.filter(pk=user.pk).update(is_active=False)
        return client

    disabled = client_of()
    User.objects.filter(pk=disabled.session["_auth_user_id"]).update(is_active=False)
    return {
        "anonymous": Client(),
        "disabled": disabled,
        "one_time": client_of(must_change_password=True),
        "agent": client_of(),
        "all_modules": client_of(modules=list(Module)),
        "administrator": client_of(name="老张", role=Role.ADMINISTRATOR),
    }


def answer(response) -> str | int:
    """A redirect to the login or the password page by its name, another one as such, and else the status."""
    if response.status_code == 302:
        for name in (LOGIN, PASSWORD):
            if response.url.partition("?")[0] == reverse(f"accounts:{name}"):
                return name
    return response.status_code


def test_b14_every_address_has_its_row():
    assert set(ADDRESSES) == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_b14_everybody_gets_the_answer_of_the_table(name, people, arguments):
    address = reverse(name, args=arguments(name))
    also = ALSO.get(name, set())

    answers = {who: answer(people[who].get(address)) for who in PEOPLE}

    expected = dict(zip(PEOPLE, TABLE[name], strict=True))
    differing = {who for who in PEOPLE if answers[who] != expected[who]}
    assert {who: answers[who] for who in differing if not (expected[who] == 200 and answers[who] in also)} == {}


def test_every_view_says_who_may_come():
    silent = {name for name, pattern in ADDRESSES.items() if not hasattr(pattern.callback, "permission")}

    assert silent == OPEN_TO_ALL


def test_b14_only_these_are_open_to_strangers():
    open_to_all = {name for name, pattern in ADDRESSES.items() if not getattr(pattern.callback, "login_required", True)}

    assert open_to_all == OPEN_TO_ALL


@pytest.mark.parametrize("name", TABLE)
def test_b18_a_form_from_elsewhere_is_refused_everywhere(name, make_administrator, sign_in, arguments):
    client = sign_in(make_administrator(), enforce_csrf_checks=True)
    before = list(User.objects.order_by("pk").values())

    status = client.post(reverse(name, args=arguments(name)), {"do": "disable 1"}).status_code

    assert status == 403
    assert [row for row in User.objects.order_by("pk").values() if row["id"] in {old["id"] for old in before}] == before


@pytest.mark.parametrize("name", TABLE)
def test_b19_odd_verbs_are_refused_everywhere(name, make_administrator, sign_in, arguments):
    client, address = sign_in(make_administrator()), reverse(name, args=arguments(name))

    for verb in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "CONNECT"):
        assert client.generic(verb, address).status_code in {405, SOMEWHERE}, verb
