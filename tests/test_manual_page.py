"""The manual inside the program: every page has its chapter, in both languages, and what stands there is safe."""

import ast
import re

import pytest
from django.conf import settings
from django.urls import reverse

from hwcall import chapters, manual
from tests.test_layout import ROOT, SOURCES
from tests.test_roles import ADDRESSES

# Addresses that answer no page of their own: files, parts of pages, signals, and what only takes a form.
NO_PAGES = {
    *("language", "theme", "healthz", "readyz", "accounts:logout", "stats:wall_board"),
    *("accounts:arrange_table", "accounts:forget_filter"),
    *("phones:import_template", "phones:rejected", "phones:start_export", "phones:cancel_job", "phones:job_result"),
    *("callback:hold", "callback:held", "callback:qr", "callback:maintenance_as_in_the_manual"),
    *("stats:team_excel", "stats:mine_excel", "stats:export_team_calls", "stats:export_my_calls", "stats:export_log"),
}
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def test_every_page_has_its_chapter():
    told = {page for pages in chapters.CHAPTERS.values() for page in pages}

    assert set(ADDRESSES) - NO_PAGES == told


def test_no_page_has_two_chapters():
    pages = [page for pages in chapters.CHAPTERS.values() for page in pages]

    assert len(pages) == len(set(pages))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_that_a_page_opens_is_in_the_manual(language):
    read = manual.manual(language)

    ids = [chapter.id for chapter in read.chapters]
    assert set(chapters.CHAPTERS) - {""} <= set(ids)
    assert len(ids) == len(set(ids))
    assert all(f'id="{id}"' in read.html for id in ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_manual_leads_somewhere_on_its_page(language):
    html = manual.manual(language).html

    targets = set(re.findall(r'href="([^"]*)"', html))
    assert targets <= {f"#{id}" for id in re.findall(r'id="([^"]*)"', html)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_to_another_chapter_is_one_on_the_page_too(language):
    text = (manual.DOCS / manual.FILES[language]).read_text()
    written = re.findall(r"\]\(#", text[text.index("\n## ") :])

    assert len(written) > 5
    assert len(re.findall(r'<a href="#', manual.manual(language).html)) == len(written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_of_the_manual_is_among_the_static_files_and_keeps_its_place(language):
    pictures = re.findall(r"<img [^>]*>", manual.manual(language).html)

    assert len(pictures) >= 12
    for picture in pictures:
        assert re.search(r'src="/static/pictures/(readme/)?\w+/[\w-]+\.png"', picture), picture
        assert re.search(r'width="\d+" height="\d+"', picture), picture
        assert re.search(r'alt="[^"]+"', picture), picture


def test_the_twins_say_the_same_in_their_own_words():
    chinese, english = (manual.manual(language) for language in ("zh-hans", "en"))

    assert [(chapter.id, chapter.level) for chapter in chinese.chapters] == [
        (chapter.id, chapter.level) for chapter in english.chapters
    ]
    assert all(re.search("[\u4e00-\u9fff]", chapter.title) for chapter in chinese.chapters)
    assert not any(re.search("[\u4e00-\u9fff]", chapter.title) for chapter in english.chapters)


def test_chinese_lines_are_joined_without_a_blank():
    html = re.sub(r"</?(?:a|strong|code)\b[^>]*>", "", manual.manual("zh-hans").html)

    assert not re.search("[\u4e00-\u9fff]\n[\u4e00-\u9fff]", html)


def test_the_page_is_in_the_readers_language(sign_in, make_agent):
    agent = sign_in(make_agent("小李"))

    chinese = agent.get(reverse("manual")).content.decode()
    agent.cookies["hwcall_language"] = "en"
    english = agent.get(reverse("manual")).content.decode()

    assert "HwCall 操作手册" in chinese
    assert "HwCall operating manual" in english


def test_the_help_link_of_a_page_opens_its_own_chapter(sign_in, make_agent, make_administrator):
    desk = sign_in(make_agent("小李")).get(reverse("callback:sheet")).content.decode()
    office = sign_in(make_administrator()).get(reverse("phones:import")).content.decode()

    assert 'href="/manual/#call-callback-sheet"' in desk
    assert 'href="/manual/#bring-numbers-in-import-numbers"' in office


def test_html_in_the_manual_is_shown_as_text():
    assert manual._markdown().render("<script>alert(1)</script> [x](javascript:alert(1))") == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1))</p>\n"
    )


def test_the_manual_alone_is_called_safe_without_a_format():
    calling = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "mark_safe" in {getattr(node, "id", "") for node in ast.walk(ast.parse(path.read_text()))}
    }

    assert calling == {"hwcall/manual.py"}
