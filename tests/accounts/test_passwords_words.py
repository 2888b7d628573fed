"""A password that is refused is refused in the reader's language."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import override


@pytest.mark.parametrize("password", ["short1", "password1234", "1234567890123", "xiaoli-2026"])
def test_every_refusal_is_chinese(make_agent, password):
    agent = make_agent("小李", username="xiaoli")

    with override("zh-hans"), pytest.raises(ValidationError) as refused:
        validate_password(password, agent)

    assert not [said for said in refused.value.messages if said.isascii()]


@pytest.mark.parametrize(
    ("password", "way_out"),
    [
        ("q7-kx", "至少要 8 个字符"),
        ("password1234", "请换一个密码"),
        ("8305172946105", "请加上字母或其他符号"),
        ("xiaoli-2026", "请换一个密码"),
    ],
)
def test_every_refusal_says_what_to_do(make_agent, password, way_out):
    agent = make_agent("小李", username="xiaoli")

    with override("zh-hans"), pytest.raises(ValidationError) as refused:
        validate_password(password, agent)

    assert [way_out in said for said in refused.value.messages] == [True]
