"""The vectors of the films: ratings, then content; read a film at a time, without numpy."""

from __future__ import annotations

from collections.abc import Mapping

from movierec.columns import Array, ListColumn


class Space:
    """What places a film: how each user rated it, and its features.

    Parameters
    ----------
    arrays : mapping of str to array
        ``vectors_data``, ``vectors_indices`` and ``vectors_indptr`` of a sorted CSR matrix of shape
        (n_items, n_users + n_features); ``norms`` of its rows; ``n_ratings``.
    n_users : int
        Columns before the first feature.
    """

    def __init__(self, arrays: Mapping[str, Array], n_users: int) -> None:
        self._columns = ListColumn(arrays["vectors_indptr"], arrays["vectors_indices"])
        self._values = ListColumn(arrays["vectors_indptr"], arrays["vectors_data"])
        self._norms = arrays["norms"]
        self._n_ratings = arrays["n_ratings"]
        self._n_users = n_users

    def ratings(self, index: int) -> dict[int, float]:
        """Return the ratings of a film by ``user_index``."""
        return self._entries(index, 0, int(self._n_ratings[index]))

    def content(self, index: int) -> dict[int, float]:
        """Return the features of a film, scaled to its ratings, by their number."""
        entries = self._entries(index, int(self._n_ratings[index]), None)
        return {column - self._n_users: value for column, value in entries.items()}

    def cosine(self, index: int, other: int, product: float) -> float:
        """Return the part of the similarity of two films that a scalar product makes up."""
        return product / (float(self._norms[index]) * float(self._norms[other]) or 1.0)

    def content_similarity(self, index: int, other: int) -> float:
        """Return the part of the similarity of two films that comes from their content."""
        return self.cosine(index, other, dot(self.content(index), self.content(other)))

    def _entries(self, index: int, first: int, stop: int | None) -> dict[int, float]:
        columns, values = (part.row(index, first, stop) for part in (self._columns, self._values))
        return dict(zip(columns.tolist(), values.tolist(), strict=True))


def dot(own: Mapping[int, float], other: Mapping[int, float]) -> float:
    """Return the scalar product of two sparse vectors."""
    if len(own) > len(other):
        own, other = other, own
    return sum(value * other[column] for column, value in own.items() if column in other)
