"""Who may enter."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import audit
        from accounts.uses import limited_operators
        from config import record, uses

        record.KEEPERS.append(audit.record)
        uses.ELSEWHERE.append(limited_operators)
