"""The room's version: another one after each change of carriers, regions or business types, by whomever it is made.

Drawn at random and never counted: what was rolled back and what came instead would have the same number.

A later migration that changes one of these tables must know: SQLite makes a table anew for it, which drops the table's
own triggers without a word, and fails where it is the room's, which the triggers name. Drop them before, and make them
again after it.
"""

from django.db import migrations, models

import config.models

TABLES = ("config_carrier", "config_region", "config_businesstype")
EVENTS = ("INSERT", "UPDATE", "DELETE")
SQLITE = """
CREATE TRIGGER {table}_{event}_is_a_new_version AFTER {event} ON {table}
BEGIN UPDATE config_room SET version = lower(hex(randomblob(16))); END
"""
FUNCTION = """
CREATE FUNCTION config_new_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE config_room SET version = replace(gen_random_uuid()::text, '-', ''); RETURN NULL; END $$
"""
POSTGRESQL = """
CREATE TRIGGER {table}_is_a_new_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION config_new_version()
"""


def watch(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    cursor = schema_editor.connection.cursor()
    if on_postgresql:
        cursor.execute(FUNCTION)
    for table in TABLES:
        for event in EVENTS if not on_postgresql else ("",):
            # Whole, and without parameters: a trigger's own semicolons are no ends of statements.
            cursor.execute((POSTGRESQL if on_postgresql else SQLITE).format(table=table, event=event))


class Migration(migrations.Migration):
    dependencies = [("config", "0003_room_settings")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="version",
            field=models.CharField(default=config.models.new_version, editable=False, max_length=32),
        ),
        migrations.RunPython(watch, migrations.RunPython.noop),
    ]
