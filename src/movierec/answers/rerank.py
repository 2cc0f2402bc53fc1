"""Choose a list from ranked candidates: filters, obscurity, diversity."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import NamedTuple

from movierec.answers.filters import Filter, ListOptions
from movierec.films.catalog import Catalog
from movierec.neighbors.table import NeighborTable

_POOL = 200  # candidates that diversity reorders; the others keep their order


class Candidate(NamedTuple):
    """A movie that may be listed."""

    item: int
    similarity: float
    support: int


class Reranker:
    """Chooses lists from candidates.

    Parameters
    ----------
    catalog : Catalog
    table : NeighborTable
    """

    def __init__(self, catalog: Catalog, table: NeighborTable) -> None:
        self._catalog = catalog
        self._table = table

    def choose(
        self, candidates: Iterable[Candidate], k: int, options: ListOptions
    ) -> list[Candidate]:
        """Return the best of some candidates.

        Parameters
        ----------
        candidates : iterable of Candidate
            Best first.
        k : int
            Length of the list.
        options : ListOptions
        """
        passing = self._passing(candidates, options.passing)
        value: Callable[[Candidate], float] = _similarity
        if options.obscurity:
            value = self._obscure_value(options.obscurity)
            passing = iter(sorted(passing, key=value, reverse=True))
        if options.diversity:
            pool = list(islice(passing, _POOL))
            passing = chain(self._diverse(pool, options.diversity, value), passing)
        return list(islice(passing, k))

    def stored(self, index: int) -> Iterator[Candidate]:
        """Yield the stored neighbors of an item that are similar; a forged table has others."""
        table = self._table
        columns = (table.neighbors, table.similarities, table.support)
        rows = zip(*(column[index].tolist() for column in columns), strict=True)
        return (Candidate(*row) for row in rows if row[0] >= 0 and row[1] > 0)

    def _passing(self, candidates: Iterable[Candidate], passing: Filter) -> Iterator[Candidate]:
        if passing == Filter():
            return iter(candidates)
        movie = self._catalog.movie
        return (found for found in candidates if passing.passes(movie(found.item), found.support))

    def _obscure_value(self, obscurity: float) -> Callable[[Candidate], float]:
        """Return a function that reduces the similarity of movies with many ratings."""
        most = math.log1p(max(self._catalog.n_ratings[:], default=0)) or 1.0

        def value(candidate: Candidate) -> float:
            fame = math.log1p(self._catalog.n_ratings[candidate.item]) / most
            return float(candidate.similarity * (1 - obscurity * fame))

        return value

    def _diverse(
        self, pool: Sequence[Candidate], diversity: float, value: Callable[[Candidate], float]
    ) -> Iterator[Candidate]:
        """Yield candidates one by one, each with a high value and unlike those before it.

        Maximal marginal relevance: Carbonell and Goldstein, "The use of MMR, diversity-based
        reranking for reordering documents and producing summaries" (SIGIR 1998).
        """
        similarity = self._pair_similarity()
        nearest = dict.fromkeys(pool, 0.0)  # the highest similarity to those already chosen
        while nearest:
            best = max(nearest, key=lambda c: (1 - diversity) * value(c) - diversity * nearest[c])
            yield best
            del nearest[best]
            for other, so_far in nearest.items():
                nearest[other] = max(so_far, similarity(best.item, other.item))

    def _pair_similarity(self) -> Callable[[int, int], float]:
        """Return a function that looks up the similarity of two items in the table.

        If neither is a stored neighbor of the other, it returns an upper bound.
        """
        n_stored = len(self._table.neighbors[0])

        @cache
        def near(item: int) -> tuple[dict[int, float], float]:
            stored = {found.item: found.similarity for found in self.stored(item)}
            return stored, min(stored.values()) if len(stored) == n_stored else 0.0

        def similarity(first: int, second: int) -> float:
            (by_first, first_lowest), (by_second, second_lowest) = near(first), near(second)
            found = by_first.get(second, by_second.get(first))
            return min(first_lowest, second_lowest) if found is None else found

        return similarity


def _similarity(candidate: Candidate) -> float:
    return candidate.similarity
