"""Who may enter."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from axes.models import AccessAttempt
        from django.db.models.signals import pre_save

        from accounts import audit, entry
        from accounts.roster import OPERATORS
        from accounts.tables import register
        from accounts.uses import limited_operators
        from config import record, uses

        record.KEEPERS.append(audit.record)
        record.WITNESSES.append(audit.who_last)
        uses.ELSEWHERE.append(limited_operators)
        register(OPERATORS)
        pre_save.connect(entry.keep_no_form, sender=AccessAttempt, dispatch_uid="keep_no_form")
