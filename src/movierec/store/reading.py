"""Read a model file: map it, check it page by page, and never run code from it."""

from __future__ import annotations

import errno
import json
import mmap
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from movierec.errors import ArtifactError
from movierec.store.columns import Array
from movierec.store.layout import (
    CHECK_WHOLE_BELOW,
    CHECKSUMS,
    FORMAT,
    LOCAL_HEADER,
    META,
    PAGE,
    PICKLE,
    page_checksum,
)
from movierec.store.mapped import MappedArray

_LARGEST_JSON = 4 << 20  # bytes; what it describes takes up to 30 times the memory
_FIT_AGAIN = "create it again with: movierec fit RATINGS MOVIES"


class Artifact:
    """A model file that is open for reading; only the needed parts of an array are read.

    Parameters
    ----------
    path : path-like
    name : str, optional
        What messages call it. Default: the path.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or of another format. Damage in a page that is read
        later is reported at that time.
    """

    def __init__(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        self.path = Path(path)
        self.name = name or str(self.path)
        with self.reporting_damage():
            with self._opened() as file, zipfile.ZipFile(file) as archive:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._members = {info.filename: info for info in archive.infolist()}
            self.size = len(self._map)
            self._read_checksums()
            if self.size <= CHECK_WHOLE_BELOW:
                self.check(0, self._covered)
            self.meta: dict[str, Any] = dict(self._json(META))
            self._refuse_other_format()

    def _read_checksums(self) -> None:
        self._covered = 0  # nothing checks the checksums
        self._checksums = self._array(CHECKSUMS)[:]
        self._covered = self._members[CHECKSUMS].header_offset
        self._is_checked = bytearray(-(-self._covered // PAGE))
        if len(self._checksums) != len(self._is_checked):
            raise ValueError(f"{CHECKSUMS} is of another file")

    def has_part(self, name: str) -> bool:
        """Return whether a part was not left out."""
        return any(member.startswith(f"{name}/") for member in self._members)

    def part(self, name: str) -> dict[str, Array]:
        """Return the arrays of a part by name; empty if the part was left out."""
        prefix = f"{name}/"
        members = (member for member in self._members if member.startswith(prefix))
        return {
            member.removeprefix(prefix).removesuffix(".npy"): self._array(member)
            for member in members
        }

    def _array(self, member: str) -> Array:
        def damage(what: object) -> ArtifactError:
            return self._damage(f"{member}: {what}")

        with self.reporting_damage():
            extent = self._extent(member)
            try:
                return MappedArray(memoryview(self._map), *extent, self.check, damage)
            except ValueError as error:
                raise damage(error) from error

    def read_json(self, member: str) -> Any:
        """Return the content of the member ``<member>.json``."""
        with self.reporting_damage():
            return self._json(f"{member}.json")

    def unpickle(self) -> Any:
        """Return the content of the pickle, without ever running code from it.

        Raises
        ------
        ArtifactError
            If the pickle refers to a class that no model needs, or was written by another version
            of scikit-learn.
        """
        import numpy as np

        from movierec.store import pickling

        self._refuse_other_sklearn()
        with self.reporting_damage():
            return pickling.loads(
                self._read(PICKLE), lambda name: np.asarray(self._array(f"{name}.npy"))
            )

    def check(self, start: int, stop: int) -> None:
        """Check the pages of a range that were not checked before.

        Parameters
        ----------
        start, stop : int
            The bytes from `start` up to `stop`.

        Raises
        ------
        ArtifactError
            If a page does not match its checksum.
        """
        for page in range(start // PAGE, -(-min(stop, self._covered) // PAGE)):
            if not self._is_checked[page]:
                if page_checksum(self._map, page, self._covered) != self._checksums[page]:
                    raise self._damage(f"page {page} does not match its checksum")
                self._is_checked[page] = True

    def _opened(self) -> IO[bytes]:
        try:
            if self.path.is_dir():
                raise ArtifactError(
                    f"{self.name} is a folder, not a model", "name a file with --model"
                )
            return self.path.open("rb")
        except PermissionError:
            raise
        except (FileNotFoundError, NotADirectoryError):
            raise ArtifactError(
                f"there is no model at {self.name}",
                "create one with: movierec fit ratings.csv movies.csv",
            ) from None
        except OSError as error:
            raise ArtifactError(
                f"{self.name} cannot be opened: {error.strerror}", "name another with --model"
            ) from None

    @contextmanager
    def reporting_damage(self) -> Iterator[None]:
        """Convert any error that the content of the file causes to an `ArtifactError`.

        Raises
        ------
        ArtifactError
            If the file is damaged or cannot be read.
        """
        try:
            yield
        except (ArtifactError, KeyboardInterrupt, MemoryError, ModuleNotFoundError):
            raise
        except PermissionError:
            raise ArtifactError(f"{self.name} may not be read", "check its permissions") from None
        except Exception as error:  # parsers raise many kinds of errors for invalid bytes
            if isinstance(error, OSError) and error.errno == errno.ENOMEM:
                raise MemoryError from error
            raise self._damage(error) from error

    def _damage(self, what: object) -> ArtifactError:
        return ArtifactError(f"{self.name} is damaged, or not a model ({what})", _FIT_AGAIN)

    def _refuse_other_format(self) -> None:
        found = self.meta["format"]
        if found != FORMAT:
            raise ArtifactError(
                f"{self.name} has model format {found}; this movierec reads format {FORMAT}",
                _FIT_AGAIN,
            )

    def _refuse_other_sklearn(self) -> None:
        from sklearn import __version__ as here

        with self.reporting_damage():
            made_by = str(self.meta["versions"]["scikit-learn"])
        if made_by.split(".")[:2] != here.split(".")[:2]:
            raise ArtifactError(
                f"the estimator in {self.name} was made by scikit-learn {made_by}, this is {here}",
                f"{_FIT_AGAIN}; lists from the stored table do not need it",
            )

    def _json(self, member: str) -> Any:
        content = self._read(member)
        if len(content) > _LARGEST_JSON:
            raise ValueError(f"{member} is too large")
        return json.loads(content, parse_constant=_refuse_constant)

    def _read(self, member: str) -> bytes:
        start, stop = self._extent(member)
        self.check(start, stop)
        return self._map[start:stop]

    def _extent(self, member: str) -> tuple[int, int]:
        """Return the start and stop of a member's content in the file."""
        info = self._members[member]
        self.check(info.header_offset, info.header_offset + LOCAL_HEADER.size)
        header = self._map[info.header_offset : info.header_offset + LOCAL_HEADER.size]
        signature, name_length, extra_length = LOCAL_HEADER.unpack(header)
        start = info.header_offset + LOCAL_HEADER.size + name_length + extra_length
        stop = start + info.file_size
        stored = signature == b"PK\x03\x04" and info.compress_type == zipfile.ZIP_STORED
        if not stored or stop > (self._covered or self.size):
            raise ValueError(f"{member} is compressed or at an invalid position")
        return start, stop


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
