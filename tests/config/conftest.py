"""What the tests of the configuration share."""

import pytest

from callback import actions as desk
from config.models import BusinessType


@pytest.fixture
def make_call(make_agent, make_numbers, now):
    """A number taken and filed under a type."""

    def make_call(type: BusinessType):
        agent = make_agent("小李")
        [phone] = make_numbers(1)
        desk.take(agent=agent, carrier=phone.carrier, now=now)
        phone.refresh_from_db()
        return desk.classify(
            agent=agent, token=phone.token, type=type, order_region=None, note="", request_id=phone.token, now=now
        )

    return make_call
