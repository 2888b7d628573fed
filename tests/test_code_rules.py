"""What no source may do, and the few modules that may: SQL of their own, marked-up text, other programs."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ["hwcall", "config", "accounts", "phones", "callback", "stats"]
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text()
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# SQL that is put together: of our own constants, never of what somebody sent.
SQL_IS_BUILT_IN = {
    "callback/deletions.py",
    "callback/desk_sql.py",
    "callback/restores.py",
    "hwcall/backups/manifest.py",
    "phones/comparison.py",
    "phones/csv_lines.py",
    "phones/exclusions.py",
    "phones/happenings.py",
    "phones/loading.py",
    "phones/queue.py",
    "phones/staging.py",
    "stats/checks",
    "stats/logs.py",
}
# Text that is called safe: pieces put together by format_html, and the manual, which is a file of ours.
MARKS_UP_TEXT = {"hwcall/manual.py", "hwcall/templatetags/hwcall.py"}
# Other programs are started as lists of words, never through a shell.
STARTS_PROGRAMS = {"hwcall/backups/databases.py", "hwcall/bench/server.py", "hwcall/processes.py", "phones/reader.py"}


def calls(text: str) -> list[tuple[str, ast.Call]]:
    """Every call of a source by the last name of what is called."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [(getattr(node.func, "attr", getattr(node.func, "id", "")), node) for node in found]


def modules_with(true) -> set[str]:
    return {name for name, text in SOURCES.items() if true(text)}


def test_b40_nothing_evaluates_unpickles_or_goes_through_a_shell():
    shells = r"\bos\.(system|popen|exec\w*|spawn\w*)\(|\bgetoutput\(|\bgetstatusoutput\("

    def guilty(text: str) -> bool:
        shell = any(keyword.arg == "shell" for _name, call in calls(text) for keyword in call.keywords)
        evaluates = any(isinstance(call.func, ast.Name) and name in {"eval", "exec"} for name, call in calls(text))
        unpickles = re.search(r"^\s*(import|from) (pickle|shelve|dill)\b", text, re.M)
        return bool(shell or evaluates or unpickles or re.search(shells, text))

    assert modules_with(guilty) == set()


def test_b40_only_these_start_other_programs():
    assert modules_with(lambda text: "import subprocess" in text) <= STARTS_PROGRAMS


def test_b40_the_linters_rules_of_safety_are_on_for_all_sources():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    elsewhere = {rule for path, rules in lint["per-file-ignores"].items() if "tests" not in path for rule in rules}

    assert "S" in lint["select"]
    assert [rule for rule in lint["ignore"] if rule.startswith("S")] == ["S603"]
    assert {rule for rule in elsewhere if rule.startswith("S")} == {"S311"}


def test_b32_sql_is_built_in_these_modules_alone():
    built = modules_with(lambda text: bool(re.search(r"noqa: S608", text)) or executes_what_it_builds(text))

    assert {name for name in built if not {name, str(Path(name).parent)} & SQL_IS_BUILT_IN} == set()


def executes_what_it_builds(text: str) -> bool:
    """Whether a statement that is executed is put together where it is executed."""
    built = (ast.JoinedStr, ast.BinOp)
    return any(
        name in {"execute", "executemany", "raw", "RawSQL"} and call.args and isinstance(call.args[0], built)
        for name, call in calls(text)
    )


def test_b32_no_query_is_made_of_what_a_request_names():
    """``filter(**request.GET)`` and the like would let whoever asks choose the columns."""

    def guilty(text: str) -> bool:
        spread = [
            ast.unparse(keyword.value)
            for name, call in calls(text)
            if name in {"filter", "exclude", "get", "order_by", "annotate", "update", "create"}
            for keyword in call.keywords
            if keyword.arg is None
        ]
        # ``who`` is who acts, when and from where.
        return any(re.search(r"request|GET|POST|\.data\b", value.replace("who(request)", "")) for value in spread)

    assert modules_with(guilty) == set()
    assert modules_with(lambda text: bool(re.search(r"\.extra\(\s*(select|where|tables)|RawSQL", text))) == set()


def test_b29_only_these_modules_call_a_text_safe():
    assert modules_with(lambda text: "mark_safe" in text or "SafeString(" in text) <= MARKS_UP_TEXT


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_b29_no_template_calls_a_text_safe(path):
    assert not re.search(
        r"\|\s*safe\b|\|\s*safeseq|autoescape off|\|\s*(urlize|striptags|truncate\w*_html)", path.read_text()
    )


def test_b29_no_script_writes_markup_but_what_the_server_has_sent():
    writes = r"\.(innerHTML|outerHTML)\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function"
    scripts = {path.name for path in (ROOT / "static").glob("*.js") if re.search(writes, path.read_text())}

    # What was keyed in from paper is answered with a piece of the page.
    assert scripts == {"paper.js"}


@pytest.mark.parametrize(("https", "left"), [("false", {"W004", "W012", "W016"}), ("true", set())])
def test_b42_the_settings_are_an_offices_but_for_what_plain_http_means(tmp_path, https, left):
    """Without HTTPS there can be no HSTS, and no cookie that is for HTTPS alone; the start says so in one line."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HWCALL_DATA": str(tmp_path), "HWCALL_HTTPS": https},
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(re.findall(r"security\.(W\d+)", done.stderr)) == left


def test_b42_nothing_of_the_inside_is_shown_unless_somebody_asks_for_it(tmp_path):
    script = "from hwcall import settings; print(settings.DEBUG, settings.SESSION_COOKIE_HTTPONLY)"
    variables = {"PATH": os.environ["PATH"], "HWCALL_DATA": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=variables, capture_output=True, text=True)

    assert said.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_b70_every_package_is_locked_by_its_hash(name):
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line.strip() and not line.startswith("#")]

    assert len(packages) > 10
    assert [line[:60] for line in packages if "==" not in line or "--hash=sha256:" not in line] == []


def test_b70_packages_are_set_up_by_their_hashes_alone():
    assert "--require-hashes" in (ROOT / "bin" / "venv.sh").read_text()


def test_b70_the_framework_is_a_version_that_is_looked_after():
    assert django.VERSION >= (5, 2, 19)
    assert "Django>=5.2.19,<5.3" in (ROOT / "pyproject.toml").read_text()
