"""What a new installation is furnished with."""

from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as _

from config.models import FIXED_CODES, NOT_CONNECTED, REFUSED, BusinessType, Carrier, Region, Room

# Message ids: the rows are written in Chinese, whatever language the reader of a page has.
CARRIERS = (_("China Mobile"), _("China Telecom"), _("China Unicom"))
REGIONS = (_("Taishan"), _("Daiyue"), _("Xintai"), _("Feicheng"), _("Ningyang"), _("Dongping"))
TYPES = {
    11: _("Morning and evening weather"),
    12: _("Morning weather"),
    21: _("Suspended"),
    22: _("Vacant number"),
    27: _("Booking"),
    REFUSED: "",
    NOT_CONNECTED: "",
}


@transaction.atomic
def furnish() -> bool:
    """Give an empty system its carriers, regions, business types and room; False where it has them already."""
    if Room.objects.exists():
        return False
    with override("zh-hans"):
        Carrier.objects.bulk_create(
            Carrier(name=gettext(name), position=position) for position, name in enumerate(CARRIERS)
        )
        Region.objects.bulk_create(
            Region(name=gettext(name), position=position) for position, name in enumerate(REGIONS)
        )
        types = {
            code: BusinessType.objects.create(code=code, name=gettext(name) if name else "", position=code)
            for code, name in TYPES.items()
        }
    refused, not_connected = (types[code] for code in FIXED_CODES)
    Room.objects.create(pk=1, refused=refused, not_connected=not_connected)
    return True
