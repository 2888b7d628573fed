"""The audit log and the login log: what their pages find, and how each line is told."""

import ast
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import override

from accounts import actions, audit
from accounts.models import AuditEntry, Role
from accounts.modules import Module
from config.models import Carrier, Region
from phones.models import Job
from stats import log_details, logs
from stats.log_words import ACTIONS, DEEDS, LOGIN_ACTIONS, LOGINS
from stats.names import Names
from tests.phones.test_filters import NONSENSE

ROOT = Path(__file__).resolve().parents[2]
FIELDS = ("who", "group", "address", "object", "start", "end", "older", "unknown")


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


@pytest.fixture
def look(browser):
    def look(name="audit", **query):
        return browser.get(reverse(f"stats:{name}"), query)

    return look


@pytest.fixture
def record(boss, now):
    """Lines of a log, a minute apart, by 老张 unless said."""
    minutes = iter(range(10_000))

    def record(action="operator.edit", **fields):
        fields = {"by": boss, "at": now + timedelta(minutes=next(minutes)), "about": "小李", **fields}
        return audit.record(action=action, **fields)

    return record


def shown(response) -> list[AuditEntry]:
    return [line.entry for line in response.context["page"].lines]


def found(**query) -> list[AuditEntry]:
    """The lines that a filter finds, by both roads: the page's, and the export's."""
    chosen = logs.LogFilter(query, log=logs.LOGS[query.pop("log", "audit")])
    assert chosen.is_valid(), chosen.errors
    newest = chosen.newest(before=None, count=100)
    assert sorted(chosen.apply(AuditEntry.objects.all()), key=lambda entry: (entry.at, entry.pk)) == newest[::-1]
    return newest


# ── Which lines ──────────────────────────────────────────────────────────────────────────────────────────────


def test_comings_and_goings_stand_in_the_one_log_and_all_else_in_the_other(record, look):
    logged = [record(action, by=None) for action in LOGIN_ACTIONS]
    done = [record(action) for action in ("operator.edit", "import.confirm", "something.new")]

    assert shown(look("logins")) == logged[::-1]
    assert shown(look("audit")) == done[::-1]


def test_an_action_that_nobody_has_named_shows_its_code(record, look):
    record("something.new")

    assert "something.new" in look().content.decode()


def test_lines_of_one_moment_stand_in_their_order(record, now):
    lines = [record(action, at=now) for action in ("operator.edit", "import.done", "operator.edit")]

    assert found() == lines[::-1]


def test_pages_follow_one_another_without_a_gap(record, now):
    lines = [record(("operator.edit", "import.done", "hold.free")[at % 3], at=now) for at in range(4)]
    lines += [record("operator.edit") for _ in range(4)]
    chosen = logs.LogFilter({}, log=logs.AUDIT)
    assert chosen.is_valid()

    pages, older = [], ""
    while older is not None:
        page = logs.page(chosen, {"older": str(older)}, size=3)
        pages.append([line.entry for line in page.lines])
        older = page.older

    assert [len(page) for page in pages] == [3, 3, 2]
    assert [entry for page in pages for entry in page] == found()
    assert len(found()) == len(lines)


def test_the_page_leads_to_older_lines_and_back(record, look):
    lines = [record() for _ in range(51)]

    first = look()
    second = look(older=first.context["page"].older)

    assert shown(first) + shown(second) == lines[::-1]
    assert second.context["page"].older is None
    assert f"?older={lines[1].pk}" in first.content.decode()


@pytest.mark.parametrize("who", ["小李", "xiaoli", "XIAO", "李"])
def test_who_did_it_is_found_by_name_and_by_user_name(record, make_agent, who):
    xiaoli, xiaowang = make_agent("小李", username="xiaoli"), make_agent("小王", username="wang")
    line = record(by=xiaoli)
    record(by=xiaowang)
    record("login", by=xiaoli)

    assert found(who=who) == [line]


def test_who_is_one_of_many_is_found_as_well(record, make_agent):
    people = [make_agent(f"小李{number}") for number in range(logs.FEW + 3)]
    lines = [record(("operator.edit", "import.done")[number % 2], by=each) for number, each in enumerate(people)]
    record()

    assert found(who="小李") == lines[::-1]


def test_a_name_that_was_tried_is_found_though_nobody_has_it(record):
    line = record("login.failed", by=None, about="guest")
    record("login.failed", by=None, about="else")

    assert found(who="GUE", log="logins") == [line]


def test_a_name_that_nobody_has_finds_nothing(record):
    record()

    assert found(who="没有这个人") == []


@pytest.mark.parametrize(
    ("group", "actions"), [("operators", ["operator.edit"]), ("configuration", ["region.add", "carrier.move"])]
)
def test_a_group_finds_its_actions(record, group, actions):
    lines = {
        action: record(action) for action in ("operator.edit", "carrier.move", "import.done", "region.add", "of.old")
    }

    assert {entry.pk for entry in found(group=group)} == {lines[action].pk for action in actions}


def test_days_are_those_of_the_room(record):
    shanghai = ZoneInfo("Asia/Shanghai")
    moments = [(22, 23, 59), (23, 0, 0), (23, 23, 59), (24, 0, 0)]
    lines = [record(at=datetime(2026, 11, day, hour, minute, tzinfo=shanghai)) for day, hour, minute in moments]

    assert found(start="2026-11-23", end="2026-11-23") == [lines[2], lines[1]]
    assert found(start="2026-11-24") == [lines[3]]
    assert found(end="2026-11-22") == [lines[0]]


def test_an_address_is_found_whole(record):
    lines = [record(action, address="192.168.1.20") for action in ("operator.edit", "import.done", "operator.edit")]
    record(address="192.168.1.2")
    record(address=None)

    assert found(address=" 192.168.1.20 ") == lines[::-1]
    assert found(address="192.168.1.20", who="老张", group="imports") == [lines[1]]


@pytest.mark.parametrize("text", ["100%", "_", "\\", "'"])
def test_the_object_is_looked_for_to_the_letter(record, text):
    line = record(about=f"批次 {text} 甲")
    record(about="批次 100 乙")

    assert found(object=text) == [line]


def test_the_object_is_found_in_whatever_case(record):
    line = record(about="Batch A")

    assert found(object="batch a") == [line]


# ── Bad input ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "field"), list(product(("audit", "logins"), FIELDS)))
def test_no_parameter_breaks_the_page(look, record, name, field):
    record()
    record("login")

    statuses = {value: look(name, **{field: value}).status_code for value in NONSENSE}

    assert statuses == {value: 400 if "\0" in value else 200 for value in NONSENSE}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"address": "192.168.1"}, "address"),
        ({"address": "host.example"}, "address"),
        ({"group": "nothing"}, "group"),
        ({"start": "2026-02-30"}, "start"),
        ({"start": "0001-01-01"}, "start"),
        ({"start": "2026-11-02", "end": "2026-11-01"}, "end"),
        ({"who": "x" * 41}, "who"),
        ({"object": "138 0013 8000"}, "object"),
        ({"object": "+8613800138000"}, "object"),
        ({"object": "13800138000 13900139000"}, "object"),
        ({"object": "小李13800138000，小王0538-8000000"}, "object"),
        ({"object": "13800138000-1"}, "object"),
        ({"who": "13800138000"}, "who"),
        ({"who": "13800138000/13900139000"}, "who"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_shown(look, record, query, field):
    record()

    response = look(**query)
    page = response.content.decode()

    assert list(response.context["form"].errors) == [field]
    assert f'id="{field}-error"' in page
    assert "<table" not in page
    assert 'name="format"' not in page


def test_what_is_looked_for_is_sent_by_post_and_leads_to_its_address(browser, record):
    line = record(about="泰山移动")
    record()
    form = browser.get(reverse("stats:audit")).content.decode().partition('class="panel filters"')[2]

    response = browser.post(reverse("stats:audit"), {"object": "泰山", "who": "", "unknown": "x"}, follow=True)

    assert form.startswith(' method="post"')
    assert response.redirect_chain == [(f"{reverse('stats:audit')}?object=%E6%B3%B0%E5%B1%B1", 302)]
    assert shown(response) == [line]


@pytest.mark.parametrize("name", ["audit", "logins"])
@pytest.mark.parametrize("field", ["who", "object"])
def test_a_number_that_is_looked_for_gets_into_no_address(browser, name, field):
    if (name, field) == ("logins", "object"):
        pytest.skip("the login log has no such field")

    page = browser.post(reverse(f"stats:{name}"), {field: "13800138000 13900139000"})
    export = browser.post(reverse("stats:export_log"), {"log": name, "format": "csv", field: "13800138000 13900139000"})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert export.url == reverse(f"stats:{name}")
    assert not Job.objects.exists()


def test_an_operator_whose_user_name_is_a_number_is_found_by_it(record, make_agent):
    line = record(by=make_agent("小李", username="13800138000"))

    assert found(who="13800138000") == [line]


@pytest.mark.parametrize("text", ["2026-11-23", "8000", "138****8000", "20261123_1.xlsx"])
def test_dates_files_and_masked_numbers_are_looked_for(record, text):
    line = record(about=f"甲 {text} 乙")
    record()

    assert found(object=text) == [line]


def test_nothing_of_a_query_reaches_the_page_as_markup(look):
    evil = '"><script>alert(1)</script>'

    page = look(**dict.fromkeys(FIELDS, evil)).content.decode()

    assert evil not in page
    assert "<script>alert" not in page


def test_what_strangers_have_typed_is_text(record, look, make_agent):
    evil = "<img src=x onerror=alert(1)>"
    record("login.failed", by=None, about=evil)
    record(
        about=evil, by=make_agent(evil), reason=evil, before={"name": evil}, after={"name": "好"}, other={evil: evil}
    )

    pages = look("logins").content.decode() + look().content.decode()

    assert evil not in pages
    assert pages.count(escape(evil)) >= 6


# ── How a line is told ───────────────────────────────────────────────────────────────────────────────────────


def told(entry: AuditEntry) -> dict[str, str]:
    return {detail.label: detail.text for detail in log_details.details(entry, Names())}


def test_a_line_says_who_when_what_how_many_and_from_where(record, look):
    record("import.confirm", about="泰山移动", count=12345, address="192.168.1.20", kind="excluded")

    page = look().content.decode()

    for text in ("老张", "11-23 10:30:00", "确认导入", "泰山移动", "12,345", "192.168.1.20", "剔除"):
        assert text in page


def test_a_name_that_was_tried_is_told_as_such(record, look):
    record("login.failed", by=None, about="guest")

    page = look("logins").content.decode()

    assert "guest" in page
    assert "输入的用户名" in page
    assert "登录失败" in page


def test_rights_are_told_as_they_were_and_are(boss, xiaoli, region, now):
    actions.edit(
        user=xiaoli, username=xiaoli.username, name="李四", role=Role.AGENT, modules=[Module.SHEET, Module.LOOKUP],
        regions=[region], is_active=False, by=boss, now=now, address=None,
    )  # fmt: skip

    with override("zh-hans"):
        assert told(AuditEntry.objects.get(action="operator.edit")) == {
            "姓名": "小李 → 李四",
            "功能模块": "回访单、回访统计 → 回访单、电话查询",
            "限定地区": f"无 → {region.name}",
            "启用": "是 → 否",
        }


def test_a_new_operator_is_told_with_what_it_may_do(record):
    entry = record(
        "operator.create", username="xiaoli", name="小李", role="agent", modules=["sheet"], regions=[], enabled=True
    )

    with override("zh-hans"):
        assert told(entry) == {"姓名": "小李", "类型": "回访员", "功能模块": "回访单"}


def test_an_amendment_is_told_from_what_to_what_and_why(record):
    entry = record("call.amend", about="138****8000", reason="听错了", **{"from": "11 早晚天气", "to": "29 未接通"})

    with override("zh-hans"):
        assert list(told(entry).items()) == [("归类", "11 早晚天气 → 29 未接通"), ("原因", "听错了")]


def test_a_filter_is_told_condition_by_condition(record, boss, make_batch, type_of):
    batch, carrier, region = make_batch(), Carrier.objects.first(), Region.objects.first()
    asked = {
        "region": str(region.pk), "by": "order", "carrier": str(carrier.pk), "state": "classified",
        "agent": str(boss.pk), "batch": str(batch.pk), "start": "2026-11-01", "type": ["valid", str(type_of(28).pk)],
        "list": "5b6ae6b4-7f5c-4fd6-a0f8-6e8b1f1b2d11",
    }  # fmt: skip
    entry = record("export.make", filter=asked, kind="export", sha256="ab" * 32)

    with override("zh-hans"):
        words = told(entry)

    assert words["类别"] == "导出"
    assert words["SHA-256"] == "ab" * 6
    for text in (
        region.name,
        carrier.name,
        "已回访",
        f"{boss.name} ({boss.username})",
        "2026-11-01",
        "28 拒绝",
        "另附",
    ):
        assert text in words["查询"]
    assert "5b6ae6b4" not in words["查询"]


def test_an_export_of_everything_says_so(record):
    with override("en"):
        assert told(record("export.make", filter={}, own=False, rows=3)) == {"rows": "3"}
        assert told(record("numbers.delete", filter={"state": "pending"}, skipped={"held": 3, "changed": 0})) == {
            "Query": "State Pending",
            "Passed over": "on a sheet 3, changed meanwhile 0",
        }


def test_a_job_and_a_batch_lead_to_their_pages(record, boss, make_batch, look):
    batch, job = make_batch(), Job.objects.create(kind=Job.Kind.EXPORT, by=boss)
    record("import.done", batch=batch.pk, job=str(job.pk))

    page = look().content.decode()

    assert f'href="{reverse("phones:batch", args=[batch.pk])}"' in page
    assert f'href="{reverse("phones:job", args=[job.pk])}"' in page


@pytest.mark.parametrize(
    "value",
    [None, True, 7, -1, 2**70, 1.5, "x" * 500, "", [], [1, "a", None], {}, {"a": {"b": [1]}}, {"region": 2**70}],
)
def test_whatever_a_line_holds_is_told_without_braces(room, value):
    texts = [
        text
        for key in {*log_details.LABELS, *log_details.TELL, "unknown", "from", "to"}
        for detail in log_details.details(AuditEntry(action="x", data={key: value}), Names())
        for text in (detail.label, detail.text)
    ]

    assert not [text for text in texts if "{" in text or "[" in text or len(text) > log_details.LONGEST + 1]


def test_a_page_asks_the_database_the_same_few_questions_for_any_lines(
    browser, record, make_agent, django_assert_max_num_queries
):
    people = [make_agent(f"小李{number}") for number in range(20)]
    for number in range(50):
        record(list(ACTIONS)[number % len(ACTIONS)], by=people[number % 20])

    with django_assert_max_num_queries(12):
        browser.get(reverse("stats:audit"))


@pytest.mark.parametrize(
    ("query", "index", "others"),
    [
        ({"start": "2026-01-01"}, "audit_action_at", ["login"]),
        ({"address": "192.168.1.20"}, "audit_address_action_at", ["operator.edit", "import.done"]),
    ],
)
def test_each_lane_is_a_walk_along_an_index(record, boss, query, index, others):
    for action in ("operator.edit", "import.done", "login"):
        record(action, address="192.168.1.20")
    for action in others:
        AuditEntry.objects.bulk_create(AuditEntry(action=action, address="192.168.1.30") for _ in range(2000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditentry")
    chosen = logs.LogFilter(query, log=logs.AUDIT)
    assert chosen.is_valid()

    with CaptureQueriesContext(connection) as asked:
        chosen.newest(before=AuditEntry.objects.latest("pk"), count=51)

    [lanes] = [query["sql"] for query in asked.captured_queries if "UNION ALL SELECT * FROM" in query["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{lanes}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())

    assert plan.count(index) == 2
    assert "SCAN accounts_auditentry" not in plan


# ── Every action has its words ───────────────────────────────────────────────────────────────────────────────

# What stands between braces where an action is put together.
PARTS = {"kind_of": ("carrier", "region", "business_type"), "verb": ("enable", "disable")}


def spelled(node: ast.expr) -> list[str]:
    """The actions that an expression may be; none where it only hands one on."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return spelled(node.body) + spelled(node.orelse)
    if isinstance(node, ast.JoinedStr):
        pieces = [
            (part.value,) if isinstance(part, ast.Constant) else PARTS[ast.unparse(part.value).partition("(")[0]]
            for part in node.values
        ]
        return ["".join(each) for each in product(*pieces)]
    return []


def written_actions() -> set[str]:
    """Every action that the sources write into the log."""
    actions = set()
    for path in (
        path
        for app in ("hwcall", "config", "accounts", "phones", "callback", "stats")
        for path in (ROOT / app).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            actions |= {action for word in node.keywords if word.arg == "action" for action in spelled(word.value)}
            if getattr(node.func, "attr", getattr(node.func, "id", "")) in ("record", "tell", "_line"):
                texts = {text for argument in node.args for text in spelled(argument)}
                actions |= {text for text in texts if text in ACTIONS or text.count(".") == 1}
    return actions - {"store_true"}


def test_every_action_that_is_written_has_its_words_and_no_words_are_idle():
    assert written_actions() == set(ACTIONS)


def test_no_action_stands_in_two_groups():
    named = [action for group in (*LOGINS, *DEEDS) for action in group.actions]

    assert len(named) == len(set(named))


def test_actions_are_told_in_the_readers_language(record, look, browser):
    record("operator.disable")
    assert "停用操作员" in look().content.decode()

    browser.cookies["hwcall_language"] = "en"
    assert "Operator disabled" in look().content.decode()
