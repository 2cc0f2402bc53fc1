"""Find the movies most similar to others, in the stored table if it suffices, else computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from movierec.answers.because import Because
from movierec.answers.filters import ListOptions
from movierec.answers.records import THIN_SUPPORT, Neighbor, evidence_of
from movierec.answers.rerank import Candidate, Reranker
from movierec.errors import UsageError
from movierec.films.catalog import Movie
from movierec.model.model import Model
from movierec.model.ratings import ItemRatings
from movierec.model.vectors import ItemVectors

_SEVERAL = "lists for several movies"


class SimilarMovies:
    """Finds movies that are similar to others.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._catalog = model.catalog
        self._reranker = Reranker(model.catalog, model.neighbors)

    def find(
        self, liked: Sequence[int], disliked: Sequence[int], k: int, options: ListOptions
    ) -> list[Neighbor]:
        """Return the movies most similar to some movies and least similar to others.

        Parameters
        ----------
        liked, disliked : sequence of int
            ``item_index`` of each. Movies are ranked by their mean similarity to the liked movies
            minus that to the disliked ones; the listed similarity is that to the liked movies.
        k : int
            Length of the list.
        options : ListOptions
        """
        k = min(k, len(self._catalog))
        chosen: list[Candidate] = []
        because = Because(self._model, liked)
        is_stored = len(liked) == 1 and not disliked
        if is_stored:
            stored = _firm_first(self._reranker.stored(liked[0]), because)
            chosen = self._reranker.choose(stored, k, options)
        if not is_stored or (len(chosen) < k and self._is_cut_off(liked[0])):
            what = f"{k:,} movies, of which the stored table has {len(chosen):,}"
            computed = self._computed(liked, disliked, what if is_stored else _SEVERAL)
            if is_stored:
                computed = _firm_first(computed, because)
            chosen = self._reranker.choose(computed, k, options)
        return [
            self._neighbor(rank, found, liked, because)
            for rank, found in enumerate(chosen, start=1)
        ]

    def _computed(
        self, liked: Sequence[int], disliked: Sequence[int], what: str
    ) -> Iterator[Candidate]:
        """Yield all neighbors, including those that the table does not hold."""
        import numpy as np

        from movierec.neighbors.compare import compare, rank_all

        ratings, vectors = ratings_of(self._model, what), vectors_of(self._model, what)
        queries = [*liked, *disliked]
        similarities, support = compare(
            vectors.rows,
            np.asarray(vectors.inverse_norms),
            ratings.n_users,
            queries,
            ratings.rows if ratings.is_stored else None,
        )
        if not self._model.is_cosine:
            similarities = self._model.load_algorithm().similarities(np.array(queries)).T
        least = self._model.parameters.min_support
        columns = rank_all(similarities, support, liked, disliked, min_support=least)
        return map(Candidate, *(column.tolist() for column in columns))

    def _is_cut_off(self, index: int) -> bool:
        """Return whether the movie may have more neighbors than the table can hold."""
        row = self._model.neighbors.neighbors[index]
        return bool(len(row) and row[-1] >= 0) and len(row) < len(self._catalog) - 1

    def _neighbor(
        self, rank: int, found: Candidate, liked: Sequence[int], because: Because
    ) -> Neighbor:
        """Convert a candidate to an answer, with the evidence for it."""
        movie = self._catalog.movie(found.item)
        share, genres = self._content_share(found, liked), self._shared_genres(movie, liked)
        return Neighbor(
            rank=rank,
            similarity=round(found.similarity, 6),
            support=self._model.shown_support(found.support),
            content_share=round(share, 4),
            evidence=evidence_of(found.support, share, is_private=self._model.is_private),
            thin=found.support < THIN_SUPPORT,
            shared_genres=genres,
            reason=because.sentence(found.item, found.support, genres),
            **vars(movie),
        )

    def _content_share(self, found: Candidate, liked: Sequence[int]) -> float:
        vectors = self._model.vectors
        if vectors is None or not self._model.is_cosine:
            return float(self._model.card["algorithm"] == "content")
        from_content = sum(vectors.content_similarity(index, found.item) for index in liked)
        return min(max(from_content / len(liked) / found.similarity, 0.0), 1.0)

    def _shared_genres(self, movie: Movie, liked: Sequence[int]) -> tuple[str, ...]:
        genres = {genre for index in liked for genre in self._catalog.genres(index)}
        return tuple(genre for genre in movie.genres if genre in genres)


def _firm_first(candidates: Iterator[Candidate], because: Because) -> Iterator[Candidate]:
    """Move those that share too little behind the first that shares more, if there is one."""
    weak = []
    for found in candidates:
        if because.is_firm(found.item, found.support):
            yield found
            break
        weak.append(found)
    yield from weak
    yield from candidates


def vectors_of(model: Model, what: str) -> ItemVectors:
    """Return the vectors of a model.

    Parameters
    ----------
    model : Model
    what : str
        What needs them, for the message.

    Raises
    ------
    UsageError
        If the model was saved without them.
    """
    if model.vectors is None:
        raise lacks_ratings(what)
    return model.vectors


def ratings_of(model: Model, what: str) -> ItemRatings:
    """Return the ratings in a model.

    Parameters
    ----------
    model : Model
    what : str
        What needs them, for the message.

    Raises
    ------
    UsageError
        If the model was saved without them.
    """
    if model.ratings is None:
        raise lacks_ratings(what)
    return model.ratings


def lacks_ratings(what: str) -> UsageError:
    """Return the error of a query that needs ratings, in a model that was fitted without.

    Parameters
    ----------
    what : str
        What needs them.
    """
    return UsageError(
        f"this model was fitted without ratings, which are needed for {what}",
        "ask for what its table holds, or fit a model with ratings",
    )
