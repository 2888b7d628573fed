"""The desk tried to destruction: whatever can happen happens in any order, and after each step the books balance.

``./test`` plays a few short games. ``MODEL_GAMES=500 ./test tests/test_model.py`` plays many, and a game that fails is
printed as the steps that lead there, the fewest that do.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as game_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import Role, User
from accounts.modules import Module
from callback import actions, amendments
from callback.models import Call
from config.furnish import furnish
from config.models import BusinessType, Carrier, Region
from phones import queue, standing
from phones.actions import NothingToImport
from phones.models import Archive, Batch, Event, Phone, State
from stats import balance
from tests.stats.room import Room

GAMES = int(os.environ.get("MODEL_GAMES", "6"))
STEPS = 25
AGENTS = st.integers(0, 2)
CODES = st.sampled_from([11, 12, 21, 22, 27, 28, 29])


@dataclass(frozen=True)
class Sent:
    """A result that was sent, and everything that was acknowledged with it."""

    agent: User
    token: UUID
    request_id: UUID
    code: int
    number: str


class Desk(RuleBasedStateMachine):
    """Three agents, an administrator, and all that they can do."""

    @initialize()
    def open_the_room(self):
        call_command("flush", verbosity=0, interactive=False)
        self.restart()
        furnish()
        boss = self.person("老张", role=Role.ADMINISTRATOR)
        agents = [self.person(name, modules=[Module.SHEET]) for name in ("小李", "小王", "小赵")]
        self.room = Room(boss, agents, Carrier.objects.in_order()[0], Region.objects.in_order()[0])
        self.acknowledged: list[Sent] = []
        self.tokens: list[tuple[User, UUID, str]] = []
        self.room.bring_in(self.room.numbers(6))

    @staticmethod
    def person(name: str, **fields) -> User:
        user = User(username=f"user{User.objects.count()}", name=name, **fields)
        user.set_unusable_password()
        user.save()
        return user

    # ── The desk ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=AGENTS)
    def take(self, who):
        agent = self.room.agents[who]
        held = Phone.objects.held_by(agent).first()
        allowed = User.objects.get(pk=agent.pk).is_active
        try:
            phone = self.room.take(agent)
        except actions.NotAllowed:
            assert not allowed
            return
        assert allowed
        if phone is None:
            assert not Phone.objects.pending().filter(batch__state=Batch.State.READY, batch__kind="pending").exists()
            return
        assert held is None or phone == held
        self.tokens.append((agent, phone.token, phone.number))

    @rule(who=AGENTS, code=CODES)
    def file(self, who, code):
        agent = self.room.agents[who]
        phone = Phone.objects.held_by(agent).first()
        if phone:
            self.send(Sent(agent, phone.token, uuid4(), code, phone.number))

    @rule(code=CODES, which=st.integers(0, 100))
    def send_for_a_hold_of_some_time_ago(self, code, which):
        """Ended or not, filed or not: the hold's first result stays, and no other agent's hold is touched."""
        if not self.tokens:
            return
        agent, token, number = self.tokens[which % len(self.tokens)]
        others = list(Phone.objects.held().exclude(token=token).order_by("pk").values_list("pk", "holder", "token"))
        self.send(Sent(agent, token, uuid4(), code, number))
        assert list(Phone.objects.held().order_by("pk").values_list("pk", "holder", "token")) == others

    @rule(which=st.integers(0, 100))
    def send_the_same_again(self, which):
        if not self.acknowledged:
            return
        sent = self.acknowledged[which % len(self.acknowledged)]
        with suppress(actions.NotAllowed):
            assert self.classify(sent).request_id == sent.request_id

    def send(self, sent: Sent) -> None:
        first = Call.objects.filter(token=sent.token).first()
        try:
            call = self.classify(sent)
        except actions.NotAllowed:
            return
        if first:
            assert call == first
        else:
            self.acknowledged.append(sent)

    def classify(self, sent: Sent) -> Call:
        return actions.classify(
            agent=sent.agent,
            token=sent.token,
            request_id=sent.request_id,
            now=self.room.now,
            type=BusinessType.objects.filter(code=sent.code).latest("pk"),
            order_region=None,
            note="",
        )

    @rule(who=AGENTS)
    def skip(self, who):
        agent = self.room.agents[who]
        phone = Phone.objects.held_by(agent).first()
        with suppress(actions.NotAllowed):
            actions.skip(agent=agent, token=phone.token if phone else uuid4(), reason="busy", now=self.room.now)

    @rule(who=AGENTS)
    def pause(self, who):
        with suppress(actions.NotAllowed):
            actions.pause(agent=self.room.agents[who], now=self.room.now)
            assert not Phone.objects.held_by(self.room.agents[who]).exists()

    @rule(who=AGENTS)
    def undo(self, who):
        agent = self.room.agents[who]
        last = Call.objects.by(agent).at_the_desk().newest_first().filter(late=False).first()
        with suppress(actions.TooLate, actions.NotAllowed):
            phone = actions.undo(agent=agent, call_id=last.pk if last else 1, now=self.room.now)
            last.refresh_from_db()
            assert (phone.pk, bool(last.withdrawn_at)) == (last.phone_id, True)

    @rule(who=AGENTS)
    def free(self, who):
        actions.free(agent=self.room.agents[who], by=self.room.boss, now=self.room.now)

    @rule(who=AGENTS)
    def let_the_lease_end(self, who):
        Phone.objects.held_by(self.room.agents[who]).update(expires_at=timezone.now() - timedelta(minutes=1))

    # ── The office ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(new=st.integers(0, 4), known=st.integers(0, 3))
    def bring_in(self, new, known):
        again = list(Phone.objects.order_by("-pk").values_list("number", flat=True)[:known])
        numbers = [*self.room.numbers(new), *again]
        with suppress(NothingToImport):
            self.room.bring_in(numbers)
        assert new == 0 or set(numbers) <= set(Phone.objects.values_list("number", flat=True))

    @rule()
    def bring_in_a_number_that_was_deleted(self):
        deleted = Event.objects.filter(kind=Event.Kind.DELETE).last()
        if deleted and not Phone.objects.filter(number=deleted.number).exists():
            self.room.bring_in([deleted.number])

    @rule(skipped=st.integers(0, 6), how_many=st.integers(1, 3))
    def exclude(self, skipped, how_many):
        numbers = list(Phone.objects.order_by("pk").values_list("number", flat=True)[skipped : skipped + how_many])
        self.room.exclude([*numbers, *self.room.numbers(1)])
        still_to_call = (State.PENDING, State.HELD)
        assert not Phone.objects.filter(number__in=numbers, state__in=still_to_call).exists()

    @rule()
    def revert_a_list(self):
        if batch := Batch.objects.ready().filter(kind=Batch.Kind.EXCLUDED).last():
            self.room.revert(batch)

    @rule()
    def lift(self):
        if phone := Phone.objects.excluded().first():
            self.room.lift(phone.number)

    @rule(code=CODES, which=st.integers(0, 20))
    def amend(self, code, which):
        calls = list(Call.objects.standing().order_by("pk"))
        if calls:
            with suppress(amendments.NothingChanged):
                self.room.amend(calls[which % len(calls)], code)

    @rule()
    def requeue(self):
        self.room.requeue()

    @rule(which=st.integers(0, 5))
    def delete(self, which):
        batches = list(Batch.objects.ready().order_by("pk"))
        if batches:
            self.room.delete(batch=str(batches[which % len(batches)].pk))

    @rule()
    def restore(self):
        if archive := Archive.objects.filter(restored_count=0).last():
            self.room.restore(archive)

    @rule(who=AGENTS)
    def disable_or_enable_an_agent(self, who):
        agent = User.objects.get(pk=self.room.agents[who].pk)
        User.objects.filter(pk=agent.pk).update(is_active=not agent.is_active)

    @rule(code=st.sampled_from([11, 12, 21, 22]))
    def disable_or_enable_a_type(self, code):
        type = BusinessType.objects.current().get(code=code)
        BusinessType.objects.filter(pk=type.pk).update(enabled=not type.enabled)

    @rule()
    def restart(self):
        """What a process keeps to itself is gone."""
        queue.forget_floors()
        standing.forget()
        cache.clear()

    # ── What is always true ──────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_books_balance(self):
        wrong = {name: answer.count for name, answer in balance.examine().answers.items() if answer.count}
        assert not wrong

    @invariant()
    def each_acknowledged_result_is_in_the_log_exactly_once_as_it_was_sent(self):
        logged = Call.objects.select_related("type")
        as_logged = sorted((str(call.request_id), call.number, call.agent_id, call.type.code) for call in logged)
        as_sent = sorted((str(sent.request_id), sent.number, sent.agent.pk, sent.code) for sent in self.sent)
        assert as_logged == as_sent

    @property
    def sent(self) -> list[Sent]:
        return getattr(self, "acknowledged", [])

    @invariant()
    def nobody_holds_two_and_no_number_is_held_twice(self):
        held = list(Phone.objects.held().values_list("number", "holder"))
        assert len({number for number, _holder in held}) == len({holder for _number, holder in held}) == len(held)


@pytest.mark.django_db(transaction=True)
def test_whatever_happens_in_whatever_order_the_books_balance(settings, tmp_path):
    settings.DATA_DIR, settings.UPLOAD_DIR = tmp_path, tmp_path / "uploads"
    settings.RESULT_DIR, settings.ARCHIVE_DIR = tmp_path / "results", tmp_path / "archives"
    games = {"max_examples": GAMES, "stateful_step_count": STEPS, "deadline": None}

    run_state_machine_as_test(Desk, settings=game_settings(**games, suppress_health_check=list(HealthCheck)))
