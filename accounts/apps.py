"""Who may enter."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import audit
        from accounts.roster import OPERATORS
        from accounts.tables import register
        from accounts.uses import limited_operators
        from config import record, uses

        record.KEEPERS.append(audit.record)
        record.WITNESSES.append(audit.who_last)
        uses.ELSEWHERE.append(limited_operators)
        register(OPERATORS)
