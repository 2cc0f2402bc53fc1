"""Why movies are recommended: the rated movies that add most to their scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from movierec._util import pluralize
from movierec.algorithms.base import CountsTransitions, WeighsAge, contributions_of
from movierec.answers.profile import UserProfile
from movierec.data.interactions import Interactions
from movierec.model.model import Model

_N_REASONS = 3


class Reason(NamedTuple):
    """A rated movie that speaks for a recommended one.

    Attributes
    ----------
    title : str
    rating : float
    person : str
        The name of the person who rated it; blank if it is the only person.
    is_content : bool
        Whether only the content of the two movies is similar: nobody rated both.
    n_people : int
        How many people went from it to the recommended movie; 0 if that was not counted.
    """

    title: str
    rating: float
    person: str
    is_content: bool
    n_people: int

    def __str__(self) -> str:
        who = self.person or "you"
        if self.n_people:
            went = pluralize(self.n_people, "person", "people")
            return (
                f"{went} went from {self.title}, which {who} rated {self.rating:g}, to this movie"
            )
        if self.is_content:
            return f"similar in content to {self.title}, which {who} rated {self.rating:g}"
        return f"because {who} rated {self.title} {self.rating:g}"


class ReasonFinder:
    """Finds the reasons for recommended movies.

    Parameters
    ----------
    model : Model
    people : sequence of UserProfile
    preferred : Interactions
        Their preferences. Only what they like is a reason, and rate no worse than usual.
    """

    def __init__(
        self, model: Model, people: Sequence[UserProfile], preferred: Interactions
    ) -> None:
        usual = [median(person.ratings.values() or (0.0,)) for person in people]
        given = [rating for person in people for rating in person.ratings.values()]
        is_usual = np.array(given, dtype=np.float64) >= np.array(usual)[preferred.users]
        is_liked = (preferred.ratings > 0) & is_usual
        self._model, self._people, self._algorithm = model, people, model.load_algorithm()
        self._persons, self._rated = preferred.users[is_liked], preferred.items[is_liked]
        self._weights = preferred.ratings[is_liked]
        if isinstance(self._algorithm, WeighsAge):
            self._weights = self._weights * self._algorithm.age_weights(preferred)[is_liked]

    def find(self, items: Sequence[int]) -> list[list[Reason]]:
        """Return the reasons for each item, the most important first; at most three.

        Parameters
        ----------
        items : sequence of int
            ``item_index`` of each.
        """
        rated = self._rated.astype(np.int64)
        counts = contributions_of(self._algorithm, np.array(items, dtype=np.int64), rated)
        counts = counts * self._weights
        return [list(self._of(item, row)) for item, row in zip(items, counts, strict=True)]

    def _of(self, item: int, counts: npt.NDArray[np.float32]) -> Iterator[Reason]:
        n_found = 0
        for place in np.argsort(-counts, kind="stable").tolist():
            if counts[place] <= 0 or n_found == _N_REASONS:
                return
            is_content = self._is_content(item, int(self._rated[place]))
            if is_content is not None:
                n_found += 1
                yield self._reason(place, item, is_content=is_content)

    def _is_content(self, item: int, rated: int) -> bool | None:
        """Tell whether two items are similar only by content; None if by nothing that is known."""
        vectors = self._model.vectors
        if vectors is None or self._share_rater(item, rated):
            return False
        return True if vectors.content_similarity(item, rated) > 0 else None

    def _reason(self, place: int, item: int, *, is_content: bool) -> Reason:
        person, rated = self._people[self._persons[place]], int(self._rated[place])
        return Reason(
            self._model.catalog.titles[rated],
            person.ratings[rated],
            person.name if len(self._people) > 1 else "",
            is_content,
            self._n_people(rated, item),
        )

    def _n_people(self, rated: int, item: int) -> int:
        if not isinstance(self._algorithm, CountsTransitions):
            return 0
        return int(self._algorithm.count_transitions(np.array([rated]), np.array([item]))[0])

    def _share_rater(self, item: int, rated: int) -> bool:
        """Tell whether anybody rated both, or may have, if only the table could say so."""
        if self._model.ratings is not None:
            return self._model.ratings.share_rater(item, rated)
        listed = self._model.neighbors.pair(item, rated)
        return listed is None or listed.support > 0 or self._model.is_private


def why(reasons: Sequence[Reason], n_ratings: int) -> str:
    """Return the main reason in words; without one, how many people rated the movie."""
    people = pluralize(n_ratings, "person", "people") if n_ratings else "hardly anybody"
    return str(reasons[0]) if reasons else f"{people} rated it"
