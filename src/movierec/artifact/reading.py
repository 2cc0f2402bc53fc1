"""Reading a model file: mapped, checked page by page, never running code from it."""

from __future__ import annotations

import json
import mmap
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from movierec.artifact.layout import (
    CHECK_WHOLE_BELOW,
    CHECKSUMS,
    FORMAT,
    LOCAL_HEADER,
    META,
    PAGE,
    PICKLE,
    page_checksum,
)
from movierec.artifact.mapped import MappedArray
from movierec.columns import Array
from movierec.errors import ArtifactError

_FIT_AGAIN = "make it again with: movierec fit"


class Artifact(Mapping[str, Array]):
    """A model file that is open for reading: its arrays by name, each read only where needed.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or of another format. Damage in a part that is read
        later is raised then.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with self.reporting_damage():
            with self._opened() as file, zipfile.ZipFile(file) as archive:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._members = {info.filename: info for info in archive.infolist()}
                self.meta: dict[str, Any] = json.loads(archive.read(META))
                self._refuse_other_format()
                checksums = memoryview(archive.read(CHECKSUMS))
            self._checksums = MappedArray(checksums, 0, len(checksums), lambda *extent: None)[:]
            self._covered = self._members[CHECKSUMS].header_offset
            self._is_checked = bytearray(len(self._checksums))
            if len(self._map) <= CHECK_WHOLE_BELOW:
                self.check(0, self._covered)

    def __getitem__(self, name: str) -> Array:
        with self.reporting_damage():
            return MappedArray(memoryview(self._map), *self._extent(f"{name}.npy"), self.check)

    def __iter__(self) -> Iterator[str]:
        arrays = (name for name in self._members if name.endswith(".npy") and name != CHECKSUMS)
        return (name.removesuffix(".npy") for name in arrays)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def read_json(self, member: str) -> Any:
        """Return the content of the member ``<member>.json``."""
        with self.reporting_damage():
            return json.loads(self._read(f"{member}.json"))

    def unpickle(self) -> Any:
        """Return what the pickle holds, without ever running code from it.

        Raises
        ------
        ArtifactError
            If it asks for any class but those of a model, or another scikit-learn made it.
        """
        import numpy as np

        from movierec.artifact import pickling

        self._refuse_other_sklearn()
        with self.reporting_damage():
            return pickling.loads(self._read(PICKLE), lambda name: np.asarray(self[name]))

    def check(self, start: int, stop: int) -> None:
        """Check the pages from byte `start` up to `stop` that were not checked before.

        Raises
        ------
        ArtifactError
            If a page does not have its checksum.
        """
        for page in range(start // PAGE, -(-min(stop, self._covered) // PAGE)):
            if not self._is_checked[page]:
                if page_checksum(self._map, page, self._covered) != self._checksums[page]:
                    raise self._damage(f"page {page} does not have its checksum")
                self._is_checked[page] = True

    def _opened(self) -> IO[bytes]:
        if self.path.is_dir():
            raise ArtifactError(f"{self.path} is a folder, not a model", "name a file with --model")
        try:
            return self.path.open("rb")
        except (FileNotFoundError, NotADirectoryError):
            raise ArtifactError(
                f"there is no model at {self.path}",
                "make one with: movierec fit ratings.csv movies.csv",
            ) from None

    @contextmanager
    def reporting_damage(self) -> Iterator[None]:
        """Turn whatever goes wrong with the content of the file into an `ArtifactError`."""
        try:
            yield
        except (ArtifactError, KeyboardInterrupt, MemoryError):
            raise
        except PermissionError:
            raise ArtifactError(f"{self.path} may not be read", "check its permissions") from None
        except Exception as error:  # whatever a parser makes of bytes that are not a model
            raise self._damage(error) from error

    def _damage(self, what: object) -> ArtifactError:
        return ArtifactError(f"{self.path} is damaged, or not a model ({what})", _FIT_AGAIN)

    def _refuse_other_format(self) -> None:
        found = self.meta["format"]
        if found != FORMAT:
            raise ArtifactError(
                f"{self.path} has model format {found}; this movierec reads format {FORMAT}",
                _FIT_AGAIN,
            )

    def _refuse_other_sklearn(self) -> None:
        from sklearn import __version__ as here

        with self.reporting_damage():
            made_by = str(self.meta["versions"]["scikit-learn"])
        if made_by.split(".")[:2] != here.split(".")[:2]:
            raise ArtifactError(
                f"the estimator in {self.path} was made by scikit-learn {made_by}, this is {here}",
                f"{_FIT_AGAIN}; lists from the stored table do not need it",
            )

    def _read(self, member: str) -> bytes:
        start, stop = self._extent(member)
        self.check(start, stop)
        return self._map[start:stop]

    def _extent(self, member: str) -> tuple[int, int]:
        """Return where the content of a member starts and stops in the file."""
        info = self._members[member]
        self.check(info.header_offset, info.header_offset + LOCAL_HEADER.size)
        header = self._map[info.header_offset : info.header_offset + LOCAL_HEADER.size]
        signature, name_length, extra_length = LOCAL_HEADER.unpack(header)
        start = info.header_offset + LOCAL_HEADER.size + name_length + extra_length
        stop = start + info.file_size
        stored = signature == b"PK\x03\x04" and info.compress_type == zipfile.ZIP_STORED
        if not stored or stop > self._covered:
            raise ValueError(f"{member} is not where it should be")
        return start, stop
