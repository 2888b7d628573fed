"""The room that tests work in, and makers of who and what is in it."""

import gc
from datetime import datetime
from itertools import count
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from accounts.modules import Module
from config.furnish import furnish
from config.models import BusinessType, Carrier, Region, Room
from phones.models import PLACES_A_BATCH, Batch, Phone
from tests.installations import installation, run

PASSWORD = "Wind-und-Wetter-4"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what asks for no database: it has run on SQLite, and would do the same again."""
    if connection.vendor == "sqlite":
        return
    again = [item for item in items if asks_for_a_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if not asks_for_a_database(item)])
    items[:] = again


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector needn't look through it again and again."""
    gc.freeze()
    gc.set_threshold(50_000)


def asks_for_a_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or any(item.get_closest_marker(name) for name in ("django_db", "own_database", "e2e"))


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Argon2 is slow on purpose; that it is what people get is tested where it matters."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Pages name static files without their hashes; that the hashed ones are served is tested on a real gunicorn."""
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": plain}}


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The variables of an installation with an empty database, to begin others like it: migrating takes its time."""
    with installation(tmp_path_factory.mktemp("migrated")) as variables:
        run(variables, "migrate", "-v0")
        yield variables


@pytest.fixture
def now() -> datetime:
    """A Monday morning in the room."""
    return datetime(2026, 11, 23, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def room(db) -> Room:
    """A furnished system: three carriers, six regions, the seven types of a new installation."""
    furnish()
    return Room.objects.get()


@pytest.fixture
def carrier(room) -> Carrier:
    return Carrier.objects.in_order()[0]


@pytest.fixture
def region(room) -> Region:
    return Region.objects.in_order()[0]


@pytest.fixture
def type_of(room):
    """The current business type of a code."""
    return lambda code: BusinessType.objects.current().get(code=code)


@pytest.fixture
def make_user(room):
    serial = count(1)

    def make(name: str = "小李", *, role: str = Role.AGENT, modules=(Module.SHEET,), **fields) -> User:
        user = User(username=fields.pop("username", f"user{next(serial)}"), name=name, role=role, **fields)
        user.modules = list(modules)
        user.set_password(PASSWORD)
        user.save()
        return user

    return make


@pytest.fixture
def make_agent(make_user):
    return make_user


@pytest.fixture
def make_administrator(make_user):
    return lambda name="老张", **fields: make_user(name, role=Role.ADMINISTRATOR, **fields)


@pytest.fixture
def make_batch(carrier, region, make_administrator):
    def make(**fields) -> Batch:
        by = fields.pop("by", None) or User.objects.administrators().first() or make_administrator()
        defaults = {"name": "泰山移动", "kind": Batch.Kind.PENDING, "state": Batch.State.READY, "carrier": carrier}
        return Batch.objects.create(**{**defaults, "region": region, "by": by, **fields})

    return make


@pytest.fixture
def make_numbers(make_batch):
    """``make_numbers(3)`` brings in three pending numbers of one batch, in order; fields are the numbers'."""
    serial = count(1)

    def make(how_many: int, *, batch: Batch | None = None, **fields) -> list[Phone]:
        batch = batch or make_batch(**{key: fields[key] for key in ("carrier", "region") if key in fields})
        taken = Phone.objects.filter(batch=batch).count()
        phones = [
            Phone(
                number=f"1990{next(serial):07}",
                batch=batch,
                place=batch.pk * PLACES_A_BATCH + taken + ordinal + 1,
                **{"carrier": batch.carrier, "region": batch.region, **fields},
            )
            for ordinal in range(how_many)
        ]
        Phone.objects.bulk_create(phones)
        Batch.objects.filter(pk=batch.pk).update(entry_count=taken + how_many, new_count=taken + how_many)
        return list(Phone.objects.filter(batch=batch).order_by("place")[taken:])

    return make


@pytest.fixture
def sign_in(carrier):
    """A browser in which somebody is signed in, on a carrier."""

    def sign_in(user: User, *, on: Carrier | None = None, **options) -> Client:
        client = Client(**options)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["carrier"] = (on or carrier).pk
        session.save()
        return client

    return sign_in


@pytest.fixture
def new_id():
    return uuid4
