"""Every word that the program says has its Chinese, and the tool that sees to it misses none."""

import gettext
import os
from pathlib import Path

import pytest

from hwcall import translations
from hwcall.translations import CATALOGUE, Key, Message


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    return tmp_path


def texts_of_template(project: Path, source: str) -> dict[Key, Message]:
    (project / "templates" / "page.html").write_text(source, encoding="utf-8")
    return translations.extract(project)


def test_every_message_is_translated_and_no_translation_is_unused():
    assert list(translations.faults(translations.extract(), translations.read_translations(CATALOGUE))) == []


def test_the_catalogue_is_as_the_tool_writes_it(tmp_path):
    written = tmp_path / "django.po"

    translations.write_translations(written, translations.extract(), translations.read_translations(CATALOGUE))

    assert written.read_text() == CATALOGUE.read_text()


@pytest.mark.parametrize(
    ("source", "key", "plural"),
    [
        ('x = _("One")', Key("One", ""), ""),
        ('x = _("One " "line")', Key("One line", ""), ""),
        ('x = gettext_lazy("One") % _("inner")', Key("inner", ""), ""),
        ('x = f(_("a %s" % _("nested")))', Key("nested", ""), ""),
        ('x = translation.gettext("One")', Key("One", ""), ""),
        ('x = ngettext("One", "Many", 3)', Key("One", ""), "Many"),
        ('x = pgettext("state", "Open")', Key("Open", "state"), ""),
        ('x = npgettext("state", "One", "Many", n)', Key("One", "state"), "Many"),
    ],
)
def test_messages_of_python_are_found(project, source, key, plural):
    (project / "words.py").write_text(source)

    assert translations.extract(project)[key] == Message(plural, {"words.py"})


@pytest.mark.parametrize(
    ("source", "key", "plural"),
    [
        ("""<p title="{% trans "It's here" %}">""", Key("It's here", ""), ""),
        ('{% translate "100%" %}', Key("100%%", ""), ""),
        ('{% translate "Open" context "state" as word %}', Key("Open", "state"), ""),
        ('{{ _("Constant") }}', Key("Constant", ""), ""),
        ('{{ x|default:_("Nobody") }}', Key("Nobody", ""), ""),
        ('{% if x == _("Nobody") %}{% endif %}', Key("Nobody", ""), ""),
        ("{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}", Key("Hello %(name)s", ""), ""),
        ("{% blocktranslate context 'a' %}Hello{% endblocktranslate %}", Key("Hello", "a"), ""),
        ("  {% blocktranslate trimmed %}\n  a\n  b\n{% endblocktranslate %}", Key("a b", ""), ""),
        (
            "{% blocktranslate count n=x %}One{% plural %}{{ n }} of them{% endblocktranslate %}",
            Key("One", ""),
            "%(n)s of them",
        ),
        ("don't \"((\n    [{% trans 'After' %}\n  }）", Key("After", ""), ""),
    ],
)
def test_messages_of_templates_are_found(project, source, key, plural):
    assert texts_of_template(project, source) == {key: Message(plural, {"templates/page.html"})}


def test_tests_and_migrations_say_nothing(project):
    for folder in ("tests", "migrations", ".venv"):
        (project / folder).mkdir()
        (project / folder / "words.py").write_text('_("Nothing")')

    assert translations.extract(project) == {}


def test_a_broken_source_is_named(project):
    (project / "words.py").write_text("def (")

    with pytest.raises(translations.UnreadableSource, match=r"words\.py"):
        translations.extract(project)


@pytest.mark.parametrize(
    ("text", "said"),
    [("%(n)s left", "剩余"), ("Of %(n)s", "%(m)s"), ("{n} left", "剩余"), ("100%% of %s", "全部")],
)
def test_a_translation_with_other_placeholders_is_a_fault(text, said):
    [fault] = translations.faults({Key(text, ""): Message()}, {Key(text, ""): said})

    assert fault.startswith("placeholders")


def test_what_is_written_is_what_is_read(tmp_path):
    messages = {Key('He said "no"\nand left', ""): Message(), Key("One", "state"): Message("Many")}
    said = dict(zip(messages, ["他说“不”\n就走了", "%(n)s 个"], strict=True))

    translations.write_translations(tmp_path / "django.po", messages, said)

    assert translations.read_translations(tmp_path / "django.po") == said


def test_a_stale_compiled_catalogue_is_compiled_again(tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    source = folder / "django.po"
    messages = {Key("One", ""): Message("Many"), Key("Open", "state"): Message()}
    translations.write_translations(source, messages, {Key("One", ""): "旧"})
    first = translations.compile_all(tmp_path)
    second = translations.compile_all(tmp_path)
    os.utime(folder / "django.mo", (0, 0))
    translations.write_translations(source, messages, dict.fromkeys(messages, "新"))
    third = translations.compile_all(tmp_path)

    with (folder / "django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)

    assert (first, second, third) == ([source], [], [source])
    assert catalogue.ngettext("One", "Many", 5) == "新"
    assert catalogue.pgettext("state", "Open") == "新"


def test_a_catalogue_marked_as_a_guess_is_compiled_all_the_same(tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = '#, fuzzy\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "django.po").write_text(header + 'msgid "One"\nmsgstr "一"\n', encoding="utf-8")

    translations.compile_all(tmp_path)

    with (folder / "django.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("One") == "一"
