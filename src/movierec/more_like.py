"""The films most like some others: from the stored table where it can answer, else computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain, islice
from typing import NamedTuple

from movierec.answers import THIN_SUPPORT, Filter, Neighbor, evidence_of
from movierec.catalog import Catalog, Movie
from movierec.errors import UsageError
from movierec.model import COSINE, Model
from movierec.space import Space

_POOL = 200  # films that are looked at to make a list diverse; the rest follow as they are


class Candidate(NamedTuple):
    """A film that may be listed."""

    item: int
    similarity: float
    support: int


def _similarity(candidate: Candidate) -> float:
    return candidate.similarity


class MoreLike:
    """Lists of films like some others.

    Parameters
    ----------
    model : Model
    catalog : Catalog
    """

    def __init__(self, model: Model, catalog: Catalog) -> None:
        self._model = model
        self._catalog = catalog
        self._space = Space(model.arrays, int(model.meta["n_users"]))

    def find(
        self,
        liked: Sequence[int],
        disliked: Sequence[int],
        k: int,
        wanted: Filter,
        *,
        diversity: float = 0.0,
        obscurity: float = 0.0,
    ) -> list[Neighbor]:
        """Return the `k` films most like some, and least like others.

        Parameters
        ----------
        liked, disliked : sequence of int
            Films are ranked by the mean similarity to the first, less that to the second; what
            is listed is the first.
        k : int
        wanted : Filter
        diversity : float
            From 0 to 1: how much the similarity to films higher in the list counts against one.
        obscurity : float
            From 0 to 1: how much the number of its ratings counts against a film.
        """
        k = min(k, len(self._catalog))
        choose = partial(self.choose, k=k, wanted=wanted, diversity=diversity, obscurity=obscurity)
        chosen: list[Candidate] = []
        is_stored = len(liked) == 1 and not disliked
        if is_stored:
            chosen = choose(self._stored(liked[0]))
        if not is_stored or (len(chosen) < k and self._is_cut_off(liked[0])):
            chosen = choose(self._computed(liked, disliked))
        return [self._neighbor(rank, found, liked) for rank, found in enumerate(chosen, start=1)]

    def choose(
        self,
        candidates: Iterable[Candidate],
        k: int,
        wanted: Filter,
        *,
        diversity: float = 0.0,
        obscurity: float = 0.0,
    ) -> list[Candidate]:
        """Return the `k` best of some candidates, the best of which come first; see `find`."""
        passing: Iterator[Candidate] = filter(partial(self._passes, wanted), candidates)
        value: Callable[[Candidate], float] = _similarity
        if obscurity:
            value = self._obscure(obscurity)
            passing = iter(sorted(passing, key=value, reverse=True))
        if diversity:
            pool = list(islice(passing, _POOL))
            passing = chain(self._diverse(pool, diversity, value), passing)
        return list(islice(passing, k))

    def _passes(self, wanted: Filter, candidate: Candidate) -> bool:
        return wanted == Filter() or wanted.passes(
            self._catalog.movie(candidate.item), candidate.support
        )

    def _stored(self, index: int) -> Iterator[Candidate]:
        """Yield the neighbours in the table."""
        columns = (self._model.arrays[name] for name in ("neighbors", "similarities", "support"))
        rows = zip(*(column[index].tolist() for column in columns), strict=True)
        return (Candidate(*row) for row in rows if row[0] >= 0)

    def _computed(self, liked: Sequence[int], disliked: Sequence[int]) -> Iterator[Candidate]:
        """Yield all neighbours: from the estimator where the table is, else from the algorithm."""
        from movierec.algorithms._estimator import compare, fitted_matrix, rank_all

        queries, own = [*liked, *disliked], None
        if not self._by_vectors:
            own = self._model.load_scorer().similarities(queries)
        vectors = fitted_matrix(self._model.load_estimator())
        similarities, support = compare(vectors, int(self._model.meta["n_users"]), queries, own)
        least = self._model.parameters.min_support
        columns = rank_all(similarities, support, liked, disliked, min_support=least)
        return map(Candidate, *(column.tolist() for column in columns))

    @property
    def _by_vectors(self) -> bool:
        """Whether similarities are the cosines of the films' vectors."""
        return bool(self._model.meta["similarity"] == COSINE)

    def _is_cut_off(self, index: int) -> bool:
        """Tell whether the film has more neighbours than the table could hold."""
        row = self._model.arrays["neighbors"][index]
        return bool(len(row) and row[-1] >= 0) and len(row) < len(self._catalog) - 1

    def _obscure(self, obscurity: float) -> Callable[[Candidate], float]:
        """Return what values a candidate: its similarity, less for films that many rated."""
        most = math.log1p(max(self._catalog.n_ratings[:], default=0)) or 1.0

        def value(candidate: Candidate) -> float:
            fame = math.log1p(self._catalog.n_ratings[candidate.item]) / most
            return float(candidate.similarity * (1 - obscurity * fame))

        return value

    def _diverse(
        self, pool: Sequence[Candidate], diversity: float, value: Callable[[Candidate], float]
    ) -> Iterator[Candidate]:
        """Yield films one by one, each valuable and unlike those before it.

        Maximal marginal relevance: Carbonell and Goldstein, "The use of MMR, diversity-based
        reranking for reordering documents and producing summaries" (SIGIR 1998).
        """
        likeness = self._likeness()
        nearest = dict.fromkeys(pool, 0.0)  # the similarity to the most similar of those before
        while nearest:
            best = max(nearest, key=lambda c: (1 - diversity) * value(c) - diversity * nearest[c])
            yield best
            del nearest[best]
            for other, so_far in nearest.items():
                nearest[other] = max(so_far, likeness(best.item, other.item))

    def _likeness(self) -> Callable[[int, int], float]:
        """Return what tells the similarity of two films from the table.

        Where neither is a stored neighbour of the other, it is the most that it could be.
        """
        n_stored = len(self._model.arrays["neighbors"][0])

        @cache
        def near(item: int) -> tuple[dict[int, float], float]:
            stored = {found.item: found.similarity for found in self._stored(item)}
            return stored, min(stored.values()) if len(stored) == n_stored else 0.0

        def likeness(item: int, other: int) -> float:
            (own, lowest), (others, others_lowest) = near(item), near(other)
            found = own.get(other, others.get(item))
            return min(lowest, others_lowest) if found is None else found

        return likeness

    def _neighbor(self, rank: int, found: Candidate, liked: Sequence[int]) -> Neighbor:
        """Return a candidate as an answer, with the evidence for it."""
        movie = self._catalog.movie(found.item)
        share = self._content_share(found, liked)
        return Neighbor(
            rank=rank,
            similarity=round(found.similarity, 6),
            support=found.support,
            content_share=round(share, 4),
            evidence=evidence_of(found.support, share),
            thin=found.support < THIN_SUPPORT,
            shared_genres=self._shared_genres(movie, liked),
            **dict(movie),
        )

    def _content_share(self, found: Candidate, liked: Sequence[int]) -> float:
        if not self._by_vectors:
            return float(self._model.meta["algorithm"] == "content")
        from_content = sum(self._space.content_similarity(i, found.item) for i in liked)
        return min(max(from_content / len(liked) / found.similarity, 0.0), 1.0)

    def _shared_genres(self, movie: Movie, liked: Sequence[int]) -> tuple[str, ...]:
        own = {genre for index in liked for genre in self._catalog.genres(index)}
        return tuple(genre for genre in movie.genres if genre in own)


def check_list(k: int, queries: Sequence[int | str], **fractions: float) -> None:
    """Refuse numbers that make no list."""
    if k < 1:
        raise UsageError(f"k is {k}; it must be at least 1")
    if not queries:
        raise UsageError("no film is named", "name at least one")
    for name, value in fractions.items():
        if not 0 <= value <= 1:
            raise UsageError(f"{name} is {value}; it must be from 0 to 1", "0 leaves it out")
