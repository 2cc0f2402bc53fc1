"""Files at addresses of which only those parts are fetched that are read.

So the driver of a cluster sees what files hold, and tasks read their shares, without copies.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from movierec.data.formats.content import HEAD
from movierec.errors import DataError
from movierec.store.failures import RemoteError
from movierec.store.filesystems import RemoteFile, Stat


@dataclass(frozen=True)
class Ranges:
    """Opens a file at an address.

    Attributes
    ----------
    address : str
    stat : Stat
        What was there when it was looked up.
    anonymous : bool
        Whether it is read without credentials, in other processes too.
    """

    address: str
    stat: Stat
    anonymous: bool

    def __call__(self) -> io.RawIOBase:
        """Open it."""
        return RangeStream(self)

    @cached_property
    def file(self) -> RemoteFile:
        """The file there."""
        return RemoteFile(self.address, anonymous=self.anonymous)

    @cached_property
    def head(self) -> bytes:
        """Its start, which is kept, since it is asked for several times."""
        return self.read(0, min(HEAD, self.stat.size)) if self.stat.size else b""

    def read(self, start: int, stop: int) -> bytes:
        """Fetch some bytes.

        Parameters
        ----------
        start, stop : int
            The positions of the first byte, and of the one after the last.

        Raises
        ------
        DataError
            If they cannot be read.
        """
        try:
            found = self.file.read(start, stop)
        except RemoteError as error:
            raise unreadable_there(self.file.name, error) from error
        if len(found) != stop - start:
            raise self.replaced()
        return found

    def check(self) -> None:
        """Raise an error if another file is there now."""
        try:
            now = self.file.stat()
        except RemoteError as error:
            raise unreadable_there(self.file.name, error) from error
        if now != self.stat:
            raise self.replaced()

    def replaced(self) -> DataError:
        """Return what to tell a user if it was another file when it was read."""
        return DataError(f"{self.file.name} was replaced while it was read", "try again")

    def __reduce__(self) -> tuple[type[Ranges], tuple[str, Stat, bool]]:
        """Return what is sent to other processes, in which no connection is open."""
        return Ranges, (self.address, self.stat, self.anonymous)


class RangeStream(io.RawIOBase):
    """The bytes of a file, fetched when they are read.

    Parameters
    ----------
    ranges : Ranges
    """

    def __init__(self, ranges: Ranges) -> None:
        self._ranges, self._at, self._has_fetched = ranges, 0, False

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that parts can be skipped."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, and return it."""
        self._at = max((0, self._at, self._ranges.stat.size)[whence] + offset, 0)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read as many bytes as a buffer holds, or fewer.

        Raises
        ------
        DataError
            If they cannot be read.
        """
        stop = min(self._at + len(buffer), self._ranges.stat.size)
        if stop <= self._at:
            return 0
        found = self._ranges.head[self._at : stop] or self.fetch(self._at, stop)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def fetch(self, start: int, stop: int) -> bytes:
        """Return bytes that follow the start of the file."""
        self._has_fetched = True
        return self._ranges.read(start, stop)

    def close(self) -> None:
        """Close it; all that was read must be of one version.

        Raises
        ------
        DataError
            If another file is there now.
        """
        is_last = self._has_fetched and not self.closed
        super().close()
        if is_last:
            self._ranges.check()


def unreadable_there(name: str, error: RemoteError) -> DataError:
    """Return what to tell a user of a file at an address that cannot be read.

    Parameters
    ----------
    name : str
        Name of the file in the message.
    error : RemoteError
    """
    if error.is_missing:
        return DataError(f"there is no file {name}", "check the address")
    return DataError(f"{name} cannot be read: {error.reason}", error.hint)
