"""Models at addresses that fsspec knows: written here, then put there; read from a local copy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

from movierec.errors import ArtifactError, OutputError
from movierec.store.base import Arrays
from movierec.store.cache import cached
from movierec.store.failures import RemoteError
from movierec.store.filesystems import RemoteFile, Schemes
from movierec.store.layout import META
from movierec.store.reading import Artifact
from movierec.store.stores import refuse_private

_HEAD = 64  # bytes, in which a model has the name META
_ANOTHER = "name another with --model"


class RemoteStore:
    """Keeps each model as one object; see :class:`movierec.store.base.Store`."""

    SCHEMES: ClassVar[Collection[str]] = Schemes()
    SECONDS_BETWEEN_LOOKS: ClassVar[float] = 5

    def absolute(self, address: str) -> str:
        """Return the address."""
        return address

    def identity(self, address: str) -> object | None:
        """Return what tells the object from the next one there, or None if it cannot be found."""
        try:
            return RemoteFile(address).stat()
        except RemoteError:
            return None

    def open(self, address: str) -> Artifact:
        """Fetch a model unless it was fetched before, and map it.

        Raises
        ------
        ArtifactError
            If it cannot be fetched, or is damaged.
        """
        file = RemoteFile(address)
        while True:
            try:
                path = cached(file)
            except RemoteError as error:
                raise _unreadable(file.name, error) from error
            try:
                return Artifact(path, file.name)
            except ArtifactError:
                if path.exists():
                    raise
                # Another process removed it from the cache, for a model that it fetched.

    def check_target(self, address: str) -> None:
        """Raise an `OutputError` if a model cannot or should not be put at an address."""
        file = RemoteFile(address)
        try:
            stat = file.stat()
            if stat.is_folder:
                raise OutputError(f"{file.name} is a folder", _ANOTHER)
            if stat.size and META.encode() not in file.head(_HEAD):
                why = f"{file.name} exists and is not a model, so it is not replaced"
                raise OutputError(why, _ANOTHER)
        except RemoteError as error:
            if not error.is_missing:
                raise _unwritable(file.name, error) from error
            _check_parent(file)

    def write(
        self,
        address: str,
        meta: Mapping[str, Any],
        parts: Mapping[str, Arrays],
        *,
        pickled: Callable[[], Any],
        documents: Mapping[str, Any],
        private: bool = False,
    ) -> None:
        """Write a model here, then put it there.

        Parameters
        ----------
        address : str
        meta, parts, pickled, documents
            As in :func:`movierec.store.writing.write_artifact`.
        private : bool
            Refused: who may read an object is set where it is stored.

        Raises
        ------
        OutputError
            If it cannot be written; what was there before is still there.
        UsageError
            If it shall be private.
        """
        from movierec.store.writing import write_artifact

        refuse_private(address, private=private)

        self.check_target(address)
        with tempfile.TemporaryDirectory(prefix="movierec-") as folder:
            path = Path(folder) / "new.model"
            write_artifact(path, meta, parts, pickled=pickled, documents=documents)
            _put(RemoteFile(address), path)


def exists_at(address: str) -> bool:
    """Tell whether there is a file at an address.

    Raises
    ------
    OutputError
        If nothing can be written there, or there is a folder.
    """
    file = RemoteFile(address)
    try:
        if file.stat().is_folder:
            raise OutputError(f"{file.name} is not a file", "name another file")
    except RemoteError as error:
        if not error.is_missing:
            raise _unwritable(file.name, error) from error
        _check_parent(file)
        return False
    return True


def size_at(address: str) -> int:
    """Return the bytes of a file that was just put at an address."""
    file = RemoteFile(address)
    try:
        return file.stat().size
    except RemoteError as error:
        raise _unwritable(file.name, error) from error


@contextmanager
def replacing_at(address: str) -> Iterator[IO[bytes]]:
    """Open a new local file that replaces the one at an address once it is complete.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="movierec-") as folder:
        path = Path(folder) / "new"
        with path.open("w+b") as new:
            yield new
        _put(RemoteFile(address), path)


def _put(file: RemoteFile, path: Path) -> None:
    try:
        file.put(path)
    except RemoteError as error:
        raise _unwritable(file.name, error) from error


def _check_parent(file: RemoteFile) -> None:
    try:
        file.check_parent()
    except RemoteError as error:
        raise _unwritable(file.name, error) from error


def _unwritable(name: str, error: RemoteError) -> OutputError:
    return OutputError(f"cannot write {name}: {error.reason}", error.hint)


def _unreadable(name: str, error: RemoteError) -> ArtifactError:
    if error.is_missing:
        return ArtifactError(
            f"there is no model at {name}", "create one with: movierec fit ratings.csv movies.csv"
        )
    return ArtifactError(f"{name} cannot be opened: {error.reason}", error.hint)
