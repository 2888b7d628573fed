"""What was filed never changes: the database itself refuses it, whoever asks."""

from django.db import migrations

# What may follow later: the number's row may go and come back, a call be withdrawn, and amendments make it stand
# otherwise. All else of a line stays as it was written.
KEPT = {
    "callback_call": (
        "request_id", "token", "number", "batch_id", "carrier_id", "region_id", "order_region_id", "agent_id",
        "type_id", "note", "taken_at", "filed_at", "day", "late",
    ),
    "callback_amendment": (
        "call_id", "ordinal", "request_id", "by_id", "at", "reason", "type_from_id", "type_to_id",
        "order_region_from_id", "order_region_to_id", "note_from", "note_to",
    ),
    "phones_event": (
        "kind", "number", "at", "by_id", "reason", "agent_id", "token", "taken_at", "batch_id", "job_id",
    ),
    "accounts_auditentry": ("at", "by_id", "action", "object", "count", "address", "data"),
}  # fmt: skip
NAMES = {
    "callback_call": "what_was_filed_never_changes",
    "callback_amendment": "an_amendment_never_changes",
    "phones_event": "an_event_never_changes",
    "accounts_auditentry": "the_audit_log_never_changes",
}


def sqlite(table: str, name: str, columns: tuple[str, ...]) -> str:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
    return f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {changed} BEGIN SELECT RAISE(ABORT, '{name}'); END"


def postgresql(table: str, name: str, columns: tuple[str, ...]) -> str:
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    return f"""
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END $$;
    CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {name}();
    """


def keep(apps, schema_editor):
    statement = postgresql if schema_editor.connection.vendor == "postgresql" else sqlite
    for table, columns in KEPT.items():
        # Whole, and without parameters: a trigger's own semicolons are no ends of statements.
        schema_editor.connection.cursor().execute(statement(table, NAMES[table], columns))


def let_go(apps, schema_editor):
    cursor = schema_editor.connection.cursor()
    for table, name in NAMES.items():
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER {name} ON {table}")
            cursor.execute(f"DROP FUNCTION {name}")
        else:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("callback", "0004_days_and_batches_are_told"),
        ("phones", "0005_archives_and_exported_spans"),
        ("accounts", "0002_seen_at"),
    ]

    operations = [migrations.RunPython(keep, let_go)]
