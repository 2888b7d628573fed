"""A business type keeps its code, whoever writes."""

import pytest
from django.db import IntegrityError, transaction

from config.models import BusinessType


@pytest.mark.parametrize(("code", "other"), [(28, 26), (29, 21), (11, 13)])
def test_a_code_is_for_ever(room, code, other):
    with pytest.raises(IntegrityError, match="business_type_keeps_its_code"), transaction.atomic():
        BusinessType.objects.filter(code=code).update(code=other, name="别的")

    assert BusinessType.objects.filter(code=code).exists()


def test_a_rename_is_not_in_its_way(room):
    assert BusinessType.objects.filter(code=11).update(name="早晚预报", code=11)
