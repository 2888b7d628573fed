"""The calls that were filed before the hours were counted."""

from datetime import UTC

from django.db import migrations
from django.db.models import Count, Q
from django.db.models.functions import TruncHour

BOOKING, NOT_CONNECTED = 27, 29
VALID_CODES = (*range(11, 21), BOOKING)


def fill(apps, schema_editor):
    Call, HourTally = apps.get_model("callback", "Call"), apps.get_model("callback", "HourTally")
    rows = (
        Call.objects.filter(withdrawn_at=None)
        .order_by()
        .annotate(hour_at=TruncHour("filed_at", tzinfo=UTC))
        .values("hour_at", "agent_id", "carrier_id")
        .annotate(
            filed=Count("pk"),
            valid=Count("pk", filter=Q(type__code__in=VALID_CODES)),
            booking=Count("pk", filter=Q(type__code=BOOKING)),
            not_connected=Count("pk", filter=Q(type__code=NOT_CONNECTED)),
        )
    )
    HourTally.objects.bulk_create((HourTally(**row) for row in rows.iterator()), batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("callback", "0006_hour_tallies"), ("config", "0003_room_settings")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
