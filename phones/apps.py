"""The stock of numbers."""

from django.apps import AppConfig


class PhonesConfig(AppConfig):
    name = "phones"

    def ready(self) -> None:
        from phones import own_jobs

        own_jobs.register_all()
