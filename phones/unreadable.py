"""Why a file could not be read at all: one code for each sentence that the page has to say."""

from enum import StrEnum

from phones.numbering import Data


class Fault(StrEnum):
    """What is wrong with a file; behind each code, the data that its sentence needs (sizes are bytes)."""

    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"  # size, limit
    NOT_A_WORKBOOK = "not_a_workbook"
    EXECUTABLE = "executable"
    PDF = "pdf"
    PICTURE = "picture"
    HTML = "html"
    XML = "xml"
    ARCHIVE = "archive"
    DOCUMENT = "document"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"  # detail (for the log, English)
    BOMB = "bomb"  # size, unpacked
    TOO_MANY_PARTS = "too_many_parts"  # count, limit
    ENTITIES = "entities"
    FAR_CELL = "far_cell"  # rows, columns
    TOO_MANY_ROWS = "too_many_rows"  # limit
    NO_ROWS = "no_rows"
    WRONG_ENCODING = "wrong_encoding"
    NO_NUMBERS_COLUMN = "no_numbers_column"
    NO_SUCH_SHEET = "no_such_sheet"  # sheet
    NO_SUCH_COLUMN = "no_such_column"  # column (a letter)
    NO_SUCH_ENCODING = "no_such_encoding"  # encoding
    TOO_SLOW = "too_slow"  # seconds
    TOO_MUCH_MEMORY = "too_much_memory"
    DISK_FULL = "disk_full"


class Unreadable(Exception):
    """The file gives no rows; ``code`` and ``data`` say why, in no language."""

    def __init__(self, code: Fault, **data: int | str) -> None:
        super().__init__(code, data)
        self.code = code
        self.data: Data = data
