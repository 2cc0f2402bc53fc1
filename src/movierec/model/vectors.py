"""The vectors by which items are compared, read one item at a time without NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

from movierec._schema import Column, Schema, csr_columns
from movierec.store.columns import Array, RaggedArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.sparse import SparseRows

_CSR = ("data", "indices", "indptr")
_N_KEPT = 1000  # number of items whose content is kept
_NAMES = (*_CSR, "content_starts", "inverse_norms", "shape")


class ItemVectors:
    """The vector of each item: ratings, or factors learned from them, and then content features.

    Parameters
    ----------
    arrays : mapping of str to array
        ``data``, ``indices`` and ``indptr`` of a sorted CSR matrix of shape
        (n_items, n_leading + n_features), where the leading columns are the users or the factors;
        ``content_starts`` of shape (n_items,), the position in them of the first feature of each
        row; ``inverse_norms`` of the rows; and ``shape``: n_leading and the number of columns.
    """

    NAME: ClassVar = "vectors"
    OF_PEOPLE: ClassVar = False
    SCHEMA: ClassVar[Schema] = {
        "shape": Column("i8", (2,), values=("leading columns", "columns")),
        **csr_columns("", "items", "columns"),
        "content_starts": Column("i8", ("items",), up_to="entries of columns"),
        "inverse_norms": Column("f8", ("items",)),
    }

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays
        self._columns = RaggedArray(arrays["indptr"], arrays["indices"])
        self._values = RaggedArray(arrays["indptr"], arrays["data"])
        self._content_starts = arrays["content_starts"]
        self._inverse_norms = arrays["inverse_norms"]
        self.n_leading, self._n_columns = (int(number) for number in arrays["shape"][:])
        self._contents: dict[int, dict[int, float]] = {}

    @classmethod
    def build(cls, matrix: csr_matrix, n_leading: int) -> Self:
        """Build from a matrix of vectors.

        Parameters
        ----------
        matrix : scipy.sparse.csr_matrix of shape (n_items, n_leading + n_features), float32
            See :func:`movierec.neighbors.vectors.item_vectors` and
            :func:`movierec.neighbors.corrected.corrected_vectors`.
        n_leading : int
            Number of columns before the first feature.
        """
        import numpy as np

        from movierec.neighbors.sparse import inverse_norms

        n_features = np.diff(matrix[:, n_leading:].indptr)
        return cls(
            {
                **{name: getattr(matrix, name) for name in _CSR},
                "content_starts": matrix.indptr[1:].astype(np.int64) - n_features,
                "inverse_norms": inverse_norms(matrix),
                "shape": np.array([n_leading, matrix.shape[1]]),
            }
        )

    def without_leading(self) -> Self:
        """Return the vectors without the leading columns, but with their whole lengths."""
        return self.of_content(self.matrix[:, self.n_leading :], self._inverse_norms)

    @classmethod
    def of_content(cls, content: csr_matrix | None, inverse_norms: Array) -> Self:
        """Build from the content alone.

        Parameters
        ----------
        content : scipy.sparse.csr_matrix of shape (n_items, n_features), float32, or None
        inverse_norms : array of shape (n_items,), float64
            1 / the length of each whole vector.
        """
        import numpy as np
        from scipy.sparse import csr_matrix

        if content is None:
            content = csr_matrix(np.zeros((len(inverse_norms), 0), np.float32))
        return cls(
            {
                **{name: getattr(content, name) for name in _CSR},
                "content_starts": content.indptr[:-1].astype(np.int64),
                "inverse_norms": np.asarray(inverse_norms),
                "shape": np.array([0, content.shape[1]]),
            }
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Build vectors from the arrays that :meth:`to_arrays` returned."""
        return cls({name: arrays[name] for name in _NAMES})

    def to_arrays(self) -> dict[str, Array]:
        """Return the arrays by name; those of :attr:`matrix` are the same objects."""
        return {**self._arrays, **{name: getattr(self.matrix, name) for name in _CSR}}

    def __len__(self) -> int:
        return len(self._inverse_norms)

    @cached_property
    def rows(self) -> SparseRows:
        """The arrays of the vectors, checked.

        Raises
        ------
        ValueError
            If they are damaged.
        """
        import numpy as np

        from movierec.neighbors.sparse import SparseRows

        data, indices, indptr = (np.asarray(self._arrays[name]) for name in _CSR)
        rows = SparseRows(data, indices, indptr, self._n_columns)
        rows.check()
        return rows

    @cached_property
    def matrix(self) -> csr_matrix:
        """The vectors as CSR of shape (n_items, n_leading + n_features), float32, checked."""
        from scipy.sparse import csr_matrix

        data, indices, indptr, n_columns = self.rows
        return csr_matrix((data, indices, indptr), shape=(len(self), n_columns))

    @property
    def inverse_norms(self) -> Array:
        """1 / the length of each vector, 0 for a vector of zeros; shape (n_items,), float64."""
        return self._inverse_norms

    def leading(self, index: int) -> dict[int, float]:
        """Return the ratings by ``user_index``, or the factors by number."""
        return self._entries(index, 0, self._n_leading_entries(index))

    def content(self, index: int) -> Mapping[int, float]:
        """Return the features of an item by number.

        The last ones are kept: a list compares one item with each of the others, and again to say
        what they share.
        """
        found = self._contents.get(index)
        if found is None:
            if len(self._contents) >= _N_KEPT:
                self._contents = {}
            found = self._contents[index] = self._read_content(index)
        return found

    def _read_content(self, index: int) -> dict[int, float]:
        entries = self._entries(index, self._n_leading_entries(index), None)
        return {column - self.n_leading: value for column, value in entries.items()}

    def cosine(self, first: int, second: int, product: float) -> float:
        """Return the contribution of a scalar product to the similarity of two items.

        Parameters
        ----------
        first, second : int
            ``item_index`` of each.
        product : float
            The scalar product of the same part of both vectors.
        """
        return product * float(self._inverse_norms[first]) * float(self._inverse_norms[second])

    def part_similarities(
        self, ends: Mapping[str, int], first: int, second: int
    ) -> dict[str, float]:
        """Return the contribution of each part of the content to the similarity of two items.

        Parameters
        ----------
        ends : mapping of str to int
            The end of each part; see :attr:`movierec.neighbors.content.Content.ends`.
        first, second : int
            ``item_index`` of each.
        """
        of_first, of_second = self.content(first), self.content(second)
        products, start = {}, 0
        for name, end in ends.items():
            features = {
                column: value for column, value in of_first.items() if start <= column < end
            }
            products[name] = dot(features, of_second)
            start = end
        norms = [float(self._inverse_norms[item]) for item in (first, second)]
        return {name: product * norms[0] * norms[1] for name, product in products.items()}

    def content_similarity(self, first: int, second: int) -> float:
        """Return the contribution of content to the similarity of two items.

        Parameters
        ----------
        first, second : int
            ``item_index`` of each.
        """
        return self.cosine(first, second, dot(self.content(first), self.content(second)))

    def _n_leading_entries(self, index: int) -> int:
        return int(self._content_starts[index]) - int(self._columns.offsets[index])

    def _entries(self, index: int, first: int, stop: int | None) -> dict[int, float]:
        columns, values = (part.row(index, first, stop) for part in (self._columns, self._values))
        return dict(zip(columns.tolist(), values.tolist(), strict=True))


def dot(first: Mapping[int, float], second: Mapping[int, float]) -> float:
    """Return the scalar product of two sparse vectors.

    Parameters
    ----------
    first, second : mapping of int to float
        Values by column.
    """
    if len(first) > len(second):
        first, second = second, first
    return sum(value * second[column] for column, value in first.items() if column in second)
