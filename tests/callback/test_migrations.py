"""A room that was in use before keeps its figures when it is brought up to date."""

from collections import Counter

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from callback import demo
from callback.models import Call, Tally

BEFORE = [("callback", "0001_initial"), ("phones", "0004_exclusion_lifted"), ("accounts", "0001_initial")]


def migrate(*targets: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


@pytest.fixture
def up_to_date():
    yield
    migrate(*MigrationExecutor(connection).loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_f30_calls_get_their_days_and_the_tally_its_batches(up_to_date, settings, monkeypatch):
    monkeypatch.setattr(
        demo, "BATCHES", tuple((days, carrier, region, 120) for days, carrier, region, _ in demo.BATCHES)
    )
    monkeypatch.setattr(demo, "EXCLUDED", 10)
    demo.fill(now=timezone.now(), password="Wind-und-Wetter-4")
    before = Counter((call.day, call.agent_id, call.batch_id, call.type_id) for call in Call.objects.standing())

    migrate(*BEFORE)
    migrate(*MigrationExecutor(connection).loader.graph.leaf_nodes())

    tallied = {(row.day, row.agent_id, row.batch_id, row.type_id): row.filed for row in Tally.objects.exclude(filed=0)}
    assert before
    assert tallied == dict(before)
    assert all(call.standing_note == call.note for call in Call.objects.all())
