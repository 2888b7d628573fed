"""Files in a request: refused, but where a view lets them in."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler


class NoFiles(FileUploadHandler):
    """Stops at the first file: a page that asks for none is no place to fill the disk through."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


SMALL = 5 * 1024 * 1024


class SmallFile(TemporaryFileUploadHandler):
    """Keeps files of up to SMALL bytes; of a larger one only the size is known, by which its form refuses it."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._size += len(raw_data)
        return super().receive_data_chunk(raw_data, start) if self._size <= SMALL else None
