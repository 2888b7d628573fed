"""The operating manual inside the program: docs/manual.*.md as a page, and the chapter that belongs to each page.

The files are ours and no user's; HTML in them is shown as text all the same. This is the one place that calls its
result safe.
"""

import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override
from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = Path(settings.BASE_DIR) / "docs"
FILES = {"zh-hans": "manual.zh.md", "en": "manual.en.md"}
ENGLISH = "en"
# Pictures stand beside the manual, and among the static files under the same name.
PICTURES = "pictures/"


@dataclass(frozen=True)
class Chapter:
    """A heading: its id is the same in both languages; level 1 is a chapter, 2 and 3 what is in it."""

    id: str
    level: int
    title: str


@dataclass(frozen=True)
class Manual:
    title: str
    chapters: tuple[Chapter, ...]
    html: SafeString


@cache
def manual(language: str) -> Manual:
    """The manual in a language, rendered once a process."""
    tokens = _parse(language)
    title = tokens[1].content
    chapters, body = tuple(_chapters(tokens)), _body(tokens)
    with override(language):
        _prepare(body, chapters)
        html = _markdown().renderer.render(body, _markdown().options, {})
    return Manual(title, chapters, mark_safe(html))  # noqa: S308 -- our own file, rendered with HTML disabled


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _parse(language: str) -> list[Token]:
    return _markdown().parse((DOCS / FILES[language]).read_text(encoding="utf-8"))


# ── Its chapters ─────────────────────────────────────────────────────────────────────────────────────────────


def _headings(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """The headings of chapters with their text; the title of the whole is none."""
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag != "h1":
            yield opening, inline.content


@cache
def _ids() -> tuple[str, ...]:
    """The ids of the chapters, in order: the English headings without their numbers, so that the twins share them."""
    return tuple(_slug(re.sub(r"^[\d.\s]+", "", words)) for _opening, words in _headings(_parse(ENGLISH)))


def _chapters(tokens: list[Token]) -> Iterator[Chapter]:
    for id, (opening, words) in zip(_ids(), _headings(tokens), strict=True):
        yield Chapter(id, int(opening.tag[1:]) - 1, words)


def _slug(words: str) -> str:
    """A heading as an address names it, in the way of GitHub, where the files are read as well."""
    kept = "".join(char for char in words.lower() if char in "- _" or unicodedata.category(char)[0] in "LNM")
    return kept.strip().replace(" ", "-")


# ── What is other than on GitHub ─────────────────────────────────────────────────────────────────────────────


def _body(tokens: list[Token]) -> list[Token]:
    """All from the first chapter on: the title, the way to the twin and the contents stand in the page's frame."""
    return tokens[next(at for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2") :]


def _prepare(tokens: list[Token], chapters: Iterable[Chapter]) -> None:
    """Give headings their ids, tables their box, pictures their size, and links their place on this page."""
    chapters = list(chapters)
    places = {_slug(chapter.title): f"#{chapter.id}" for chapter in chapters}
    for (opening, _words), chapter in zip(_headings(tokens), chapters, strict=True):
        opening.attrSet("id", chapter.id)
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("class", "q")
        if token.children:
            token.children = list(_inline(token.children, places))
    _box_tables(tokens)


def _box_tables(tokens: list[Token]) -> None:
    """A table that is wider than the page scrolls in a box of its own."""
    label = escape(gettext("Scrolls sideways"))
    for at in reversed(range(len(tokens))):
        if tokens[at].type == "table_open":
            tokens.insert(at, _raw(f'<div class="scroll-x" role="group" tabindex="0" aria-label="{label}">'))
        elif tokens[at].type == "table_close":
            tokens.insert(at + 1, _raw("</div>"))


def _raw(html: str) -> Token:
    return Token("html_block", "", 0, content=html)


def _inline(children: list[Token], places: dict[str, str]) -> Iterator[Token]:
    """The parts of a text; a link to a file that only GitHub shows is told and leads nowhere."""
    open_links: list[bool] = []
    for at, token in enumerate(children):
        if token.type == "softbreak" and _is_within_chinese(children, at):
            continue
        if token.type == "link_open":
            # The parser has percent signs for what is no ASCII.
            target = places.get(unquote(str(token.attrGet("href") or "")).partition("#")[2])
            open_links.append(bool(target))
            if target:
                token.attrSet("href", target)
                yield token
        elif token.type == "link_close":
            if open_links.pop():
                yield token
        else:
            if token.type == "image":
                _place_picture(token)
            yield token


def _is_within_chinese(children: list[Token], at: int) -> bool:
    """Whether a line of the file ends between two characters that have no blank between them, also beside a link."""
    before = next((token.content[-1:] for token in reversed(children[:at]) if token.content), "")
    after = next((token.content[:1] for token in children[at + 1 :] if token.content), "")
    return all(char and unicodedata.east_asian_width(char) in "WF" for char in (before, after))


def _place_picture(token: Token) -> None:
    source = str(token.attrGet("src") or "")
    width, height = _size(DOCS / source)
    token.attrs = {
        "src": static(source) if source.startswith(PICTURES) else "",
        "alt": token.content,
        "width": width,
        "height": height,
        "loading": "lazy",
    }


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, so that a page does not jump when it comes."""
    return struct.unpack(">II", path.read_bytes()[16:24])
