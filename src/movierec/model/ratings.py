"""The ratings of the items, read one item at a time without NumPy."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

from movierec._schema import Column, Schema, csr_columns
from movierec.errors import ArtifactError
from movierec.store.columns import Array, RaggedArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.model.vectors import ItemVectors
    from movierec.neighbors.sparse import SparseRows

_FIRST = 500
_CSR = ("data", "indices", "indptr")


class ItemRatings:
    """Who rated each item, and how.

    Parameters
    ----------
    data, indices, offsets : array
        Of a sorted CSR matrix of shape (n_items, n_users), of which each row may go on with other
        entries.
    ends : array of shape (n_items,), optional
        The end of the ratings of each row. Default: the end of the row. The arrays are then a part
        of their own in a model file.
    n_users : int
    """

    NAME: ClassVar = "ratings"
    OF_PEOPLE: ClassVar = True
    SCHEMA: ClassVar[Schema] = {
        "shape": Column("i8", (2,), values=("items", "users")),
        **csr_columns("", "items", "users"),
    }

    def __init__(
        self, data: Array, indices: Array, offsets: Array, ends: Array | None, n_users: int
    ) -> None:
        self._data, self._indices, self._offsets, self._ends = data, indices, offsets, ends
        self._users, self._values = RaggedArray(offsets, indices), RaggedArray(offsets, data)
        self.n_users = n_users

    @classmethod
    def build(cls, matrix: csr_matrix) -> Self:
        """Build from ratings as CSR of shape (n_items, n_users), float32."""
        return cls(matrix.data, matrix.indices, matrix.indptr, None, matrix.shape[1])

    @classmethod
    def within(cls, vectors: ItemVectors) -> Self:
        """Build from vectors that begin with the ratings, without a copy."""
        arrays = vectors.to_arrays()
        data, indices, indptr = (arrays[name] for name in _CSR)
        return cls(data, indices, indptr, arrays["content_starts"], vectors.n_leading)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Build from the arrays that :meth:`to_arrays` returned."""
        data, indices, indptr = (arrays[name] for name in _CSR)
        return cls(data, indices, indptr, None, int(arrays["shape"][1]))

    def to_arrays(self) -> dict[str, Array]:
        """Return the arrays by name; none if the vectors have them."""
        if self._ends is not None:
            return {}
        import numpy as np

        shape = np.array([len(self._offsets) - 1, self.n_users])
        arrays = (self._data, self._indices, self._offsets, shape)
        return dict(zip((*_CSR, "shape"), arrays, strict=True))

    @property
    def is_stored(self) -> bool:
        """Whether the arrays hold ratings alone."""
        return self._ends is None

    @cached_property
    def rows(self) -> SparseRows:
        """The arrays of ratings that are stored alone, checked.

        Raises
        ------
        ValueError
            If they are damaged.
        """
        import numpy as np

        from movierec.neighbors.sparse import SparseRows

        data, indices, indptr = map(np.asarray, (self._data, self._indices, self._offsets))
        rows = SparseRows(data, indices, indptr, self.n_users)
        rows.check()
        return rows

    def of_item(self, index: int) -> dict[int, float]:
        """Return the ratings of an item by ``user_index``."""
        users, values = (
            part.row(index, 0, self._count(index)) for part in (self._users, self._values)
        )
        return dict(zip(users.tolist(), values.tolist(), strict=True))

    def values_of(self, index: int, most: int) -> list[float]:
        """Return the ratings of an item, or the first of them.

        Parameters
        ----------
        index : int
            Its ``item_index``.
        most : int
            Number of ratings that are enough.
        """
        values: list[float] = self._values.row(index, 0, min(self._count(index), most)).tolist()
        return values

    def share_rater(self, first: int, second: int) -> bool:
        """Return whether anybody rated both items.

        Parameters
        ----------
        first, second : int
            ``item_index`` of each.
        """
        import numpy as np

        few, many = (
            np.asarray(self._users.row(index, 0, self._count(index)))
            for index in sorted((first, second), key=self._count)
        )
        for start, stop in ((0, _FIRST), (_FIRST, len(few))):  # popular items share an early one
            part = few[start:stop]
            places = np.minimum(np.searchsorted(many, part), len(many) - 1)
            if (many[places] == part).any():
                return True
        return False

    def rating(self, user: int, index: int) -> float:
        """Return a user's rating of an item, which the user must have rated.

        Parameters
        ----------
        user, index : int
            ``user_index`` and ``item_index``.

        Raises
        ------
        ArtifactError
            If the user did not rate it: the parts of the model are of different ratings.
        """
        start, stop = int(self._offsets[index]), self._end(index)
        place = bisect_left(self._indices, user, start, max(start, stop))
        if place >= stop or self._indices[place] != user:
            raise ArtifactError("the model is damaged (its histories are of other ratings)")
        return float(self._data[place])

    def _count(self, index: int) -> int:
        return self._end(index) - int(self._offsets[index])

    def _end(self, index: int) -> int:
        return int(self._offsets[index + 1] if self._ends is None else self._ends[index])
