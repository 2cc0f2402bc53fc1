"""Recommend movies to one person or several, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms._calls import score_people
from movierec.answers.filters import Group, ListOptions
from movierec.answers.profile import UserProfile, as_interactions
from movierec.answers.reasons import ReasonFinder, why
from movierec.answers.recommendation import Recommendation
from movierec.answers.rerank import Candidate, Reranker
from movierec.model.model import Model
from movierec.model.stars import PredictedStars

Scores = npt.NDArray[np.float32]


class TopNRecommender:
    """Recommends the movies with the highest scores.

    Parameters
    ----------
    model : Model
    people : sequence of UserProfile
        One person, or a group.
    recency : float
        As in :func:`movierec.algorithms._calls.score_people`.
    """

    def __init__(self, model: Model, people: Sequence[UserProfile], recency: float) -> None:
        self._model, self._people = model, people
        self._catalog = model.catalog
        self._reranker = Reranker(model.catalog, model.neighbors)
        self._found = score_people(
            model.load_algorithm(),
            as_interactions(people, len(model.catalog)),
            np.asarray(model.catalog.n_ratings),
            model.scale,
            recency,
        )

    @property
    def by_popularity(self) -> list[UserProfile]:
        """The people of whom nothing is known that they like."""
        pairs = zip(self._people, self._found.by_popularity, strict=True)
        return [person for person, is_unknown in pairs if is_unknown]

    def recommend(self, k: int, options: ListOptions) -> list[Recommendation]:
        """Return the best movies; the list may be empty.

        Parameters
        ----------
        k : int
            Length of the list.
        options : ListOptions
        """
        scores = self._joined(options.group).copy()
        known = {item for person in self._people for item in (*person.ratings, *person.seen)}
        scores[[*known, *options.excluded]] = -np.inf
        if options.only is not None:
            scores[np.setdiff1d(np.arange(len(scores)), list(options.only))] = -np.inf
        least = 0.0 if options.only is None else -np.inf
        candidates = self._candidates(scores, least)
        chosen = self._reranker.choose(candidates, min(k, len(self._catalog)), options)
        items = [candidate.item for candidate in chosen]
        return self._answers(items, scores[items].tolist(), options.group)

    def _joined(self, group: Group) -> npt.NDArray[np.floating]:
        """Return the score of each movie; in a group, scores are shares of each person's best."""
        scores = self._found.scores
        if len(self._people) == 1:
            return np.asarray(scores[0])
        best = scores.max(axis=1, keepdims=True).astype(np.float64)
        shares = scores / np.where(best > 0, best, 1)  # in float64, which keeps the order
        return np.asarray(shares.mean(axis=0) if group == "average" else shares.min(axis=0))

    def _candidates(self, scores: npt.NDArray[np.floating], least: float) -> Iterator[Candidate]:
        """Yield the movies above a score, best first, with their scores scaled to 0 to 1."""
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > least]
        values = scores[order] - min(scores[order].min(initial=0), 0)
        values /= values.max(initial=0) or 1
        for item, value in zip(order.tolist(), values.tolist(), strict=True):
            yield Candidate(item, value, int(self._catalog.n_ratings[item]))

    def _predicted(self, items: Sequence[int]) -> list[PredictedStars]:
        """Return the stars of each person; nothing if the model cannot predict them."""
        stars, table, scale = self._model.stars, self._model.neighbors, self._model.scale
        if stars is None or not items:
            return []
        wanted = np.array(items)
        return [stars.predict(table, wanted, person.ratings, scale) for person in self._people]

    def _answers(
        self, items: Sequence[int], scores: Sequence[float], group: Group
    ) -> list[Recommendation]:
        reasons = ReasonFinder(self._model, self._people, self._found.preferences).find(items)
        predicted = self._predicted(items)
        return [
            Recommendation(
                rank=place + 1,
                score=round(scores[place], 6),
                why=why(reasons[place], self._catalog.n_ratings[item]),
                because=tuple(reason.title for reason in reasons[place]),
                **_stars(
                    [(each.stars[place], each.plus_minus[place]) for each in predicted], group
                ),
                **vars(self._catalog.movie(item)),
            )
            for place, item in enumerate(items)
        ]


def _stars(pairs: Sequence[tuple[float, float]], group: Group) -> dict[str, Any]:
    """Return the stars of a movie by one person or a group."""
    if not pairs:
        return {"stars": None, "plus_minus": None, "each": ()}
    stars, plus_minus = min(pairs) if group == "least-misery" else np.mean(pairs, axis=0)
    each = tuple(round(float(one), 2) for one, _ in pairs) if len(pairs) > 1 else ()
    return {
        "stars": round(float(stars), 2),
        "plus_minus": round(float(plus_minus), 2),
        "each": each,
    }
