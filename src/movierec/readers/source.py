"""Where bytes come from: a file, plain or compressed, a member of a zip, or standard input."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from movierec.errors import DataError

_HEAD = 1 << 16  # bytes that are enough to tell a format
_BUFFER = 1 << 20  # bytes read at once
_DECOMPRESSORS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),  # type: ignore[dict-item, return-value]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Source:
    """Bytes that can be read more than once.

    Attributes
    ----------
    name : str
        What messages call it.
    size : int
        In bytes, as stored.
    opener : callable
        Returns the stored bytes, from the start.
    """

    name: str
    size: int
    opener: Callable[[], IO[bytes]]

    @contextmanager
    def open(self, progress: Callable[[float], None] | None = None) -> Iterator[IO[bytes]]:
        """Open the content, decompressed if its first bytes say that it is compressed.

        Raises
        ------
        DataError
            If it is missing or may not be read, or if its compression is broken, also when
            that is found only while it is being read.
        """
        try:
            with self.opener() as stored:
                counted = _Counted(stored, self.size, progress)
                with _decompressed(io.BufferedReader(counted, _BUFFER)) as content:
                    yield content
        except _BROKEN as error:
            raise DataError(
                f"{self.name} is broken: {error}", "download or export the file again"
            ) from error
        except OSError as error:
            raise _cannot_read(self.name, error) from error

    def head(self) -> bytes:
        """Return the first bytes, enough to recognise a format."""
        with self.open() as content:
            return content.read(_HEAD)


class _Counted(io.RawIOBase):
    """Stored bytes that tell how far they have been read."""

    def __init__(
        self, stored: IO[bytes], size: int, progress: Callable[[float], None] | None
    ) -> None:
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


def holds_files(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a folder or a zip, in which files are looked for."""
    place = Path(path)
    return place.is_dir() or (place.is_file() and zipfile.is_zipfile(place))


def sources_at(path: str | os.PathLike[str]) -> list[Source]:
    """Return what can be read at a path: one file, or all files of a folder or a zip.

    Raises
    ------
    DataError
        If there is nothing.
    """
    if os.fspath(path) == "-":
        return [_standard_input()]
    if not os.fspath(path):
        raise DataError("the name of a file is empty", "name a rating file and a movie file")
    place = Path(path)
    try:
        if place.is_dir():
            files = sorted(file for file in place.iterdir() if file.is_file())
            return [_file(file) for file in files if not file.name.startswith(".")]
        with place.open("rb") as file:
            is_zip = file.read(4) == b"PK\x03\x04"
        return _zip_members(place) if is_zip else [_file(place)]
    except zipfile.BadZipFile as error:
        raise DataError(f"{place} is broken: {error}", "download the zip again") from error
    except OSError as error:
        raise _cannot_read(str(place), error) from error


def _file(path: Path) -> Source:
    return Source(str(path), path.stat().st_size, lambda: path.open("rb"))


def _zip_members(path: Path) -> list[Source]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]

    def opener(member: str) -> Callable[[], IO[bytes]]:
        return lambda: zipfile.ZipFile(path).open(member)

    return [
        Source(f"{path}:{info.filename}", info.file_size, opener(info.filename))
        for info in infos
        if not Path(info.filename).name.startswith(".") and "__MACOSX" not in info.filename
    ]


def _standard_input() -> Source:
    """Copy standard input to a file without a name, since formats are told by looking twice."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source
    shutil.copyfileobj(sys.stdin.buffer, spool)
    size = spool.tell()

    def opener() -> IO[bytes]:
        spool.seek(0)
        return open(os.dup(spool.fileno()), "rb")  # noqa: PTH123 - the caller closes it

    return Source("standard input", size, opener)


def _cannot_read(name: str, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"there is no file {name}", "check the path")
    if isinstance(error, PermissionError):
        return DataError(f"{name} may not be read", "check its permissions")
    return DataError(f"{name} cannot be read: {error.strerror or error}", "check the file")
