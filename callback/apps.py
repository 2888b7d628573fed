"""The desk."""

from django.apps import AppConfig


class CallbackConfig(AppConfig):
    name = "callback"

    def ready(self) -> None:
        from accounts import actions as accounts_actions
        from accounts.tables import register
        from callback import actions, maintenance_jobs, on_sheets
        from callback.tables import FOUND

        accounts_actions.ON_SHUT_OUT.append(actions.free)
        on_sheets.register()
        maintenance_jobs.register_all()
        register(FOUND)
