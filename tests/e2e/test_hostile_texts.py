"""Markup in every text that people can leave behind, and every page looked at in a browser: it stays text."""

import sqlite3
from contextlib import closing

import pytest

from tests.e2e.conftest import opened
from tests.e2e.test_pages import ADMINISTRATORS, AGENTS

pytestmark = pytest.mark.e2e

PAYLOADS = [
    "<script>boom()</script>",
    '"><script>boom()</script>',
    "'><img src=x onerror=boom()>",
    "<svg onload=boom()>",
    "<svg><script>boom()</script></svg>",
    '" autofocus onfocus=boom() x="',
    "' onmouseover='boom()",
    "</title><script>boom()</script>",
    "</textarea><script>boom()</script>",
    "</script><script>boom()</script>",
    "<iframe srcdoc='<script>parent.boom()</script>'>",
    "<a href=javascript:boom()>x</a>",
    "javascript:boom()",
    "<style>@import '//evil.example'</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><input name=x>",
    "<div hx-get=/nowhere/ hx-trigger=load>",
    "<div hx-on:load='boom()'>",
    "<math><mi xlink:href='javascript:boom()'>",
    "<details open ontoggle=boom()>",
    "<object data=//evil.example>",
    "<!--<script>boom()</script>",
    "<![CDATA[<script>boom()</script>]]>",
    "{{constructor.constructor('boom()')()}}",
    "${boom()}",
    "{% debug %}",
    "&lt;script&gt;boom()&lt;/script&gt;",
    "\\u003cscript\\u003eboom()\\u003c/script\\u003e",
]
# What an operator may have left behind, wherever a text of theirs is kept: tables, and their columns.
TEXTS = {
    "accounts_user": ["name"],
    "accounts_savedfilter": ["name"],
    "accounts_auditentry": ["object"],
    "config_room": ["name"],
    "config_carrier": ["name", "product"],
    "config_region": ["name"],
    "config_businesstype": ["name"],
    "phones_batch": ["name", "file_name"],
    "phones_phone": ["note"],
    "phones_event": ["reason"],
    "phones_job": ["title", "result_name"],
    "phones_upload": ["file_name"],
    "phones_archive": ["words", "reason"],
    "callback_call": ["note", "standing_note"],
    "callback_amendment": ["reason", "note_from", "note_to"],
}
ELEMENTS = """() => [...document.querySelectorAll('*')].filter(element =>
    [...element.attributes].some(attribute => /^on/.test(attribute.name) || /boom|evil/.test(
        ['href', 'src', 'action', 'srcdoc', 'data', 'hx-get'].includes(attribute.name) ? attribute.value : ''))
    || (element.tagName === 'SCRIPT' && !element.src)
    || ['IFRAME', 'OBJECT', 'BASE', 'MATH'].includes(element.tagName)).map(element => element.outerHTML)"""


def poison(data) -> int:
    """Write payloads into every text column, each row another; how many texts were written."""
    written = 0
    with closing(sqlite3.connect(data / "hwcall.sqlite3", timeout=20, isolation_level=None)) as line:
        triggers = line.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            line.execute(f"DROP TRIGGER {name}")
        for table, columns in TEXTS.items():
            for column in columns:
                # Pages begin with the newest, or with the oldest.
                ends = [f"SELECT rowid FROM {table} ORDER BY rowid {way} LIMIT 60" for way in ("", "DESC")]  # noqa: S608
                ids = [key for end in ends for (key,) in line.execute(end).fetchall()]
                for key in ids:
                    written += 1
                    # A name stands once: what is unique gets its row's number.
                    text = PAYLOADS[written % len(PAYLOADS)]
                    value = f"{text}{key}" if column == "name" else text
                    fixed = " AND code NOT IN (28, 29)" if table == "config_businesstype" else ""
                    change = f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?{fixed}"  # noqa: S608
                    line.execute(change, [value, key])
        for _name, sql in triggers:
            line.execute(sql)
    return written


def watched(context, complaints: list[str]):
    """A page of which everything that a text could bring about is written down."""
    page = context.new_page()
    expected = ("403", "404")
    page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if "evil" in asked.url else None)
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and not any(status in said.text for status in expected)
            else None
        ),
    )
    return page


def test_b29_markup_in_every_text_column_is_text_on_every_page(chromium, tmp_path, record_property):
    complaints, looked_at = [], 0
    with opened(tmp_path / "poisoned", "--demo") as site:
        written = poison(site.data)
        for username, addresses in (("wangqiang", ADMINISTRATORS), (next(iter(site.passwords)), AGENTS)):
            context = chromium.new_context(base_url=site.url, locale="zh-CN")
            page = watched(context, complaints)
            page.goto("/login/")
            page.get_by_label("用户名").fill(username)
            page.get_by_label("密码").fill(site.passwords[username])
            page.locator("main button.btn-primary").first.click()
            page.wait_for_url(lambda url: "/login/" not in url)
            for address in addresses:
                page.goto(address)
                complaints += [f"{address}: {element[:150]}" for element in page.evaluate(ELEMENTS)]
                looked_at += 1
            context.close()

    record_property("inputs", written)
    assert complaints == []
    assert written > 500
    assert looked_at > 40
