"""On PostgreSQL numbers compare byte by byte: sorting a million of them for an import takes a fraction of the time."""

from django.db import migrations


def compare_by_bytes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE phones_phone ALTER COLUMN number TYPE varchar(16) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("phones", "0001_initial")]

    operations = [migrations.RunPython(compare_by_bytes, migrations.RunPython.noop)]
