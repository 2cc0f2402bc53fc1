"""Bytes that tables are read from, decompressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from movierec.data.table import Done
from movierec.errors import DataError

_HEAD = 1 << 16  # bytes that are enough to recognize a format
_BUFFER = 1 << 20  # bytes read at once
_DECOMPRESSORS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),  # type: ignore[dict-item, return-value]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Content:
    """Bytes that can be read more than once.

    Attributes
    ----------
    name : str
        Name in messages.
    size : int
        Number of bytes as stored.
    opener : callable
        Returns the stored bytes, from the start.
    """

    name: str
    size: int
    opener: Callable[[], IO[bytes]]

    @contextmanager
    def open(self, progress: Done | None = None) -> Iterator[IO[bytes]]:
        """Open the content, decompressed if its first bytes say that it is compressed.

        Raises
        ------
        DataError
            If it is missing or may not be read, or if its compression is broken, also when
            that is found only while it is being read.
        """
        try:
            with self.opener() as stored:
                counting = _Counted(stored, self.size, progress)
                with _decompressed(io.BufferedReader(counting, _BUFFER)) as content:
                    yield content
        except _BROKEN as error:
            raise DataError(
                f"{self.name} is broken: {error}", "download or export the file again"
            ) from error
        except OSError as error:
            raise unreadable(self.name, error) from error

    def head(self) -> bytes:
        """Return the first bytes, enough to recognize a format."""
        with self.open() as content:
            return content.read(_HEAD)


def unreadable(name: str, error: OSError) -> DataError:
    """Return what to tell a user of a file that the system does not open.

    Parameters
    ----------
    name : str
        Name of the file in the message.
    error : OSError
    """
    if isinstance(error, FileNotFoundError):
        return DataError(f"there is no file {name}", "check the path")
    if isinstance(error, PermissionError):
        return DataError(f"{name} may not be read", "check its permissions")
    return DataError(f"{name} cannot be read: {error.strerror or error}", "check the file")


class _Counted(io.RawIOBase):
    """Stored bytes that report how far they have been read."""

    def __init__(self, stored: IO[bytes], size: int, progress: Done | None) -> None:
        self._stored, self._size, self._progress = stored, max(size, 1), progress
        self._n_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._stored.read(len(buffer))
        buffer[: len(content)] = content
        self._n_read += len(content)
        if self._progress:
            self._progress(min(self._n_read / self._size, 1.0))
        return len(content)


def _decompressed(stored: io.BufferedReader) -> IO[bytes]:
    first = stored.peek(8)
    for magic, decompressor in _DECOMPRESSORS.items():
        if first.startswith(magic):
            return decompressor(stored)
    return stored
