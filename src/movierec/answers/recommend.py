"""Recommend movies to one person or several, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from movierec._util import pluralize
from movierec.algorithms._calls import checked_scores
from movierec.algorithms.base import contributions_of
from movierec.answers.filters import Group, ListOptions
from movierec.answers.profile import UserProfile, as_interactions
from movierec.answers.recommendation import Recommendation
from movierec.answers.rerank import Candidate, Reranker
from movierec.model.model import Model

Scores = npt.NDArray[np.float32]

_N_REASONS = 3
_DISLIKE = 0.5  # weight of a disliked movie, relative to a liked one


class TopNRecommender:
    """Recommends the movies with the highest scores.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._catalog = model.catalog
        self._reranker = Reranker(model.catalog, model.neighbors)

    def recommend(
        self, people: Sequence[UserProfile], k: int, options: ListOptions
    ) -> list[Recommendation]:
        """Return the best movies for one person or for a group; the list may be empty.

        Parameters
        ----------
        people : sequence of UserProfile
        k : int
            Length of the list.
        options : ListOptions
        """
        scores = self._scores(people, options.group)
        ruled_out = {item for person in people for item in (*person.ratings, *person.disliked)}
        scores[[*ruled_out, *options.excluded]] = -np.inf
        if options.only is not None:
            scores[np.setdiff1d(np.arange(len(scores)), list(options.only))] = -np.inf
        least = 0.0 if options.only is None else -np.inf
        candidates = self._candidates(scores, least)
        chosen = self._reranker.choose(candidates, min(k, len(self._catalog)), options)
        items = [candidate.item for candidate in chosen]
        return self._answers(items, scores[items].tolist(), people)

    def _scores(self, people: Sequence[UserProfile], group: Group) -> Scores:
        """Return the score of each movie; in a group, scores are shares of each person's best."""
        times = [person.timestamps for person in people]
        scores = self._score([person.ratings for person in people], times)
        if any(person.disliked for person in people):
            highest = float(self._model.card["highest_rating"]) or 1.0
            against = [dict.fromkeys(person.disliked, highest) for person in people]
            scores = scores - _DISLIKE * self._score(against, [{} for _ in people])
        if len(people) == 1:
            return np.asarray(scores[0])
        best = scores.max(axis=1, keepdims=True)
        shares = scores / np.where(best > 0, best, 1)
        return np.asarray(shares.mean(axis=0) if group == "average" else shares.min(axis=0))

    def _score(
        self, ratings: Sequence[Mapping[int, float]], times: Sequence[Mapping[int, float]]
    ) -> Scores:
        users = as_interactions(ratings, times, len(self._catalog))
        algorithm = self._model.load_algorithm()
        shape = (users.n_users, users.n_items)
        return checked_scores(algorithm, algorithm.score(users), shape)

    def _candidates(self, scores: Scores, least: float) -> Iterator[Candidate]:
        """Yield the movies above a score, best first, with their scores scaled to 0 to 1."""
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > least]
        values = scores[order] - min(scores[order].min(initial=0), 0)
        values /= values.max(initial=0) or 1
        for item, value in zip(order.tolist(), values.tolist(), strict=True):
            yield Candidate(item, value, int(self._catalog.n_ratings[item]))

    def _answers(
        self, items: Sequence[int], scores: Sequence[float], people: Sequence[UserProfile]
    ) -> list[Recommendation]:
        reasons = self._reasons(items, people)
        return [
            Recommendation(
                rank=rank,
                score=round(score, 6),
                why=_why(because, self._catalog.n_ratings[item]),
                because=tuple(title for title, _ in because),
                **dict(self._catalog.movie(item)),
            )
            for rank, (item, score, because) in enumerate(
                zip(items, scores, reasons, strict=True), start=1
            )
        ]

    def _reasons(
        self, items: Sequence[int], people: Sequence[UserProfile]
    ) -> list[list[tuple[str, float]]]:
        """Return the rated movies that add most to each score, with their ratings.

        Only movies that a person gave at least their own mean rating count as reasons.
        """
        liked = {item: rating for one in people for item, rating in _liked(one.ratings).items()}
        rated, given = np.array([*liked], dtype=np.int64), np.array([*liked.values()])
        algorithm = self._model.load_algorithm()
        counts = contributions_of(algorithm, np.array(items, dtype=np.int64), rated) * given
        order = np.argsort(-counts, axis=1, kind="stable")[:, :_N_REASONS]
        return [
            [
                (self._catalog.titles[rated[position]], float(given[position]))
                for position in positions
                if row[position] > 0
            ]
            for row, positions in zip(counts, order, strict=True)
        ]


def _liked(ratings: Mapping[int, float]) -> dict[int, float]:
    mean = sum(ratings.values()) / max(len(ratings), 1)
    return {item: rating for item, rating in ratings.items() if rating >= mean}


def _why(because: Sequence[tuple[str, float]], n_ratings: int) -> str:
    if not because:
        return f"{pluralize(n_ratings, 'person', 'people')} rated it"
    title, rating = because[0]
    return f"because you rated {title} {rating:g}"
