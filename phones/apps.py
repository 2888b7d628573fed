"""The stock of numbers."""

from django.apps import AppConfig


class PhonesConfig(AppConfig):
    name = "phones"
