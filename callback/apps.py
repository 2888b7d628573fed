"""The desk."""

from django.apps import AppConfig


class CallbackConfig(AppConfig):
    name = "callback"

    def ready(self) -> None:
        from accounts import actions as accounts_actions
        from callback import actions

        accounts_actions.ON_SHUT_OUT.append(actions.free)
