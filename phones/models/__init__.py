"""The stock, its history, and the work on it."""

from phones.models.history import Event
from phones.models.paper import PaperLine, PaperSheet
from phones.models.stock import PLACES_A_BATCH, Batch, Exclusion, Phone, State
from phones.models.work import Archive, ExportedSpan, Job, Upload

__all__ = [
    "PLACES_A_BATCH",
    "Archive",
    "Batch",
    "Event",
    "Exclusion",
    "ExportedSpan",
    "Job",
    "PaperLine",
    "PaperSheet",
    "Phone",
    "State",
    "Upload",
]
