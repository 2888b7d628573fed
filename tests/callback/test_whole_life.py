"""A number's life is told to its end, also where exclusions are lifted, lists and imports reverted, numbers deleted."""

import re
from html import unescape

import pytest
from django.urls import reverse

from accounts.modules import Module
from callback import archives
from phones import exports
from phones.filters import PhoneFilter
from phones.models import Archive, Batch, Event, Phone, State
from stats import balance
from tests.stats.room import Room

pytestmark = pytest.mark.django_db(transaction=True)

LOOKUP = reverse("callback:lookup")


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.DATA_DIR, settings.UPLOAD_DIR = tmp_path, tmp_path / "uploads"
    settings.RESULT_DIR, settings.ARCHIVE_DIR = tmp_path / "results", tmp_path / "archives"


@pytest.fixture
def agent(make_agent):
    return make_agent("小李", modules=[Module.SHEET, Module.LOOKUP])


@pytest.fixture
def place(make_administrator, agent, carrier, region) -> Room:
    return Room(make_administrator("老张"), [agent], carrier, region)


@pytest.fixture
def exclude(place):
    """``exclude("请勿拨打", number)`` imports a list under a name."""

    def exclude(name: str, *numbers: str) -> Batch:
        batch = place.exclude(list(numbers))
        Batch.objects.filter(pk=batch.pk).update(name=name)
        return batch

    return exclude


@pytest.fixture
def export(place):
    def export() -> None:
        chosen = PhoneFilter({}, user=place.boss)
        assert chosen.is_valid()
        place._done(
            exports.submit(
                chosen=chosen, by=place.boss, file_format="csv", language="zh-hans", address=None, now=place.now
            )
        )

    return export


@pytest.fixture
def told(place, sign_in):
    """What the lookup tells of a whole number to somebody, the oldest first, as people read it."""

    def told(number: str, reader=None) -> list[str]:
        page = sign_in(reader or place.boss).post(LOOKUP, {"query": number}, follow=True).content.decode()
        life = re.search(r'<ol class="life">(.*?)</ol>', page, re.S)
        items = life[1].split("</li>")[:-1] if life else []
        return [" ".join(unescape(re.sub(r"<[^>]*>", " ", item)).split())[17:] for item in items][::-1]

    return told


def books_balance() -> bool:
    return not any(answer.count for answer in balance.examine().answers.values())


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_exclusion_that_was_lifted_is_told_with_its_list_and_the_reason(place, exclude, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    listed = exclude("请勿拨打", number)
    Batch.objects.filter(pk=listed.pk).update(file_name="投诉 11 月.xlsx")

    place.lift(number)

    assert told(number) == [
        "导入 泰山移动 、第 1 个 老张",
        "列入剔除名单 请勿拨打 老张 文件 投诉 11 月.xlsx",
        "解除剔除 老张 原因 本人同意 剔除名单 请勿拨打",
    ]
    assert books_balance()


def test_each_list_whose_word_a_lift_took_off_is_told(place, exclude, told):
    [number] = place.numbers(1)
    exclude("请勿拨打", number)
    exclude("投诉名单", number)

    place.lift(number)

    life = told(number)
    assert life[:2] == ["作为剔除导入 请勿拨打 、第 1 个 老张", "列入剔除名单 投诉名单 老张"]
    assert {moment[-4:] for moment in life[2:]} == {"请勿拨打", "投诉名单"}


def test_an_exclusion_is_told_after_its_list_was_reverted(place, exclude, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    listed = exclude("请勿拨打", number)

    place.revert(listed)

    assert told(number)[1:] == [
        "列入剔除名单 请勿拨打 已撤回 老张",
        "撤回批次 老张 原因 导错了 剔除名单 请勿拨打",
    ]
    assert Phone.objects.get().state == State.PENDING
    assert books_balance()


def test_where_another_list_still_names_it_both_are_told(place, exclude, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    first = exclude("请勿拨打", number)
    exclude("投诉名单", number)

    place.revert(first)

    assert [moment.split()[0] for moment in told(number)] == ["导入", "列入剔除名单", "列入剔除名单", "撤回批次"]
    assert Phone.objects.get().state == State.EXCLUDED


def test_a_classified_number_tells_that_it_was_sealed_for_a_time(place, agent, exclude, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    place.call(agent, 28)
    listed = exclude("请勿拨打", number)

    place.revert(listed)

    words = ["导入", "领取", "已归类", "列入剔除名单", "撤回批次"]
    assert [moment.split()[0] for moment in told(number)] == words
    assert [moment.split()[0] for moment in told(number, agent)] == words
    assert books_balance()


def test_a_recall_and_its_list_are_told_once_though_the_list_is_gone(place, agent, exclude, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    place.take(agent)
    listed = exclude("请勿拨打", number)

    place.revert(listed)

    life = told(number)
    assert {moment.split()[0] for moment in life} == {"导入", "领取", "列入剔除名单", "收回", "撤回批次"}
    assert len(life) == 5
    assert all("请勿拨打" in moment for moment in life if "收回" in moment or "撤回批次" in moment)


def test_a_number_that_came_with_a_list_alone_goes_with_it_and_leaves_nothing(place, exclude, told):
    numbers = place.numbers(3)
    listed = exclude("请勿拨打", *numbers)

    place.revert(listed)

    assert not Event.objects.exists()
    assert told(numbers[0]) == []
    assert books_balance()


def test_a_number_that_was_lifted_from_its_list_stays_when_a_later_list_is_reverted(place, exclude, told):
    [number] = place.numbers(1)
    exclude("请勿拨打", number)
    place.lift(number)
    later = exclude("投诉名单", number)

    place.revert(later)

    assert Phone.objects.get().state == State.PENDING
    assert [moment.split()[0] for moment in told(number)] == ["作为剔除导入", "解除剔除", "列入剔除名单", "撤回批次"]
    assert books_balance()


# ── Imports ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_that_a_list_keeps_tells_that_its_import_was_reverted(place, exclude, told):
    number, other = place.numbers(2)
    batch = place.bring_in([number, other])
    exclude("请勿拨打", number)

    place.revert(batch)

    assert told(number) == [
        "导入 泰山移动 、第 1 个 已撤回 老张",
        "列入剔除名单 请勿拨打 老张",
        "撤回批次 老张 原因 导错了 导入批次 泰山移动",
    ]
    assert told(other) == []
    assert books_balance()


def test_a_number_with_a_history_tells_that_its_import_was_reverted_and_it_is_gone(place, exclude, told):
    [number] = place.numbers(1)
    batch = place.bring_in([number])
    exclude("请勿拨打", number)
    place.lift(number)

    place.revert(batch)

    assert not Phone.objects.exists()
    assert told(number) == [
        "导入 泰山移动 已撤回 老张",
        "列入剔除名单 请勿拨打 老张",
        "解除剔除 老张 原因 本人同意 剔除名单 请勿拨打",
        "撤回批次 老张 原因 导错了 导入批次 泰山移动",
    ]
    assert books_balance()


def test_a_number_that_lost_its_import_and_then_its_list_still_has_its_life(place, exclude, told):
    [number] = place.numbers(1)
    batch = place.bring_in([number])
    listed = exclude("请勿拨打", number)
    place.revert(batch)

    place.revert(listed)

    assert not Phone.objects.exists()
    assert [moment.split()[0] for moment in told(number)] == ["导入", "列入剔除名单", "撤回批次", "撤回批次"]
    assert books_balance()


# ── Deletions ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deleted_number_that_nobody_called_tells_its_import_and_its_exports(place, export, told):
    numbers = place.numbers(3)
    place.bring_in(numbers)
    export()

    place.delete()

    life = told(numbers[1])
    assert [moment.split()[0] for moment in life] == ["导入", "导出", "已删除"]
    assert life[0] == "导入 泰山移动 、第 2 个 老张"


def test_a_number_that_was_deleted_twice_tells_both_lives(place, export, told):
    [number] = place.numbers(1)
    for name in ("泰山移动", "第二批"):
        batch = place.bring_in([number])
        Batch.objects.filter(pk=batch.pk).update(name=name)
        export()
        place.delete()

    life = told(number)

    assert [moment.split()[0] for moment in life] == ["导入", "导出", "已删除"] * 2
    assert ("泰山移动" in life[0], "第二批" in life[3]) == (True, True)


def test_a_number_in_its_second_life_tells_its_first(place, export, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    export()
    place.delete()

    place.bring_in([number])

    assert [moment.split()[0] for moment in told(number)] == ["导入", "导出", "已删除", "导入"]


def test_a_restored_number_tells_each_thing_once(place, export, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    export()
    place.delete()

    place.restore(Archive.objects.get())

    assert [moment.split()[0] for moment in told(number)] == ["导入", "导出", "已删除", "已恢复"]


def test_an_agent_is_told_no_exports_of_a_number_that_it_called(place, agent, export, told):
    [number] = place.numbers(1)
    place.bring_in([number])
    place.call(agent, 11)
    export()

    place.delete()

    assert [moment.split()[0] for moment in told(number, agent)] == ["导入", "领取", "已归类", "已删除"]


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-30])])
def test_where_an_archive_cannot_be_read_the_page_says_what_is_missing(place, agent, sign_in, told, harm):
    [number] = place.numbers(1)
    place.bring_in([number])
    place.call(agent, 11)
    place.delete()
    harm(archives.path_of(Archive.objects.get().file))

    pages = [sign_in(reader).post(LOOKUP, {"query": number}, follow=True) for reader in (place.boss, agent)]

    assert ["存档读不出来" in page.content.decode() for page in pages] == [True, False]
    assert "已删除" in told(number)[-1]


def test_a_number_is_found_in_its_archive_among_notes_that_name_it(place, agent):
    numbers = place.numbers(3)
    place.bring_in(numbers)
    place.call(agent, 11, note=numbers[2])
    place.delete()

    row = archives.find(Archive.objects.get(), numbers[2])

    assert (row["number"], row["state"]) == (numbers[2], State.PENDING)
    assert archives.find(Archive.objects.get(), "19999999999") is None
