"""Who is at work in the demonstration room at the moment when it is opened."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.models import User
from callback.models import Call
from phones.models import Phone, State

if TYPE_CHECKING:
    from callback.demo import Stage

# Who has filed a call of late is still there.
LATELY = timedelta(hours=1)
LEASE = timedelta(minutes=30)
# The first of them looks around: what there is to see must not begin with somebody else's number.
WITHOUT_A_NUMBER = 2


def be_at_work(stage: "Stage", phones: list[Phone], calls: list[Call]) -> None:
    """Let those be online who have called of late, most of them with a number on the sheet, as yet unwritten."""
    carriers = {call.agent_id: call.carrier_id for call in calls if call.filed_at > stage.now - LATELY}
    User.objects.filter(pk__in=carriers).update(seen_at=stage.now)
    for place, agent in enumerate(stage.agents):
        if place >= WITHOUT_A_NUMBER and (carrier := carriers.get(agent.pk)):
            waiting = (phone for phone in phones if phone.state == State.PENDING and phone.carrier_id == carrier)
            if phone := next(waiting, None):
                phone.state, phone.holder, phone.token = (
                    State.HELD,
                    agent,
                    UUID(int=stage.dice.getrandbits(128), version=4),
                )
                phone.taken_at = stage.now - timedelta(seconds=stage.dice.randint(5, 150))
                phone.expires_at = phone.taken_at + LEASE
