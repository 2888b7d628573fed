"""A sentence for every code: why a row is not a number, why a file could not be read, why a job failed, what to do."""

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from phones.numbering import Reason
from phones.unreadable import Fault

CHECK_AND_CORRECT = gettext_lazy("Check and correct it")
MAKE_TEXT = gettext_lazy("Make the column text in your file and enter the number again")
NOTHING = gettext_lazy("Nothing to do, unless a number belongs here")

# Why a row was rejected, and what to do about it.
ROWS: dict[str, tuple[Any, Any]] = {
    Reason.EMPTY: (gettext_lazy("No number in this row"), NOTHING),
    Reason.NO_DIGITS: (gettext_lazy("No digits"), NOTHING),
    Reason.TOO_SHORT: (gettext_lazy("Too short: %(digits)s digits"), gettext_lazy("Check and complete it")),
    Reason.TOO_LONG: (gettext_lazy("Too long: %(digits)s digits"), CHECK_AND_CORRECT),
    Reason.NOT_A_SEGMENT: (gettext_lazy("No mobile number begins with %(prefix)s"), CHECK_AND_CORRECT),
    Reason.NOT_AN_AREA_CODE: (gettext_lazy("No area code begins with %(prefix)s"), CHECK_AND_CORRECT),
    Reason.NO_AREA_CODE: (
        gettext_lazy("A land line without its area code"),
        gettext_lazy("Put the area code before it"),
    ),
    Reason.ZERO_LOST: (
        gettext_lazy("The 0 of the area code is missing"),
        gettext_lazy("Change it to %(suggestion)s, in a text column"),
    ),
    Reason.DIGITS_LOST: (gettext_lazy("Excel has lost the last digits"), MAKE_TEXT),
    Reason.LETTER: (gettext_lazy("Has the letter %(letter)s"), CHECK_AND_CORRECT),
    Reason.MASKED: (
        gettext_lazy("Some digits are hidden by stars"),
        gettext_lazy("Ask for the list with whole numbers"),
    ),
    Reason.FOREIGN_DIGITS: (gettext_lazy("Digits of another script"), gettext_lazy("Enter it with the digits 0 to 9")),
    Reason.FOREIGN_NUMBER: (
        gettext_lazy("A number abroad, it begins with %(prefix)s"),
        gettext_lazy("Only numbers within China can be imported"),
    ),
    Reason.SERVICE_NUMBER: (
        gettext_lazy("A service number"),
        gettext_lazy("Only mobile numbers and land lines can be imported"),
    ),
    Reason.EXTENSION: (
        gettext_lazy("Has the extension %(extension)s"),
        gettext_lazy("Leave the extension out if the number can be called without it"),
    ),
    Reason.SEVERAL: (gettext_lazy("%(count)s numbers in one cell"), gettext_lazy("One number a row")),
    Reason.FORMULA: (
        gettext_lazy("A formula without a result"),
        gettext_lazy("Open the file in Excel and save it, or enter the number itself"),
    ),
    Reason.FORMULA_ERROR: (
        gettext_lazy("The formula shows an error: %(error)s"),
        gettext_lazy("Enter the number itself"),
    ),
    Reason.NOT_WHOLE: (gettext_lazy("Not a whole number"), MAKE_TEXT),
    Reason.IS_A_DATE: (gettext_lazy("A date"), MAKE_TEXT),
    Reason.IS_BOOLEAN: (gettext_lazy("Yes or no, not a number"), gettext_lazy("Enter the number itself")),
    Reason.TOO_LONG_TEXT: (
        gettext_lazy("A text of %(length)s characters"),
        gettext_lazy("Only the number belongs in this column"),
    ),
    Reason.BAD_BYTES: (
        gettext_lazy("Characters that cannot be read"),
        gettext_lazy("Save the file anew as .xlsx, or as UTF-8"),
    ),
}
LETTER_MEANT = gettext_lazy("Probably the digit %(digit)s: %(suggestion)s")

SAVE_AS_XLSX = gettext_lazy("Open it in Excel or WPS, save it as .xlsx, and send that.")

# Why a whole file was refused, or a job failed: what happened, then what to do.
WHOLE: dict[str, tuple[Any, Any]] = {
    Fault.EMPTY_FILE: (
        gettext_lazy("There is nothing in it."),
        gettext_lazy("Choose a file with numbers, or paste numbers."),
    ),
    Fault.TOO_LARGE: (
        gettext_lazy("The file has %(size)s; the limit is %(limit)s."),
        gettext_lazy("Split it into several files, or leave out the columns that are not needed."),
    ),
    Fault.NOT_A_WORKBOOK: (gettext_lazy("This is neither a workbook nor a text file with numbers."), SAVE_AS_XLSX),
    Fault.EXECUTABLE: (
        gettext_lazy("This is a program, not a list."),
        gettext_lazy("Do not open it. Ask the sender for the list as .xlsx or .txt."),
    ),
    Fault.PDF: (
        gettext_lazy("This is a PDF: numbers cannot be read from it."),
        gettext_lazy("Ask for the list as .xlsx, .csv or .txt, or copy the numbers and paste them."),
    ),
    Fault.PICTURE: (
        gettext_lazy("This is a picture: numbers cannot be read from it."),
        gettext_lazy("Ask for the list as .xlsx, .csv or .txt, or copy the numbers and paste them."),
    ),
    Fault.HTML: (gettext_lazy("This is a web page, though its name may say otherwise."), SAVE_AS_XLSX),
    Fault.XML: (gettext_lazy("This is an XML file, not a workbook."), SAVE_AS_XLSX),
    Fault.ARCHIVE: (
        gettext_lazy("This is a packed archive."),
        gettext_lazy("Unpack it and send the files in it one by one."),
    ),
    Fault.DOCUMENT: (
        gettext_lazy("This is a text document or a presentation, not a workbook."),
        gettext_lazy("Copy the numbers into a workbook, or paste them here."),
    ),
    Fault.ENCRYPTED: (
        gettext_lazy("The workbook is protected by a password."),
        gettext_lazy("Open it, save it without a password, and send that."),
    ),
    Fault.DAMAGED: (gettext_lazy("The file is damaged and cannot be read to its end."), SAVE_AS_XLSX),
    Fault.BOMB: (gettext_lazy("Unpacked, the file would be larger than any list: %(unpacked)s."), SAVE_AS_XLSX),
    Fault.TOO_MANY_PARTS: (gettext_lazy("The workbook has too many parts: %(count)s."), SAVE_AS_XLSX),
    Fault.ENTITIES: (
        gettext_lazy("The file has definitions that no spreadsheet program writes; it was not read."),
        SAVE_AS_XLSX,
    ),
    Fault.FAR_CELL: (
        gettext_lazy("The sheet claims %(rows)s rows and %(columns)s columns."),
        gettext_lazy("Copy the column with the numbers into a new workbook, and send that."),
    ),
    Fault.TOO_MANY_ROWS: (
        gettext_lazy("There are more than %(limit)s rows."),
        gettext_lazy("Split it into several files."),
    ),
    Fault.NO_ROWS: (
        gettext_lazy("There are no rows below the header."),
        gettext_lazy("Choose a file with numbers, or another sheet."),
    ),
    Fault.WRONG_ENCODING: (
        gettext_lazy("The text is in no encoding that is known here: it would be read wrong."),
        gettext_lazy("Save it as UTF-8 or GBK, or as an Excel workbook, and choose it again."),
    ),
    Fault.NO_NUMBERS_COLUMN: (
        gettext_lazy("No column was found that holds phone numbers."),
        gettext_lazy("Say which column it is, or choose another file."),
    ),
    Fault.NO_SUCH_SHEET: (
        gettext_lazy("There is no sheet %(sheet)s."),
        gettext_lazy("Have the file checked again and choose one of its sheets."),
    ),
    Fault.NO_SUCH_COLUMN: (
        gettext_lazy("There is no column %(column)s."),
        gettext_lazy("Say which column it is, or choose another file."),
    ),
    Fault.NO_SUCH_ENCODING: (gettext_lazy("The encoding %(encoding)s is not known."), SAVE_AS_XLSX),
    Fault.TOO_SLOW: (
        gettext_lazy("Reading took longer than %(seconds)s seconds and was stopped."),
        gettext_lazy("Copy the column with the numbers into a new workbook, and send that."),
    ),
    Fault.TOO_MUCH_MEMORY: (
        gettext_lazy("Reading it would take more memory than a list may."),
        gettext_lazy("Copy the column with the numbers into a new workbook, and send that."),
    ),
    Fault.DISK_FULL: (
        gettext_lazy("The disk of the server is full."),
        gettext_lazy("Tell the system administrator; nothing was changed."),
    ),
    "no_space": (
        gettext_lazy("The server has too little free space for this file."),
        gettext_lazy("Tell the system administrator; nothing was changed."),
    ),
    "upload_gone": (
        gettext_lazy("The list was removed: it is kept for 7 days, or was imported already."),
        gettext_lazy("Send it again."),
    ),
    "batch_gone": (
        gettext_lazy("The batch was reverted already."),
        gettext_lazy("There is nothing left to do."),
    ),
    "batch_taken": (
        gettext_lazy("Cannot be reverted: %(count)s numbers were taken meanwhile. All is as before."),
        gettext_lazy("To stop the calling, import the list once more as Excluded."),
    ),
    "batch_deleted": (
        gettext_lazy("Cannot be reverted: %(count)s of its numbers were deleted in data maintenance."),
        gettext_lazy("Have them restored from the archive first, or let the batch stand."),
    ),
    "selection_changed": (
        gettext_lazy("By now it is %(count)s numbers and not %(expected)s; nothing was changed."),
        gettext_lazy("Query again, and confirm the new count."),
    ),
    "selection_swapped": (
        gettext_lazy("By now they are as many, but not the same numbers; nothing was changed."),
        gettext_lazy("Query again, and confirm anew."),
    ),
    "selection_gone": (
        gettext_lazy("What was noted down about the numbers is gone; nothing more was changed."),
        gettext_lazy("Tell the system administrator, then query again."),
    ),
    "not_administrator": (
        gettext_lazy("Whoever asked for it is no administrator any more; nothing was changed."),
        gettext_lazy("Another administrator can ask for it."),
    ),
    "requeue_broke_off": (
        gettext_lazy("The re-queue broke off: %(count)s numbers are pending again, the others are as before."),
        gettext_lazy("Query again, and re-queue the others."),
    ),
    "deletion_undone": (
        gettext_lazy("The deletion broke off. All %(count)s numbers that it had deleted are back."),
        gettext_lazy("Tell the system administrator; the server's log says more."),
    ),
    "deletion_undone_in_part": (
        gettext_lazy("The deletion broke off. %(count)s of its numbers are back, %(left)s are not."),
        gettext_lazy("They stand in its archive. Tell the system administrator; the server's log says more."),
    ),
    "archive_missing": (
        gettext_lazy("The archive's file is not there; nothing was changed."),
        gettext_lazy("The system administrator can bring it back from a backup."),
    ),
    "archive_damaged": (
        gettext_lazy("The archive's file is not as it was written; nothing was changed."),
        gettext_lazy("The system administrator can bring it back from a backup."),
    ),
    "archive_broke_off": (
        gettext_lazy("The archive's file cannot be read to its end: %(count)s numbers are back, the others are not."),
        gettext_lazy("The system administrator can bring it back from a backup; then restore it once more."),
    ),
    "restore_broke_off": (
        gettext_lazy("The restore broke off: %(count)s numbers are back, the others are still in the archive."),
        gettext_lazy("Restore it once more."),
    ),
    "gave_up": (
        gettext_lazy("The work broke off three times and was given up; nothing of it is left."),
        gettext_lazy("Tell the system administrator; the server's log says more."),
    ),
    "left_over": (
        gettext_lazy("Something failed, and what had been begun could not all be taken back."),
        gettext_lazy("Tell the system administrator; the server's log says more."),
    ),
    "unexpected": (
        gettext_lazy("Something failed and nothing was changed: error %(incident)s."),
        gettext_lazy("Tell the administrator this number, then try again."),
    ),
}
UNKNOWN = (pgettext_lazy("job", "It failed, and nothing was changed."), gettext_lazy("Try again."))
SIZES = ("size", "limit", "unpacked")
COUNTS = ("count", "expected", "left", "rows", "columns", "limit", "digits", "length", "seconds")


def reason(code: str, data: Mapping[str, Any]) -> str:
    """Why a row was rejected."""
    said, _advice = ROWS.get(code, UNKNOWN)
    return _fill(said, data)


def advice(code: str, data: Mapping[str, Any]) -> str:
    """What to do about a rejected row."""
    if code == Reason.LETTER and data.get("suggestion"):
        return _fill(LETTER_MEANT, data)
    _said, what_to_do = ROWS.get(code, UNKNOWN)
    return _fill(what_to_do, data)


def what_happened(code: str, data: Mapping[str, Any]) -> str:
    """Why a file was refused or a job failed."""
    return _fill(WHOLE.get(code, UNKNOWN)[0], _with_sizes(code, data))


def what_to_do(code: str, data: Mapping[str, Any]) -> str:
    """What to do where a file was refused or a job failed; with the number that the log knows, if there is one."""
    said = _fill(WHOLE.get(code, UNKNOWN)[1], _with_sizes(code, data))
    if code == "unexpected" or not data.get("incident"):
        return said
    return _("%(to_do)s Error number: %(incident)s.") % {"to_do": said, "incident": data["incident"]}


def sentence(code: str, data: Mapping[str, Any]) -> str:
    """Why a file was refused or a job failed, and what to do."""
    return _("%(happened)s %(to_do)s") % {"happened": what_happened(code, data), "to_do": what_to_do(code, data)}


def _with_sizes(code: str, data: Mapping[str, Any]) -> dict[str, Any]:
    sizes = SIZES if code in (Fault.TOO_LARGE, Fault.BOMB) else ()
    return {name: filesizeformat(value) if name in sizes else value for name, value in data.items()}


def _fill(text: Any, data: Mapping[str, Any]) -> str:
    """The text with its data, counts in groups of three; a datum that is missing is left open, not an error."""
    shown = {
        name: number_format(value) if name in COUNTS and isinstance(value, int) else value
        for name, value in data.items()
    }
    return str(text) % _Lenient(shown)


class _Lenient(dict):
    def __missing__(self, key: str) -> str:
        return "?"
