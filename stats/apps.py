"""Looking, never touching."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "stats"

    def ready(self) -> None:
        from stats import balance, call_exports, log_exports

        balance.register_kind()
        call_exports.register_kind()
        log_exports.register_kind()
