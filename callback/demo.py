"""A believable room to look around in: operators, batches, 20,000 numbers and a month of calls.

The numbers are made up (199 0000 0000 and following). All is written in a few bulk statements, and ties out as what
people do at the desk does.
"""

import random
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import override, pgettext, pgettext_lazy

from accounts.models import Role, User
from accounts.modules import Module
from callback import demo_history as history
from callback import demo_now, demo_tallies
from callback.models import Amendment, Call
from config.furnish import furnish
from config.models import NOT_CONNECTED, BusinessType, Carrier, Region, Room
from phones.models import PLACES_A_BATCH, Batch, Event, Exclusion, Phone, State

AGENTS = {
    "wangjing": pgettext_lazy("demo", "Wang Jing"),
    "lixiaoyu": pgettext_lazy("demo", "Li Xiaoyu"),
    "zhaoming": pgettext_lazy("demo", "Zhao Ming"),
    "liufang": pgettext_lazy("demo", "Liu Fang"),
    "chenlei": pgettext_lazy("demo", "Chen Lei"),
    "sunlina": pgettext_lazy("demo", "Sun Lina"),
    "zhouyang": pgettext_lazy("demo", "Zhou Yang"),
    "wutong": pgettext_lazy("demo", "Wu Tong"),
    "zhengxiao": pgettext_lazy("demo", "Zheng Xiao"),
    "fengxue": pgettext_lazy("demo", "Feng Xue"),
    "machao": pgettext_lazy("demo", "Ma Chao"),
    "gaomin": pgettext_lazy("demo", "Gao Min"),
}
ADMINISTRATOR = ("wangqiang", pgettext_lazy("demo", "Wang Qiang"))
MORE_TYPES = {
    13: pgettext_lazy("demo", "Farming weather"),
    14: pgettext_lazy("demo", "Living indices"),
    23: pgettext_lazy("demo", "Not the owner"),
}
PRODUCTS = (
    pgettext_lazy("demo", "Mobile weather"),
    pgettext_lazy("demo", "Telecom weather"),
    pgettext_lazy("demo", "Unicom weather"),
)
NOTES = (
    pgettext_lazy("demo", "Call in the afternoon"),
    pgettext_lazy("demo", "From December on"),
    pgettext_lazy("demo", "Prefers Mandarin"),
    pgettext_lazy("demo", "Asked for the price"),
)
# How often each type is the answer; each agent has a hand of their own.
WEIGHTS = {11: 18, 12: 9, 13: 4, 14: 2, 21: 5, 22: 8, 23: 4, 27: 3, 28: 12, 29: 35}
# How much more or less often nobody answers, by the hour; on Saturdays people are at home.
UNREACHED = {8: 1.3, 9: 1.0, 10: 0.75, 11: 0.9, 13: 1.4, 14: 1.15, 15: 1.0, 16: 0.85, 17: 0.6}
SATURDAY, AT_HOME = 5, 0.75
# Numbers, by carrier: the share of a batch list that each carries.
BATCHES = (
    # (days ago, carrier, region, numbers)
    (33, 0, 0, 5000),
    (26, 0, 1, 4000),
    (24, 1, 0, 2500),
    (17, 0, 2, 3000),
    (12, 2, 0, 1300),
    (6, 0, 3, 2700),
    (3, 1, 4, 1500),
)
# The first of the agents may also look at their own figures and look numbers up.
DESK = [Module.SHEET, Module.MINE, Module.LOOKUP]
EXPERIENCED = 4
EXCLUDED = 300
DAYS = 30
CALLS_A_DAY = (32, 46)


class NotEmpty(Exception):
    """There is data already: a demonstration room is never mixed with a real one."""


@dataclass
class Stage:
    """What the room is furnished with while it fills."""

    now: datetime
    dice: random.Random
    agents: list[User]
    by: User
    carriers: list[Carrier]
    regions: list[Region]
    types: dict[int, BusinessType]


@transaction.atomic
def fill(*, now: datetime, password: str, seed: int = 2026) -> list[User]:
    """Fill an empty system and return its agents, who all have the same password. Raises NotEmpty."""
    if Phone.objects.exists() or Call.objects.exists() or User.objects.agents().exists():
        raise NotEmpty
    furnish()
    dice = random.Random(seed)
    with override("zh-hans"):
        stage = _stage(now, dice, password)
        phones = _import(stage)
        listed, excluded = _exclude(stage, phones)
        calls = _call(stage, phones)
        events = history.skip_some(stage, calls)
        mistakes, undone = history.take_some_back(stage, calls)
        amendments = history.amend_some(stage, calls)
        demo_now.be_at_work(stage, phones, calls)
        # Numbers are written once, as they stand after a month.
        Phone.objects.bulk_create(phones, batch_size=1000)
        Exclusion.objects.bulk_create(Exclusion(phone=phone, batch=listed) for phone in excluded)
        pointing: list[Any] = [*calls, *mistakes, *events, *undone]
        for row in pointing:
            row.phone_id = row.phone.pk
        Call.objects.bulk_create(sorted([*mistakes, *calls], key=lambda call: call.filed_at), batch_size=1000)
        Event.objects.bulk_create(sorted([*events, *undone], key=lambda event: event.at), batch_size=1000)
        for amendment in amendments:
            amendment.call_id = amendment.call.pk
        Amendment.objects.bulk_create(amendments, batch_size=1000)
        demo_tallies.count(calls)
        history.put_on_record(stage, calls, amendments)
    return stage.agents


def _stage(now: datetime, dice: random.Random, password: str) -> Stage:
    hashed = make_password(password)

    def operator(username: str, name: str | Promise, **fields: Any) -> User:
        return User(username=username, name=str(name), password=hashed, **fields)

    boss = operator(*ADMINISTRATOR, role=Role.ADMINISTRATOR)
    agents = [
        operator(*who, modules=DESK if place < EXPERIENCED else [Module.SHEET], last_login=_at(now, 0, 8, 20))
        for place, who in enumerate(AGENTS.items())
    ]
    User.objects.bulk_create([boss, *agents])
    for code, name in MORE_TYPES.items():
        BusinessType.objects.create(code=code, name=str(name), position=code)
    carriers = list(Carrier.objects.in_order())
    for carrier, product in zip(carriers, PRODUCTS, strict=False):
        carrier.product = str(product)
        carrier.save(update_fields=["product"])
    Room.objects.update(daily_goal=45, name=pgettext("demo", "Weather service of a city"))
    types = {type.code: type for type in BusinessType.objects.on_offer()}
    agents = list(User.objects.agents().order_by("pk"))
    boss = User.objects.get(username=boss.username)
    return Stage(now, dice, agents, boss, carriers, list(Region.objects.in_order()), types)


def _import(stage: Stage) -> list[Phone]:
    """Make the batches, and their numbers as yet unwritten, in the queue's order."""
    phones: list[Phone] = []
    numbers = [f"199{number:08}" for number in range(sum(size for *_, size in BATCHES))]
    stage.dice.shuffle(numbers)
    for days, carrier, region, size in BATCHES:
        at = _at(stage.now, days, 8, 40)
        repeated, rejected = size // 40, size // 90
        where, whose = stage.regions[region], stage.carriers[carrier]
        batch = Batch.objects.create(
            name=f"{where.name}_{whose.name}_{at:%m%d}",
            kind=Batch.Kind.PENDING,
            state=Batch.State.READY,
            carrier=whose,
            region=where,
            file_name=f"{where.name}_{whose.name}_{at:%m%d}.xlsx",
            by=stage.by,
            at=at,
            entry_count=size + repeated + rejected,
            repeated_count=repeated,
            rejected_count=rejected,
            new_count=size,
        )
        mine, numbers = numbers[:size], numbers[size:]
        phones += [
            Phone(number=number, batch=batch, carrier=whose, region=where, place=batch.pk * PLACES_A_BATCH + ordinal)
            for ordinal, number in enumerate(mine, 1)
        ]
    return phones


def _exclude(stage: Stage, phones: list[Phone]) -> tuple[Batch, list[Phone]]:
    """A list of people who do not want to be called, from the tail of the last batch."""
    tail = phones[-EXCLUDED:]
    for phone in tail:
        phone.state = State.EXCLUDED
    listed = Batch.objects.create(
        name=pgettext("demo", "Do not call"),
        kind=Batch.Kind.EXCLUDED,
        state=Batch.State.READY,
        carrier=tail[0].carrier,
        region=tail[0].region,
        by=stage.by,
        at=_at(stage.now, 2, 9, 5),
        entry_count=EXCLUDED,
        known_counts={State.PENDING: EXCLUDED},
    )
    return listed, tail


def _call(stage: Stage, phones: list[Phone]) -> list[Call]:
    """A month of shifts, the oldest first: each agent takes the next number of a carrier whose batch is in by then."""
    waiting: dict[int, deque[Phone]] = {carrier.pk: deque() for carrier in stage.carriers}
    for phone in phones:
        if phone.state == State.PENDING:
            waiting[phone.carrier_id].append(phone)
    calls: list[Call] = []
    for day in _workdays(stage.now):
        shifts = sorted(
            (at, index)
            for index in range(len(stage.agents))
            for at in _shift(stage, day)
            if at < stage.now - timedelta(minutes=1)
        )
        for at, index in shifts:
            line = waiting[stage.carriers[0 if index < 7 else 1 + index % 2].pk]
            if line and line[0].batch.at + timedelta(minutes=5) <= at:
                calls.append(_file(stage, line.popleft(), stage.agents[index], at))
    return calls


def _file(stage: Stage, phone: Phone, agent: User, at: datetime) -> Call:
    dice = stage.dice
    codes = list(stage.types)
    hand = 1 + (agent.pk % 5) / 8
    local = timezone.localtime(at)
    unreached = UNREACHED.get(local.hour, 1) * (AT_HOME if local.weekday() == SATURDAY else 1)
    weights = [
        WEIGHTS[code] * (hand if stage.types[code].valid else unreached if code == NOT_CONNECTED else 1)
        for code in codes
    ]
    type = stage.types[dice.choices(codes, weights)[0]]
    elsewhere = dice.choice([region for region in stage.regions if region.pk != phone.region_id])
    phone.state, phone.type, phone.agent, phone.classified_at = State.CLASSIFIED, type, agent, at
    phone.order_region = elsewhere if type.valid and dice.random() < 0.06 else None
    phone.taken_at = at - timedelta(seconds=dice.randint(20, 110))
    phone.note = str(dice.choice(NOTES)) if type.valid and dice.random() < 0.12 else ""
    return Call(
        request_id=UUID(int=dice.getrandbits(128), version=4),
        token=UUID(int=dice.getrandbits(128), version=4),
        phone=phone,
        number=phone.number,
        batch_id=phone.batch_id,
        carrier_id=phone.carrier_id,
        region_id=phone.region_id,
        order_region=phone.order_region,
        agent=agent,
        type=type,
        note=phone.note,
        standing_type=type,
        standing_order_region=phone.order_region,
        standing_note=phone.note,
        taken_at=phone.taken_at,
        filed_at=at,
        day=timezone.localdate(at),
    )


def _workdays(now: datetime) -> list[date]:
    days = [timezone.localdate(now) - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    return [day for day in days if day.weekday() < 6]


def _shift(stage: Stage, day: date) -> list[datetime]:
    """When an agent files on a day: from half past eight to half past five, hardly at noon."""
    if stage.dice.random() < 0.08:
        return []
    start = timezone.make_aware(datetime.combine(day, time(8, 30)))
    calls = stage.dice.randint(*CALLS_A_DAY)
    minutes = (stage.dice.uniform(0, 540) for _ in range(calls * 2))
    working = [minute for minute in minutes if not 195 < minute < 290][:calls]
    return [start + timedelta(minutes=minute) for minute in working]


def _at(now: datetime, days: int, hour: int, minute: int) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(now) - timedelta(days=days), time(hour, minute)))
