"""A real HwCall, started as its owner starts it, and a real Chromium before it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callback.demo import AGENTS

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-results"
PASSWORD = "Wind-und-Wetter-4"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Where an office reaches its server: no browser trusts plain HTTP to such a name with what it keeps for HTTPS.
OFFICE = "hwcall.office"
SCREEN = {"width": 1366, "height": 657}
PHONE = {"width": 390, "height": 844}
# When a room is at its busiest. Whatever the clock says here, somewhere it is this hour.
AFTERNOON = 15


@dataclass
class Site:
    """A HwCall that serves, where it keeps its data, and who can log in with which password."""

    url: str
    data: Path
    passwords: dict[str, str] = field(default_factory=dict)


def start(data: Path, *options: str) -> tuple[subprocess.Popen, list[str]]:
    """Start HwCall on a free port and wait until it has said where; its output so far."""
    environment = {name: value for name, value in os.environ.items() if name != "HWCALL_STATIC_STORAGE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hwcall.start", "--port", "0", *options],
        cwd=ROOT,
        env=environment | {"HWCALL_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if "http://" in line:
            # Whatever it says later must go somewhere: a full pipe would stop it in the middle of a request.
            threading.Thread(target=said.extend, args=[process.stdout], daemon=True).start()
            return process, said
    raise RuntimeError("HwCall did not start:\n" + "".join(said))


@contextmanager
def opened(data: Path, *options: str) -> Iterator[Site]:
    """A HwCall of its own until the block ends: one in which nobody has done anything yet, or a room ``--demo``."""
    process, said = start(data, *options)
    try:
        text = "".join(said)
        if "--demo" in options:
            secret = re.search(r"have the password (\S+)", text)[1]
            passwords = dict.fromkeys((*AGENTS, "wangqiang"), secret)
        else:
            passwords = {"admin": re.search(r"password\W+(\S+)", text)[1]}
        yield Site(url=re.search(r"http://[^\s/]+", text)[0], data=data, passwords=passwords)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def opened_in_its_afternoon(data: Path) -> Iterator[Site]:
    """A demonstration room in the middle of its afternoon, after a month at work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWCALL_TIME_ZONE", where_it_is_afternoon(datetime.now(UTC)))
        with opened(data, "--demo") as site:
            patch.undo()
            yield site


def where_it_is_afternoon(now: datetime) -> str:
    """The name of a time zone; those that lie east of Greenwich have a minus in theirs."""
    east = (AFTERNOON - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    """One HwCall for all browser tests of a run; its first administrator has the one-time password still."""
    with opened(tmp_path_factory.mktemp("data")) as site:
        yield site


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory) -> Iterator[Site]:
    """A room that has been at work for a month: 12 agents, 20,000 numbers."""
    with opened(tmp_path_factory.mktemp("demo"), "--demo") as site:
        yield site


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        options.append(f"--host-resolver-rules=MAP {OFFICE} 127.0.0.1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium, site) -> Iterator[Callable]:
    """A fresh browser at the site; what it complains about, and what it asks of other addresses, fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_browser(*, viewport=None, **options):
        context = chromium.new_context(
            base_url=site.url, viewport=viewport or SCREEN, locale="zh-CN", accept_downloads=True, **options
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.complaints = complaints
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url) if elsewhere(asked.url, site.url) else None)
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert not complaints


def elsewhere(asked: str, home: str) -> bool:
    return not asked.startswith((home, "data:", "blob:"))


@pytest.fixture
def log_in(open_browser, site) -> Callable:
    """A browser in which somebody has logged in on the login page; a one-time password is changed on the way."""

    def log_in(username: str, *, carrier: str = "中国移动", **options):
        page = open_browser(**options)
        page.goto("/login/")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(site.passwords[username])
        page.get_by_text(carrier, exact=True).click()
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda url: "/login/" not in url)
        if "/password/" in page.url:
            change_password(page, site, username)
        return page

    return log_in


def change_password(page, site: Site, username: str) -> None:
    old, new = site.passwords[username], f"{PASSWORD}-{username}"
    page.locator("input[type=password]").nth(0).fill(old)
    page.locator("input[type=password]").nth(1).fill(new)
    page.locator("input[type=password]").nth(2).fill(new)
    page.locator("main").get_by_role("button").first.click()
    page.wait_for_url(lambda url: "/password/" not in url)
    site.passwords[username] = new


@pytest.fixture
def picture(request) -> Callable:
    """Keep a picture of a page for people to look at, under the test's name."""
    PICTURES.mkdir(exist_ok=True)

    def picture(page, name: str, *, whole: bool = False) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole, caret="initial", animations="disabled")

    return picture


@pytest.fixture
def administrator(log_in):
    return log_in("admin")


@pytest.fixture
def room(site, chromium, request) -> Site:
    """Two agents with passwords of their own, and numbers enough to call; made once, through the pages."""
    if "lixiaoyu" not in site.passwords:
        page = request.getfixturevalue("administrator")
        page.goto("/operators/paste/")
        page.locator("textarea").fill("李小雨 lixiaoyu\n王静 wangjing")
        page.locator("main form .btn-primary").click()
        page.locator(".secret").first.wait_for()
        for row in page.locator("tbody tr").all():
            site.passwords[row.locator("td").first.inner_text()] = row.locator(".secret").inner_text()
        request.getfixturevalue("import_numbers")([f"199{number:08}" for number in range(300)])
    return site


@pytest.fixture
def import_numbers(administrator) -> Callable:
    """Bring numbers in through the pages: paste, check, confirm, wait for the batch."""

    def import_numbers(numbers: list[str], *, excluded: bool = False, region: str = "泰山区") -> None:
        page = administrator
        page.goto("/phones/import/")
        page.locator("#numbers").fill("\n".join(numbers))
        page.locator("main form .btn-primary").first.click()
        confirm(page, excluded=excluded, region=region)

    return import_numbers


def confirm(page, *, excluded: bool = False, region: str = "泰山区", carrier: str = "中国移动", name: str = "") -> None:
    """On the check page: choose what is asked, import, and wait until the batch stands."""
    page.locator("#region").wait_for()
    page.locator("#region").select_option(label=region)
    page.locator("#carrier").select_option(page.locator("#carrier option", has_text=carrier).get_attribute("value"))
    if excluded:
        page.locator("input[name=kind][value=excluded]").check()
    if name:
        page.locator("#name").fill(name)
    page.locator("form[action$='/confirm/'] button.btn-primary").click()
    to_the_batch(page)
    page.get_by_text("号码在哪里").wait_for()


def to_the_file(page, button: str, path: Path) -> Path:
    """Press the button of an export, and keep the file that its job makes: it comes by itself."""
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name=re.compile(button)).click()
    download.value.save_as(path)
    return path


def to_the_batch(page) -> None:
    """Wait until a job has ended, and follow its link to the batch that it was about."""
    page.wait_for_url(lambda url: "/jobs/" in url)
    page.get_by_role("status").first.wait_for()
    batch = page.locator("main a[href*='/phones/batches/']:not([href$='/batches/'])").first
    batch.wait_for()
    batch.click()
