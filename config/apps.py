"""What the room works with."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
