from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_saved_filters_and_table_settings")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["address", "action", "at"], name="audit_address_action_at"),
        ),
    ]
