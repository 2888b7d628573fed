"""Looking, never touching."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "stats"

    def ready(self) -> None:
        from accounts import menu, tables
        from stats import balance, call_exports, home, log_exports
        from stats.tables import TABLES

        menu.LANDINGS.append(home.landing)
        balance.register_kind()
        call_exports.register_kind()
        log_exports.register_kind()
        tables.register(*TABLES)
