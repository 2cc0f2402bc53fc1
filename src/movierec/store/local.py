"""Models in local files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from movierec.store.base import Arrays
from movierec.store.reading import Artifact


class LocalStore:
    """Keeps each model as one file; see :class:`movierec.store.base.Store`."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("",)

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
    ) -> None:
        """Write a model file.

        Parameters
        ----------
        address : str
            The path of the file.
        meta, parts, pickled, documents
            As in :func:`movierec.store.writing.write_artifact`.
        """
        from movierec.store.writing import write_artifact

        write_artifact(address, meta, parts, pickled=pickled, documents=documents)
