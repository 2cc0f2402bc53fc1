"""Tables at addresses that fsspec knows, such as ``s3://bucket/ratings.csv``.

A file is copied to a temporary folder when it is read, but for its start and what else says what it
holds: what is read twice is then the same, and a connection that breaks is noticed before anything
is computed.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Collection
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import ClassVar

from movierec.data.formats.content import HEAD, Content
from movierec.data.formats.tables import tables_of
from movierec.data.sources.base import Source
from movierec.data.sources.files import PARTED, is_zip
from movierec.data.sources.ranges import Ranges, RangeStream, unreadable_there
from movierec.data.sources.zips import members_of
from movierec.data.table import Table
from movierec.store.failures import RemoteError
from movierec.store.filesystems import RemoteFile, Schemes, Stat, is_anonymous


class RemoteSource:
    """What is at addresses of object stores, HDFS, web servers and so on."""

    SCHEMES: ClassVar[Collection[str]] = Schemes()

    def is_folder(self, address: str) -> bool:
        """Tell whether there is a folder or a zip, in which tables are looked for."""
        stat = _stat(address)
        return stat.is_folder or _copy_of(address, stat).is_zip

    def tables(self, address: str) -> list[Table]:
        """Return the file at an address, or all files of a folder or a zip, as tables.

        Raises
        ------
        DataError
            If there is nothing, or it cannot be read.
        """
        return [*tables_of(contents_at(address))]


SOURCE: Source = RemoteSource()


def contents_at(address: str) -> list[Content]:
    """Return what can be read at an address; see `movierec.data.sources.files.files_at`.

    Parameters
    ----------
    address : str

    Raises
    ------
    DataError
        If there is nothing, or it cannot be read.
    """
    stat = _stat(address)
    if not stat.is_folder:
        copy = _copy_of(address, stat)
        return copy.members() if copy.is_zip else [copy.content()]
    found = []
    for file, its_stat in _files(RemoteFile(address)):
        if not its_stat.is_folder:
            found.append(_copy_of(file.address, its_stat).content())
        elif file.base_name.endswith(PARTED):
            parts = _files(file)
            found += [_copy_of(each.address, size).content() for each, size in parts]
    return found


def _stat(address: str) -> Stat:
    file = RemoteFile(address)
    try:
        return file.stat()
    except RemoteError as error:
        raise unreadable_there(file.name, error) from error


def _files(folder: RemoteFile) -> list[tuple[RemoteFile, Stat]]:
    try:
        found = folder.files()
    except RemoteError as error:
        raise unreadable_there(folder.name, error) from error
    return [(file, stat) for file, stat in found if file.base_name[0] not in "._"]


class _Copy:
    """A file, of which first the start is read, and then all is copied to a temporary folder."""

    def __init__(self, address: str, stat: Stat) -> None:
        self.ranges = Ranges(address, stat, is_anonymous())
        self._file = self.ranges.file

    @property
    def is_zip(self) -> bool:
        return is_zip(self.ranges.head)

    @cached_property
    def path(self) -> Path:
        """Of the copy, which is removed with this object or at the end of the program."""
        folder = tempfile.mkdtemp(prefix="movierec-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder) / "copy"
        try:
            found = self._file.get(path)
        except RemoteError as error:
            raise unreadable_there(self._file.name, error) from error
        with path.open("rb") as copied:
            if found.size != self.ranges.stat.size or copied.read(HEAD) != self.ranges.head:
                raise self.ranges.replaced()
        return path

    def content(self) -> Content:
        size, opener = self.ranges.stat.size, partial(_Stream, self)
        return Content(self._file.name, size, opener, part_opener=self.ranges)  # type: ignore[arg-type]

    def members(self) -> list[Content]:
        return members_of(self.path, self._file.name)


@lru_cache(maxsize=32)
def _copy_of(address: str, stat: Stat) -> _Copy:
    """Return the copy of a file as it is now, the same for all who ask."""
    return _Copy(address, stat)


class _Stream(RangeStream):
    """The bytes of a file, of which the first do not need a copy of all."""

    def __init__(self, copy: _Copy) -> None:
        super().__init__(copy.ranges)
        self._copy = copy

    def fetch(self, start: int, stop: int) -> bytes:
        with self._copy.path.open("rb") as whole:
            whole.seek(start)
            return whole.read(stop - start)
