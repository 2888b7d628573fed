"""A business type keeps its code: else a row could walk away from 28 or 29, and old calls with it."""

from django.db import migrations

NAME = "business_type_keeps_its_code"
SQLITE = f"""
CREATE TRIGGER {NAME} BEFORE UPDATE OF code ON config_businesstype WHEN NEW.code <> OLD.code
BEGIN SELECT RAISE(ABORT, '{NAME}'); END
"""
POSTGRESQL = f"""
CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{NAME}' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER {NAME} BEFORE UPDATE OF code ON config_businesstype
FOR EACH ROW WHEN (NEW.code <> OLD.code) EXECUTE FUNCTION {NAME}();
"""


def keep_codes(apps, schema_editor):
    statement = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    # Whole, and without parameters: a trigger's own semicolons are no ends of statements.
    schema_editor.connection.cursor().execute(statement)


class Migration(migrations.Migration):
    dependencies = [("config", "0001_initial")]

    operations = [migrations.RunPython(keep_codes, migrations.RunPython.noop)]
