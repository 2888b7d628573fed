"""The manual's section 3: data maintenance at the address of the manual, and what stands beside it: books and logs."""

import re

import pytest

from tests.e2e.manual.test_looking_after import total_of

pytestmark = pytest.mark.e2e

PASSWORD_FIELD = "input[type=password]"


def choose(page, **selected: str) -> None:
    page.goto("/db/")
    for name, label in selected.items():
        page.locator(f"#id_{name}").select_option(label=label)
    page.get_by_role("button", name="查询", exact=True).click()
    page.locator("main form[method=post]").first.wait_for()


def confirm(page, button: str, *, count: str, secret: str, reason: str) -> None:
    """Fill the form of that button, press it, and wait for what comes."""
    form = page.locator("main form[method=post]", has=page.get_by_role("button", name=re.compile(button)))
    form.locator("input[name$=count]").fill(count)
    form.locator(PASSWORD_FIELD).fill(secret)
    form.locator("[name$=reason]").fill(reason)
    form.get_by_role("button", name=re.compile(button)).click()


def count_on(page, button: str) -> str:
    words = page.get_by_role("button", name=re.compile(button)).inner_text()
    return re.search(r"[\d,]+", words)[0].replace(",", "")


def wait_for_the_job(page) -> str:
    page.wait_for_url(re.compile("/jobs/"))
    page.locator("#job-chip", has_text="完成").wait_for(timeout=60_000)
    return page.locator("main").inner_text()


def test_3_the_page_is_reached_by_its_address_alone(administrator, figure):
    """以admin成功登陆后，修改浏览器地址栏的地址 http://127.0.0.1/web/db，即可出现如图8所示的界面。 Figure 8."""
    page = administrator
    page.goto("/carriers/")
    assert "数据管理" not in page.locator("nav.side").inner_text()

    page.goto("/web/db")

    page.get_by_role("heading", level=1, name="数据管理").wait_for()
    choose(page, region="泰山区", carrier="中国移动")
    figure(page, "db")


def test_3_to_everybody_else_the_page_does_not_exist(log_in):
    page = log_in("wangjing")

    assert page.goto("/db/").status == 404
    assert page.goto("/web/db/").status == 404
    page.complaints[:] = [said for said in page.complaints if "Failed to load resource" not in said]


def test_3_1_refused_and_not_connected_numbers_become_pending_again(administrator, site):
    """1、“重新回访”只能针对“拒绝”、“未接通”两类号码。"""
    page = administrator
    choose(page, region="泰山区", carrier="中国移动")
    count = count_on(page, "重新回访 ")

    confirm(page, "重新回访 ", count=str(int(count) + 1), secret=site.passwords["wangqiang"], reason="换季再打")
    page.get_by_text(re.compile(f"应为 {count}")).wait_for()
    # The browser tells of every refusal on its console.
    page.complaints[:] = [said for said in page.complaints if "Failed to load resource" not in said]
    confirm(page, "重新回访 ", count=count, secret=site.passwords["wangqiang"], reason="换季再打")

    assert f"{int(count):,}" in wait_for_the_job(page)
    choose(page, region="泰山区", carrier="中国移动")
    assert page.get_by_role("button", name=re.compile("^重新回访")).first.is_disabled()


def test_3_2_all_chosen_numbers_are_deleted_and_can_be_restored(administrator, site):
    """2、“删除”将全部删除选定的用户。"""
    page = administrator
    page.goto("/stats/team/?by=day")
    calls = total_of(page) if page.locator("table.tally").count() else 0
    choose(page, region="泰山区", carrier="中国联通")
    count = count_on(page, "删除 ")

    confirm(page, "删除 ", count=count, secret=site.passwords["wangqiang"], reason="名单作废")
    assert f"{int(count):,}" in wait_for_the_job(page)

    page.goto("/stats/team/?by=day")
    assert (total_of(page) if page.locator("table.tally").count() else 0) == calls
    page.goto("/db/")
    page.get_by_role("link", name="恢复").first.click()
    page.locator(PASSWORD_FIELD).fill(site.passwords["wangqiang"])
    page.locator("[name$=reason]").fill("删错了")
    page.locator("main form").get_by_role("button", name="恢复").click()
    wait_for_the_job(page)
    choose(page, region="泰山区", carrier="中国联通")
    assert count_on(page, "删除 ") == count


def test_the_books_balance(administrator, figure):
    page = administrator
    page.goto("/balance/")

    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="现在对账").click()

    page.goto("/balance/")
    page.get_by_text(re.compile("账目相符")).wait_for(timeout=60_000)
    figure(page, "balance")


def test_the_logs_say_who_did_what(administrator, figure):
    page = administrator

    page.goto("/audit/logins/")
    assert "王强" in page.locator("main tbody").inner_text()
    page.goto("/audit/")
    assert "王强" in page.locator("main tbody").inner_text()
    figure(page, "audit")
