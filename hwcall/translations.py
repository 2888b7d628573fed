"""Translations without the gettext programs: what is said in the sources, and what the catalogues say for it."""

import ast
import os
import re
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALE_DIR = BASE_DIR / "locale"
CATALOGUE = LOCALE_DIR / "zh_Hans" / "LC_MESSAGES" / "django.po"
LOCALE = "zh_Hans"
# No dates and no line numbers: a change to a catalogue is a change of words.
HEADER = """\
# HwCall in Simplified Chinese. Written by `manage.py messages`; translations are edited here.
msgid ""
msgstr ""
"Project-Id-Version: HwCall\\n"
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""
# Where in a call each part stands: (message, plural, context).
KEYWORDS: dict[str, tuple[int, int | None, int | None]] = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], (0, None, None)),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (0, 1, None)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], (1, None, 0)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], (1, 2, 0)),
}
NOT_SOURCES = {"data", "docs", "migrations", "node_modules", "tests"}
# A doubled per cent sign stands for itself.
PLACEHOLDER = re.compile(r"%%|(%\(\w+\)[a-z]|%[sd]|\{\w*\})")


class Key(NamedTuple):
    """What a translation is looked up by."""

    text: str
    context: str

    def __str__(self) -> str:
        return f"{self.text!r} ({self.context})" if self.context else repr(self.text)


@dataclass
class Message:
    """One thing said somewhere: its plural ("" where it has none) and the files that say it."""

    plural: str = ""
    places: set[str] = field(default_factory=set)


class UnreadableSource(Exception):
    """A source whose messages can't be told, with the reason."""


def compile_all(folder: Path = LOCALE_DIR) -> list[Path]:
    """Compile each catalogue under ``folder`` that is newer than its ``.mo``. Returns those that were."""
    compiled = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        catalogue = read_catalogue(source)
        # Babel leaves out what is marked fuzzy, and takes a fuzzy header for all of it.
        catalogue.fuzzy = False
        content = BytesIO()
        write_mo(content, catalogue)
        _replace(target, content.getvalue())
        compiled.append(source)
    return compiled


def read_catalogue(path: Path) -> Catalog:
    """A catalogue's messages; an absent file is an empty one."""
    if not path.exists():
        return Catalog(locale=LOCALE, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name if path.parent.name == "LC_MESSAGES" else LOCALE)


def read_translations(path: Path) -> dict[Key, str]:
    """What a catalogue says for each message; what is marked fuzzy is a guess and counts as unsaid."""
    return {
        Key(_first(message.id), message.context or ""): "" if message.fuzzy else _first(message.string)
        for message in read_catalogue(path)
        if message.id
    }


def write_translations(path: Path, messages: dict[Key, Message], translations: dict[Key, str]) -> None:
    """Write the messages in the order of their ids, each with its translation or none."""
    blocks = [HEADER]
    for key in sorted(messages):
        message = messages[key]
        lines = [f"msgctxt {normalize(key.context, width=0)}"] if key.context else []
        lines.append(f"msgid {normalize(key.text, width=0)}")
        if message.plural:
            lines.append(f"msgid_plural {normalize(message.plural, width=0)}")
        form = "msgstr[0]" if message.plural else "msgstr"
        lines.append(f"{form} {normalize(translations.get(key, ''), width=0)}")
        blocks.append("\n".join(lines) + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, "\n".join(blocks).encode())


def extract(root: Path = BASE_DIR) -> dict[Key, Message]:
    """All that is said in the project's Python files and templates. Raises UnreadableSource."""
    messages: dict[Key, Message] = {}
    for path in _sources(root):
        place = path.relative_to(root).as_posix()
        for key, plural in _messages_of(path, place):
            message = messages.setdefault(key, Message())
            message.plural = message.plural or plural
            message.places.add(place)
    return messages


def faults(messages: dict[Key, Message], translations: dict[Key, str]) -> Iterator[str]:
    """What is wrong with a catalogue, a line each: missing, unused, or with other placeholders than its message."""
    for key, message in sorted(messages.items(), key=lambda item: item[0]):
        said = translations.get(key, "")
        expected = placeholders(message.plural or key.text)
        if not said:
            yield f"missing: {key} in {', '.join(sorted(message.places))}"
        elif placeholders(said) != expected:
            yield f"placeholders: {key} has {sorted(expected)}, its translation has other ones"
    for key in sorted(translations.keys() - messages.keys()):
        yield f"unused: {key}"


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text)) - {""}


def _first(words: str | Sequence[str] | None) -> str:
    """Of a message with plural forms the first one: Chinese has no other."""
    return words if isinstance(words, str) else (words or [""])[0]


def _sources(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in NOT_SOURCES and not name.startswith((".", "_")))
        path = Path(folder)
        inside_templates = "templates" in path.relative_to(root).parts
        for name in sorted(names):
            if name.endswith(".py") or (inside_templates and name.endswith((".html", ".txt"))):
                yield path / name


def _messages_of(path: Path, place: str) -> list[tuple[Key, str]]:
    try:
        if path.suffix == ".py":
            return list(_python_messages(ast.parse(path.read_bytes())))
        return list(_template_messages(path.read_text(encoding="utf-8")))
    except (SyntaxError, UnicodeDecodeError, tokenize.TokenError) as error:
        raise UnreadableSource(f"{place}: {error}") from error


def _python_messages(tree: ast.AST) -> Iterator[tuple[Key, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            yield from _message(name, [getattr(argument, "value", None) for argument in node.args])


def _template_messages(source: str) -> Iterator[tuple[Key, str]]:
    # What templatize leaves between the calls is filler: stripped of its indentation, it passes for Python's tokens.
    code = "\n".join(line.strip() for line in templatize(source).splitlines())
    keywords: dict[str, Any] = dict.fromkeys(KEYWORDS)
    for _line, name, arguments, _comments in extract_python(BytesIO(code.encode()), keywords, (), {}):
        yield from _message(str(name), [arguments] if isinstance(arguments, str) else arguments)


def _message(name: str, arguments: Iterable[object]) -> Iterator[tuple[Key, str]]:
    if name not in KEYWORDS:
        return
    values = [argument if isinstance(argument, str) else "" for argument in arguments]
    text, plural, context = (values[at] if at is not None and at < len(values) else "" for at in KEYWORDS[name])
    if text:
        yield Key(text, context), plural


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, never half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
