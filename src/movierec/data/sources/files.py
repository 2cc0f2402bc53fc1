"""Tables in files: plain or compressed files, folders, zips, and standard input."""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, ClassVar

from movierec._util import pluralize
from movierec.data.formats.content import Content, unreadable
from movierec.data.formats.text import TextTable
from movierec.data.sources.base import PathLike, Source
from movierec.errors import DataError, OutputError


class FileSource:
    """What is at a path; ``-`` is standard input."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("",)

    def is_folder(self, address: str) -> bool:
        """Tell whether a path is a folder or a zip, in which tables are looked for."""
        place = Path(address)
        return place.is_dir() or (place.is_file() and zipfile.is_zipfile(place))

    def tables(self, address: str) -> list[TextTable]:
        """Return the file at a path, or all files of a folder or a zip, as tables.

        They are recognized only when they are asked what they hold.

        Raises
        ------
        DataError
            If there is nothing.
        """
        return [TextTable(content) for content in files_at(address)]


_STANDARD_INPUT = "standard input"
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
        return [_standard_input()]
    if not os.fspath(path):
        raise DataError("the name of a file is empty", "name a rating file and a movie file")
    place = Path(path)
    try:
        if place.is_dir():
            files = sorted(file for file in place.iterdir() if file.is_file())
            return [_file(file) for file in files if not file.name.startswith(".")]
        with place.open("rb") as file:
            is_zip = file.read(4) in (b"PK\x03\x04", _EMPTY_ZIP)
        return _zip_members(place) if is_zip else [_file(place)]
    except zipfile.BadZipFile as error:
        raise DataError(f"{place} is broken: {error}", "download the zip again") from error
    except OSError as error:
        raise unreadable(str(place), error) from error


def _file(path: Path) -> Content:
    return Content(str(path), path.stat().st_size, lambda: path.open("rb"))


def _zip_members(path: Path) -> list[Content]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]

    def opened(member: str) -> IO[bytes]:
        with zipfile.ZipFile(path) as archive:
            return archive.open(member)  # the file stays open until its last member is closed

    return [
        Content(f"{path}:{info.filename}", info.file_size, partial(opened, info.filename))
        for info in infos
        if not Path(info.filename).name.startswith(".") and "__MACOSX" not in info.filename
    ]


def _standard_input() -> Content:
    """Copy standard input to a file without a name, since a table is opened more than once.

    Raises
    ------
    DataError
        If standard input cannot be read.
    OutputError
        If there is no space for the copy.
    """
    try:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the content
        for block in _blocks_of_standard_input():
            spool.write(block)
        spool.flush()
    except OSError as error:
        raise OutputError(
            f"cannot keep standard input in a temporary file: {error.strerror or error}",
            f"free some space in {tempfile.tempdir}, or name another folder: TMPDIR=FOLDER",
        ) from error
    size = spool.tell()

    def opener() -> IO[bytes]:
        spool.seek(0)
        return open(os.dup(spool.fileno()), "rb")  # noqa: PTH123 - the caller closes it

    return Content(_STANDARD_INPUT, size, opener)


def _blocks_of_standard_input() -> Iterator[bytes]:
    if sys.stdin is None:
        raise DataError(f"{_STANDARD_INPUT} is closed", "name a rating file instead of -")
    try:
        while block := sys.stdin.buffer.read(1 << 20):
            yield block
    except OSError as error:
        raise unreadable(_STANDARD_INPUT, error) from error
