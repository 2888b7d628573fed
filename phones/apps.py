"""The stock of numbers."""

from django.apps import AppConfig


class PhonesConfig(AppConfig):
    name = "phones"

    def ready(self) -> None:
        from accounts.menu import LANDINGS
        from accounts.tables import register
        from phones import first_visit, own_jobs
        from phones.tables import TABLES

        LANDINGS.append(first_visit.landing)
        own_jobs.register_all()
        register(*TABLES)
