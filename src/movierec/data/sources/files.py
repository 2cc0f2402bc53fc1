"""Tables in files: plain or compressed files, folders, zips, and standard input."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import IO, ClassVar

from movierec._util import pluralize
from movierec.data.formats.content import HEAD, Content, may_be_text, unreadable
from movierec.data.formats.tables import tables_of
from movierec.data.sources.base import PathLike, Source
from movierec.data.sources.zips import members_of
from movierec.data.table import Table
from movierec.errors import DataError, OutputError


class FileSource:
    """What is at a path; ``-`` is standard input."""

    SCHEMES: ClassVar[Collection[str]] = ("",)

    def is_folder(self, address: str) -> bool:
        """Tell whether a path is a folder or a zip, in which tables are looked for."""
        place = Path(address)
        return place.is_dir() or (place.is_file() and zipfile.is_zipfile(place))

    def tables(self, address: str) -> list[Table]:
        """Return the file at a path, or all files of a folder or a zip, as tables.

        Raises
        ------
        DataError
            If there is nothing.
        """
        return [*tables_of(files_at(address))]


PARTED = (".parquet", ".arrow", ".feather")  # names of folders that hold the parts of one table
_LONGEST_STREAM = 1 << 32  # bytes, of what cannot be read twice
_EMPTY_ZIP = b"PK\x05\x06"
SOURCE: Source = FileSource()


def only_file(path: PathLike) -> Content:
    """Return the one file at a path.

    Raises
    ------
    DataError
        If there is none, or a folder or zip of several.
    """
    files = files_at(path)
    if len(files) != 1:
        raise DataError(f"{path} holds {pluralize(len(files), 'file')}", "name the one to read")
    return files[0]


def files_at(path: PathLike) -> list[Content]:
    """Return what can be read at a path: one file, or all files of a folder or a zip.

    Raises
    ------
    DataError
        If there is nothing.
    """
    if os.fspath(path) == "-":
        return _standard_input()
    if not os.fspath(path):
        raise DataError("the name of a file is empty", "name a rating file and a movie file")
    place = Path(path)
    try:
        if place.is_dir():
            return [_file(file) for file in _files_in(place)]
        with place.open("rb") as file:
            if not place.is_file():  # a pipe or device, which can be read once
                return [_spooled(str(place), file)]
            return members_of(place) if is_zip(file.read(4)) else [_file(place)]
    except OSError as error:
        raise unreadable(str(place), error) from error


def is_zip(head: bytes) -> bool:
    """Tell whether the first bytes are those of a zip."""
    return head.startswith((b"PK\x03\x04", _EMPTY_ZIP))


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder, with those in folders that are called as a file of a table."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):  # as _SUCCESS, which Spark writes
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and path.name.endswith(PARTED):
            yield from _files_in(path)


def _standard_input() -> list[Content]:
    if sys.stdin is None:
        raise DataError("standard input is closed", "name a rating file instead of -")
    return [_spooled("standard input", sys.stdin.buffer)]


def _file(path: Path) -> Content:
    opener = partial(_open, path.absolute())
    return Content(str(path), path.stat().st_size, opener, part_opener=opener)


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


class _Spool:
    """A file without a name, which lives as long as the content."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115

    def __call__(self) -> IO[bytes]:
        """Open it from the start."""
        self.file.seek(0)
        return open(os.dup(self.file.fileno()), "rb")  # noqa: PTH123 - the caller closes it

    def __del__(self) -> None:
        self.file.close()


def _spooled(name: str, stream: IO[bytes]) -> Content:
    """Copy a stream to a file without a name, since a table is opened more than once.

    Raises
    ------
    DataError
        If it cannot be read, or does not end.
    OutputError
        If there is no space for the copy.
    """
    size = 0
    try:
        spool = _Spool()
        most = shutil.disk_usage(tempfile.gettempdir()).free // 2
        for part in _parts(name, stream):
            spool.file.write(part)
            size += len(part)
            if size == len(part) and not may_be_text(part):
                break  # it will be refused, and may be endless
            if size > most:
                raise OSError("it would take more than half of the free space")
        spool.file.flush()
    except OSError as error:
        raise OutputError(
            f"cannot keep {name} in a temporary file: {error.strerror or error}",
            f"free some space in {tempfile.tempdir}, or name another folder: TMPDIR=FOLDER",
        ) from error

    return Content(name, size, spool)


def _parts(name: str, stream: IO[bytes]) -> Iterator[bytes]:
    """Read a stream that ends, in parts."""
    size = 0
    try:
        while part := stream.read(HEAD):
            size += len(part)
            if size > _LONGEST_STREAM:
                raise DataError(
                    f"{name} is longer than {_LONGEST_STREAM:,} bytes", "write it to a file first"
                )
            yield part
    except OSError as error:
        raise unreadable(name, error) from error
