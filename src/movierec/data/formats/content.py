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
from dataclasses import dataclass, replace
from typing import IO, Any

from movierec.data.table import Done
from movierec.errors import DataError

HEAD = 1 << 16  # bytes that are enough to recognize a format
_BUFFER = 1 << 20  # bytes read at once
_ALWAYS_READ = 1 << 26  # bytes that any compressed file may expand to
_MOST_TIMES = 100  # its size, that a larger one may
_DECOMPRESSORS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),  # type: ignore[dict-item, return-value]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


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
    packed : int, optional
        Number of bytes that these take in a zip.
    part_opener : callable, optional
        As `opener`, for those who read parts of it: what they skip is not fetched. Processes on
        other machines can use it too.
    """

    name: str
    size: int
    opener: Callable[[], IO[bytes]]
    packed: int | None = None
    part_opener: Callable[[], IO[bytes]] | None = None

    def in_parts(self) -> Content:
        """Return the content as one of which only parts are fetched, where that is possible."""
        return replace(self, opener=self.part_opener or self.opener)

    @property
    def is_compressed(self) -> bool:
        """Whether its first bytes say that it is compressed."""
        with self.in_parts().opener() as stored:
            return stored.read(8).startswith(tuple(_DECOMPRESSORS))

    @contextmanager
    def open(self, progress: Done | None = None) -> Iterator[IO[bytes]]:
        """Open the content, decompressed if its first bytes say that it is compressed.

        Raises
        ------
        DataError
            If it is missing or may not be read, or if its compression is broken or that of no
            real file, also when that is found only while it is being read.
        """
        try:
            with self.opener() as stored:
                counting = io.BufferedReader(_Counted(stored, self.size, progress), _BUFFER)
                with self._limited(counting) as content:
                    yield content
        except BROKEN as error:
            raise DataError(
                f"{self.name} is broken: {error}", "download or export the file again"
            ) from error
        except OSError as error:
            raise unreadable(self.name, error) from error

    def _limited(self, stored: io.BufferedReader[Any]) -> IO[bytes]:
        """Return the decompressed bytes, which end with an error if they are far too many."""
        content = _decompressed(stored)
        if content is stored and self.packed is None:
            return stored
        size = self.size if self.packed is None else self.packed
        return io.BufferedReader(_Limited(content, self.name, size), _BUFFER)

    def head(self) -> bytes:
        """Return the first bytes, enough to recognize a format."""
        with self.in_parts().open() as content:
            return content.read(HEAD)


def may_be_text(head: bytes) -> bool:
    """Tell whether bytes may be the first ones of a text, perhaps compressed."""
    return b"\0" not in head or head.startswith(tuple(_DECOMPRESSORS))


def most_bytes(packed: int) -> int:
    """Return how many bytes a compressed file may expand to: few can be made to expand to any.

    Parameters
    ----------
    packed : int
        Number of bytes that it has.
    """
    return max(_ALWAYS_READ, _MOST_TIMES * packed)


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
        n_bytes: int = self._stored.readinto(buffer)  # type: ignore[attr-defined]
        self._n_read += n_bytes
        if self._progress:
            self._progress(min(self._n_read / self._size, 1.0))
        return n_bytes


class _Limited(io.RawIOBase):
    """Decompressed bytes, up to what a real file may hold.

    Ratings compress 4 to 20 times.
    """

    def __init__(self, content: IO[bytes], name: str, packed: int) -> None:
        self._content, self._name = content, name
        self._n_left = most_bytes(packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n_bytes: int = self._content.readinto(buffer)  # type: ignore[attr-defined]
        self._n_left -= n_bytes
        if self._n_left < 0:
            raise DataError(
                f"{self._name} expands to more than {_MOST_TIMES} times its size, as no ratings do",
                "if it is right, unpack it and name what is in it",
            )
        return n_bytes

    def close(self) -> None:
        self._content.close()
        super().close()


def _decompressed(stored: io.BufferedReader[Any]) -> IO[bytes]:
    first = stored.peek(8)
    for magic, decompressor in _DECOMPRESSORS.items():
        if first.startswith(magic):
            return decompressor(stored)
    return stored
