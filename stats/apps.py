"""Looking, never touching."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "stats"
