"""What people type or store is text: to the page, to the database, to a template."""

import re
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones.models import Batch
from tests.test_roles import TABLE, arguments  # noqa: F401 -- a fixture

MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'>${7*191}{{7*191}}{% now "Y" %}'
# What each would find if it were taken for SQL: everything, or nothing after an error.
SQL = ["' OR '1'='1", "1 OR 1=1", "x') UNION SELECT 1 --", "1; DROP TABLE phones_phone", "%' OR 1=1 -- ", "1) OR (1=1"]
LOOKUPS = {
    "_connector": "OR",
    "_negated": "True",
    "pk__gt": "0",
    "id__gte": "0",
    "name__startswith": "",
    "by__id": "1",
    "password__contains": "a",
    "agent__password__regex": ".",
    "order_by": "password",
    "sort__desc": "1",
}


class Fields(HTMLParser):
    """The names of all that a page's forms send by GET."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.by_get = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.by_get = (attributes.get("method") or "get").lower() == "get"
        elif tag in {"input", "select", "textarea"} and self.by_get and attributes.get("name"):
            self.names.add(attributes["name"])


class Elements(HTMLParser):
    """The elements of a page by tag and the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *sorted(name for name, _value in attrs)))


@pytest.fixture
def office(make_administrator, sign_in, make_numbers):
    make_numbers(2)
    return sign_in(make_administrator("老张"))


@pytest.fixture
def asked(office, arguments):  # noqa: F811
    """Every page that can be asked for something, with the names of its parameters, and of those that are none."""
    found = {}
    for name in TABLE:
        address = reverse(name, args=arguments(name))
        answer = office.get(address)
        if answer.status_code == 200 and "text/html" in answer.headers["Content-Type"]:
            names = Fields(answer.content.decode()).names
            found |= {address: names} if names else {}
    return found


def test_b30_markup_in_any_parameter_is_shown_as_text(office, asked, record_property):
    raw = re.compile(r"<script>alert|<img src=x|\$\{1337|\b1337\b")
    tried = [(address, name) for address, names in asked.items() for name in sorted(names)]
    shown = {}
    for address, name in tried:
        answer = office.get(address, {name: MARKUP})
        assert answer.status_code < 500, (address, name)
        if found := raw.search(answer.content.decode()):
            shown[address, name] = found[0]

    record_property("inputs", len(tried))
    assert shown == {}
    assert len(tried) > 30


def test_b32_sql_in_a_parameter_finds_what_such_a_text_finds(office, asked, record_property):
    """A text that nobody has: what it finds, the others must find, though they say that they are true of all."""
    tried = 0
    differing = {}
    for address, names in asked.items():
        for name in sorted(names):
            plain = rows_of(office.get(address, {name: "nobody-has-this"}))
            for sql in SQL[tried % 3 :: 3]:
                tried += 1
                answer = office.get(address, {name: sql})
                if answer.status_code >= 500 or rows_of(answer) != plain:
                    differing[address, name, sql] = answer.status_code

    record_property("inputs", tried)
    assert differing == {}
    assert Batch.objects.exists()


def test_b32_lookups_are_no_parameters(office, asked, record_property):
    differing = set()
    for address in asked:
        if rows_of(office.get(address)) != rows_of(office.get(address, LOOKUPS)):
            differing.add(address)

    record_property("inputs", len(asked) * len(LOOKUPS))
    assert differing == set()


def rows_of(answer) -> tuple[int, int]:
    """How a page answers, and how many rows its tables have."""
    return answer.status_code, answer.content.count(b"<tr")


@pytest.mark.parametrize(("words", "found"), [("%", "百分%"), ("_", "下_划"), ("\\", "反\\斜"), ("100%", None)])
def test_b33_signs_that_mean_something_to_like_are_looked_for_as_they_are(office, make_agent, make_batch, words, found):
    for name in ("百分%", "下_划", "反\\斜", "无"):
        make_agent(name)
        make_batch(name=name)

    people = office.get(reverse("accounts:operators"), {"q": words}).context["roster"].rows
    batches = office.post(reverse("phones:batches"), {"name": words}, follow=True).content.decode()

    assert [row.operator.name for row in people] == ([found] if found else [])
    others = {"百分%", "下_划", "反\\斜", "无"} - {found}
    assert {name for name in others if f">{name}<" in batches} == set()


@pytest.mark.parametrize("text", ["{{7*191}}", "{% now 'Y' %}", "{{ settings.SECRET_KEY }}", "${7*191}", "%(number)s"])
def test_b34_template_syntax_in_a_name_is_shown_as_it_is(office, make_agent, arguments, text):  # noqa: F811
    make_agent(text)
    Carrier.objects.filter(pk=Carrier.objects.in_order()[0].pk).update(name=text)
    Region.objects.filter(pk=Region.objects.in_order()[0].pk).update(name=text)
    BusinessType.objects.filter(code=11).update(name=text)
    User.objects.administrators().update(name=text)
    escaped = text.replace("'", "&#x27;")
    shown = 0
    for name in ("accounts:operators", "config:carriers", "config:regions", "config:business_types", "phones:export"):
        page = office.get(reverse(name)).content.decode()
        assert "1337" not in page
        shown += escaped in page

    assert shown == 5
