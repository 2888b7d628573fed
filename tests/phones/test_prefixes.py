from phones.prefixes import Origin, Tally, origin, tally


def test_a_mobile_tells_its_city_and_carrier_by_seven_digits():
    assert origin("13800138000") == Origin("北京", "北京", "移动", "010")
    assert origin("1380013") == origin("13800138000")


def test_a_land_line_tells_its_city_and_no_carrier():
    assert origin("05388000000") == Origin("山东", "泰安", "", "0538")
    assert origin("01088888888") == Origin("北京", "北京", "", "010")


def test_a_virtual_carrier_is_told_from_its_host():
    assert "虚拟" in origin("17050000000").carrier


def test_a_number_outside_the_tables_has_no_origin():
    assert origin("19900000017") is None
    assert origin("03000000000") is None
    assert origin("") is None
    assert origin("九") is None


def test_a_list_is_counted_by_origin_the_commonest_first(tmp_path):
    path = tmp_path / "numbers.tsv"
    path.write_text("1\t05388000000\n2\t13800138000\n3\t13800138001\n7\t19900000017\n", encoding="ascii")

    counts = tally(path)

    assert sum(counts.values()) == 4
    assert next(iter(counts.items())) == (Origin("北京", "北京", "移动", "010"), 2)
    assert counts[None] == 1


def test_a_number_of_a_list_that_was_counted_tells_its_carrier(tmp_path):
    path = tmp_path / "numbers.tsv"
    path.write_text("1\t05388000000\n2\t13800138000\n3\t19900000017\n", encoding="ascii")

    counted = Tally(path)

    found = [counted.carrier(number) for number in ("05388000000", "13800138000", "19900000017")]
    assert found == ["", "移动", ""]


def test_an_empty_list_has_no_origins(tmp_path):
    path = tmp_path / "numbers.tsv"
    path.touch()

    assert tally(path) == {}
