"""The films that people should see, by what they think of others, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from movierec.answers import Filter, Recommendation
from movierec.catalog import Catalog
from movierec.model import Model
from movierec.more_like import Candidate, MoreLike
from movierec.taste import Taste

Group = Literal["average", "least-misery"]

_N_REASONS = 3
_DISLIKE = 0.5  # what a film that is disliked counts against others, next to one that is liked


@dataclass(frozen=True)
class Wanted:
    """Which films may be recommended, and how the list is made.

    Attributes
    ----------
    passing : Filter
        Its `min_support` is the number of people who must have rated a film.
    only : collection of int, optional
        If given, no other films.
    excluded : collection of int
    diversity, obscurity : float
        As in :meth:`movierec.more_like.MoreLike.find`.
    group : {"average", "least-misery"}
        Whether several people's scores are averaged, or the lowest counts.
    """

    passing: Filter
    only: Collection[int] | None = None
    excluded: Collection[int] = ()
    diversity: float = 0.0
    obscurity: float = 0.0
    group: Group = "average"


class Advisor:
    """Recommends films to people.

    Parameters
    ----------
    model : Model
    catalog : Catalog
    more_like : MoreLike
    """

    def __init__(self, model: Model, catalog: Catalog, more_like: MoreLike) -> None:
        self._model = model
        self._catalog = catalog
        self._more_like = more_like

    def recommend(self, people: Sequence[Taste], k: int, wanted: Wanted) -> list[Recommendation]:
        """Return the `k` best films for one person, or for several together; perhaps none."""
        scores = self._scores(people, wanted.group)
        ruled_out = {item for one in people for item in (*one.ratings, *one.disliked)}
        scores[[*ruled_out, *wanted.excluded]] = -np.inf
        if wanted.only is not None:
            scores[np.setdiff1d(np.arange(len(scores)), list(wanted.only))] = -np.inf
        chosen = self._more_like.choose(
            self._candidates(scores, least=0.0 if wanted.only is None else -np.inf),
            min(k, len(self._catalog)),
            wanted.passing,
            diversity=wanted.diversity,
            obscurity=wanted.obscurity,
        )
        items = [candidate.item for candidate in chosen]
        return self._answers(items, scores[items].tolist(), people)

    def _scores(self, people: Sequence[Taste], group: Group) -> npt.NDArray[np.float32]:
        """Return the score of each film, for several people as a share of the best for each."""
        highest = float(self._model.meta["highest_rating"]) or 1.0
        scorer = self._model.load_scorer()
        scores = scorer.score(self._matrix([one.ratings for one in people]))
        if any(one.disliked for one in people):
            against = self._matrix([dict.fromkeys(one.disliked, highest) for one in people])
            scores = scores - _DISLIKE * scorer.score(against)
        if len(people) == 1:
            return np.asarray(scores[0])
        best = scores.max(axis=1, keepdims=True)
        shares = scores / np.where(best > 0, best, 1)
        return np.asarray(shares.mean(axis=0) if group == "average" else shares.min(axis=0))

    def _matrix(self, ratings: Sequence[dict[int, float]]) -> Any:
        """Return ratings as a matrix, a row for each person."""
        from scipy.sparse import csr_matrix

        rows = np.repeat(np.arange(len(ratings)), [len(own) for own in ratings])
        items = [item for own in ratings for item in own]
        values = [value for own in ratings for value in own.values()]
        shape = (len(ratings), len(self._catalog))
        return csr_matrix((values, (rows, items)), shape=shape, dtype=np.float32)

    def _candidates(self, scores: npt.NDArray[np.float32], least: float) -> Iterator[Candidate]:
        """Yield the films above a score, the best first, with scores from 0 to 1."""
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > least]
        values = scores[order] - min(scores[order].min(initial=0), 0)
        values /= values.max(initial=0) or 1
        for item, value in zip(order.tolist(), values.tolist(), strict=True):
            yield Candidate(item, value, int(self._catalog.n_ratings[item]))

    def _answers(
        self, items: Sequence[int], scores: Sequence[float], people: Sequence[Taste]
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
        self, items: Sequence[int], people: Sequence[Taste]
    ) -> list[list[tuple[str, float]]]:
        """Return the films that speak most for each, with their ratings, the first reason first.

        Only films that somebody gave at least the mean of their ratings are reasons.
        """
        liked = {item: rating for one in people for item, rating in _liked(one.ratings).items()}
        rated, given = np.array([*liked], dtype=np.int64), np.array([*liked.values()])
        scorer = self._model.load_scorer()
        counts = scorer.contributions(np.array(items, dtype=np.int64), rated) * given
        order = np.argsort(-counts, axis=1, kind="stable")[:, :_N_REASONS]
        return [
            [
                (self._catalog.titles[rated[place]], float(given[place]))
                for place in places
                if own[place] > 0
            ]
            for own, places in zip(counts, order, strict=True)
        ]


def _liked(ratings: dict[int, float]) -> dict[int, float]:
    mean = sum(ratings.values()) / max(len(ratings), 1)
    return {item: rating for item, rating in ratings.items() if rating >= mean}


def _why(because: Sequence[tuple[str, float]], n_ratings: int) -> str:
    if not because:
        return f"{n_ratings:,} people rated it"
    title, rating = because[0]
    return f"because you rated {title} {rating:g}"
