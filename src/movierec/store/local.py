"""Models in local files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from movierec.store.base import Arrays
from movierec.store.reading import Artifact


class LocalStore:
    """Keeps each model as one file; see :class:`movierec.store.base.Store`."""

    SCHEMES: ClassVar[Collection[str]] = ("",)
    SECONDS_BETWEEN_LOOKS: ClassVar[float] = 0

    def absolute(self, address: str) -> str:
        """Return the absolute path."""
        return str(Path(address).absolute())

    def identity(self, address: str) -> object | None:
        """Return what identifies a file, or None if it is missing."""
        try:
            file = Path(address).stat()
        except OSError:
            return None
        return file.st_ino, file.st_mtime_ns, file.st_size

    def open(self, address: str) -> Artifact:
        """Open a model file; see :class:`movierec.store.reading.Artifact`."""
        return Artifact(address)

    def check_target(self, address: str) -> None:
        """Raise an `OutputError` if a model cannot or should not be written to a path.

        See :func:`movierec.store.writing.check_target`.
        """
        from movierec.store.writing import check_target

        check_target(Path(address))

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
        """Write a model file.

        Parameters
        ----------
        address : str
            The path of the file.
        meta, parts, pickled, documents, private
            As in :func:`movierec.store.writing.write_artifact`.
        """
        from movierec.store.writing import write_artifact

        write_artifact(address, meta, parts, pickled=pickled, documents=documents, private=private)
