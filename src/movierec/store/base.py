"""Contracts of storage: the parts of a model, and the stores that keep them.

Only a part knows the names of its arrays. A store keeps parts at an address; each kind of address
has one file in this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from movierec._schema import Schema

if TYPE_CHECKING:
    from movierec.store.columns import Array

Arrays = Mapping[str, "Array"]


class Part(Protocol):
    """A part of a model.

    Attributes
    ----------
    NAME : str
        The folder of its arrays in a model file.
    SCHEMA : mapping of str to Column
        What the arrays must be.
    OF_PEOPLE : bool
        Whether it holds ids or ratings of single people, so that a model without ratings has none.
    """

    NAME: ClassVar[str]
    SCHEMA: ClassVar[Schema]
    OF_PEOPLE: ClassVar[bool]

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Return the part from its arrays."""

    def to_arrays(self) -> Arrays:
        """Return the arrays of the part by name."""


class StoredModel(Protocol):
    """A model that is open for reading; only the needed parts of an array are read.

    Attributes
    ----------
    meta : dict
        Its card.
    size : int
        Bytes.
    """

    meta: dict[str, Any]
    size: int

    def has_part(self, name: str) -> bool:
        """Return whether a part was not left out."""

    def part(self, name: str) -> Arrays:
        """Return the arrays of a part by name; the mapping is empty if the part was left out."""

    def read_json(self, member: str) -> Any:
        """Return the content of a JSON document."""

    def reporting_damage(self) -> AbstractContextManager[None]:
        """Convert any error that the content causes to an `ArtifactError`."""


class Store(Protocol):
    """Reads and writes models at one kind of address.

    Attributes
    ----------
    SCHEMES : collection of str
        The URL schemes of the addresses; "" for a plain path.
    SECONDS_BETWEEN_LOOKS : float
        How long an answer of :meth:`identity` is good enough for a server; 0 if it costs nothing.
    """

    SCHEMES: ClassVar[Collection[str]]
    SECONDS_BETWEEN_LOOKS: ClassVar[float]

    def absolute(self, address: str) -> str:
        """Return an address that is the same in other folders."""

    def identity(self, address: str) -> object | None:
        """Return what is different once a model is replaced; None if there is none."""

    def open(self, address: str) -> StoredModel:
        """Open a model."""

    def check_target(self, address: str) -> None:
        """Raise an `OutputError` if a model cannot or should not be written to an address."""

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
        """Write a model completely or not at all.

        Parameters
        ----------
        address : str
        meta, parts, pickled, documents, private
            As in :func:`movierec.store.writing.write_artifact`.
        """
