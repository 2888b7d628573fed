"""Every call gets its day and what stands of it; the tally is counted anew, now also by batch."""

from collections import Counter

from django.db import migrations
from django.db.models import Count, F
from django.db.models.functions import TruncDate
from django.utils import timezone


def fill(apps, schema_editor):
    Call, Tally = apps.get_model("callback", "Call"), apps.get_model("callback", "Tally")
    zone = timezone.get_default_timezone()
    Call.objects.update(
        day=TruncDate("filed_at", tzinfo=zone), standing_order_region=F("order_region"), standing_note=F("note")
    )
    names = ("day", "agent_id", "batch_id", "carrier_id", "region_id")
    counts = {kind: Counter() for kind in ("filed", "standing")}
    for kind, type_name in (("filed", "type_id"), ("standing", "standing_type_id")):
        rows = Call.objects.filter(withdrawn_at=None).order_by().values_list(*names, type_name)
        for *key, count in rows.annotate(Count("pk")).iterator():
            counts[kind][tuple(key)] = count
    Tally.objects.all().delete()
    Tally.objects.bulk_create(
        (
            Tally(
                **dict(zip((*names, "type_id"), key, strict=True)),
                filed=counts["filed"][key],
                standing=counts["standing"][key],
            )
            for key in sorted(counts["filed"].keys() | counts["standing"].keys())
        ),
        batch_size=2000,
    )


class Migration(migrations.Migration):
    dependencies = [("callback", "0002_amendments_and_days")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
