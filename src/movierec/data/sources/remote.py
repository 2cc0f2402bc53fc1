"""Tables at addresses that fsspec knows, such as ``s3://bucket/ratings.csv``.

A file is copied to a temporary folder when more of it is asked for than its start: what is read
twice is then the same, and a connection that breaks is noticed before anything is computed.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
from collections.abc import Collection
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import IO, Any, ClassVar

from movierec.data.formats.content import HEAD, Content
from movierec.data.formats.tables import tables_of
from movierec.data.sources.base import Source
from movierec.data.sources.files import PARTED, is_zip
from movierec.data.sources.zips import members_of
from movierec.data.table import Table
from movierec.errors import DataError
from movierec.store.failures import RemoteError
from movierec.store.filesystems import RemoteFile, Schemes, Stat


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
        raise _unreadable(file.name, error) from error


def _files(folder: RemoteFile) -> list[tuple[RemoteFile, Stat]]:
    try:
        found = folder.files()
    except RemoteError as error:
        raise _unreadable(folder.name, error) from error
    return [(file, stat) for file, stat in found if file.base_name[0] not in "._"]


def _unreadable(name: str, error: RemoteError) -> DataError:
    if error.is_missing:
        return DataError(f"there is no file {name}", "check the address")
    return DataError(f"{name} cannot be read: {error.reason}", error.hint)


class _Copy:
    """A file, of which first the start is read, and then all is copied to a temporary folder."""

    def __init__(self, address: str, stat: Stat) -> None:
        self._file, self.size = RemoteFile(address), stat.size

    @property
    def is_zip(self) -> bool:
        return is_zip(self.head)

    @cached_property
    def head(self) -> bytes:
        try:
            found = self._file.head(HEAD) if self.size else b""
        except RemoteError as error:
            raise _unreadable(self._file.name, error) from error
        if len(found) != min(self.size, HEAD):
            raise self._changed()
        return found

    @cached_property
    def path(self) -> Path:
        """Of the copy, which is removed with this object or at the end of the program."""
        folder = tempfile.mkdtemp(prefix="movierec-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder) / "copy"
        try:
            found = self._file.get(path)
        except RemoteError as error:
            raise _unreadable(self._file.name, error) from error
        with path.open("rb") as copied:
            if found.size != self.size or copied.read(HEAD) != self.head:
                raise self._changed()
        return path

    def _changed(self) -> DataError:
        return DataError(f"{self._file.name} was replaced while it was read", "try again")

    def content(self) -> Content:
        opener = partial(_Stream, self)
        return Content(self._file.name, self.size, opener)  # type: ignore[arg-type]

    def members(self) -> list[Content]:
        return members_of(self.path, self._file.name)


@lru_cache(maxsize=32)
def _copy_of(address: str, stat: Stat) -> _Copy:
    """Return the copy of a file as it is now, the same for all who ask."""
    return _Copy(address, stat)


class _Stream(io.RawIOBase):
    """The bytes of a file, of which the first do not need a copy of all."""

    def __init__(self, copy: _Copy) -> None:
        self._copy, self._at = copy, 0
        self._whole: IO[bytes] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and self._whole is None:
            self._at = offset
            return offset
        self._at = self._opened().seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._copy.size:
            return 0
        part = self._copy.head[self._at : self._at + len(buffer)]
        if part:
            buffer[: len(part)] = part
            n_bytes = len(part)
        else:
            whole = self._opened()
            whole.seek(self._at)
            n_bytes = whole.readinto(buffer)  # type: ignore[attr-defined]
        self._at += n_bytes
        return n_bytes

    def close(self) -> None:
        if self._whole is not None:
            self._whole.close()
        super().close()

    def _opened(self) -> IO[bytes]:
        if self._whole is None:
            self._whole = self._copy.path.open("rb")
            self._whole.seek(self._at)
        return self._whole
